package vae

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/data"
	"vaectl/loss"
)

// What a prior learns lies after the layers' weights, which do not depend on it,
// and goes into the model's files and back.
func TestLearnedPriorsWeights(t *testing.T) {
	plain := newModel(t)
	m := newModel(t, "prior.name=mixture", "prior.learned=true", "prior.components=5")
	own := len(plain.Weights())
	if !slices.Equal(m.Weights()[:own], plain.Weights()) {
		t.Error("the layers start elsewhere beside a learned prior")
	}
	want := map[string][]int{"prior.means": {5, 3}, "prior.log_variances": {5, 3}, "prior.logits": {5}}
	for _, p := range m.Parameters()[len(plain.Parameters()):] {
		if !slices.Equal(p.Shape, want[p.Name]) {
			t.Errorf("%s has shape %v, want %v", p.Name, p.Shape, want[p.Name])
		}
		delete(want, p.Name)
	}
	if len(want) != 0 || len(m.Weights()) != own+2*15+5 {
		t.Errorf("missing %v; %d weights beside %d", want, len(m.Weights()), own)
	}

	// The prior reads the memory that training writes.
	z := []float64{0.1, -0.2, 0.3}
	before := m.Prior().LogDensity(z)
	for i := range m.Weights()[own:] {
		m.Weights()[own+i] += 0.01 * float32(i)
	}
	changed := m.Prior().LogDensity(z)
	if changed == before {
		t.Error("the log density does not follow the weights")
	}
	var file bytes.Buffer
	if err := m.Write(&file, nil); err != nil {
		t.Fatal(err)
	}
	back, _, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Prior().LogDensity(z); got != changed {
		t.Errorf("after a file the log density is %g, was %g", got, changed)
	}
}

// The KL of a prior whose dimensions depend on each other is one figure, of
// which no dimension has free bits.
func TestKLOfOneValueAnImage(t *testing.T) {
	settings := []string{"prior.name=mixture", "prior.learned=true", "prior.components=5"}
	m := newModel(t, settings...)
	e := evaluate(t, m, split(6), data.Grey)
	if e.KLPerDim != nil || len(e.AggregateMean) != 3 || len(e.ActivityPerDim) != 3 || e.KL == 0 {
		t.Errorf("KL %g, by dimension %v, of z %v", e.KL, e.KLPerDim, e.AggregateMean)
	}
	two := newModel(t, append(settings, "model.upper_latent=2", "model.upper_hidden=4")...)
	e = evaluate(t, two, split(6), data.Grey)
	if e.KLPerDim != nil || len(e.AggregateMean) != 2 || len(e.Lower) != 1 || len(e.Lower[0].KLPerDim) != 3 {
		t.Errorf("two layers: KL by dimension %v, below %v", e.KLPerDim, e.Lower)
	}
	free := newModel(t, append(settings, "objective.free_bits=50")...)
	if _, err := free.NewStep(4, Collecting{Gradients: make([]float32, len(free.Weights()))}); err == nil {
		t.Error("free bits a dimension were accepted for one KL an image")
	}
}

// The prior made with the encoder is the mean of its posteriors at the
// pseudo-inputs: on the graph, where training asks, and by itself, where
// sampling does, once the weights have been read, evaluated or sampled from.
func TestVampIsTheMeanOfThePosteriors(t *testing.T) {
	m := newModel(t, "prior.name=vamp", "prior.components=6", "model.activation=tanh")
	spreadLearned(m)
	prior := m.Prior().(*loss.Vamp)
	for _, update := range []func() error{
		func() error { _, err := m.Sample(1, 1, nil); return err },
		func() error { evaluate(t, m, split(3), data.Grey); return nil },
		func() error {
			var file bytes.Buffer
			if err := m.Write(&file, nil); err != nil {
				return err
			}
			return m.ReadWeights(bytes.NewReader(file.Bytes()), int64(file.Len()))
		},
	} {
		for i := range m.Weights() {
			m.Weights()[i] *= 1.1
		}
		if err := update(); err != nil {
			t.Fatal(err)
		}
		e, err := m.Encode(Batch{Pixels: prior.Inputs()})
		if err != nil {
			t.Fatal(err)
		}
		z := []float64{0.3, -0.1, 0.2}
		var want float64
		for k := range 6 {
			density := 1.0 / 6
			for d, v := range z {
				density *= distuv.Normal{Mu: e.Mean[k*3+d], Sigma: e.Std[k*3+d]}.Prob(v)
			}
			want += density
		}
		if got := prior.LogDensity(z); math.Abs(got-math.Log(want)) > 1e-6*math.Abs(got) {
			t.Errorf("ln p(z) is %g, the posteriors say %g", got, math.Log(want))
		}
	}
	if p := m.parameter("prior.pseudo_inputs"); !slices.Equal(p.Shape, []int{6, 20}) {
		t.Errorf("pseudo-inputs of shape %v", p.Shape)
	}
}

// Pseudo-inputs start at training images where that is asked for: each within
// the noise of one, and not all of the same.
func TestPseudoInputsStartAtImages(t *testing.T) {
	images := split(9)
	for _, where := range []string{"random", "data"} {
		m := newModel(t, "prior.name=vamp", "prior.components=4", "prior.pseudo_inputs="+where)
		r, err := data.NewReader(images, data.Grey, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(m.Weights())
		if err := m.InitPseudoInputs(r); err != nil {
			t.Fatal(err)
		}
		if where == "random" {
			if !slices.Equal(before, m.Weights()) {
				t.Error("weights changed though the pseudo-inputs are random")
			}
			continue
		}
		inputs := m.parameter("prior.pseudo_inputs").Data
		for k, index := range []int{0, 2, 4, 6} {
			for j, p := range images.Image(index) {
				if got, want := float64(inputs[k*20+j]), float64(p)/255; math.Abs(got-want) > 0.06 || got == want {
					t.Fatalf("pixel %d of pseudo-input %d is %g, of image %d %g", j, k, got, index, want)
				}
			}
		}
		other := *images
		other.Width, other.Height = 2, 10
		if r, err = data.NewReader(&other, data.Grey, (*Engine)(m.engine)); err != nil {
			t.Fatal(err)
		}
		if err := m.InitPseudoInputs(r); err == nil {
			t.Error("images of another size were taken")
		}
	}
}
