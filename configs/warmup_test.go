package configs_test

import (
	"testing"

	"vaectl/configs"
)

func TestWarmup(t *testing.T) {
	for _, c := range []struct {
		objective configs.Objective
		steps     float64
		text      string
	}{
		{configs.Objective{}, 0, ""},
		{configs.Objective{KLWarmup: 2.5}, 250, "2.5 epochs"},
		{configs.Objective{KLWarmupSteps: 2000}, 2000, "2000 steps"},
	} {
		if steps, text := c.objective.Warmup(100), c.objective.WarmupText(); steps != c.steps || text != c.text {
			t.Errorf("%+v: %g steps of 100 an epoch, %q", c.objective, steps, text)
		}
	}
}
