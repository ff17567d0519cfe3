package configs

import "testing"

func TestEffectFollowsTheSettingItHangsOn(t *testing.T) {
	c := Default()
	for key, want := range map[string]bool{"prior.mean": true, "prior.low": false, "train.lr": true, "train.lr_every": false, "prior.nothing": false} {
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
}
