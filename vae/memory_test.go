package vae

import (
	"runtime"
	"testing"
)

// The estimate of what a step takes is near what its graph takes: a refusal has to
// mean something.
func TestStepBytes(t *testing.T) {
	heap := func() float64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return float64(s.HeapAlloc)
	}
	e := engine(t)
	for _, settings := range [][]string{
		{"model.hidden=400", "model.latent=20"},
		{"model.hidden=400,400,400"},
		{"model.hidden=400", "model.gated=true"},
		{"model.hidden=200,200", "model.latent=50", "objective.name=iwae", "objective.samples=50"},
		{"model.hidden=200,200", "model.latent=100", "model.upper_latent=50", "model.upper_hidden=100,100", "objective.name=iwae", "objective.samples=20"},
		{"model.hidden=400", "model.likelihood=logistic"},
		{"model.hidden=400", "model.likelihood=logistic-mixture", "model.likelihood_components=5"},
		{"model.hidden=300,300", "model.latent=40", "prior.name=vamp"},
		{"model.hidden=300,300", "model.latent=40", "prior.name=mixture", "prior.learned=true"},
		{"model.hidden=100", "model.latent=40", "prior.name=flow"},
	} {
		m, err := New(config(settings...), grey(28, 28), e)
		if err != nil {
			t.Fatal(err)
		}
		grads := make([]float32, len(m.Weights()))
		before := heap()
		s, err := m.NewStep(128, Collecting{Gradients: grads})
		if err != nil {
			t.Fatal(err)
		}
		s.Run()
		got, want := heap()-before, m.network.StepBytes(128, m.config.Objective.Samples)
		if ratio := got / want; ratio < 0.6 || ratio > 1.6 {
			t.Errorf("%v: a step takes %.1f MB, the estimate is %.1f MB", settings, got/1e6, want/1e6)
		} else {
			t.Logf("%v: a step takes %.1f MB, the estimate is %.1f MB", settings, got/1e6, want/1e6)
		}
		runtime.KeepAlive(s)
	}
}
