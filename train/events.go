package train

import (
	"errors"
	"fmt"
	"time"

	"vaectl/data"
	"vaectl/internal/format/tfevents"
	"vaectl/train/rundir"
	"vaectl/vae"
)

const (
	// encodedImages are those whose z the histograms are of.
	encodedImages = 500
	encodedRows   = 250 // at a time
	// mostHistograms bounds the dimensions with a histogram of their own.
	mostHistograms = 32
)

// Events is a [Recorder] that writes TensorBoard event files to the run's folder
// events, over optimiser steps: the figures of the steps that metrics.jsonl has
// and of every evaluation, the pictures, and how z is distributed over the first
// 500 evaluated images, for all dimensions together and for each of the first
// 32. A resumed run adds a file, in which TensorBoard is told which steps of the
// earlier ones no longer hold.
type Events struct {
	pictures *Pictures
	now      func() time.Time
	progress Progress
	compared *Comparison
	writer   *tfevents.Writer
	err      error // of Begin and Step, which cannot return it

	images  int       // trained on since the clock was read
	started time.Time // then
	stepped time.Time // when the newest step ended
	encoded vae.Batch
	scorer  *vae.Scorer
}

// Comparison is how TensorBoard's HParams page tells runs apart.
type Comparison struct {
	Names, Values []string // of settings
	// Group is the same for runs that differ only in their seed.
	Group string
}

// NewEvents returns the recorder of one training. The pictures are those of
// another recorder, which must come before it; nil writes none.
func NewEvents(pictures *Pictures) *Events { return &Events{pictures: pictures, now: time.Now} }

// Begin opens the file.
func (e *Events) Begin(p Progress) {
	e.progress = p
	split := p.Watched.Split()
	indices := make([]int32, min(encodedImages, split.Count))
	for i := range indices {
		indices[i] = int32(i)
	}
	images, err := p.Model.Images(p.Watched)
	if err != nil {
		e.err = err
		return
	}
	e.encoded = images.Batch(indices, data.EvaluationDraw(e.seed()))
	if e.scorer, e.err = p.Model.NewScorer(min(encodedRows, len(indices))); e.err != nil {
		return
	}
	folder, err := rundir.EventsDir(p.Dir)
	if err != nil {
		e.err = err
		return
	}
	if e.writer, e.err = tfevents.Create(folder, tfevents.Options{FirstStep: int64(p.FirstStep) + 1, Now: e.now}); e.err == nil {
		e.err = e.compare()
	}
	e.started = e.now()
}

// Compare makes the run appear beside others on TensorBoard's HParams page. Call it
// before training begins.
func (e *Events) Compare(c Comparison) { e.compared = &c }

func (e *Events) compare() error {
	if e.compared == nil {
		return nil
	}
	var settings []tfevents.Setting
	for i, name := range e.compared.Names {
		settings = append(settings, tfevents.Setting{Name: name, Value: e.compared.Values[i]})
	}
	return e.writer.Settings(settings, e.compared.Group)
}

func (e *Events) seed() uint64 { return e.progress.Model.Config().Train.Seed }

// Step records a step that metrics.jsonl has.
func (e *Events) Step(r StepRecord) {
	e.images += r.Images
	e.stepped = e.now()
	if e.err != nil || !isKept(r.Step) {
		return
	}
	figures := []figure{
		{"loss/step", r.Loss}, {"reconstruction/step", r.Reconstruction}, {"kl/step", r.KL},
		{"schedule/beta", r.Beta}, {"schedule/lr", r.Rate},
	}
	if r.Capacity > 0 {
		figures = append(figures, figure{"schedule/capacity", r.Capacity})
	}
	if r.GradientNorm > 0 {
		figures = append(figures, figure{"schedule/gradient_norm", r.GradientNorm})
	}
	e.err = e.scalars(r.Step, figures)
}

// figure is a number under a tag.
type figure struct {
	tag   string
	value float64
}

func (e *Events) scalars(step uint64, figures []figure) error {
	for _, f := range figures {
		if err := e.writer.Scalar(int64(step), f.tag, f.value); err != nil {
			return err
		}
	}
	return nil
}

// Epoch records an evaluation, and in epochs with pictures those and z.
func (e *Events) Epoch(r EpochRecord) error {
	if e.err == nil {
		e.err = e.epoch(r)
	}
	return e.warning()
}

// warning says that the files could not be written, and that the training does
// not depend on them. After the first failure nothing more is written: a part of
// a record would make all that follow unreadable.
func (e *Events) warning() error {
	if e.err == nil {
		return nil
	}
	return rundir.Warning{Code: WarnEvents, Text: fmt.Sprintf("TensorBoard's files of this training are incomplete: %v", e.err)}
}

func (e *Events) epoch(r EpochRecord) error {
	v := r.Evaluation
	figures := []figure{
		{"loss/train", r.Train.Loss}, {"loss/" + r.Split, v.NegBound},
		{"reconstruction/train", r.Train.Reconstruction}, {"reconstruction/" + r.Split, v.Reconstruction},
		{"kl/train", r.Train.KL}, {"kl/" + r.Split, v.KL},
		{"latent/active_units", float64(v.ActiveUnits())},
	}
	if v.Bound.Name != vae.ELBO {
		figures = append(figures, figure{"neg_elbo/" + r.Split, v.NegELBO})
	}
	if seconds := e.stepped.Sub(e.started).Seconds(); seconds > 0 {
		figures = append(figures, figure{"speed/images_per_second", float64(e.images) / seconds})
	}
	err := e.scalars(r.Step, figures)
	if err == nil && pictured(r.Epoch, e.progress.Model.Config().Train) {
		err = errors.Join(e.album(r), e.histograms(r.Step))
	}
	if err == nil && e.compared != nil && r.Epoch == e.progress.Epochs {
		err = e.writer.Succeeded()
	}
	if err == nil {
		err = e.writer.Flush()
	}
	e.images, e.started = 0, e.now()
	return err
}

// album records the pictures of an epoch.
func (e *Events) album(r EpochRecord) error {
	if e.pictures == nil || e.pictures.drawn != r.Epoch {
		return nil
	}
	if err := e.writer.Image(int64(r.Step), "samples", e.pictures.samples); err != nil {
		return err
	}
	return e.writer.Image(int64(r.Step), "reconstructions", e.pictures.pairs)
}

// histograms records the distribution of z, one draw an image.
func (e *Events) histograms(step uint64) error {
	scores, err := e.scorer.Score(e.encoded, 0, e.seed())
	if err != nil {
		return fmt.Errorf("histograms of z: %w", err)
	}
	z := make([]float32, len(scores.Z))
	for i, v := range scores.Z {
		z[i] = float32(v)
	}
	if err := e.writer.Histogram(int64(step), "z/all", z); err != nil {
		return err
	}
	latents := e.progress.Model.Latents()
	one := make([]float32, len(z)/latents)
	for d := range min(latents, mostHistograms) {
		for i := range one {
			one[i] = z[i*latents+d]
		}
		if err := e.writer.Histogram(int64(step), fmt.Sprintf("z/%02d", d), one); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the file.
func (e *Events) Close() error {
	if e.writer == nil {
		return nil
	}
	if err := e.writer.Close(); e.err == nil {
		e.err = err
	}
	return e.warning()
}
