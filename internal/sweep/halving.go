package sweep

import (
	"cmp"
	"math"
	"slices"
)

// Score is what the trials of one point came to.
type Score struct {
	Point  int
	States []State // of its trials, in the order of the seeds
	// Values are the judged figures of the trials that have one.
	Values []float64
	// Mean is that of Values; NaN where a trial has diverged or none has a value.
	Mean float64
	// StdErr is the standard error of the mean over seeds; NaN for fewer than two.
	StdErr float64
	// Epochs is how long the point's trials train, as far as the results so far decide it.
	Epochs int
	// Cut is the rung after which the point was given up; 0 where it was not.
	Cut int
	// Waits: the rung before Epochs is not decided yet.
	Waits bool
}

// Plan decides how long every point trains: without rungs for all epochs, with them to the first rung that it does not
// survive. It is a pure function of the results: who survives a rung is known once every point that reached it has its
// figures, and a trial that diverged, or failed, then counts as worse than all others.
func (f *File) Plan(states []State) []Score {
	var scores []Score
	at := map[int]int{} // the points among them
	for _, s := range states {
		i, there := at[s.Trial.Point]
		if !there {
			i = len(scores)
			at[s.Trial.Point] = i
			scores = append(scores, Score{Point: s.Trial.Point})
		}
		scores[i].States = append(scores[i].States, s)
	}
	slices.SortFunc(scores, func(a, b Score) int { return a.Point - b.Point })
	var racing []*Score
	for i := range scores {
		s := &scores[i]
		if f.Rungs != nil && s.Point < f.Points() {
			racing = append(racing, s)
			continue
		}
		s.Epochs = f.Epochs(s.States[0].Trial)
		s.judge(f.Judge, s.Epochs)
	}
	for r, epochs := range f.Rungs {
		decided := true
		for _, s := range racing {
			s.Epochs = epochs
			s.judge(f.Judge, epochs)
			decided = decided && s.settled(epochs)
		}
		if r == len(f.Rungs)-1 {
			break
		}
		if !decided {
			for _, s := range racing {
				s.Waits = true
			}
			break
		}
		racing = f.survivors(racing, epochs)
	}
	return scores
}

// survivors keeps the best of the points that reached a rung, in their order, and marks the others.
func (f *File) survivors(racing []*Score, rung int) []*Score {
	ranked := slices.Clone(racing)
	slices.SortStableFunc(ranked, func(a, b *Score) int {
		return cmp.Or(compareBool(!a.whole(), !b.whole()), f.Judge.compare(a.Mean, b.Mean))
	})
	// The least more than a whole number is what a part such as 1/3 is off by.
	keep := max(1, int(math.Ceil(f.Keep*float64(len(racing))-1e-9)))
	for i, s := range ranked {
		if i >= keep || !s.whole() {
			s.Cut = rung
		}
	}
	return slices.DeleteFunc(slices.Clone(racing), func(s *Score) bool { return s.Cut > 0 })
}

// settled reports whether nothing more is to be expected of the point at a rung: each of its trials has reached it, has
// diverged, or could not be trained.
func (s *Score) settled(epochs int) bool {
	return !slices.ContainsFunc(s.States, func(t State) bool {
		return !t.Done(epochs) && t.Epoch < epochs && t.Status != Failed && t.Status != OtherTrial
	})
}

// judge takes the figures of the point's trials after so many epochs.
func (s *Score) judge(j Criterion, epochs int) {
	s.Values = nil
	lost := false
	for _, t := range s.States {
		e, ok := t.At(j, epochs)
		// One that diverged later had its figures here.
		lost = lost || !ok && t.Status == Diverged
		if v := j.Value(e); ok && !math.IsNaN(v) {
			s.Values = append(s.Values, v)
		}
	}
	s.Mean, s.StdErr = meanAndError(s.Values)
	if lost {
		s.Mean, s.StdErr = math.NaN(), math.NaN()
	}
}

// whole reports whether every trial of the point has its figure.
func (s *Score) whole() bool { return len(s.Values) == len(s.States) && !math.IsNaN(s.Mean) }

// Rank orders points by the judged figure, the best first: those that trained longest, then those cut later before
// those cut earlier, and last those without a figure.
func (f *File) Rank(scores []Score) []Score {
	ranked := slices.Clone(scores)
	slices.SortStableFunc(ranked, func(a, b Score) int {
		if a.Epochs != b.Epochs && f.Rungs != nil {
			return b.Epochs - a.Epochs
		}
		return f.Judge.compare(a.Mean, b.Mean)
	})
	return ranked
}
