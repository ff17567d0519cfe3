package train

import "vaectl/configs"

// mostEven is the largest number of epochs of a run that are all drawn, and of
// evenly spread ones of a longer run.
const mostEven = 50

// pictured says whether pictures are drawn after an epoch of a run that c
// configures, one of those that are evaluated: where it or one of the epochs
// since the evaluation before it has a mark. It goes by the numbers alone, so
// that a run that was interrupted or had other company on its machine has the
// same pictures; pictures of every epoch would take most of the time where there
// are thousands of short ones.
func pictured(epoch int, c configs.Train) bool {
	before := (epoch - 1) / c.EvalEvery * c.EvalEvery
	for e := epoch; e > before; e-- {
		if isMarked(e, c.Epochs) {
			return true
		}
	}
	return false
}

func isMarked(epoch, total int) bool {
	return total <= mostEven || epoch == total || epoch%spacing(total) == 0 || isEarlyMark(epoch)
}

// spacing is the smallest of 1, 2, 5, 10, 20, ... that fits no more than
// mostEven times into total.
func spacing(total int) int {
	for unit := 1; ; unit *= 10 {
		for _, factor := range []int{1, 2, 5} {
			if total/(unit*factor) <= mostEven {
				return unit * factor
			}
		}
	}
}

// isEarlyMark says that the epoch is 1, 2, 3 or 5 times a power of ten: most
// happens early.
func isEarlyMark(epoch int) bool {
	for epoch%10 == 0 {
		epoch /= 10
	}
	return epoch == 1 || epoch == 2 || epoch == 3 || epoch == 5
}

const (
	// freeDrawings are made whatever they cost, a tenth of a second together.
	freeDrawings = 8
	// drawingShare is how much of the training's work the others may make.
	drawingShare = 0.02
	// drawingWork is that of a drawing, in floating-point operations a pixel of
	// an image: a core makes as many in training in the time a drawing takes.
	drawingWork = 1.5e6
)

// budget says which epochs are drawn, by the numbers alone like [pictured].
type budget struct {
	train   configs.Train
	epoch   float64 // work of an epoch of training
	drawing float64
	passed  int // the newest epoch looked at
	drawn   int // drawings up to it
}

func newBudget(p Progress) budget {
	return budget{
		train:   p.Model.Config().Train,
		epoch:   float64(p.Images) * p.Model.Network().StepFLOPs(),
		drawing: drawingWork * float64(p.Model.Values()),
	}
}

// allows says whether an epoch that is evaluated is drawn. Epochs are asked for
// in order; those left out count as if they had been asked for.
func (b *budget) allows(epoch int) (allowed bool) {
	for b.passed < epoch {
		b.passed++
		allowed = b.next(b.passed)
		if allowed {
			b.drawn++
		}
	}
	return allowed
}

func (b *budget) next(epoch int) bool {
	if evaluated := epoch%b.train.EvalEvery == 0 || epoch == b.train.Epochs; !evaluated || !pictured(epoch, b.train) {
		return false
	}
	within := float64(b.drawn+1)*b.drawing <= drawingShare*float64(epoch)*b.epoch
	return within || b.drawn < freeDrawings || epoch == b.train.Epochs
}
