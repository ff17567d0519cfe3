package vae

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"

	"vaectl/data"
)

// With no hidden layer, Gaussian pixels and N(0, 1), x is W z + b + std e, whose
// log-likelihood is that of N(b, W W^T + std^2): the estimate of -log p(x) is
// right in what the prior, the decoder and the likelihood say.
func TestNLLOfTheLinearGaussianModel(t *testing.T) {
	const std = 0.4
	m := newModel(t, "model.hidden=", "model.likelihood=gaussian", "model.pixel_std=0.4")
	s := split(12)
	r, err := data.NewReader(s, data.Grey, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	nll, err := m.NLL(context.Background(), r, 1, 20000, nil)
	if err != nil {
		t.Fatal(err)
	}
	var w, b []float32
	for _, p := range m.Parameters() {
		switch p.Name {
		case "output.weight":
			w = p.Data
		case "output.bias":
			b = p.Data
		}
	}
	covariance, mean := mat.NewSymDense(20, nil), make([]float64, 20)
	for i := range 20 {
		mean[i] = float64(b[i])
		for j := i; j < 20; j++ {
			var sum float64
			for d := range 3 {
				sum += float64(w[i*3+d]) * float64(w[j*3+d])
			}
			if i == j {
				sum += std * std
			}
			covariance.SetSym(i, j, sum)
		}
	}
	exact, ok := distmv.NewNormal(mean, covariance, nil)
	if !ok {
		t.Fatal("the covariance is not positive definite")
	}
	var want float64
	for i := range s.Count {
		x := make([]float64, 20)
		for j, p := range s.Image(i) {
			x[j] = float64(p) / 255
		}
		want -= exact.LogProb(x) / float64(s.Count)
	}
	if math.Abs(nll.Nats-want) > 0.02 {
		t.Errorf("-ln p(x) is %g nats by importance sampling, exactly %g", nll.Nats, want)
	}
}

// What a likelihood learns is a parameter like others and survives a file; the
// pixels drawn from it are pixels, and its means stay in [0, 1].
func TestLikelihoodsInTheModel(t *testing.T) {
	for _, name := range []string{"continuous-bernoulli", "gaussian", "logistic", "logistic-mixture"} {
		m := newModel(t, "model.likelihood="+name, "model.pixel_std_learned=true", "model.pixel_std=0.3")
		last := m.Parameters()[len(m.Parameters())-1]
		if learns := last.Name == "likelihood.log_std"; learns != (name == "gaussian" || name == "logistic") {
			t.Errorf("%s: the last parameter is %s", name, last.Name)
		} else if learns && math.Abs(float64(last.Data[0])-math.Log(0.3)) > 1e-6 {
			t.Errorf("%s: ln std starts at %g", name, last.Data[0])
		}
		for i := range m.Weights() {
			m.Weights()[i] *= 1.5
		}
		var file bytes.Buffer
		if err := m.Write(&file, nil); err != nil {
			t.Fatal(err)
		}
		back, _, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Sample(20, 4, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := back.Sample(20, 4, nil)
		if err != nil {
			t.Fatal(err)
		}
		drawn := m.DrawPixels(a, 9)
		if !slices.Equal(a.Means, b.Means) || !slices.Equal(drawn, back.DrawPixels(b, 9)) {
			t.Errorf("%s: after a file the model draws other pixels", name)
		}
		for i, v := range drawn {
			if v < 0 || v > 1 || a.Means[i] < 0 || a.Means[i] > 1 {
				t.Fatalf("%s: pixel %d has mean %g and is drawn as %g", name, i, a.Means[i], v)
			}
		}
		again, err := m.Decode(a.Codes)
		if err != nil || !slices.Equal(again, a.Means) {
			t.Errorf("%s: decoding the z of the samples gives other pixels (%v)", name, err)
		}
	}
}

// The output bias from the data makes the mean of an untrained decoder's pixels
// that of the images, under every likelihood.
func TestOutputBiasOfEveryLikelihood(t *testing.T) {
	images := split(40)
	for _, name := range []string{"bernoulli", "continuous-bernoulli", "gaussian", "logistic", "logistic-mixture"} {
		m := newModel(t, "model.likelihood="+name, "model.output_bias=data")
		r, err := data.NewReader(images, data.Grey, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.InitOutputBias(r); err != nil {
			t.Fatal(err)
		}
		clear(m.parameter("output.weight").Data)
		means, err := m.Decode(Codes{Z: make([]float64, 3)})
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range r.MeanPixels() {
			if want = min(max(want, meanLimit), 1-meanLimit); math.Abs(float64(means[j])-want) > 1e-5 {
				t.Errorf("%s: pixel %d starts at %g, its mean is %g", name, j, means[j], want)
			}
		}
	}
}
