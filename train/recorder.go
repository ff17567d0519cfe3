package train

import (
	"io"

	"vaectl/data"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Recorder watches a training. Its methods are called from the training
// goroutine and should return soon. One that is an [io.Closer] too is closed
// when the training ends, however it ends.
//
// An error that is a [rundir.Warning] is kept in the record and passed to
// [Options.Warn], and training goes on; any other error ends it after a checkpoint.
type Recorder interface {
	// Begin is called once, before the first step.
	Begin(Progress)
	// Step is called after every optimiser step.
	Step(StepRecord)
	// Epoch is called after every evaluation.
	Epoch(EpochRecord) error
}

// Progress says what a training is about to do.
type Progress struct {
	Model         *vae.Model // as it is evaluated and saved: with train.ema the mean of the weights
	Dir           string     // the run directory
	FirstStep     uint64     // steps already taken
	TotalSteps    uint64
	StepsPerEpoch uint64
	Epochs        int
	Images        int              // images an epoch
	Watched       *data.Reader     // the images of every evaluation
	Warnings      []rundir.Warning // about continuing the run
}

// StepRecord is one optimiser step. Losses are means over the batch in nats
// per image.
type StepRecord struct {
	Step           uint64 // from 1
	Epoch          int    // from 1
	Images         int
	Loss           float64 // the negative of the bound that is trained, or what [vae.Model.Minimised] says
	Reconstruction float64
	KL             float64
	Beta           float64
	Capacity       float64 // nats per image; 0 without that objective
	Rate           float64 // the learning rate
	GradientNorm   float64 // of all gradients together, before clipping; 0 without clipping
}

// EpochRecord is the state of a training after an epoch. Train holds the means
// over that epoch's images as they were seen. With train.eval_every there is a
// record only of the epochs that were evaluated.
type EpochRecord struct {
	Epoch      int
	Step       uint64
	Train      Means
	Split      string // what was evaluated after it, SplitTest or SplitValidation
	Evaluation vae.Evaluation
	Best       bool    // lowest [vae.Evaluation.Selection] so far
	Minimised  string  // what Train.Loss is the mean of, where that is not the negative of the bound
	Beta       float64 // of the epoch's last step, as in StepRecord
	Capacity   float64
	Rate       float64
	Seconds    float64 // spent since the evaluation before, in this process
}

// Means are figures in nats per image over the images of an epoch.
type Means struct {
	Loss, Reconstruction, KL float64
}

// closeRecorder closes a recorder that wants it.
func closeRecorder(r Recorder) error {
	if c, ok := r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
