package vae

import (
	"math"
	"slices"
	"testing"

	"vaectl/data"
)

// The nats of the pixels of an image are its reconstruction term, and those of one pixel do
// not depend on what is decided by others: with another value there, all others stay.
func TestPixelsAreThePartsOfTheReconstruction(t *testing.T) {
	for name, m := range map[string]*Model{
		"bernoulli":            newModel(t),
		"continuous bernoulli": newModel(t, "model.likelihood=continuous-bernoulli"),
		"learned gaussian":     newModel(t, "model.likelihood=gaussian", "model.pixel_std_learned=true"),
		"logistic":             newModel(t, "model.likelihood=logistic"),
		"mixture":              newModel(t, "model.likelihood=logistic-mixture", "model.likelihood_components=3"),
		"two levels":           newModel(t, "model.upper_hidden=6", "model.upper_latent=2"),
		"convolutions":         newModel(t, "model.network=conv", "model.conv=4k3s1p1", "model.norm=batch"),
		"colour":               colourModel(t),
		"mixture in colour":    colourModel(t, "model.likelihood=logistic-mixture"),
		"logistic in colour":   colourModel(t, "model.likelihood=logistic", "model.pixel_std_learned=true"),
	} {
		t.Run(name, func(t *testing.T) {
			images := split(7)
			if m.Shape().Channels == 3 {
				images = colourSplit(7)
			}
			batch := Batch{Pixels: make([]float32, 7*m.Values())}
			r, err := data.NewReader(images, data.Grey, (*Engine)(m.engine))
			if err != nil {
				t.Fatal(err)
			}
			r.Read(batch.Pixels, consecutive(0, 7), data.EvaluationDraw(7))
			scorer, err := m.NewScorer(3)
			if err != nil {
				t.Fatal(err)
			}
			scores, err := scorer.Score(batch, 0, 7)
			if err != nil {
				t.Fatal(err)
			}
			pixels, err := m.NewPixelScorer(3)
			if err != nil {
				t.Fatal(err)
			}
			nats, err := pixels.Score(batch, 0, 7)
			if err != nil {
				t.Fatal(err)
			}
			size := m.Shape().Pixels()
			if len(nats) != 7*size {
				t.Fatalf("%d nats for 7 images of %d pixels", len(nats), size)
			}
			for i, want := range scores.Reconstruction {
				var sum, magnitude float64
				for _, v := range nats[i*size : (i+1)*size] {
					sum += v
					magnitude += math.Abs(v)
				}
				if math.Abs(sum-want) > 1e-5*magnitude {
					t.Errorf("image %d: the pixels sum to %.9g, the reconstruction is %.9g", i, sum, want)
				}
			}
			one, err := m.NewPixelScorer(1)
			if err != nil {
				t.Fatal(err)
			}
			last, err := one.Score(Batch{Pixels: batch.Pixels[6*m.Values():]}, 6, 7)
			if err != nil {
				t.Fatal(err)
			}
			for p, v := range last {
				if math.Abs(v-nats[6*size+p]) > 1e-4*(1+math.Abs(v)) {
					t.Fatalf("pixel %d of the last image is %.9g by itself and %.9g among others", p, v, nats[6*size+p])
				}
			}
		})
	}
}

// A pixel's nats are those of its own value.
func TestPixelsAreInTheirPlaces(t *testing.T) {
	m := newModel(t)
	scorer, err := m.NewPixelScorer(1)
	if err != nil {
		t.Fatal(err)
	}
	batch := Batch{Pixels: make([]float32, m.Values())}
	s, err := m.NewScorer(1)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := s.Score(batch, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	black, err := m.Decode(Codes{Z: scores.Z})
	if err != nil {
		t.Fatal(err)
	}
	nats, err := scorer.Score(batch, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for p, mean := range black {
		if want := -math.Log(1 - float64(mean)); math.Abs(nats[p]-want) > 1e-5 {
			t.Errorf("pixel %d, black with probability %g, has %g nats, want %g", p, 1-mean, nats[p], want)
		}
	}
	if _, err := m.NewPixelScorer(0); err == nil {
		t.Error("a scorer of no image")
	}
	if _, err := scorer.Score(Batch{Pixels: batch.Pixels[1:]}, 0, 1); err == nil {
		t.Error("scored a part of an image")
	}
	told := newModel(t, "model.conditional=true", "model.classes=3")
	if scorer, err = told.NewPixelScorer(1); err != nil {
		t.Fatal(err)
	}
	a, err := scorer.Score(Batch{Pixels: batch.Pixels, Labels: []int{0}}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := scorer.Score(Batch{Pixels: batch.Pixels, Labels: []int{2}}, 0, 1)
	if err != nil || slices.Equal(a, b) {
		t.Errorf("the label makes no difference (%v)", err)
	}
}
