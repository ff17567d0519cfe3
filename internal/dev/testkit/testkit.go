// Package testkit makes what tests of many packages begin with: an engine, and a
// configuration of a few settings. Small models are in testkit/small.
package testkit

import (
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/internal/compute/kernel"
)

// Engine starts an engine that is closed when the test ends. level names the kernel;
// empty is the fastest one of this machine, and "portable" is on every machine.
func Engine(t testing.TB, level string, threads int) *kernel.Engine {
	t.Helper()
	e, err := kernel.New(kernel.Options{Kernel: level, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// Config is the default configuration with settings such as "model.latent=3"; of one that
// is there twice the last counts.
func Config(t testing.TB, settings ...string) configs.Config {
	t.Helper()
	c := configs.Default()
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		if err := c.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	return c
}
