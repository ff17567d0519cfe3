package train

import (
	"context"
	"runtime/debug"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/vae"
	"vaectl/vae/arch"
)

// Cost is what a training takes, as far as the network tells.
type Cost struct {
	// Weights is the number of weights.
	Weights float64
	// Bytes is the memory for weights, optimiser and a step. The images come on top.
	Bytes float64
	// StepFLOPs is the number of multiplications and additions in the layers for a step
	// on a whole batch.
	StepFLOPs float64
	// LargeDense is true of dense layers next to an image with more values than they are
	// made for.
	LargeDense bool

	epochFLOPs float64
}

const (
	// guessedRate is how many operations a second a core does at least, where kernels
	// for it exist: a guess that decides only whether measuring is worth while.
	guessedRate = 50e9
	// outputFLOPs is what a likelihood takes for an output of the decoder, compared with
	// operations of the layers.
	outputFLOPs = 150
	// longTraining is the guessed time from which it is worth while.
	longTraining = 45 * time.Second
	measuredFor  = 300 * time.Millisecond
	// largeDense is the number of values from which an image is large for dense layers.
	largeDense = 8000
)

// CostOf estimates what training a model on the images of a set takes.
func CostOf(c configs.Config, d *data.Set) (Cost, error) {
	c = settled(c, d)
	n, err := arch.New(c, d.Train.Shape)
	if err != nil {
		return Cost{}, failure(ErrSettings, "", "%w", err)
	}
	draws := float64(c.Objective.Samples)
	image := n.StepFLOPs() + outputFLOPs*float64(n.Likelihood.Outputs(d.Train.Shape))
	return Cost{
		Weights: n.Weights(), Bytes: n.TrainingBytes(c),
		StepFLOPs:  float64(c.Train.BatchSize) * draws * n.StepFLOPs(),
		LargeDense: c.Model.Network == "dense" && d.Train.Shape.Values() >= largeDense,
		epochFLOPs: float64(d.Train.Count) * draws * image,
	}, nil
}

// IsLong guesses whether so many epochs take long enough for [EpochTime] to be worth
// its second.
func (c Cost) IsLong(epochs float64, e *vae.Engine) bool {
	return epochs*c.epochFLOPs > guessedRate*float64(e.Threads())*longTraining.Seconds()
}

// EpochTime estimates how long an epoch and its evaluation take, from a few steps of a
// fresh model on this machine. The model is gone when it returns.
func EpochTime(ctx context.Context, c configs.Config, d *data.Set, e *vae.Engine) (time.Duration, error) {
	defer debug.FreeOSMemory()
	b, err := newBenchSession(c, d, e)
	if err != nil {
		return 0, err
	}
	if err := b.wholeStep(); err != nil { // the first one makes room
		return 0, err
	}
	rate, _, err := b.block(ctx, measuredFor, b.wholeStep)
	if err != nil {
		return 0, err
	}
	evaluated := d.Test.Count
	if c.Data.Validation > 0 {
		evaluated = c.Data.Validation
	}
	// An evaluation is the forward third of a step.
	images := float64(d.Train.Count-c.Data.Validation) + float64(evaluated)/3/float64(c.Train.EvalEvery)
	return time.Duration(images / (rate * float64(c.Train.BatchSize)) * float64(time.Second)), nil
}
