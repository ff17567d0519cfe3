package vae

import (
	"fmt"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/noise"
)

// BenchmarkStep is one training step without the optimiser, images gathered
// and noise drawn included.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name     string
		batch    int
		mode     data.Binarization
		settings []string
	}{
		{"784-400-20/relu/batch128/grey", 128, data.Grey, []string{"model.hidden=400", "model.latent=20"}},
		{"784-200-200-50/tanh/batch20/dynamic", 20, data.Dynamic, []string{"model.hidden=200,200", "model.latent=50", "model.activation=tanh"}},
		{"784-200-200-50/tanh/batch100/dynamic", 100, data.Dynamic, []string{"model.hidden=200,200", "model.latent=50", "model.activation=tanh"}},
	} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads%d", c.name, threads), func(b *testing.B) {
				e, err := NewEngine("", threads)
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				m, err := New(config(c.settings...), grey(28, 28), e)
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
				images := &data.Split{Count: 4096, Shape: data.Shape{Height: 28, Width: 28, Channels: 1}, Bytes: make([]byte, 4096*784)}
				for i := range images.Bytes {
					images.Bytes[i] = byte(i * 31 % 256)
				}
				r, err := data.NewReader(images, c.mode, e)
				if err != nil {
					b.Fatal(err)
				}
				order := make([]int32, images.Count)
				noise.PermuteInto(order, noise.Key(1, noise.Shuffle, 0))
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					first := i * c.batch % (images.Count - c.batch)
					r.Read(s.Pixels, order[first:first+c.batch], data.TrainingDraw(1, uint64(i)))
					s.Draw(1, uint64(i))
					s.Run()
				}
				b.ReportMetric(float64(b.N*c.batch)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}
