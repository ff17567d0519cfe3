package train

import (
	"path/filepath"
	"slices"

	"vaectl/configs"
	"vaectl/internal/compute/kernel"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// What tests look at in run directories.

func readRecord(dir string) (rundir.Record, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return rundir.Record{}, err
	}
	return r.Record, nil
}

func readMetrics(dir string) (rundir.Metrics, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return rundir.Metrics{}, err
	}
	return r.Metrics()
}

func loadModel(dir, checkpoint string, e *vae.Engine) (*vae.Model, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return nil, err
	}
	c, err := r.Checkpoint(checkpoint, e)
	if err != nil {
		return nil, err
	}
	return c.Model, nil
}

// load reads a checkpoint with the optimiser's state.
func load(dir, checkpoint string, e *vae.Engine) (*vae.Model, *optimizer, rundir.State, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return nil, nil, rundir.State{}, err
	}
	c, err := r.Checkpoint(checkpoint, e)
	if err != nil {
		return nil, nil, rundir.State{}, err
	}
	state, err := r.Optimizer(c)
	if err != nil {
		return nil, nil, c.State, err
	}
	o := newOptimizer((*kernel.Engine)(e), c.Model.Config().Train, slices.Clone(c.Model.Weights()))
	return c.Model, o, c.State, o.restore(c.Model, state)
}

const (
	checkpointDir = "checkpoints"
	weightsSuffix = ".safetensors"
	metricsFile   = "metrics.jsonl"
	configFile    = "config.yaml"
)

func samplesDir(dir string) string { return filepath.Join(dir, "samples") }
func eventsDir(dir string) string  { return filepath.Join(dir, "events") }

func readConfig(dir string) (configs.Config, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return configs.Config{}, err
	}
	return r.Config()
}
