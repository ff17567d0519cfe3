package configs_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
)

func TestValidateAccepts(t *testing.T) {
	cases := map[string]func(*configs.Config){
		"the defaults":                     func(*configs.Config) {},
		"no hidden layer":                  func(c *configs.Config) { c.Model.Hidden = nil },
		"one value a dimension":            func(c *configs.Config) { c.Model.Latent, c.Prior.Mean = 2, configs.Floats{1, 2} },
		"warm-up over the whole run":       func(c *configs.Config) { c.Objective.KLWarmup = 10 },
		"a list of the prior not chosen":   func(c *configs.Config) { c.Prior.Low = configs.Floats{1, 2, 3} },
		"low above high, not chosen":       func(c *configs.Config) { c.Prior.Low = configs.Floats{5} },
		"beta 0, a plain autoencoder":      func(c *configs.Config) { c.Objective.Beta = 0 },
		"the largest seed":                 func(c *configs.Config) { c.Train.Seed = math.MaxUint64 },
		"a directory with letters of ours": func(c *configs.Config) { c.Data.Dataset = "./Bilder/größer" },
		"two stochastic layers": func(c *configs.Config) {
			c.Model.Latent, c.Model.UpperLatent, c.Model.UpperHidden = 100, 3, []int{100, 100}
			c.Prior.Mean = configs.Floats{1, 2, 3}
		},
		"many draws for the ELBO":       func(c *configs.Config) { c.Objective.Samples, c.Objective.Beta = 50, 4 },
		"warm-up of importance weights": func(c *configs.Config) { c.Objective.Name, c.Objective.KLWarmup = "iwae", 3 },
		"another gradient of the iwae":  func(c *configs.Config) { c.Objective.Name, c.Objective.Gradient = "iwae", "dreg" },
		"heavy tails without a variance": func(c *configs.Config) {
			c.Prior.Name, c.Prior.DoF, c.Prior.Standardize = "student-t", configs.Floats{1}, "full"
		},
		"a short list against a long one": func(c *configs.Config) {
			c.Prior.Name, c.Model.Latent, c.Prior.Low, c.Prior.High = "uniform", 2, configs.Floats{-1, -2}, configs.Floats{0}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			c := configs.Default()
			change(&c)
			if err := configs.Validate(c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	cases := map[string]struct {
		change func(*configs.Config)
		want   string
	}{
		"zero std": {
			func(c *configs.Config) { c.Prior.Std = configs.Floats{0} },
			"prior.std (--prior-std) is 0: must be from 1e-6 to 1e6",
		},
		"no memory of squared gradients": {
			func(c *configs.Config) { c.Train.AdamBeta2 = 0 },
			"train.adam_beta2 (--adam-beta2) is 0: must be from 0.8 to 0.99999",
		},
		"std in a list": {
			func(c *configs.Config) { c.Model.Latent, c.Prior.Std = 2, configs.Floats{1, -1} },
			"prior.std (--prior-std) is 1,-1: must be from 1e-6 to 1e6",
		},
		"std NaN": {
			func(c *configs.Config) { c.Prior.Std = configs.Floats{math.NaN()} },
			"prior.std (--prior-std) is NaN: must be from 1e-6 to 1e6",
		},
		"mean infinite": {
			func(c *configs.Config) { c.Prior.Mean = configs.Floats{math.Inf(-1)} },
			"prior.mean (--prior-mean) is -Inf: must be from -1e6 to 1e6",
		},
		"list of none": {
			func(c *configs.Config) { c.Prior.Mean = nil },
			"prior.mean (--prior-mean) is empty: has 0 values: must have one, or 20 as model.latent says",
		},
		"an empty class": {
			func(c *configs.Config) { c.Data.WithoutClasses = configs.Words{"4", ""} },
			"data.without_classes (--without-class) is 4,: must not have an empty word",
		},
		"a class with a comma": {
			func(c *configs.Config) { c.Data.WithoutClasses = configs.Words{"cats, dogs"} },
			"data.without_classes (--without-class) is cats, dogs: must not have a comma within a word",
		},
		"a class twice": {
			func(c *configs.Config) { c.Data.WithoutClasses = configs.Words{"Flags", "flags"} },
			"data.without_classes (--without-class) is Flags,flags: has Flags twice",
		},
		"list of the wrong length": {
			func(c *configs.Config) { c.Prior.Mean = configs.Floats{1, 2, 3} },
			"prior.mean (--prior-mean) is 1,2,3: has 3 values: must have one, or 20 as model.latent says",
		},
		"low above high": {
			func(c *configs.Config) {
				c.Prior.Name, c.Prior.Low, c.Prior.High = "uniform", configs.Floats{2}, configs.Floats{1}
			},
			"prior.low (--prior-low) is 2: must be below prior.high (--prior-high), which is 1; in dimension 0 it is 2 against 1",
		},
		"low equal to high in a later dimension": {
			func(c *configs.Config) {
				c.Prior.Name, c.Model.Latent, c.Prior.Low, c.Prior.High = "uniform", 2, configs.Floats{-1, 1}, configs.Floats{1}
			},
			"prior.low (--prior-low) is -1,1: must be below prior.high (--prior-high), which is 1; in dimension 1 it is 1 against 1",
		},
		"warm-up longer than the run": {
			func(c *configs.Config) { c.Objective.KLWarmup, c.Objective.Beta = 10.5, 4 },
			"objective.kl_warmup (--kl-warmup) is 10.5: must be at most the 10 epochs of the run (train.epochs, --epochs): beta would never reach 4",
		},
		"warm-up in epochs and in steps": {
			func(c *configs.Config) { c.Objective.KLWarmup, c.Objective.KLWarmupSteps = 1, 2000 },
			"objective.kl_warmup_steps (--kl-warmup-steps) is 2000: must be 0 where objective.kl_warmup (--kl-warmup) is set, which says the same in epochs",
		},
		"warm-up of the rate longer than the run": {
			func(c *configs.Config) { c.Train.RateWarmup = 11 },
			"train.lr_warmup (--lr-warmup) is 11: must be at most the 10 epochs of the run (train.epochs, --epochs): the learning rate would never reach 0.001",
		},
		"patience without validation images": {
			func(c *configs.Config) { c.Train.Patience = 5 },
			"train.patience (--patience) is 5: needs images to decide by: hold some out with data.validation (--validation)",
		},
		"zero epochs": {
			func(c *configs.Config) { c.Train.Epochs = 0 },
			"train.epochs (--epochs) is 0: must be from 1 to 1e6",
		},
		"zero batch": {
			func(c *configs.Config) { c.Train.BatchSize = 0 },
			"train.batch_size (--batch-size) is 0: must be from 1 to 65536",
		},
		"negative rate": {
			func(c *configs.Config) { c.Train.LearningRate = -0.1 },
			"train.lr (--lr) is -0.1: must be from 1e-9 to 10",
		},
		"negative threads": {
			func(c *configs.Config) { c.Train.Threads = -1 },
			"train.threads (--threads) is -1: must be from 0 to 1024",
		},
		"negative free bits": {
			func(c *configs.Config) { c.Objective.FreeBits = -1 },
			"objective.free_bits (--free-bits) is -1: must be from 0 to 1000",
		},
		"layers that lead nowhere": {
			func(c *configs.Config) { c.Model.UpperHidden = []int{100} },
			"model.upper_hidden (--upper-hidden) is 100: has no second stochastic layer to lead to: set model.upper_latent (--upper-latent) too",
		},
		"absurd depth above": {
			func(c *configs.Config) { c.Model.UpperLatent, c.Model.UpperHidden = 2, ones(33) },
			"model.upper_hidden (--upper-hidden) is 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,…: has 33 layers: must have at most 32",
		},
		"a mean for the lower layer": {
			func(c *configs.Config) {
				c.Model.Latent, c.Model.UpperLatent, c.Prior.Mean = 3, 2, configs.Floats{1, 2, 3}
			},
			"prior.mean (--prior-mean) is 1,2,3: has 3 values: must have one, or 2 as model.upper_latent says",
		},
		"no draws": {
			func(c *configs.Config) { c.Objective.Samples = 0 },
			"objective.samples (--samples) is 0: must be from 1 to 10000",
		},
		"beta with importance weights": {
			func(c *configs.Config) { c.Objective.Name, c.Objective.Beta = "iwae", 0.5 },
			"objective.beta (--beta) is 0.5: must be 1 with objective.name (--objective) iwae: weights with another share of the KL bound nothing; beta goes with elbo",
		},
		"free bits with importance weights": {
			func(c *configs.Config) { c.Objective.Name, c.Objective.FreeBits = "iwae", 0.1 },
			"objective.free_bits (--free-bits) is 0.1: must be 0 with objective.name (--objective) iwae: its weights have no KL a dimension; free bits go with elbo",
		},
		"doubly reparameterised ELBO": {
			func(c *configs.Config) { c.Objective.Gradient = "dreg" },
			"objective.gradient (--gradient) is dreg: must be standard unless objective.name (--objective) is iwae",
		},
		"negative code": {
			func(c *configs.Config) { c.Model.Latent = -20 },
			"model.latent (--latent) is -20: must be from 1 to 4096",
		},
		"zero width": {
			func(c *configs.Config) { c.Model.Hidden = []int{400, 0} },
			"model.hidden (--hidden) is 400,0: must be from 1 to 65536",
		},
		"absurd width": {
			func(c *configs.Config) { c.Model.Hidden = []int{1 << 30} },
			"model.hidden (--hidden) is 1073741824: must be from 1 to 65536",
		},
		"absurd depth": {
			func(c *configs.Config) { c.Model.Hidden = ones(33) },
			"model.hidden (--hidden) is 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,…: has 33 layers: must have at most 32",
		},
		"unknown activation": {
			func(c *configs.Config) { c.Model.Activation = "rleu" },
			`model.activation (--activation) is rleu: must be one of relu, leaky-relu, silu, tanh, softplus, elu: did you mean "relu"?`,
		},
		"a variance that is not finite": {
			func(c *configs.Config) {
				c.Prior.Name, c.Model.Latent, c.Prior.DoF = "student-t", 2, configs.Floats{5, 2}
			},
			"prior.dof (--prior-dof) is 5,2: must be above 2 with prior.standardize (--standardize) affine, in dimension 1 it is 2: the variance is infinite; full and none do without it",
		},
		"components of lists that do not fit": {
			func(c *configs.Config) { c.Prior.Name, c.Prior.Weights = "mixture", configs.Floats{1, 2, 3} },
			"prior.means (--prior-means) is -1,1: has 2 values: must have one, or 3, one for each component of the longest list",
		},
		"weight 0": {
			func(c *configs.Config) { c.Prior.Name, c.Prior.Weights = "mixture", configs.Floats{1, 0} },
			"prior.weights (--prior-weights) is 1,0: must be above 0 and at most 1e6",
		},
		"a learned prior standardised in full": {
			func(c *configs.Config) { c.Prior.Name, c.Prior.Learned, c.Prior.Standardize = "mixture", true, "full" },
			"prior.standardize (--standardize) is full: must be affine or none with a learned prior: full wants one that stays as it is",
		},
		"greys of binary pixels": {
			func(c *configs.Config) { c.Model.Likelihood, c.Data.Binarize = "gaussian", "dynamic" },
			"model.likelihood (--likelihood) is gaussian: must be bernoulli with data.binarize (--binarize) dynamic: of pixels that are 0 or 1 a distribution over greys says nothing",
		},
		"a flow with nothing to move by": {
			func(c *configs.Config) { c.Prior.Name, c.Model.Latent = "flow", 1 },
			"prior.name (--prior) is flow: must have a code of at least 2 dimensions: one half of z moves by the other",
		},
		"free bits of one KL": {
			func(c *configs.Config) { c.Prior.Name, c.Objective.FreeBits = "vamp", 0.1 },
			"objective.free_bits (--free-bits) is 0.1: must be 0 with a learned prior: its KL is one figure, not one a dimension",
		},
		"unknown prior": {
			func(c *configs.Config) { c.Prior.Name = "cauchy" },
			"prior.name (--prior) is cauchy: must be one of normal, uniform, laplace, logistic, student-t, mixture, vamp, flow, sphere",
		},
		"empty word": {
			func(c *configs.Config) { c.Data.Binarize = "" },
			"data.binarize (--binarize) is empty: must be one of none, threshold, dynamic",
		},
		"no data set": {
			func(c *configs.Config) { c.Data.Dataset = "" },
			"data.dataset (--dataset) is empty: must name a data set or a path",
		},
		"control characters": {
			func(c *configs.Config) { c.Data.Dir = "a\x00b" },
			"data.dir (--data-dir) is a\x00b: must be plain UTF-8 text without control characters",
		},
		"broken text": {
			func(c *configs.Config) { c.Data.Dir = "a\xffb" },
			"data.dir (--data-dir) is a\xffb: must be plain UTF-8 text without control characters",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := configs.Default()
			c.change(&config)
			err := configs.Validate(config)
			if !errors.Is(err, configs.ErrInvalid) {
				t.Fatalf("Validate gives %v; want an error that is ErrInvalid", err)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	c := configs.Default()
	c.Model.Latent, c.Train.Epochs, c.Prior.Name = 0, 0, "norml"
	err := configs.Validate(c)
	for _, want := range []string{"model.latent", "train.epochs", `did you mean "normal"?`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate gives %v; want %q in it", err, want)
		}
	}
	var field *configs.FieldError
	if !errors.As(err, &field) || field.Key != "model.latent" || field.Flag != "latent" || field.Value != "0" {
		t.Errorf("the first FieldError is %+v; want the one of model.latent", field)
	}
}

func TestWarningsNameWhatHasNoEffect(t *testing.T) {
	c := configs.Default()
	c.Prior.Mean = configs.Floats{0.5}
	if warnings := configs.Warnings(c); len(warnings) != 0 {
		t.Errorf("warnings about the mean of a normal prior: %q", warnings)
	}
	c.Prior.Name = "uniform"
	want := []string{"prior.mean (--prior-mean) is 0.5, which has no effect: prior.name is not normal"}
	if diff := cmp.Diff(want, configs.Warnings(c)); diff != "" {
		t.Error(diff)
	}
}

func ones(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = 1
	}
	return list
}
