package vae

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Every hidden layer has a gate of its own shape, and heads and the output none.
func TestGatedParameters(t *testing.T) {
	m := newModel(t, "model.gated=true", "model.upper_latent=2", "model.upper_hidden=5")
	shapes := map[string][]int{}
	for _, p := range m.Parameters() {
		shapes[p.Name] = p.Shape
	}
	gates := 0
	for name, shape := range shapes {
		layer, part, gated := strings.Cut(name, ".gate.")
		if !gated {
			continue
		}
		gates++
		if !slices.Equal(shapes[layer+"."+part], shape) {
			t.Errorf("%s has shape %v, its layer %v", name, shape, shapes[layer+"."+part])
		}
	}
	if want := 2 * (2 + 2 + 1 + 1); gates != want {
		t.Errorf("%d arrays of gates, want %d: %v", gates, want, shapes)
	}
	// The density of the upper layer has weights of its own, gates among them,
	// under doubly reparameterised gradients.
	dreg := newModel(t, "model.gated=true", "model.upper_latent=2", "model.upper_hidden=5", "objective.name=iwae", "objective.samples=3", "objective.gradient=dreg")
	if _, err := dreg.NewStep(2, Collecting{Gradients: make([]float32, len(dreg.Weights()))}); err != nil {
		t.Error(err)
	}
}

// Weights drawn as He et al. have the variance 2/in, and biases none.
func TestHeInit(t *testing.T) {
	m := newModel(t, "model.gated=true", "model.init=he", "model.hidden=200", "model.latent=30")
	for _, p := range m.Parameters() {
		var square float64
		for _, v := range p.Data {
			square += float64(v) * float64(v) / float64(len(p.Data))
		}
		want := 0.0
		if len(p.Shape) == 2 {
			want = 2 / float64(p.Shape[1])
		}
		if math.Abs(square-want) > 0.1*want {
			t.Errorf("%s has variance %g, want %g", p.Name, square, want)
		}
	}
}
