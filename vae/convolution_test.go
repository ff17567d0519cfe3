package vae

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
)

// torchCase is a network and what PyTorch computes with it; see
// testdata/torch_conv.py.
type torchCase struct {
	Name, Norm, Upsampling, Activation string
	Blocks, Latent                     int
	Image                              [3]int
	Conv                               [][4]int
	Hidden                             []int
	Gated                              bool
	Tensors                            map[string][]int
	Head, Logits                       []float64
}

func (c torchCase) config() configs.Config {
	config := configs.Default()
	m := &config.Model
	m.Network, m.Norm, m.Upsampling, m.Activation, m.Likelihood = "conv", c.Norm, c.Upsampling, c.Activation, "bernoulli"
	m.Blocks, m.Latent, m.Hidden, m.Gated, m.Conv = c.Blocks, c.Latent, c.Hidden, c.Gated, nil
	for _, l := range c.Conv {
		m.Conv = append(m.Conv, configs.Convolution{Channels: l[0], Kernel: l[1], Stride: l[2], Padding: l[3]})
	}
	return config
}

// torchFill is the values that the script gives a tensor.
func torchFill(name string, n int) []float32 {
	phase := 0
	for _, b := range []byte(name) {
		phase += int(b)
	}
	values := make([]float32, n)
	for i := range values {
		v := float32(math.Sin(float64(i)*0.7 + float64(phase%97)))
		switch {
		case strings.HasSuffix(name, "running_var"):
			values[i] = 1 + 0.5*v
		case strings.HasSuffix(name, "norm.weight") || strings.HasSuffix(name, ".norm1.weight") || strings.HasSuffix(name, ".norm2.weight"):
			values[i] = 1 + 0.3*v
		default:
			values[i] = 0.15 * v
		}
	}
	return values
}

func torchCases(t *testing.T) []torchCase {
	t.Helper()
	text, err := os.ReadFile("testdata/torch_conv.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []torchCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// Convolutional networks have PyTorch's names and shapes and, with the same weights,
// its outputs to 1e-4: sides that are odd, strides and paddings, norms, blocks,
// gates, both ways to enlarge, on every kernel.
func TestConvolutionsAgreeWithPyTorch(t *testing.T) {
	for _, c := range torchCases(t) {
		for _, level := range kernel.Supported() {
			t.Run(c.Name+" on "+level, func(t *testing.T) {
				e, err := NewEngine(level, 2)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				m, err := New(c.config(), data.Shape{Height: c.Image[0], Width: c.Image[1], Channels: c.Image[2]}, e)
				if err != nil {
					t.Fatal(err)
				}
				left := maps.Clone(c.Tensors)
				for _, p := range m.Parameters() {
					if !slices.Equal(p.Shape, left[p.Name]) {
						t.Errorf("%s has shape %v, PyTorch's %v", p.Name, p.Shape, left[p.Name])
					}
					delete(left, p.Name)
					p.Import(p.Data, torchFill(p.Name, p.Size()))
				}
				delete(left, "")
				for name := range left {
					if !strings.HasSuffix(name, "num_batches_tracked") {
						t.Errorf("the model has no %s", name)
					}
				}
				const rows = 3
				pixels := torchFill("pixels", rows*m.Values())
				for i, v := range pixels {
					pixels[i] = 0.5 + 0.5*v/0.15
				}
				q, err := m.Encode(Batch{Pixels: pixels})
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range c.Head {
					row, at := i/(2*c.Latent), i%(2*c.Latent)
					got := q.Mean[row*c.Latent+at%c.Latent]
					if at >= c.Latent {
						got = 2 * math.Log(q.Std[row*c.Latent+at-c.Latent])
					}
					if math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
						t.Fatalf("output %d of the head is %g, PyTorch's %g", i, got, want)
					}
				}
				d, err := m.NewDecoder(rows)
				if err != nil {
					t.Fatal(err)
				}
				z := make([]float64, rows*c.Latent)
				for i, v := range torchFill("z", len(z)) {
					z[i] = 10 * float64(v)
				}
				err = d.decode(rows*m.Values(), Codes{Z: z}, nil, func(_ int, outputs []float32) {
					for i, got := range outputs {
						if want := c.Logits[i]; math.Abs(float64(got)-want) > 1e-4*(1+math.Abs(want)) {
							t.Fatalf("logit %d is %g, PyTorch's %g", i, got, want)
						}
					}
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// In evaluation an image has the same figures in any batch, whatever batches it was
// trained in.
func TestConvolutionsGiveAnImageTheSameBitsInAnyBatch(t *testing.T) {
	for _, settings := range [][]string{
		{"model.conv=3k3s2p1,4k3s1p1"},
		{"model.conv=5,7k3s1p1", "model.norm=batch"},
		{"model.conv=4k3s1p1", "model.norm=group", "model.blocks=1"},
	} {
		m := newModel(t, append(settings, "model.network=conv")...)
		s, _ := newStep(t, m, 6)
		s.Run()
		pixels := make([]float32, 37*m.Values())
		for i := range pixels {
			pixels[i] = float32(i%11) / 10
		}
		all, err := m.Encode(Batch{Pixels: pixels})
		if err != nil {
			t.Fatal(err)
		}
		for _, count := range []int{1, 2, 9} {
			few, err := m.Encode(Batch{Pixels: pixels[:count*m.Values()]})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(few.Mean, all.Mean[:len(few.Mean)]) || !slices.Equal(few.Std, all.Std[:len(few.Std)]) {
				t.Errorf("%v: the first of %d images have other bits than the first of 37", settings, count)
			}
		}
	}
}

// What cannot be a network is refused with the layer and the maps that it does not
// fit.
func TestConvolutionsThatDoNotFitTheImage(t *testing.T) {
	for settings, want := range map[string]string{
		"model.conv=8,8,8,8":                          "layer 2",
		"model.conv=8k9s1p0":                          "layer 0",
		"model.conv=8k3s2p1 model.upsampling=nearest": "nearest",
	} {
		c := config(append(strings.Fields(settings), "model.network=conv")...)
		if _, err := New(c, grey(4, 5), engine(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", settings, err, want)
		}
	}
}

// A twin has weights of its own and the same running statistics.
func TestTwin(t *testing.T) {
	m := newModel(t, "model.network=conv", "model.conv=3k3s2p1", "model.norm=batch")
	twin, err := m.Twin()
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(m.Buffers())
	s, _ := newStep(t, m, 4)
	s.Run()
	m.Weights()[0]++
	if slices.Equal(before, m.Buffers()) || !slices.Equal(m.Buffers(), twin.Buffers()) {
		t.Error("training did not move the running statistics of both")
	}
	if twin.Weights()[0] == m.Weights()[0] {
		t.Error("the twin has the weights of the model, not a copy")
	}
	for i, p := range m.Parameters() {
		if other := twin.Parameters()[i]; p.Buffer && !slices.Equal(p.Data, other.Data) {
			t.Errorf("%s is another in the twin", p.Name)
		}
	}
}

// Windows that leave all shapes as they are still make another network.
func TestWeightsOfOtherWindowsAreRefused(t *testing.T) {
	m := newModel(t, "model.network=conv", "model.conv=3k3s1p1,2k3s2p1")
	other := newModel(t, "model.network=conv", "model.conv=3k3s2p1,2k3s1p1")
	if err := m.CopyWeights(other); err == nil || !strings.Contains(err.Error(), "model.conv") {
		t.Errorf("error %v", err)
	}
	if err := m.CopyWeights(newModel(t, "model.network=conv", "model.conv=3k3s1p1,2k3s2p1")); err != nil {
		t.Error(err)
	}
}
