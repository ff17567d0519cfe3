package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"vaectl/configs"
	"vaectl/internal/compute/kernel"
	"vaectl/vae"
)

func optimizerConfig(set map[string]string) configs.Train {
	c := configs.Default()
	for k, v := range set {
		if err := c.Set(k, v); err != nil {
			panic(err)
		}
	}
	return c.Train
}

// kernelEngines are engines of every kernel this machine has.
func kernelEngines(t testing.TB) []*vae.Engine {
	t.Helper()
	var engines []*vae.Engine
	for _, name := range kernel.Supported() {
		e, err := vae.NewEngine(name, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		engines = append(engines, e)
	}
	return engines
}

// torchGradients are those of a step, counted from 1, of the golden runs.
func torchGradients(t int) []float64 {
	last := 0.7
	if t%2 == 1 {
		last = 0
	}
	return []float64{0.3*float64(t) - 1, -0.2 + 0.05*float64(t*t), 1e-3 * math.Pow(-1, float64(t)), last}
}

// torchNorms are the norms of the golden runs' gradients, as PyTorch gives them.
func torchNorms() []float64 {
	return []float64{0.715891752, 0.806226395, 0.269260097, 0.943398643, 1.162970765, 1.920937532, 2.504496157}
}

// Seven steps end where PyTorch 2.15's torch.optim takes them in float64.
func TestOptimizersAgreeWithPyTorch(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		want     []float64
	}{
		"Adam(lr=0.01)": {
			map[string]string{"train.lr": "0.01"},
			[]float64{0.525591744, -1.266300793, 2.015314351, -0.040864534},
		},
		"Adam(lr=0.001, eps=1e-4, betas=(0.8, 0.99))": {
			map[string]string{"train.lr": "0.001", "train.adam_eps": "1e-4", "train.adam_beta1": "0.8", "train.adam_beta2": "0.99"},
			[]float64{0.501845499, -1.252279179, 2.001273118, -0.004169127},
		},
		"AdamW(lr=0.01, weight_decay=0.1)": {
			map[string]string{"train.lr": "0.01", "train.optimizer": "adamw", "train.weight_decay": "0.1"},
			[]float64{0.521948589, -1.257617445, 2.001283664, -0.040762111},
		},
		"Adam(lr=0.01), a decay without effect": {
			map[string]string{"train.lr": "0.01", "train.weight_decay": "0.1"},
			[]float64{0.525591744, -1.266300793, 2.015314351, -0.040864534},
		},
		"Adamax(lr=0.01)": {
			map[string]string{"train.lr": "0.01", "train.optimizer": "adamax"},
			[]float64{0.521999860, -1.253043750, 2.015314351, -0.027354312},
		},
		"clip_grad_norm_(0.5), Adam(lr=0.01)": {
			map[string]string{"train.lr": "0.01", "train.clip": "0.5"},
			[]float64{0.534504430, -1.268788535, 2.022377326, -0.039313104},
		},
	} {
		config := optimizerConfig(c.settings)
		for _, e := range kernelEngines(t) {
			weights := []float32{0.5, -1.25, 2, 0}
			o := newOptimizer((*kernel.Engine)(e), config, weights)
			u := newCollectingUpdate((*kernel.Engine)(e), config, o)
			if config.Clip == 0 {
				u.limit = math.Inf(1)
			}
			for step := 1; step <= 7; step++ {
				for i, g := range torchGradients(step) {
					u.grads[i] = float32(g)
				}
				norm := u.apply(config.LearningRate)
				if want := torchNorms()[step-1]; config.Clip > 0 && math.Abs(norm-want) > 1e-6 {
					t.Errorf("%s: gradient of step %d has norm %.9f, PyTorch's %.9f", name, step, norm, want)
				}
			}
			for i, w := range weights {
				if math.Abs(float64(w)-c.want[i]) > 1e-6 {
					t.Errorf("%s on %s: weight %d is %.9f, PyTorch's %.9f", name, e.Kernel(), i, w, c.want[i])
				}
			}
		}
	}
}

// reference is the optimisers' arithmetic in float64, as the papers write it.
type reference struct {
	c       configs.Train
	w, m, v []float64
	t       float64
}

func (r *reference) update(rate float64, grads []float32) {
	r.t++
	for i := range grads {
		g := float64(grads[i])
		r.m[i] = r.c.AdamBeta1*r.m[i] + (1-r.c.AdamBeta1)*g
		first := r.m[i] / (1 - math.Pow(r.c.AdamBeta1, r.t))
		switch r.c.Optimizer {
		case "adamw":
			r.w[i] *= 1 - rate*r.c.WeightDecay
			fallthrough
		case "adam":
			r.v[i] = r.c.AdamBeta2*r.v[i] + (1-r.c.AdamBeta2)*g*g
			r.w[i] -= rate * first / (math.Sqrt(r.v[i]/(1-math.Pow(r.c.AdamBeta2, r.t))) + r.c.AdamEps)
		case "adamax":
			r.v[i] = math.Max(r.c.AdamBeta2*r.v[i], math.Abs(g))
			r.w[i] -= rate * first / (r.v[i] + r.c.AdamEps)
		}
	}
}

// Over more weights than a chunk, and 200 steps at rates that change, every
// optimiser stays beside its float64 self.
func TestOptimizersAgreeWithFloat64(t *testing.T) {
	const n = 2*weightsPerChunk + 77
	for _, name := range []string{"adam", "adamw", "adamax"} {
		config := optimizerConfig(map[string]string{"train.optimizer": name, "train.weight_decay": "0.5", "train.adam_eps": "1e-4"})
		for _, e := range kernelEngines(t) {
			rng := rand.New(rand.NewPCG(1, 2))
			weights, grads := make([]float32, n), make([]float32, n)
			r := reference{c: config, w: make([]float64, n), m: make([]float64, n), v: make([]float64, n)}
			for i := range weights {
				weights[i] = float32(rng.NormFloat64())
				r.w[i] = float64(weights[i])
			}
			o := newOptimizer((*kernel.Engine)(e), config, weights)
			for step := range 200 {
				for i := range grads {
					grads[i] = float32(0.1*rng.NormFloat64() + 0.05*math.Sin(float64(i)))
				}
				rate := 1e-3 * (1 + math.Cos(float64(step)))
				o.begin(rate)
				o.Update(0, grads)
				r.update(rate, grads)
			}
			for i, w := range weights {
				if math.Abs(float64(w)-r.w[i]) > 2e-5 {
					t.Fatalf("%s on %s: weight %d is %.7f, in float64 %.7f", name, e.Kernel(), i, w, r.w[i])
				}
			}
		}
	}
}

func TestUpdateAllocatesNothing(t *testing.T) {
	weights := make([]float32, 3*weightsPerChunk)
	e, c := engine(t, 2), optimizerConfig(map[string]string{"train.clip": "1", "train.ema": "0.9"})
	o := newOptimizer((*kernel.Engine)(e), c, weights)
	u := newCollectingUpdate((*kernel.Engine)(e), c, o)
	o.average = make([]float32, len(weights))
	if n := testing.AllocsPerRun(20, func() { u.apply(1e-3) }); n != 0 {
		t.Errorf("%g allocations a step", n)
	}
}

func digestOf(weights []float32) string {
	h := sha256.New()
	for _, w := range weights {
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(w)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The defaults end in the same bits from one version of the program to the
// next. Where arithmetic is changed on purpose, the failing test prints the new
// digests: they replace these, and README tells users that bits have changed.
func TestDefaultsKeepTheirBits(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("on " + runtime.GOARCH + " the compiler may fuse multiplications with additions")
	}
	e, err := vae.NewEngine("portable", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for want, settings := range map[string]map[string]string{
		"ac922d9cf70ae1f8aa20c6d3b97d34f82549fbd45904cb57d0ba28ba28df1f88": nil,
		"5dae4b3281742bc6c32e62bb28d41ac8d6bc443eb13df850255c6c6e91c76ce9": {"objective.kl_warmup": "2", "objective.beta": "2", "train.epochs": "6"},
	} {
		root := t.TempDir()
		r := create(t, root, "run", smallConfig(settings))
		result, err := r.Train(t.Context(), Options{Data: smallSet(), Engine: e})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if got := digestOf(result.Model.Weights()); got != want {
			t.Errorf("%v: weights have digest %s, want %s", settings, got, want)
		}
	}
}
