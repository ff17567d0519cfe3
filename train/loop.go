package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/vae"
)

// Options are what a training needs beside its run directory.
type Options struct {
	Data   *data.Set
	Engine *kernel.Engine
	// Start is what a new training with train.init_from starts from, of
	// [LoadStart].
	Start     *Start
	Recorders []Recorder
	Version   string   // of the program, for run.json
	Argv      []string // the command line, for run.json
}

// Result is where a training ended.
type Result struct {
	Model *vae.Model
	Final EpochRecord
	Test  *Tested // nil without validation images
	State Record
}

// Train runs a new training to its end. It stops with [ErrInterrupted] and a
// checkpoint when the context ends, and with [ErrDiverged] when the loss is no
// longer finite; the last good checkpoint then stays.
func (r *Run) Train(ctx context.Context, o Options) (Result, error) {
	if !r.fresh {
		panic("train: Train on a run that was opened; use Resume")
	}
	if err := o.holdOut(r.config); err != nil {
		return Result{}, err
	}
	r.config = withClasses(r.config, o.Data)
	m, err := vae.New(r.config, o.Data.Train.Shape, o.Engine)
	if err != nil {
		return Result{}, failure(ErrSettings, "", "%w", err)
	}
	if err := o.initialise(m); err != nil {
		return Result{}, failure(ErrSettings, "", "%w", err)
	}
	r.fresh = false
	r.record = Record{
		Name: filepath.Base(r.dir), Started: time.Now().UTC(), Seed: r.config.Train.Seed,
		Dataset: describeData(o.Data, r.config.Data.Binarize), Origin: o.Start.origin(),
	}
	a := newOptimizer(o.Engine, r.config.Train, m.Weights())
	mean, err := averaged(m, a)
	if err != nil {
		return Result{}, err
	}
	if err := r.begin(mean, a); err != nil {
		// Nothing was trained: a directory that is no run would only stand in
		// the way of the next try.
		return Result{}, errors.Join(err, os.RemoveAll(r.dir))
	}
	return r.run(ctx, &loop{options: o, model: m, averaged: mean, optimizer: a})
}

// begin writes what a run has before its first step. The checkpoint of the
// untrained model is there so that, whatever happens from here on, there is
// one to resume from.
func (r *Run) begin(m *vae.Model, a *optimizer) error {
	if err := r.writeConfig(); err != nil {
		return err
	}
	return save(r.dir, Last, m, a, state{})
}

// initialise gives a model the weights that training starts from.
func (o *Options) initialise(m *vae.Model) error {
	c, d, e := m.Config(), o.Data, o.Engine
	if (c.Train.InitFrom != "") != (o.Start != nil) {
		return fmt.Errorf("train.init_from (--init-from) is %q: Options.Start must hold its weights, and none where it is empty", c.Train.InitFrom)
	}
	if o.Start != nil {
		return o.Start.give(m)
	}
	if err := m.Init(c.Train.Seed); err != nil {
		return err
	}
	r, err := data.NewReader(&d.Train, data.Binarization(c.Data.Binarize), e)
	if err != nil {
		return err
	}
	if err := m.InitPseudoInputs(r); err != nil {
		return err
	}
	return m.InitOutputBias(r)
}

// Resume continues the run to the given number of epochs; 0 keeps the number
// the run was made with. The bits are those of a run never interrupted, and
// of a run of that many epochs, but for learning-rate schedules that depend on
// the number of epochs: there a [Warning] says so.
func (r *Run) Resume(ctx context.Context, o Options, epochs int) (Result, error) {
	m, a, s, err := load(r.dir, Last, o.Engine)
	if err != nil {
		return Result{}, err
	}
	if err := checkSame(r.record.Dataset, o.Data); err != nil {
		return Result{}, err
	}
	if err := o.holdOut(r.config); err != nil {
		return Result{}, err
	}
	asked := r.config
	asked.Train.Epochs = m.Config().Train.Epochs
	asked.Train.Threads = m.Config().Train.Threads
	if diff := configs.Diff(asked, m.Config()); len(diff) > 0 {
		return Result{}, failure(ErrCheckpoint, "restore the run's "+configFile, "run %s: configuration and checkpoint disagree: %v", r.dir, diff[0])
	}
	if epochs > 0 {
		if perEpoch := stepsPerEpoch(r.config, o.Data); s.Step > uint64(epochs)*perEpoch {
			return Result{}, failure(ErrSettings, "", "--epochs %d: the run has already been trained for %.4g", epochs, float64(s.Step)/float64(perEpoch))
		}
		r.config.Train.Epochs = epochs
		if err := configs.Validate(r.config); err != nil {
			return Result{}, err
		}
		if err := r.writeConfig(); err != nil {
			return Result{}, err
		}
	}
	if s.Evaluated >= r.config.Train.Epochs {
		return Result{}, failure(ErrSettings, fmt.Sprintf("train on with --epochs %d, or more", s.Evaluated+r.config.Train.Epochs),
			"run %s has had its %d epochs", r.dir, s.Evaluated)
	}
	if patience := r.config.Train.Patience; s.outOfPatience(patience) {
		return Result{}, failure(ErrSettings, "start another run with more --patience",
			"run %s stopped early after epoch %d: its validation loss has been no lower than that of epoch %d for %d epochs", r.dir, s.Evaluated, s.BestEpoch, patience)
	}
	if w, ok := scheduleWarning(m.Config().Train, r.config.Train, s.Step); ok {
		r.record.warn(w)
	}
	// The model keeps its weights and follows the run's new configuration.
	longer, err := vae.New(r.config, o.Data.Train.Shape, o.Engine)
	if err != nil {
		return Result{}, failure(ErrSettings, "", "%w", err)
	}
	copy(longer.Weights(), a.weights)
	a.weights = longer.Weights()
	mean, err := averaged(longer, a)
	if err != nil {
		return Result{}, err
	}
	copy(mean.Weights(), m.Weights())
	return r.run(ctx, &loop{options: o, model: longer, averaged: mean, optimizer: a, state: s})
}

// holdOut replaces the data by those the configuration trains on, once they
// are checked.
func (o *Options) holdOut(c configs.Config) error {
	if err := checkData(c, o.Data); err != nil {
		return err
	}
	var err error
	if o.Data, err = o.Data.HoldOut(c.Data.Validation); err != nil {
		return failure(ErrSettings, "", "%w", err)
	}
	return nil
}

// checkData says whether a data set, as it was loaded, serves a configuration.
func checkData(c configs.Config, d *data.Set) error {
	left := d.Train.Count - c.Data.Validation
	if left < 1 {
		return failure(ErrSettings, "hold out fewer images with --validation", "data.validation (--validation) is %d: the data set %s has %d training images", c.Data.Validation, d.Name, d.Train.Count)
	}
	if c.Train.BatchSize > left {
		return failure(ErrSettings, "choose a smaller --batch-size", "train.batch_size (--batch-size) is %d: the data set %s has %d training images%s", c.Train.BatchSize, d.Name, left, heldOutText(c.Data.Validation))
	}
	if err := checkLabels(c, d); err != nil {
		return err
	}
	if d.Test.Height != d.Train.Height || d.Test.Width != d.Train.Width {
		return failure(ErrData, "", "data set %s: training images are %dx%d, test images %dx%d", d.Name, d.Train.Height, d.Train.Width, d.Test.Height, d.Test.Width)
	}
	return nil
}

func heldOutText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" left, %d being held out", n)
}

func checkSame(trained Dataset, d *data.Set) error {
	if trained.Digest == d.Digest {
		return nil
	}
	return failure(ErrData, fmt.Sprintf("give the data the run was started with: it was read from %s", trained.Source),
		"the run was trained on %s (content %.12s), this is %s (content %.12s)", trained.Name, trained.Digest, d.Name, d.Digest)
}

// loop is one process's part of a training.
type loop struct {
	run       *Run
	options   Options
	model     *vae.Model
	averaged  *vae.Model // what is evaluated and saved; the model itself without train.ema
	optimizer *optimizer
	update    update
	state     state
	log       *metricsLog
	recorders []Recorder

	perEpoch uint64 // steps
	schedule schedule
	train    *data.Reader
	watched  *data.Reader // the images of every evaluation
	split    string       // what they are
	full     *vae.Step    // of a whole batch
	rest     *vae.Step    // of an epoch's last, smaller batch; nil where there is none
	order    []int32      // of the epoch under way
	started  time.Time
	recorded time.Time // when the last evaluation was over
	saved    time.Time // when the last checkpoint was written
	earlier  float64   // seconds spent by earlier processes
	final    EpochRecord
	tested   *Tested
}

func (r *Run) run(ctx context.Context, l *loop) (result Result, err error) {
	log, err := openMetrics(r.dir, l.state)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	o := l.options
	l.run, l.log, l.recorders = r, log, append([]Recorder{log}, o.Recorders...)
	l.started, l.earlier = time.Now(), r.record.Seconds
	l.recorded, l.saved = l.started, l.started
	if err := l.prepare(); err != nil {
		return Result{}, err
	}
	r.record.Version, r.record.Argv = o.Version, o.Argv
	r.record.Machine = describeMachine(o.Engine)
	r.record.Prior = priorText(l.averaged)
	r.record.Likelihood = l.averaged.Likelihood().Name()
	r.record.Epochs = r.config.Train.Epochs
	r.record.Error = ""
	r.record.StoppedEarly, r.record.Test = false, nil
	r.record.Warnings = standing(r.record.Warnings)
	if err := l.note(Running, nil); err != nil {
		return Result{}, err
	}
	err = errors.Join(l.epochs(ctx), closeAll(o.Recorders))
	status := Finished
	switch {
	case errors.Is(err, ErrInterrupted):
		status = Interrupted
	case errors.Is(err, ErrDiverged):
		status = Diverged
	case err != nil:
		status = Failed
	}
	err = errors.Join(err, l.note(status, err))
	return Result{Model: l.averaged, Final: l.final, Test: l.tested, State: r.record}, err
}

func (l *loop) prepare() error {
	c, d := l.run.config, l.options.Data
	mode := data.Binarization(c.Data.Binarize)
	var err error
	if l.train, err = data.NewReader(&d.Train, mode, l.options.Engine); err != nil {
		return err
	}
	l.split = SplitTest
	watched := &d.Test
	if d.Validation.Count > 0 {
		l.split, watched = SplitValidation, &d.Validation
	}
	if l.watched, err = data.NewReader(watched, mode, l.options.Engine); err != nil {
		return err
	}
	l.update = newUpdate(l.options.Engine, c.Train, l.optimizer)
	if l.full, err = l.update.newStep(l.model, c.Train.BatchSize); err != nil {
		return err
	}
	l.perEpoch = stepsPerEpoch(c, d)
	if rest := d.Train.Count % c.Train.BatchSize; rest > 0 {
		if l.rest, err = l.update.newStep(l.model, rest); err != nil {
			return err
		}
	}
	l.schedule = newSchedule(c.Train, l.perEpoch)
	l.order = make([]int32, d.Train.Count)
	return nil
}

// stepsPerEpoch counts the batches that the images trained on make.
func stepsPerEpoch(c configs.Config, d *data.Set) uint64 {
	return uint64((d.Train.Count + c.Train.BatchSize - 1) / c.Train.BatchSize)
}

// trained counts the epochs whose steps have all been taken.
func (l *loop) trained() int { return int(l.state.Step / l.perEpoch) }

// note writes the run's record with a status.
func (l *loop) note(status string, cause error) error {
	r := &l.run.record
	r.Status, r.Updated = status, time.Now().UTC()
	r.Seconds = l.earlier + time.Since(l.started).Seconds()
	r.Epoch, r.Step = l.trained(), l.state.Step
	r.BestLoss, r.Best = l.state.BestLoss, l.state.BestEpoch
	if cause != nil {
		r.Error = cause.Error()
	}
	return l.run.writeRecord()
}

func (l *loop) epochs(ctx context.Context) error {
	total := l.run.config.Train.Epochs
	progress := Progress{
		Model: l.averaged, Dir: l.run.dir, FirstStep: l.state.Step,
		TotalSteps: uint64(total) * l.perEpoch, StepsPerEpoch: l.perEpoch, Epochs: total, Images: l.options.Data.Train.Count, Watched: l.watched,
		Warnings: slices.Clone(l.run.record.Warnings),
	}
	for _, r := range l.recorders {
		r.Begin(progress)
	}
	for l.state.Evaluated < total && !l.state.outOfPatience(l.run.config.Train.Patience) {
		work := l.steps
		if l.awaitsEvaluation() {
			work = l.evaluate
		}
		if err := work(ctx); err != nil {
			return err
		}
	}
	l.run.record.StoppedEarly = l.state.Evaluated < total
	l.conclude()
	if l.split == SplitValidation {
		return l.test()
	}
	return nil
}

// awaitsEvaluation tells whether an epoch has had its steps and is one of those
// that are evaluated, and was not.
func (l *loop) awaitsEvaluation() bool {
	c, trained := l.run.config.Train, l.trained()
	due := trained%c.EvalEvery == 0 || trained == c.Epochs
	return due && l.state.Step%l.perEpoch == 0 && trained > l.state.Evaluated
}

// steps takes what remains of an epoch's steps.
func (l *loop) steps(ctx context.Context) error {
	epoch := l.trained()
	end := uint64(epoch+1) * l.perEpoch
	if l.state.Step%l.perEpoch == 0 {
		l.state.Partial = sums{}
	}
	seed := l.run.config.Train.Seed
	noise.PermuteInto(l.order, noise.Key(seed, noise.Shuffle, uint64(epoch)))
	for l.state.Step < end {
		record, err := l.step(epoch)
		if err != nil {
			return err
		}
		l.state.Partial.add(record)
		for _, r := range l.recorders {
			r.Step(record)
		}
		if ctx.Err() != nil {
			return l.interrupt()
		}
		if err := l.checkpointInTime(); err != nil {
			return err
		}
	}
	return nil
}

// step takes one step of training.
func (l *loop) step(epoch int) (StepRecord, error) {
	s := l.batch(epoch)
	record := l.forward(s, epoch)
	if !finite(record.Loss) {
		return record, l.diverged(record)
	}
	// Here, and nowhere else, the weights change.
	record.GradientNorm = l.update.backwardAndUpdate(s, record.Rate)
	if !finite(record.GradientNorm) {
		return record, l.diverged(record)
	}
	l.state.Step++
	return record, nil
}

// batch reads the next images, and draws their noise.
func (l *loop) batch(epoch int) *vae.Step {
	c, number := l.run.config, l.state.Step
	first := int(number-uint64(epoch)*l.perEpoch) * c.Train.BatchSize
	s := l.full
	if first+c.Train.BatchSize > len(l.order) {
		s = l.rest
	}
	s.Read(l.train, l.order[first:first+s.Images()], data.TrainingDraw(c.Train.Seed, number))
	s.Draw(c.Train.Seed, number)
	return s
}

// forward computes the loss of a batch.
func (l *loop) forward(s *vae.Step, epoch int) StepRecord {
	number := l.state.Step
	s.Beta, s.Capacity = l.beta(number), l.capacity(number)
	s.Forward()
	return StepRecord{
		Step: number + 1, Epoch: epoch + 1, Images: s.Images(), Loss: s.Loss(),
		Reconstruction: s.Reconstruction(), KL: s.KL(), Beta: s.Beta, Capacity: s.Capacity, Rate: l.schedule.rate(number),
	}
}

// beta is the weight of the KL term at a step, counted from 0.
func (l *loop) beta(step uint64) float64 {
	c := l.run.config.Objective
	warmup := c.KLWarmup * float64(l.perEpoch)
	if warmup <= 0 {
		return c.Beta
	}
	return c.Beta * min(1, float64(step)/warmup)
}

// capacity is the KL that is held at a step, in nats per image; 0 of another
// objective.
func (l *loop) capacity(step uint64) float64 {
	c := l.run.config.Objective
	if c.Name != capacityObjective {
		return 0
	}
	rise := c.CapacityEpochs * float64(l.perEpoch)
	if rise <= 0 {
		return c.Capacity
	}
	return c.Capacity * min(1, float64(step)/rise)
}

// capacityObjective is the value of objective.name.
const capacityObjective = "capacity"

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (l *loop) diverged(r StepRecord) error {
	cause := "the learning rate is too high for this model"
	switch {
	case finite(r.Loss):
		cause = "its gradient is not finite: the learning rate is too high for this model"
	case !finite(r.KL) && finite(r.Reconstruction):
		cause = "the KL term overflowed: the posterior ran far from the prior, as a high learning rate makes it"
	case r.Step == 1:
		cause = "the loss was not finite from the start: the prior is too far from the plain head, or the initial weights are too large"
	}
	hint := fmt.Sprintf("train again with a smaller --lr than %g", l.run.config.Train.LearningRate)
	return failure(ErrDiverged, hint, "loss is %g (reconstruction %g, KL %g) at step %d, epoch %d: %s; the last good checkpoint is of step %d",
		r.Loss, r.Reconstruction, r.KL, r.Step, r.Epoch, cause, l.run.record.Step)
}

// interrupt writes a checkpoint between two steps, or after the last step of
// an epoch that has not been evaluated.
func (l *loop) interrupt() error {
	if err := l.checkpoint(Last); err != nil {
		return fmt.Errorf("%w at step %d, and its checkpoint failed: %w", ErrInterrupted, l.state.Step, err)
	}
	return failure(ErrInterrupted, "continue with: vaectl train --resume "+l.run.dir, "interrupted at step %d of epoch %d; checkpoint written", l.state.Step, (l.state.Step-1)/l.perEpoch+1)
}

// checkpointInTime writes a checkpoint when the last one is old.
func (l *loop) checkpointInTime() error {
	every := time.Duration(l.run.config.Train.CheckpointEvery * float64(time.Minute))
	if every <= 0 || time.Since(l.saved) < every {
		return nil
	}
	if err := l.checkpoint(Last); err != nil {
		return err
	}
	return l.note(Running, nil)
}

// checkpoint saves the training, unless a weight is no longer finite. The
// metrics come first: training that goes on from here does not write those of
// the steps before again.
func (l *loop) checkpoint(name string) error {
	for i, v := range l.model.Weights() {
		if !finite(float64(v)) {
			return failure(ErrDiverged, fmt.Sprintf("train again with a smaller --lr than %g", l.run.config.Train.LearningRate),
				"weight %d is %g at step %d; the last good checkpoint is of step %d", i, v, l.state.Step, l.run.record.Step)
		}
	}
	if err := l.log.flush(); err != nil {
		return err
	}
	l.saved = time.Now()
	return save(l.run.dir, name, l.averaged, l.optimizer, l.state)
}

// evaluate follows an epoch: the ELBO of the validation or test images, the
// records, the checkpoints.
func (l *loop) evaluate(ctx context.Context) error {
	epoch := l.trained()
	evaluation, err := l.averaged.Evaluate(ctx, l.watched, l.run.config.Train.Seed)
	if ctx.Err() != nil {
		return l.interrupt()
	}
	if err != nil {
		return err
	}
	if !finite(evaluation.NegBound) {
		return failure(ErrDiverged, fmt.Sprintf("train again with a smaller --lr than %g", l.run.config.Train.LearningRate),
			"%s loss is %g after epoch %d; the last good checkpoint is of step %d", l.split, evaluation.NegBound, epoch, l.run.record.Step)
	}
	best := l.state.BestEpoch == 0 || evaluation.Selection < l.state.BestLoss
	record := EpochRecord{
		Epoch: epoch, Step: l.state.Step, Train: l.state.Partial.means(), Split: l.split, Evaluation: evaluation,
		Best: best, Beta: l.beta(l.state.Step - 1), Capacity: l.capacity(l.state.Step - 1), Minimised: l.averaged.Minimised(), Rate: l.schedule.rate(l.state.Step - 1), Seconds: time.Since(l.recorded).Seconds(),
	}
	l.final, l.recorded = record, time.Now()
	l.state.Partial = sums{}
	l.state.Evaluated = epoch
	if best {
		l.state.BestLoss, l.state.BestEpoch = evaluation.Selection, epoch
	}
	for _, r := range l.recorders {
		if err := r.Epoch(record); err != nil {
			return err
		}
	}
	// The best first: a run killed in between repeats this epoch and writes
	// the same best again.
	if best {
		if err := l.checkpoint(Best); err != nil {
			return err
		}
	}
	if err := l.checkpoint(Last); err != nil {
		return err
	}
	l.run.record.Figures = newFigures(l.split, Last, record.Epoch, evaluation)
	return l.note(Running, nil)
}
