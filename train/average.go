package train

import (
	"math"

	"vaectl/vae"
)

// averagePart is the part of the weights after step t, counted from 1, in
// their running mean, whose decay is d. With (1-d)/(1-d^t) the mean weighs the
// weights after step i with d^(t-i) from the first step on: an exponential
// moving average with its bias corrected as Adam's (Kingma & Ba 2015, section
// 3), where the initial weights have no part.
func averagePart(d float64, t uint64) float32 {
	kept := 1 - (1-d)/(1-math.Pow(d, float64(t)))
	// The mean keeps 1 - part of itself: rounded this way, the two add up to 1
	// and nothing is lost over thousands of steps.
	return 1 - float32(kept)
}

// averaged is the model that is evaluated and saved: m itself, or with
// train.ema another one with the same weights, which the optimiser makes their
// mean.
func averaged(m *vae.Model, o *optimizer) (*vae.Model, error) {
	if o.config.EMA == 0 {
		return m, nil
	}
	height, width := m.Size()
	mean, err := vae.New(m.Config(), height, width, o.engine)
	if err != nil {
		return nil, failure(ErrSettings, "", "%w", err)
	}
	copy(mean.Weights(), m.Weights())
	o.average = mean.Weights()
	return mean, nil
}
