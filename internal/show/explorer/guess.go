package explorer

import (
	"context"
	"math"

	"vaectl/internal/finite"
	"vaectl/vae"
)

// guessDraws is the number of draws of z that a guess averages over.
const guessDraws = 8

// likelihoods says how likely each label of a conditional model is for an image
// whose label nobody knows: p(y|x) by Bayes' rule, every label as likely before,
// with the mean ELBO in place of log p(x|y). The caller holds a slot.
func (m *model) likelihoods(image []byte) ([]float64, error) {
	classes := m.Classes()
	scorer, err := m.scorers.take()
	if err != nil {
		return nil, err
	}
	defer m.scorers.give(scorer)
	input := m.seen(image)
	rows := make([]float32, 0, guessDraws*len(input))
	for range guessDraws {
		rows = append(rows, input...)
	}
	labels := make([]int, guessDraws)
	elbo := make([]float64, classes)
	for class := range classes {
		for i := range labels {
			labels[i] = class
		}
		// The same noise for every label, so that only the label differs.
		parts, err := scorer.Score(vae.Batch{Pixels: rows, Labels: labels}, 0, m.Config().Train.Seed)
		if err != nil {
			return nil, err
		}
		for i := range labels {
			elbo[class] -= (parts.Reconstruction[i] + parts.KL[i]) / guessDraws
		}
	}
	return softmax(elbo), nil
}

// softmax turns log weights into shares of 1, in place.
func softmax(x []float64) []float64 {
	largest, sum := math.Inf(-1), 0.0
	for _, v := range x {
		largest = max(largest, v)
	}
	for i, v := range x {
		x[i] = math.Exp(v - largest)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return x
}

// guess returns the likeliest label of an image, with how likely each is.
func (e *Explorer) guess(ctx context.Context, m *model, image []byte) (label int, chances []float64, err error) {
	if m.Classes() == 0 {
		return 0, nil, badRequest("leave guess out", "guess: run %s is not conditional", m.run.name)
	}
	done, err := e.computing(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer done()
	if chances, err = m.likelihoods(image); err != nil {
		return 0, nil, err
	}
	for i, p := range chances {
		if !finite.Is(p) {
			return 0, nil, badRequest("name the label", "guess: the loss of this image is not finite")
		}
		if p > chances[label] {
			label = i
		}
	}
	return label, chances, nil
}
