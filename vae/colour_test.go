package vae

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"vaectl/data"
)

// colourSplit is images of 3x2 pixels in three channels.
func colourSplit(count int) *data.Split {
	s := &data.Split{Count: count, Shape: data.Shape{Height: 3, Width: 2, Channels: 3}, Bytes: make([]byte, count*18)}
	for i := range s.Bytes {
		s.Bytes[i] = []byte{0, 255, byte(i * 37 % 251), 128}[i*7%4]
	}
	return s
}

func colourModel(t *testing.T, settings ...string) *Model {
	t.Helper()
	m, err := New(config(append([]string{"model.hidden=6", "model.activation=tanh", "model.likelihood_components=2"}, settings...)...), colourSplit(1).Shape, engine(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		t.Fatal(err)
	}
	return m
}

// Every likelihood has the gradients of its loss, samples and decodes images in colour,
// and comes back from a file with its channels.
func TestColour(t *testing.T) {
	images := colourSplit(5)
	for _, likelihood := range []string{"bernoulli", "continuous-bernoulli", "gaussian", "logistic", "logistic-mixture"} {
		m := colourModel(t, "model.likelihood="+likelihood, "objective.samples=2", "model.output_bias=data", "model.pixel_std=0.3")
		r, err := data.NewReader(images, data.Grey, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.InitOutputBias(r); err != nil {
			t.Fatal(err)
		}
		grads := make([]float32, len(m.Weights()))
		s, err := m.NewStep(5, Collecting{Gradients: grads})
		if err != nil {
			t.Fatal(err)
		}
		s.Read(r, consecutive(0, 5), data.Draw{})
		s.Draw(3, 0)
		s.Run()
		compareGradients(t, m, slices.Clone(grads), func(Parameter) float64 {
			s.Forward()
			return s.Loss()
		})

		var file bytes.Buffer
		if err := m.Write(&file, nil); err != nil {
			t.Fatal(err)
		}
		back, metadata, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), (*Engine)(m.engine))
		if err != nil || back.Shape() != images.Shape || metadata["channels"] != "3" {
			t.Fatalf("%s: %v from a file, metadata %v", likelihood, err, metadata)
		}
		a, err := m.Sample(4, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := back.Decode(a.Codes)
		if err != nil || !slices.Equal(a.Means, b) || len(b) != 4*18 {
			t.Errorf("%s: the model decodes otherwise after a file (%v)", likelihood, err)
		}
		for _, v := range append(m.DrawPixels(a, 1), a.Means...) {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%s: a value of %g", likelihood, v)
			}
		}
		if e := evaluate(t, m, images, data.Grey); math.IsNaN(e.NegELBO) || e.NegELBO == 0 {
			t.Errorf("%s: negative ELBO %g", likelihood, e.NegELBO)
		}
	}
	if _, err := colourModel(t).Images(reader(t, newModel(t), split(2), data.Grey)); err == nil {
		t.Error("a model of images in colour reads grey ones")
	}
}
