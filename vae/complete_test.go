package vae

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"vaectl/data"
)

// The pixels that are there stay, the missing ones are filled with values of images, and the
// chain depends on the seed alone and not on how its steps are called.
func TestCompletion(t *testing.T) {
	for name, m := range map[string]*Model{
		"grey as probabilities": newModel(t),
		"binary":                newModel(t, "data.binarize=dynamic"),
		"gaussian":              newModel(t, "model.likelihood=gaussian"),
		"two levels":            newModel(t, "model.upper_hidden=6", "model.upper_latent=2", "data.binarize=dynamic"),
		"uniform":               newModel(t, "prior.name=uniform", "data.binarize=dynamic"),
		"sphere":                newModel(t, "prior.name=sphere", "objective.name=mmd", "data.binarize=dynamic"),
		"conditional":           newModel(t, "model.conditional=true", "model.classes=3", "data.binarize=dynamic"),
		"convolutions":          newModel(t, "model.network=conv", "model.conv=4k3s1p1", "model.norm=batch"),
		"colour":                colourModel(t, "model.likelihood=logistic-mixture"),
	} {
		t.Run(name, func(t *testing.T) {
			batch := Batch{Pixels: make([]float32, 2*m.Values())}
			if m.Classes() > 0 {
				batch.Labels = []int{2, 0}
			}
			for i := range batch.Pixels {
				batch.Pixels[i] = float32(i % 3 / 2)
			}
			missing := make([]bool, m.Shape().Pixels())
			for i := range missing {
				missing[i] = i%m.Shape().Width == 0
			}
			run := func(seed uint64, steps ...int) *Completion {
				c, err := m.NewCompletion(batch, missing, seed)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range steps {
					if err := c.Run(t.Context(), n); err != nil {
						t.Fatal(err)
					}
				}
				return c
			}
			a, b := run(1, 6), run(1, 1, 3, 2)
			if !slices.Equal(a.Images, b.Images) || !slices.Equal(a.Means, b.Means) {
				t.Error("the chain depends on how its steps are called")
			}
			if other := run(2, 6); slices.Equal(a.Means, other.Means) {
				t.Error("another seed fills in the same")
			}
			if more := run(1, 7); slices.Equal(a.Means, more.Means) {
				t.Error("a step changes nothing")
			}
			half := m.Values()
			if slices.Equal(a.Means[:half], a.Means[half:]) {
				t.Error("two images have the same draws")
			}
			changed := false
			for i, v := range batch.Pixels {
				gone := missing[i%m.Shape().Pixels()]
				for _, filled := range []float32{a.Images[i], a.Means[i]} {
					if !gone && filled != v {
						t.Fatalf("value %d was there and became %g", i, filled)
					}
					if !(filled >= 0 && filled <= 1) {
						t.Fatalf("value %d is %g", i, filled)
					}
				}
				changed = changed || a.Images[i] != v
				if name == "binary" && a.Images[i] != 0 && a.Images[i] != 1 {
					t.Fatalf("value %d of binary pixels is %g", i, a.Images[i])
				}
			}
			if !changed {
				t.Error("nothing was filled in")
			}
		})
	}
}

// A model that has learned bars fills in the rest of the bar of which it sees a part.
func TestCompletionFollowsWhatIsSeen(t *testing.T) {
	m := newModel(t, "data.binarize=threshold")
	s := &data.Split{Count: 4, Shape: m.Shape()}
	for bar := range 4 {
		for p := range m.Values() {
			s.Bytes = append(s.Bytes, byte(0xff*min(1, max(0, 1-(p/5-bar)*(p/5-bar)))))
		}
	}
	fit(t, m, s, 600)
	missing := make([]bool, m.Shape().Pixels())
	for i := range missing {
		missing[i] = i%5 == 4
	}
	r := reader(t, m, s, data.Threshold)
	batch := Batch{Pixels: make([]float32, 4*m.Values())}
	r.Read(batch.Pixels, consecutive(0, 4), data.Draw{})
	c, err := m.NewCompletion(batch, missing, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context(), 30); err != nil {
		t.Fatal(err)
	}
	for i, want := range batch.Pixels {
		if got := c.Means[i]; got-want > 0.3 || want-got > 0.3 {
			t.Errorf("image %d, pixel %d: %.2f, the bar has %g", i/m.Values(), i%m.Values(), got, want)
		}
	}
}

// fit trains on all images of a split by normalised gradient descent.
func fit(t *testing.T, m *Model, s *data.Split, steps int) {
	t.Helper()
	step, grads := newStep(t, m, s.Count)
	r := reader(t, m, s, data.Threshold)
	square := make([]float64, len(grads))
	for number := range steps {
		step.Read(r, consecutive(0, s.Count), data.Draw{})
		step.Draw(1, uint64(number))
		step.Run()
		for i, g := range grads {
			square[i] = 0.95*square[i] + 0.05*float64(g)*float64(g)
			m.Weights()[i] -= float32(0.01 * float64(g) / (math.Sqrt(square[i]) + 1e-6))
		}
	}
}

func TestCompletionRefusals(t *testing.T) {
	m := newModel(t)
	whole := Batch{Pixels: make([]float32, m.Values())}
	for name, call := range map[string]func() error{
		"no image": func() error { _, err := m.NewCompletion(Batch{}, make([]bool, 20), 1); return err },
		"a part of one": func() error {
			_, err := m.NewCompletion(Batch{Pixels: whole.Pixels[1:]}, make([]bool, 20), 1)
			return err
		},
		"another mask": func() error { _, err := m.NewCompletion(whole, make([]bool, 19), 1); return err },
		"labels for none": func() error {
			_, err := m.NewCompletion(Batch{whole.Pixels, []int{1}}, make([]bool, 20), 1)
			return err
		},
	} {
		if call() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	c, err := m.NewCompletion(whole, make([]bool, 20), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Run(ctx, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
}
