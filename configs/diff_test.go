package configs_test

import (
	"strings"
	"testing"

	"vaectl/configs"
)

// What a run was made with counts as changed only where somebody set it to
// something else, and where it has an effect.
func TestChanged(t *testing.T) {
	for _, c := range []struct {
		change   map[string]string
		channels int
		want     string
	}{
		{nil, 1, ""},
		{nil, 3, ""},
		{map[string]string{"model.likelihood": "bernoulli"}, 1, ""},
		{map[string]string{"model.likelihood": "bernoulli"}, 3, "model.likelihood"},
		{map[string]string{"model.likelihood": "logistic-mixture"}, 3, ""},
		{map[string]string{"data.binarize": "threshold"}, 3, "data.binarize"},
		{map[string]string{"model.norm": "batch", "prior.low": "-3"}, 1, ""},
		{map[string]string{"model.network": "conv", "model.norm": "batch"}, 1, "model.network model.norm"},
	} {
		config := configs.Default()
		for key, value := range c.change {
			if err := config.Set(key, value); err != nil {
				t.Fatal(err)
			}
		}
		var keys []string
		for _, d := range configs.Changed(config, c.channels) {
			keys = append(keys, d.Key)
		}
		if got := strings.Join(keys, " "); got != c.want {
			t.Errorf("%v of %d channels: %s, want %s", c.change, c.channels, got, c.want)
		}
	}
}
