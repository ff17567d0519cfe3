package vae

import (
	"math"
	"slices"
	"testing"

	"vaectl/data"
)

// With model.output_bias data a decoder that says nothing about z draws pixels
// as often as the training images have them, and no pixel is certain.
func TestOutputBiasIsTheLogitOfTheMean(t *testing.T) {
	images := split(50)
	for i := range images.Count {
		images.Image(i)[0], images.Image(i)[1] = 0, 255
	}
	for _, mode := range []data.Binarization{data.Grey, data.Threshold, data.Dynamic} {
		m := newModel(t, "model.output_bias=data")
		r, err := data.NewReader(images, mode, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(m.Weights())
		if err := m.InitOutputBias(r); err != nil {
			t.Fatal(err)
		}
		bias := m.parameter("output.bias").Data
		for j, mean := range r.MeanPixels() {
			want := min(max(mean, 0.001), 0.999)
			if got := 1 / (1 + math.Exp(-float64(bias[j]))); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: pixel %d starts at %g, want %g", mode, j, got, want)
			}
		}
		n := len(before) - len(bias)
		if !slices.Equal(m.Weights()[:n], before[:n]) {
			t.Errorf("%s: other weights changed", mode)
		}
		plain := newModel(t)
		if err := plain.InitOutputBias(r); err != nil || !slices.Equal(plain.Weights(), before) {
			t.Errorf("%s: the bias changed without being asked (%v)", mode, err)
		}
	}
	m := newModel(t, "model.output_bias=data")
	other := &data.Split{Count: 1, Shape: data.Shape{Height: 2, Width: 2, Channels: 1}, Bytes: make([]byte, 4)}
	r, err := data.NewReader(other, data.Grey, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.InitOutputBias(r); err == nil {
		t.Error("images of another size were taken")
	}
}
