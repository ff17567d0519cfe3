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
