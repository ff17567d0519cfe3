package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vaectl/internal/finite"
	"vaectl/internal/printable"
	"vaectl/train/rundir"
)

// loop is one process's part of a run's training: the steps of its session, and
// what is kept and told of them.
type loop struct {
	*session
	run     *Run
	options Options
	cancel  func() // ends the training as an interrupt does
	state   rundir.State
	log     *rundir.MetricsLog

	started  time.Time
	recorded time.Time // when the last evaluation was over
	saved    time.Time // when the last checkpoint was written
	earlier  float64   // seconds spent by earlier processes
	final    EpochRecord
	tested   *TestEvaluation
	paused   bool
	warned   map[string]bool // codes of warnings that were told
}

func (r *Run) run(ctx context.Context, l *loop) (result Result, err error) {
	ctx, l.cancel = context.WithCancel(ctx)
	defer l.cancel()
	if err := l.options.Team.lead(l.session, l.options.source); err != nil {
		return Result{}, err
	}
	l.warned = map[string]bool{}
	l.started, l.earlier = time.Now(), r.record.Seconds
	l.recorded, l.saved = l.started, l.started
	l.introduce()
	if err := l.begin(); err != nil {
		return Result{}, err
	}
	if l.log, err = r.writer.Metrics(l.state); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, l.log.Close()) }()
	err = errors.Join(l.epochs(ctx), l.eachRecorder(closeRecorder))
	err = errors.Join(err, l.note(l.status(err), err))
	return Result{Model: l.averaged, Final: l.final, Test: l.tested, State: r.record}, err
}

// introduce makes the record that of this process.
func (l *loop) introduce() {
	r := &l.run.record
	r.Version, r.Commit, r.Argv = l.options.Version, l.options.Commit, l.options.Argv
	r.Machine = describeMachine(l.engine)
	r.Prior = priorText(l.averaged)
	r.Likelihood = l.averaged.Likelihood().Name()
	r.Epochs = l.config.Train.Epochs
	r.Error = ""
	r.StoppedEarly, r.Test = false, nil
	r.Warnings = standing(r.Warnings)
	if w, ok := PixelWarning(l.config, r.Dataset); ok && w.Code == WarnColour {
		r.Warn(w)
	}
}

// begin writes what a run has before its first step, or before the first that
// this process takes. The checkpoint of the untrained model is there so that,
// whatever happens from here on, there is one to resume from; that of a continued
// run has the configuration it is continued with. The order is explained in
// package rundir.
func (l *loop) begin() error {
	r := l.run
	if err := l.save(rundir.Last); err != nil {
		return err
	}
	if err := r.writer.WriteConfig(r.config); err != nil {
		return err
	}
	if err := l.note(rundir.Running, nil); err != nil {
		return err
	}
	if !r.fresh {
		return nil
	}
	r.fresh = false
	return r.writer.Publish()
}

// status is how a training ended.
func (l *loop) status(err error) string {
	switch {
	case errors.Is(err, ErrInterrupted):
		return rundir.Interrupted
	case errors.Is(err, ErrDiverged):
		return rundir.Diverged
	case err != nil:
		return rundir.Failed
	case l.paused:
		return rundir.Paused
	}
	return rundir.Finished
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
	return l.run.writer.WriteRecord(*r)
}

// remains tells whether there are epochs to train.
func (l *loop) remains() bool {
	c := l.config.Train
	return l.state.Evaluated < c.Epochs && !outOfPatience(l.state, c.Patience)
}

// outOfPatience tells whether the evaluated loss has not fallen for so many
// epochs; with a patience of 0 it never is.
func outOfPatience(s rundir.State, patience int) bool {
	return patience > 0 && s.Evaluated-s.BestEpoch >= patience
}

// checkRemains refuses to continue a run to epochs that it has left behind, or
// one that is finished.
func (l *loop) checkRemains(epochs int) error {
	c, s := l.config.Train, l.state
	if epochs > 0 && s.Step > uint64(epochs)*l.perEpoch {
		return failure(ErrSettings, "", "--epochs %d: the run has already been trained for %.4g", epochs, float64(s.Step)/float64(l.perEpoch))
	}
	switch {
	case l.remains() || l.run.record.Status != rundir.Finished:
		return nil
	case s.Evaluated >= c.Epochs:
		return failure(ErrSettings, fmt.Sprintf("train on with --epochs %d, or more", s.Evaluated+c.Epochs),
			"run %s has had its %d epochs", l.run.Dir(), s.Evaluated)
	}
	return failure(ErrSettings, "start another run with more --patience",
		"run %s stopped early after epoch %d: its validation loss has been no lower than that of epoch %d for %d epochs", l.run.Dir(), s.Evaluated, s.BestEpoch, c.Patience)
}

func (l *loop) epochs(ctx context.Context) error {
	total := l.config.Train.Epochs
	progress := Progress{
		Model: l.averaged, Dir: l.run.Dir(), FirstStep: l.state.Step,
		TotalSteps: uint64(total) * l.perEpoch, StepsPerEpoch: l.perEpoch, Epochs: total, Images: l.data.Train.Count, Watched: l.watched,
		Warnings: slices.Clone(l.run.record.Warnings),
	}
	for _, r := range l.options.Recorders {
		r.Begin(progress)
	}
	for _, w := range progress.Warnings {
		l.warn(w)
	}
	if !l.remains() {
		if err := l.review(ctx); err != nil {
			return err
		}
	}
	for l.remains() && !l.paused {
		work := l.steps
		if l.awaitsEvaluation() {
			work = l.evaluate
		}
		if err := work(ctx); err != nil {
			return err
		}
		l.paused = l.remains() && l.options.StopAfter > 0 && l.state.Evaluated >= l.options.StopAfter
	}
	if l.paused {
		return nil
	}
	l.run.record.StoppedEarly = l.state.Evaluated < total
	l.conclude()
	if l.split == rundir.SplitValidation {
		return l.test(ctx)
	}
	return nil
}

// awaitsEvaluation tells whether an epoch has had its steps and is one of those
// that are evaluated, and was not.
func (l *loop) awaitsEvaluation() bool {
	c, trained := l.config.Train, l.trained()
	due := trained%c.EvalEvery == 0 || trained == c.Epochs
	return due && l.state.Step%l.perEpoch == 0 && trained > l.state.Evaluated
}

// steps takes what remains of an epoch's steps.
func (l *loop) steps(ctx context.Context) error {
	end := uint64(l.trained()+1) * l.perEpoch
	if l.state.Step%l.perEpoch == 0 {
		l.state.Partial = rundir.Sums{}
	}
	for l.state.Step < end {
		record, err := l.takeStep(l.state.Step)
		if err != nil {
			return l.lastGood(err)
		}
		l.state.Step++
		addTo(&l.state.Partial, record)
		if isKept(record.Step) {
			l.log.Step(record.metrics())
		}
		for _, r := range l.options.Recorders {
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

// addTo adds a step to the sums over its epoch.
func addTo(s *rundir.Sums, r StepRecord) {
	n := float64(r.Images)
	s.Images += r.Images
	s.Loss += n * r.Loss
	s.Reconstruction += n * r.Reconstruction
	s.KL += n * r.KL
}

func meansOf(s rundir.Sums) Means {
	n := float64(max(s.Images, 1))
	return Means{Loss: s.Loss / n, Reconstruction: s.Reconstruction / n, KL: s.KL / n}
}

// lastGood says of a divergence what is left.
func (l *loop) lastGood(err error) error {
	if !errors.Is(err, ErrDiverged) {
		return err
	}
	return fmt.Errorf("%w; the last good checkpoint is of step %d", err, l.run.record.Step)
}

// interrupt writes a checkpoint between two steps, or after the last step of
// an epoch that has not been evaluated.
func (l *loop) interrupt() error {
	if err := l.checkpoint(rundir.Last); err != nil {
		return fmt.Errorf("%w at step %d, and its checkpoint failed: %w", ErrInterrupted, l.state.Step, err)
	}
	return failure(ErrInterrupted, "continue with: vaectl train --resume "+printable.Word(l.run.Dir()), "interrupted at step %d of epoch %d; checkpoint written", l.state.Step, (max(l.state.Step, 1)-1)/l.perEpoch+1)
}

// checkpointInTime writes a checkpoint when the last one is old.
func (l *loop) checkpointInTime() error {
	every := time.Duration(l.config.Train.CheckpointEvery * float64(time.Minute))
	if every <= 0 || time.Since(l.saved) < every {
		return nil
	}
	if err := l.checkpoint(rundir.Last); err != nil {
		return err
	}
	return l.note(rundir.Running, nil)
}

// checkpoint saves the training, unless a weight is no longer finite. The
// metrics come first: training that goes on from here does not write those of
// the steps before again.
func (l *loop) checkpoint(name string) error {
	for i, v := range l.model.Weights() {
		if !finite.Is(float64(v)) {
			return l.lastGood(l.tooFast("weight %d is %g at step %d", i, v, l.state.Step))
		}
	}
	if err := l.log.Flush(); err != nil {
		return err
	}
	l.saved = time.Now()
	return l.save(name)
}

func (l *loop) save(name string) error {
	if err := l.collect(); err != nil {
		return err
	}
	return l.run.writer.Save(name, l.averaged, l.optimizer.tensors(l.model), l.state)
}

// evaluate follows an epoch: the ELBO of the validation or test images, the
// records, the checkpoints.
func (l *loop) evaluate(ctx context.Context) error {
	record, err := l.measure(ctx)
	if err != nil {
		return err
	}
	record.Train = meansOf(l.state.Partial)
	record.Best = l.state.BestEpoch == 0 || record.Evaluation.Selection < l.state.BestLoss
	l.final, l.recorded = record, time.Now()
	l.state.Partial = rundir.Sums{}
	l.state.Evaluated = record.Epoch
	if record.Best {
		l.state.BestLoss, l.state.BestEpoch = record.Evaluation.Selection, record.Epoch
	}
	if err := l.log.Epoch(record.Metrics()); err != nil {
		return err
	}
	// A recorder that fails ends the training, but not before what it has come to
	// is saved.
	told := l.eachRecorder(func(r Recorder) error { return r.Epoch(record) })
	if record.Best {
		if err := l.checkpoint(rundir.Best); err != nil {
			return errors.Join(told, err)
		}
	}
	if err := l.checkpoint(rundir.Last); err != nil {
		return errors.Join(told, err)
	}
	l.run.record.Figures = rundir.NewFigures(l.split, rundir.Last, record.Epoch, record.Evaluation)
	return errors.Join(told, l.note(rundir.Running, nil))
}

// measure evaluates the model after the epochs it has had.
func (l *loop) measure(ctx context.Context) (EpochRecord, error) {
	epoch := l.trained()
	evaluation, err := l.evaluateModel(ctx, l.averaged, l.watched)
	if ctx.Err() != nil {
		return EpochRecord{}, l.interrupt()
	}
	if err != nil {
		return EpochRecord{}, err
	}
	if !finite.Is(evaluation.NegBound) {
		return EpochRecord{}, l.lastGood(l.tooFast("%s loss is %g after epoch %d", l.split, evaluation.NegBound, epoch))
	}
	step := max(l.state.Step, 1) - 1
	return EpochRecord{
		Epoch: epoch, Step: l.state.Step, Split: l.split, Evaluation: evaluation, Minimised: l.averaged.Minimised(),
		Beta: l.beta(step), Capacity: l.capacity(step), Rate: l.schedule.rate(step), Seconds: time.Since(l.recorded).Seconds(),
	}, nil
}

// review measures the last epoch once more, of a run whose process ended after
// its last checkpoint and before it had finished. Nothing of the training
// changes; recorders hear of the epoch as they would have.
func (l *loop) review(ctx context.Context) error {
	record, err := l.measure(ctx)
	if err != nil {
		return err
	}
	record.Best = l.state.BestEpoch == record.Epoch
	if n := len(l.log.Before.Epochs); n > 0 {
		last := l.log.Before.Epochs[n-1]
		record.Train = Means{Loss: last.TrainLoss, Reconstruction: last.TrainReconstruction, KL: last.TrainKL}
	}
	l.final = record
	l.run.record.Figures = rundir.NewFigures(l.split, rundir.Last, record.Epoch, record.Evaluation)
	return l.eachRecorder(func(r Recorder) error { return r.Epoch(record) })
}

// eachRecorder passes an event to all recorders. A warning that one answers with is kept
// and told; other errors are returned.
func (l *loop) eachRecorder(event func(Recorder) error) error {
	var failed error
	for _, r := range l.options.Recorders {
		err := event(r)
		if w, ok := err.(rundir.Warning); ok {
			l.run.record.Warn(w)
			l.warn(w)
			continue
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// warn tells of a warning, once of each kind.
func (l *loop) warn(w rundir.Warning) {
	if l.options.Warn != nil && !l.warned[w.Code] {
		l.options.Warn(w)
	}
	l.warned[w.Code] = true
}

// isKept says whether a step, counted from 1, has a line in metrics.jsonl and
// TensorBoard's files. The first steps are all kept, because that is where runs
// are compared bit by bit; later ones are thinned.
func isKept(step uint64) bool {
	const dense, sparse = 100, 100
	return step <= dense || step%sparse == 0
}

// Metrics is the record as a line of metrics.jsonl.
func (r EpochRecord) Metrics() rundir.EpochMetrics {
	return rundir.EpochMetrics{
		Kind: rundir.KindEpoch, Step: r.Step, Epoch: r.Epoch,
		TrainLoss: r.Train.Loss, TrainObjective: r.Minimised, TrainReconstruction: r.Train.Reconstruction, TrainKL: r.Train.KL,
		Split: r.Split, Measures: rundir.NewMeasures(r.Evaluation),
		Beta: r.Beta, Capacity: r.Capacity, Rate: r.Rate, Best: r.Best, Seconds: r.Seconds,
	}
}

func (r StepRecord) metrics() rundir.StepMetrics {
	return rundir.StepMetrics{
		Kind: rundir.KindStep, Step: r.Step, Epoch: r.Epoch, Loss: r.Loss, Reconstruction: r.Reconstruction,
		KL: r.KL, Beta: r.Beta, Capacity: r.Capacity, Rate: r.Rate, GradientNorm: r.GradientNorm,
	}
}
