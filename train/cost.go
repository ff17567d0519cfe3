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

// Cost is what a training takes, as far as it can be told before its first step.
type Cost struct {
	// Weights is the number of weights.
	Weights float64
	// Bytes is the memory for weights, optimiser and a step. The images come on top.
	Bytes float64
	// StepFLOPs is the number of multiplications and additions in the layers for a step
	// on a whole batch.
	StepFLOPs float64
	// EpochTime is the time of an epoch and its evaluation, from a few steps taken on
	// this machine. It is 0 where the whole training is a matter of seconds, which
	// [EstimateCost] guesses from the size of the network.
	EpochTime time.Duration
}

const (
	// guessedRate is how many operations a second a core does at least, where kernels
	// for it exist: a guess that decides only whether measuring is worth while.
	guessedRate = 50e9
	// outputFLOPs is what a likelihood takes for an output of the decoder, compared with
	// operations of the layers.
	outputFLOPs = 150
	// longTraining is the guessed time from which steps are measured.
	longTraining = 45 * time.Second
	measuredFor  = 300 * time.Millisecond
)

// EstimateCost says what a training of so many epochs would take. The steps that it
// measures are those of another model, which is gone when it returns.
func EstimateCost(ctx context.Context, c configs.Config, d *data.Set, e *vae.Engine, epochs int) (Cost, error) {
	c = settled(c, d)
	n, err := arch.New(c, d.Train.Shape)
	if err != nil {
		return Cost{}, failure(ErrSettings, "", "%w", err)
	}
	rows := float64(c.Objective.Samples)
	cost := Cost{
		Weights: n.Weights(), Bytes: n.TrainingBytes(c),
		StepFLOPs: float64(c.Train.BatchSize) * rows * n.StepFLOPs(),
	}
	image := rows * (n.StepFLOPs() + outputFLOPs*float64(n.Likelihood.Outputs(d.Train.Shape)))
	guess := float64(epochs) * float64(d.Train.Count) * image / (guessedRate * float64(e.Threads()))
	if guess < longTraining.Seconds() {
		return cost, nil
	}
	cost.EpochTime, err = EpochTime(ctx, c, d, e)
	debug.FreeOSMemory() // the model that was measured would count twice
	return cost, err
}

// EpochTime estimates how long an epoch and its evaluation take, from a few steps of a
// fresh model on this machine.
func EpochTime(ctx context.Context, c configs.Config, d *data.Set, e *vae.Engine) (time.Duration, error) {
	b, err := newBenched(c, d, e)
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
