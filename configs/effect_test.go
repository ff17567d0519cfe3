package configs

import (
	"strings"
	"testing"
)

func TestEffectFollowsTheSettingItHangsOn(t *testing.T) {
	c := Default()
	for key, want := range map[string]bool{"prior.mean": true, "prior.low": false, "train.lr": true, "train.lr_every": false, "train.init_checkpoint": false, "prior.nothing": false} {
		if got := c.HasEffect(key); got != want {
			t.Errorf("by default %s has an effect: %t, want %t", key, got, want)
		}
	}
	if err := c.Set("prior.name", "uniform"); err != nil {
		t.Fatal(err)
	}
	if c.HasEffect("prior.mean") || !c.HasEffect("prior.low") {
		t.Errorf("of a uniform prior, mean has an effect: %t, low: %t", c.HasEffect("prior.mean"), c.HasEffect("prior.low"))
	}
	if err := c.Set("train.init_checkpoint", "last"); err != nil {
		t.Fatal(err)
	}
	if got := Warnings(c); len(got) != 1 || !strings.Contains(got[0], "--init-checkpoint) is last, which has no effect: train.init_from is empty") {
		t.Errorf("warnings %q", got)
	}
	if err := c.Set("train.init_from", "other"); err != nil {
		t.Fatal(err)
	}
	if got := Warnings(c); len(got) != 0 || !c.HasEffect("train.init_checkpoint") {
		t.Errorf("warnings %q", got)
	}
}
