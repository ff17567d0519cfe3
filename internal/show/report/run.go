// Package report writes one page about a run, or about several side by side:
// what differs, what came of it, and pictures of what the models do. The caller
// opens the runs and reads their images; what could not be had is said on the
// page, picture by picture.
package report

import (
	"context"
	"fmt"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Run is all there is to know of a run. What cannot be had without the weights
// or the images may be missing, for the reason that is given.
type Run struct {
	Label   string // the name of the run, or its path where two have one name
	Dir     string
	Record  rundir.Record
	Config  configs.Config // of config.yaml
	Metrics rundir.Metrics

	*vae.Model // of [Run.Checkpoint]
	NoModel    error
	Images     Images
	NoImages   error

	evaluation *vae.Evaluation // of the images; nil until somebody asks
}

// Images are the test images of a run.
type Images struct {
	Set      *data.Set
	Split    *data.Split
	Reader   *data.Reader
	Binarize string
	Engine   *vae.Engine // that further readers are to use
	// Notes say how they differ from the images of the training.
	Notes []string
}

// seed is that of all draws of a run's pictures.
func (r *Run) seed() uint64 { return r.Config.Train.Seed }

// loss is what the run's figures are of.
func (r *Run) loss() comparison.Loss { return comparison.Loss{Record: r.Record, Config: r.Config} }

// disagreement says that config.yaml is not the configuration that the weights
// were trained with; empty where it is. Continuing a run may change how long it is
// and how many threads compute, which its best checkpoint does not know of.
func (r *Run) disagreement() string {
	if r.NoModel != nil {
		return ""
	}
	written := r.Config
	trained := r.Model.Config()
	written.Train.Epochs, written.Train.Threads = trained.Train.Epochs, trained.Train.Threads
	diff := configs.Diff(written, trained)
	if len(diff) == 0 {
		return ""
	}
	return words.Sentence(fmt.Sprintf("the file config.yaml was changed after the training: it does not describe these weights (%s)", diff[0]))
}

func lossesOf(runs []*Run) []comparison.Loss {
	var all []comparison.Loss
	for _, r := range runs {
		all = append(all, r.loss())
	}
	return all
}

// figures are those of the result; none of a run that was not evaluated.
func (r *Run) figures() *rundir.Figures { return r.loss().Figures() }

// Checkpoint is the one that the figures are of.
func (r *Run) Checkpoint() string {
	if f := r.figures(); f != nil && f.Checkpoint != "" {
		return f.Checkpoint
	}
	return rundir.Last
}

// evaluate evaluates a run on its images, once for all that ask.
func (r *Run) evaluate(ctx context.Context) (vae.Evaluation, error) {
	if r.evaluation == nil {
		e, err := r.Evaluate(ctx, r.Images.Reader, r.seed())
		if err != nil {
			return e, err
		}
		r.evaluation = &e
	}
	return *r.evaluation, nil
}

// batch reads images as an evaluation reads them, with the labels that a
// conditional model wants.
func (r *Run) batch(of Images, indices []int) vae.Batch {
	rows := make([]int32, len(indices))
	for i, index := range indices {
		rows[i] = int32(index)
	}
	b := vae.Batch{Pixels: make([]float32, len(indices)*of.Split.Values())}
	of.Reader.Read(b.Pixels, rows, data.EvaluationDraw(r.seed()))
	if r.Classes() > 0 && of.Split.Labels != nil {
		for _, index := range indices {
			b.Labels = append(b.Labels, of.Split.Labels[index])
		}
	}
	return b
}
