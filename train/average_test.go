package train

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"vaectl/internal/compute/kernel"
	"vaectl/train/rundir"
)

// The mean follows its recursion in float64, on every kernel and over more
// weights than a chunk, and has forgotten the initial weights after a step.
func TestAverageIsTheWeightedMean(t *testing.T) {
	const n = weightsPerChunk + 9
	for _, decay := range []string{"0.5", "0.99", "0.9999"} {
		config := optimizerConfig(map[string]string{"train.ema": decay})
		for _, e := range kernelEngines(t) {
			rng := rand.New(rand.NewPCG(5, 6))
			weights, grads := make([]float32, n), make([]float32, n)
			for i := range weights {
				weights[i] = float32(rng.NormFloat64())
			}
			o := newOptimizer((*kernel.Engine)(e), config, weights)
			o.average = slices.Repeat([]float32{1e6}, n)
			want := slices.Repeat([]float64{1e6}, n)
			for step := range 300 {
				for i := range grads {
					grads[i] = float32(rng.NormFloat64())
				}
				o.begin(0.05)
				o.Update(0, grads)
				kept := min(config.EMA, float64(step)/float64(step+9))
				for i, w := range weights {
					want[i] = kept*want[i] + (1-kept)*float64(w)
				}
				if step != 0 && step != 7 && step != 299 {
					continue
				}
				for i, mean := range o.average {
					if math.Abs(float64(mean)-want[i]) > 2e-6*max(1, math.Abs(want[i])) {
						t.Fatalf("decay %s on %s, step %d: mean of weight %d is %.8f, want %.8f", decay, e.Kernel(), step+1, i, mean, want[i])
					}
				}
			}
		}
	}
}

// A weight that stays is its own mean, however long.
func TestAverageOfAConstantStays(t *testing.T) {
	for _, decay := range []string{"0.9", "0.999", "0.9999"} {
		config := optimizerConfig(map[string]string{"train.ema": decay})
		weights := []float32{0.1, -3.3333333, 1e-4, 12345.678}
		o := newOptimizer((*kernel.Engine)(engine(t, 1)), config, weights)
		o.average = make([]float32, len(weights))
		for range 50_000 {
			o.begin(1e-3)
			o.Update(0, make([]float32, len(weights)))
		}
		for i, mean := range o.average {
			if drift := math.Abs(float64(mean-weights[i])) / math.Abs(float64(weights[i])); drift > 1e-3 {
				t.Errorf("decay %s: the mean of %g is %g", decay, weights[i], mean)
			}
		}
	}
}

// Averaging watches the training and leaves it alone: the companion holds the
// weights of the run without it, the weights file their mean, which is what the
// figures are about.
func TestAveragedRun(t *testing.T) {
	root := t.TempDir()
	plain := trainWhole(t, root, "plain", smallConfig(nil), 2)
	mean := trainWhole(t, root, "mean", smallConfig(map[string]string{"train.ema": "0.9"}), 2)
	saved, o, _, err := load(filepath.Join(root, "mean"), rundir.Last, engine(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	if digestOf(o.weights) != digestOf(plain.Model.Weights()) {
		t.Error("the weights trained on are not those of the run without averaging")
	}
	if digestOf(saved.Weights()) != digestOf(mean.Model.Weights()) {
		t.Error("the weights file does not hold the weights that were evaluated")
	}
	if digestOf(saved.Weights()) == digestOf(o.weights) || mean.Final.Evaluation.NegELBO == plain.Final.Evaluation.NegELBO {
		t.Error("nothing was averaged")
	}
	a, errA := readMetrics(filepath.Join(root, "plain"))
	b, errB := readMetrics(filepath.Join(root, "mean"))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if !slices.Equal(a.Steps, b.Steps) {
		t.Error("averaging changed the training's own losses")
	}
}
