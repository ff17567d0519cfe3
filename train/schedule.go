package train

import (
	"math"

	"vaectl/configs"
)

// Values of train.schedule.
const (
	stepSchedule   = "step"
	cosineSchedule = "cosine"
	iwaeSchedule   = "iwae"
)

// schedule is the learning rate over a run, a pure function of the
// configuration and the step.
type schedule struct {
	config          configs.Train
	perEpoch, total uint64 // steps
}

func newSchedule(c configs.Train, perEpoch uint64) schedule {
	return schedule{config: c, perEpoch: perEpoch, total: uint64(c.Epochs) * perEpoch}
}

// rate is the learning rate of a step, counted from 0.
func (s schedule) rate(step uint64) float64 {
	c := s.config
	rate := c.LearningRate
	switch c.Schedule {
	case stepSchedule:
		rate *= math.Pow(c.RateFactor, float64(step/(uint64(c.RateEvery)*s.perEpoch)))
	case cosineSchedule:
		rate *= s.cosine(step)
	case iwaeSchedule:
		rate *= s.iwae(step)
	}
	if warmup := s.warmup(); float64(step+1) < warmup {
		rate *= float64(step+1) / warmup
	}
	return rate
}

// warmup is the number of steps over which the rate rises.
func (s schedule) warmup() float64 { return s.config.RateWarmup * float64(s.perEpoch) }

// cosine falls from 1 after the warm-up to the final fraction along half a
// cosine (Loshchilov & Hutter 2017, equation 5, without restarts).
func (s schedule) cosine(step uint64) float64 {
	warmup, final := s.warmup(), s.config.RateFinal
	if float64(step) <= warmup {
		return 1
	}
	progress := (float64(step) - warmup) / (float64(s.total) - warmup)
	return final + (1-final)*(1+math.Cos(math.Pi*progress))/2
}

// iwaeEpochs is the length of the recipe of Burda et al. (2016, section 5):
// stages i = 0..7 of 3^i epochs.
const iwaeEpochs = (6561 - 1) / 2

// iwae is the rate of the step's stage i, 10^(-i/7) rounded to two decimals as
// the recipe's authors have it. A run of another length than theirs stretches
// the stages.
func (s schedule) iwae(step uint64) float64 {
	stage, end := 0, uint64(1)
	for step*iwaeEpochs >= end*s.total {
		stage++
		end = 3*end + 1
	}
	return math.Round(100*math.Pow(10, -float64(stage)/7)) / 100
}

// needsLength tells whether the rate of a step depends on the number of epochs
// asked for, so that a run continued to more epochs is not one long run.
func (s schedule) needsLength() bool {
	return s.config.Schedule == cosineSchedule || s.config.Schedule == iwaeSchedule
}
