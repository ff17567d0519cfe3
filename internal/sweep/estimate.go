package sweep

import (
	"strings"
	"time"

	"vaectl/configs"
)

// Estimate is how long the trials that are left will take.
type Estimate struct {
	Work   time.Duration // of all of them, one after the other
	Trials int
	// Kinds is how many kinds of model differ in their cost, and Measured how many of them were measured; the others
	// count as the mean of those.
	Kinds, Measured int
}

// mostMeasured bounds the kinds of model that are measured.
const mostMeasured = 12

// Estimate adds up the epochs that are left, at the time that an epoch of their kind of model takes by measure. Of successive halving it
// counts the epochs that the rungs leave. Two trials are of one kind if they differ only in settings that are fractions, as a
// learning rate, or in their seed.
func (f *File) Estimate(states []State, measure func(Trial) (time.Duration, error)) (Estimate, error) {
	var e Estimate
	epoch := map[string]time.Duration{}
	kinds := map[string]float64{} // epochs left
	var sum time.Duration
	for _, score := range f.Plan(states) {
		for _, s := range score.States {
			left := f.expected(score) - float64(s.Epoch)
			if s.Done(score.Epochs) && !score.Waits || left <= 0 {
				continue
			}
			e.Trials++
			kind := kindOf(s.Trial.Config)
			if _, known := kinds[kind]; !known && len(epoch) < mostMeasured {
				d, err := measure(s.Trial)
				if err != nil {
					return e, err
				}
				epoch[kind] = d
				sum += d
			}
			kinds[kind] += left
		}
	}
	e.Kinds, e.Measured = len(kinds), len(epoch)
	for kind, left := range kinds {
		d, measured := epoch[kind]
		if !measured {
			d = sum / time.Duration(len(epoch))
		}
		e.Work += time.Duration(left * float64(d))
	}
	return e, nil
}

// expected is the mean number of epochs that a trial of a point trains, as if all points were equally good.
func (f *File) expected(s Score) float64 {
	if !s.Waits {
		return float64(s.Epochs)
	}
	mean, part, last := 0., 1., 0
	for _, r := range f.Rungs {
		if r <= s.Epochs {
			mean, last = float64(r), r
			continue
		}
		part *= f.Keep
		mean += part * float64(r-last)
		last = r
	}
	return mean
}

// kindOf writes the settings that decide what a step costs.
func kindOf(c configs.Config) string {
	var parts []string
	for _, field := range configs.Fields() {
		if field.Unit != "" && !field.Whole || field.Key == "train.seed" || field.Key == "train.epochs" {
			continue
		}
		text, err := c.Get(field.Key)
		if err != nil {
			panic("sweep: " + err.Error()) // the key is of the configuration's own list
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\x00")
}
