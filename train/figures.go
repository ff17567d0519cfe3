package train

import (
	"context"

	"vaectl/data"
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

func newFigures(split, checkpoint string, epoch int, e vae.Evaluation) *Figures {
	return &Figures{Split: split, Checkpoint: checkpoint, Epoch: epoch, Measures: NewMeasures(e), ActivityPerDim: e.ActivityPerDim}
}

// Tested is the only evaluation on the test images of a training that had
// validation images to choose by. It is made at the end, of the checkpoint that
// was aimed at: with train.patience the best one, otherwise the last.
type Tested struct {
	Checkpoint string
	Epoch      int
	Model      *vae.Model
	Evaluation vae.Evaluation
}

// test evaluates on the test images. It does not stop when the context ends:
// it is short, and a run whose epochs are over could not be resumed for it.
func (l *loop) test() error {
	t := &Tested{Checkpoint: Last, Epoch: l.state.Evaluated, Model: l.averaged}
	if l.run.config.Train.Patience > 0 {
		t.Checkpoint, t.Epoch = Best, l.state.BestEpoch
	}
	var err error
	if t.Epoch != l.state.Evaluated {
		if t.Model, err = LoadModel(l.run.dir, t.Checkpoint, l.options.Engine); err != nil {
			return err
		}
	}
	mode := data.Binarization(l.run.config.Data.Binarize)
	reader, err := data.NewReader(&l.options.Data.Test, mode, l.options.Engine)
	if err != nil {
		return err
	}
	if t.Evaluation, err = t.Model.Evaluate(context.Background(), reader, l.run.config.Train.Seed); err != nil {
		return err
	}
	if !finite(t.Evaluation.NegBound) {
		return failure(ErrDiverged, "", "test loss is %g after epoch %d", t.Evaluation.NegBound, t.Epoch)
	}
	l.tested = t
	l.run.record.Test = newFigures(SplitTest, t.Checkpoint, t.Epoch, t.Evaluation)
	return nil
}
