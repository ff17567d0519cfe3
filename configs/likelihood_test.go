package configs_test

import (
	"testing"

	"vaectl/configs"
)

func TestSettledLikelihood(t *testing.T) {
	for _, c := range []struct {
		likelihood, binarize string
		channels             int
		want                 string
	}{
		{"auto", "none", 1, "bernoulli"},
		{"auto", "none", 3, "logistic-mixture"},
		{"auto", "dynamic", 3, "bernoulli"},
		{"auto", "threshold", 1, "bernoulli"},
		{"gaussian", "none", 3, "gaussian"},
		{"bernoulli", "none", 3, "bernoulli"},
	} {
		config := configs.Default()
		config.Model.Likelihood, config.Data.Binarize = c.likelihood, c.binarize
		if err := configs.Validate(config); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if got := config.Settled(c.channels).Model.Likelihood; got != c.want {
			t.Errorf("%+v becomes %s", c, got)
		}
	}
}
