package vae

import (
	"math"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/internal/noise"
)

// What is drawn for a picture of z is what the figures of an evaluation are of.
func TestPosteriorDrawsAreThoseOfAnEvaluation(t *testing.T) {
	for _, prior := range []string{"normal", "uniform"} {
		m := newModel(t, "prior.name="+prior, "prior.mean=0.5", "prior.std=0.1")
		s := split(40)
		e := evaluate(t, m, s, data.Dynamic)
		pixels := make([]float32, s.Count*s.Dim())
		indices := make([]int32, s.Count)
		fillIndices(indices, 0, s.Count)
		reader(t, m, s, data.Dynamic).Read(pixels, indices, noise.Key(7, noise.EvalBinarize, 0))
		encoding, err := m.Encode(pixels)
		if err != nil {
			t.Fatal(err)
		}
		z := m.DrawPosterior(encoding, 7)
		for d := range m.Latents() {
			var sum, square float64
			for i := range s.Count {
				v := float64(z[i*m.Latents()+d])
				sum += v / float64(s.Count)
				square += v * v / float64(s.Count)
			}
			std := math.Sqrt(square - sum*sum)
			if math.Abs(sum-e.AggregateMean[d]) > 1e-5 || math.Abs(std-e.AggregateStd[d]) > 1e-5 {
				t.Errorf("%s: dimension %d has mean %g and deviation %g, in the evaluation %g and %g", prior, d, sum, std, e.AggregateMean[d], e.AggregateStd[d])
			}
		}
		if slices.Equal(z, m.DrawPosterior(encoding, 8)) {
			t.Errorf("%s: two seeds give the same draws", prior)
		}
	}
}
