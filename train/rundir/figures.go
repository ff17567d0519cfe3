package rundir

import (
	"fmt"

	"vaectl/vae"
)

// What is evaluated: the test images, or with data.validation images held out
// of the training images.
const (
	SplitTest       = "test"
	SplitValidation = "validation"
)

// Figures are those of an evaluation, in nats per image.
type Figures struct {
	Split      string `json:"split"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`
	Measures
	// ActivityPerDim tells latents apart where the KL cannot: see [vae.Evaluation].
	ActivityPerDim []float64 `json:"activity_per_dim,omitempty"`
}

// Measures are what an evaluation found, under the names that every record of
// one has for it.
type Measures struct {
	Objective   string `json:"objective"`             // the bound that is the loss, "elbo" or "iwae"
	Samples     int    `json:"objective_samples"`     // draws of z an image in it
	Conditional bool   `json:"conditional,omitempty"` // the figures are of log p(x|y), y the label
	// NoDensity: the prior has none, and KL and ELBO are those of the Gaussian
	// with its mean and standard deviation, which bound nothing.
	NoDensity      bool      `json:"no_density,omitempty"`
	NegBound       float64   `json:"neg_bound_nats"` // the loss
	NegELBO        float64   `json:"neg_elbo_nats"`
	ObjectiveMMD   *float64  `json:"objective_mmd_squared,omitempty"` // of z and the prior, as the mmd objective matches them
	Reconstruction float64   `json:"reconstruction_nats"`
	KL             float64   `json:"kl_nats"`
	KLPerDim       []float64 `json:"kl_per_dim"`
	ActiveUnits    int       `json:"active_units"`
	AggregateMean  []float64 `json:"aggregate_mean"`
	AggregateStd   []float64 `json:"aggregate_std"`
	LowerFigures
}

// Loss is the figure that a training lowers, in nats per image: the negative of its
// bound. Records from before there were several bounds leave the bound out.
func (m Measures) Loss() float64 {
	if m.Objective == vae.IWAE {
		return m.NegBound
	}
	return m.NegELBO
}

// LowerFigures are those of the stochastic levels below z's, all together; none
// where there is one level.
type LowerFigures struct {
	LowerKLPerDim    []float64 `json:"lower_kl_per_dim,omitempty"`
	LowerActiveUnits *int      `json:"lower_active_units,omitempty"`
}

// NewMeasures takes them from an evaluation.
func NewMeasures(e vae.Evaluation) Measures {
	m := Measures{
		Objective: e.Bound.Name, Samples: e.Bound.Samples, Conditional: e.Bound.Conditional, NoDensity: e.Bound.NoDensity, NegBound: e.NegBound,
		NegELBO: e.NegELBO, ObjectiveMMD: e.MMD, Reconstruction: e.Reconstruction, KL: e.KL, KLPerDim: e.KLPerDim,
		ActiveUnits: e.ActiveUnits(), AggregateMean: e.AggregateMean, AggregateStd: e.AggregateStd,
	}
	if len(e.Lower) > 0 {
		active := 0
		for _, l := range e.Lower {
			active += l.ActiveUnits()
			m.LowerKLPerDim = append(m.LowerKLPerDim, l.KLPerDim...)
		}
		m.LowerActiveUnits = &active
	}
	return m
}

// NewFigures are those of an evaluation of a checkpoint, written after an epoch, on a split.
func NewFigures(split, checkpoint string, epoch int, e vae.Evaluation) *Figures {
	return &Figures{Split: split, Checkpoint: checkpoint, Epoch: epoch, Measures: NewMeasures(e), ActivityPerDim: e.ActivityPerDim}
}

// check says whether the figures for each dimension of z are of one number of
// dimensions: those who show them count on it.
func (f *Figures) check() error {
	if f == nil {
		return nil
	}
	n := len(f.AggregateMean)
	for _, of := range []struct {
		name     string
		values   []float64
		optional bool
	}{
		{"aggregate_std", f.AggregateStd, false},
		{"kl_per_dim", f.KLPerDim, true},             // which a prior may not have
		{"activity_per_dim", f.ActivityPerDim, true}, // which earlier versions did not measure
	} {
		if len(of.values) != n && !(of.optional && len(of.values) == 0) {
			return fmt.Errorf("figures of %d dimensions with %d of %s", n, len(of.values), of.name)
		}
	}
	return nil
}
