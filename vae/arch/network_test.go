package arch

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
)

func settings(t *testing.T, values ...string) configs.Config {
	t.Helper()
	c := configs.Default()
	for _, s := range values {
		key, value, _ := strings.Cut(s, "=")
		if err := c.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func describe(t *testing.T, image data.Shape, values ...string) *Network {
	t.Helper()
	n, err := New(settings(t, values...), image)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func grey(height, width int) data.Shape { return data.Shape{Height: height, Width: width, Channels: 1} }

func TestNetworksInWords(t *testing.T) {
	for want, c := range map[string]struct {
		image  data.Shape
		values []string
	}{
		"784-400-20, relu": {grey(28, 28), nil},
		"784-20, relu":     {grey(28, 28), []string{"model.hidden="}},
		"3072-9-7-3, gated": {
			data.Shape{Height: 32, Width: 32, Channels: 3}, []string{"model.hidden=9,7", "model.latent=3", "model.gated=true"},
		},
		"784-200-100 below 100-90-50, tanh": {
			grey(28, 28), []string{"model.hidden=200", "model.latent=100", "model.upper_hidden=90", "model.upper_latent=50", "model.activation=tanh"},
		},
	} {
		if got := describe(t, c.image, c.values...).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Counts that can be done by hand: weights, and operations of a step for an image.
func TestCosts(t *testing.T) {
	n := describe(t, grey(4, 5), "model.hidden=7", "model.latent=3", "model.conditional=true", "model.classes=2")
	const products = 20*7 + 7*6 + 3*7 + 7*20
	if got, want := n.Weights(), float64(products+7+6+7+20+2*(7+7)); got != want {
		t.Errorf("%g weights, want %g", got, want)
	}
	if got, want := n.StepFLOPs(), 6.0*products; got != want {
		t.Errorf("%g operations, want %g", got, want)
	}
	gated := describe(t, grey(4, 5), "model.hidden=7", "model.latent=3", "model.gated=true")
	if got, want := gated.StepFLOPs(), 6.0*(products+20*7+3*7); got != want {
		t.Errorf("%g operations of a gated network, want %g", got, want)
	}
	one, two := n.StepBytes(100, 1), n.StepBytes(200, 1)
	if math.Abs(two-2*one) > 1 || n.StepBytes(100, 5) <= one || n.StepBytes(100, 5) >= 5*one {
		t.Errorf("a step takes %g bytes, of twice the images %g, of five draws %g", one, two, n.StepBytes(100, 5))
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		image  data.Shape
		values []string
		want   string
	}{
		"no pixels":        {data.Shape{Height: 0, Width: 3, Channels: 1}, nil, "height and width must be from 1 to 4096"},
		"too wide":         {grey(3, 4097), nil, "images of 3x4097 pixels"},
		"no channels":      {data.Shape{Height: 3, Width: 3}, nil, "0 channels"},
		"too many colours": {data.Shape{Height: 3, Width: 3, Channels: 65}, nil, "there must be 1 to 64"},
		"wide layers":      {grey(28, 28), []string{"model.hidden=32768,32768"}, "encoder.1.weight of shape [32768 32768]"},
		"large images":     {grey(4096, 4096), []string{"model.hidden=400"}, "must have at most 268435456"},
		"upper layers":     {grey(28, 28), []string{"model.upper_latent=2", "model.upper_hidden=32768,32768"}, "upper_encoder.1.weight"},
		"mixture":          {grey(2, 2), []string{"prior.name=mixture", "prior.learned=true", "prior.components=65536", "model.latent=4096"}, "prior mixture of"},
		"flow":             {grey(2, 2), []string{"prior.name=flow", "prior.flow_layers=64", "prior.flow_hidden=4096", "model.latent=4096"}, "prior flow of"},
		"pseudo-inputs":    {grey(100, 100), []string{"prior.name=vamp", "prior.components=65536"}, "prior.pseudo_inputs of shape [65536 10000]"},
		"labels":           {grey(2, 2), []string{"model.conditional=true"}, "a conditional model of 0 labels"},
		"labels of a vamp": {grey(2, 2), []string{"model.conditional=true", "model.classes=2", "prior.name=vamp"}, "encodes images without labels"},
	} {
		if _, err := New(settings(t, c.values...), c.image); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A training that needs more memory than there is is refused with the estimate.
func TestMemory(t *testing.T) {
	c := settings(t, "objective.samples=10000", "train.batch_size=96", "model.hidden=200")
	n := describe(t, grey(28, 28), "model.hidden=200")
	err := n.checkMemory(c, 4e9)
	if err == nil || !strings.Contains(err.Error(), "a step of 96 images (train.batch_size, --batch-size) with 10000 draws each (objective.samples, --samples); this process may use 4.0 GB") {
		t.Error(err)
	}
	if err := n.checkMemory(c, 1e12); err != nil {
		t.Error(err)
	}
	if err := n.CheckMemory(configs.Default()); err != nil {
		t.Error(err)
	}
}

// swapped is a layout of pairs in reverse, with a hole.
type swapped struct{}

func (swapped) Space() int                      { return 3 }
func (swapped) Import(memory, values []float32) { memory[0], memory[2] = values[1], values[0] }
func (swapped) Export(values, memory []float32) { values[0], values[1] = memory[2], memory[0] }

func TestParametersInAnotherLayout(t *testing.T) {
	plain, other := Parameter{Shape: []int{2}}, Parameter{Shape: []int{2}, Layout: swapped{}}
	memory := make([]float32, other.Space())
	other.Import(memory, []float32{1, 2})
	if got := fmt.Sprint(memory, other.Export(memory), plain.Space(), other.Space()); got != "[2 0 1] [1 2] 2 3" {
		t.Error(got)
	}
}
