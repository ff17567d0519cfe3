package train

import "vaectl/vae"

// averagePart is the part of the weights after step t, counted from 1, in
// their running mean. The mean keeps min(d, (t-1)/(t+8)) of itself: with d it
// is an exponential moving average, and while that would still remember the
// beginning it is one over the last ninth or so of the steps there were, without
// the initial weights.
func averagePart(d float64, t uint64) float32 {
	kept := min(d, float64(t-1)/float64(t+8))
	// Rounded this way, what is kept and what is added have a sum of 1, and
	// nothing is lost over thousands of steps.
	return 1 - float32(kept)
}

// averaged is the model that is evaluated and saved: m itself, or with
// train.ema another one with the same weights, which the optimiser makes their
// mean. Running statistics of a normalisation are means already: both have the same.
func averaged(m *vae.Model, o *optimizer) (*vae.Model, error) {
	if o.config.EMA == 0 {
		return m, nil
	}
	mean, err := m.Twin()
	if err != nil {
		return nil, failure(ErrSettings, "", "%w", err)
	}
	o.average = mean.Weights()
	return mean, nil
}
