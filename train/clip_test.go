package train

import (
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"vaectl/internal/compute/kernel"
	"vaectl/vae"
)

// The norm is that of all gradients at once, to float64's precision whatever
// their sizes, and the same bits on any number of threads.
func TestGradientNorm(t *testing.T) {
	for _, n := range []int{1, 3, 4, weightsPerChunk, 3*weightsPerChunk + 5} {
		rng := rand.New(rand.NewPCG(3, uint64(n)))
		grads := make([]float32, n)
		var want float64
		for i := range grads {
			grads[i] = float32(math.Ldexp(rng.NormFloat64(), rng.IntN(160)-80))
			want = math.Hypot(want, float64(grads[i]))
		}
		var first float64
		for _, threads := range []int{1, 2, 5} {
			got := newGradientNorm((*kernel.Engine)(engine(t, threads)), grads).measure()
			if math.Abs(got-want) > 1e-12*want {
				t.Errorf("%d gradients: norm %g, want %g", n, got, want)
			}
			if threads == 1 {
				first = got
			}
			if got != first {
				t.Errorf("%d gradients: norm %b on %d threads, %b on 1", n, got, threads, first)
			}
		}
	}
}

// A limit no gradient reaches changes no bit; a low one does, and the metrics
// have the norms from before clipping.
func TestClipping(t *testing.T) {
	root := t.TempDir()
	digests := map[string]string{}
	for _, clip := range []string{"0", "1e9", "0.01"} {
		result := trainWhole(t, root, "clip-"+clip, smallConfig(map[string]string{"train.clip": clip}), 2)
		digests[clip] = digestOf(result.Model.Weights())
		m, err := readMetrics(filepath.Join(root, "clip-"+clip))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range m.Steps {
			if measured := s.GradientNorm > 1; measured == (clip == "0") {
				t.Errorf("clip %s: step %d has a gradient of norm %g", clip, s.Step, s.GradientNorm)
			}
		}
	}
	if digests["0"] != digests["1e9"] {
		t.Error("a limit above every gradient changes the weights")
	}
	if digests["0"] == digests["0.01"] {
		t.Error("a low limit changes nothing")
	}
}

// With clipping, a gradient that overflows stops the training at its own step
// and not at the next one's loss.
func TestGradientsThatOverflowAreDivergence(t *testing.T) {
	r := create(t, t.TempDir(), "run", smallConfig(map[string]string{"train.clip": "1"}))
	_, err := r.Train(t.Context(), Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{&overflow{at: 5}}})
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "gradient is not finite") || !strings.Contains(err.Error(), "step 6") {
		t.Errorf("error %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// overflow gives a model weights, after a step, whose loss is finite and whose
// gradients are not: no way from the pixels to the code, but large numbers on
// both sides of it.
type overflow struct {
	at    uint64
	model *vae.Model
}

func (o *overflow) Begin(p Progress) { o.model = p.Model }
func (o *overflow) Step(r StepRecord) {
	if r.Step != o.at {
		return
	}
	for _, p := range o.model.Parameters() {
		for i := range p.Data {
			switch p.Name {
			case "encoder.0.weight", "output.weight":
				p.Data[i] = 1e20
			case "head.weight", "head.bias":
				p.Data[i] = 0
			}
		}
	}
}
func (o *overflow) Epoch(EpochRecord) error { return nil }
