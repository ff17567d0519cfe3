package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train/rundir"
)

// One epoch on real MNIST costs what it costs in PyTorch, 126.8 nats per image
// on the test set (grey pixels, z sampled), within 3, for each prior of the
// article; the standardised normals agree step by step.
func TestOneEpochOfMNIST(t *testing.T) {
	dir := os.Getenv("VAECTL_TEST_MNIST")
	if dir == "" {
		t.Skip("VAECTL_TEST_MNIST names no directory with the MNIST files")
	}
	set, err := data.Load(context.Background(), data.Options{Name: "mnist", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	steps := map[string][]rundir.StepMetrics{}
	for name, settings := range map[string]map[string]string{
		"standard": nil,
		"normal":   {"prior.mean": "0.5", "prior.std": "0.1"},
		"uniform":  {"prior.name": "uniform"},
	} {
		c := configs.Default()
		for k, v := range settings {
			if err := c.Set(k, v); err != nil {
				t.Fatal(err)
			}
		}
		c.Train.Epochs = 1
		r := create(t, root, name, c)
		result, err := r.Train(context.Background(), Options{Data: set, Engine: engine(t, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		got := result.Final.Evaluation.NegELBO
		t.Logf("%s: %.2f nats after one epoch", name, got)
		if math.Abs(got-126.8) > 3 {
			t.Errorf("%s: %.2f nats per image after one epoch, PyTorch 126.8", name, got)
		}
		m, err := readMetrics(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		steps[name] = m.Steps[:100]
	}
	for i, s := range steps["standard"] {
		if other := steps["normal"][i].Loss; math.Abs(other-s.Loss) > 1e-3*s.Loss {
			t.Errorf("step %d: %g under N(0,1), %g under N(0.5,0.1)", s.Step, s.Loss, other)
		}
	}
}
