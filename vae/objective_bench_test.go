package vae

import (
	"fmt"
	"testing"

	"vaectl/internal/compute/kernel"
)

// BenchmarkObjective is the training step of the IWAE paper's models without
// images, noise and optimiser, by bound, gradient and number of draws.
func BenchmarkObjective(b *testing.B) {
	one := []string{"model.hidden=200,200", "model.latent=50", "model.activation=tanh"}
	two := []string{"model.hidden=200,200", "model.latent=100", "model.upper_hidden=100,100", "model.upper_latent=50", "model.activation=tanh"}
	for _, c := range []struct {
		name     string
		batch, k int
		settings []string
	}{
		{"one/elbo", 20, 1, one},
		{"one/iwae", 20, 5, append(one, "objective.name=iwae")},
		{"one/iwae", 20, 50, append(one, "objective.name=iwae")},
		{"one/dreg", 20, 50, append(one, "objective.name=iwae", "objective.gradient=dreg")},
		{"two/elbo", 20, 1, two},
		{"two/iwae", 20, 50, append(two, "objective.name=iwae")},
		{"two/dreg", 20, 50, append(two, "objective.name=iwae", "objective.gradient=dreg")},
		{"one/elbo", 100, 1, one},
		{"one/iwae", 100, 5, append(one, "objective.name=iwae")},
		{"one/iwae", 100, 50, append(one, "objective.name=iwae")},
	} {
		b.Run(fmt.Sprintf("%s/batch%d/k%d", c.name, c.batch, c.k), func(b *testing.B) {
			m, err := New(config(append(c.settings, fmt.Sprintf("objective.samples=%d", c.k))...), grey(28, 28), engine(b))
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Init(1); err != nil {
				b.Fatal(err)
			}
			s, err := m.NewStep(c.batch, Collecting{Gradients: make([]float32, len(m.Weights()))})
			if err != nil {
				b.Fatal(err)
			}
			for i := range s.Pixels {
				s.Pixels[i] = float32(i * 31 % 7 / 6)
			}
			m.engine.Normal(s.Noise, kernel.Key{}, 0)
			b.ReportAllocs()
			for b.Loop() {
				s.Run()
			}
			b.ReportMetric(float64(b.N*c.batch)/b.Elapsed().Seconds(), "images/s")
			b.ReportMetric(s.FLOPs()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
