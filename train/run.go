package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
	"vaectl/vae/arch"
)

// Run is a run this process trains in. Its directory is locked against others
// until [Run.Close].
type Run struct {
	writer *rundir.Writer
	config configs.Config
	record rundir.Record
	fresh  bool // created by this process and nothing trained yet
}

// Dir is the path of the run directory. A new run appears there when training begins.
func (r *Run) Dir() string { return r.writer.Dir() }

// Config is the resolved configuration of the run.
func (r *Run) Config() configs.Config { return r.config }

// Record is what run.json says.
func (r *Run) Record() rundir.Record { return r.record }

// Close unlocks the run directory. A new run in which nothing was trained leaves
// nothing behind.
func (r *Run) Close() error { return r.writer.Close() }

// Create makes a new run, root/name, and locks it. If there is a run of that name the
// error is [rundir.ErrExists], unless replace is set; the old run is then replaced when
// training begins, but not while another process trains in it.
func Create(root, name string, replace bool, c configs.Config) (*Run, error) {
	return createIn(rundir.Store{}, root, name, replace, c)
}

func createIn(s rundir.Store, root, name string, replace bool, c configs.Config) (*Run, error) {
	w, err := s.Create(root, name, replace)
	if err != nil {
		return nil, err
	}
	return &Run{writer: w, config: c, fresh: true}, nil
}

// Open locks the directory of an existing run to continue it.
func Open(dir string) (*Run, error) { return openIn(rundir.Store{}, dir) }

func openIn(s rundir.Store, dir string) (*Run, error) {
	// Before the lock, which is what makes a run that nobody trains in look killed.
	before, err := rundir.Open(dir)
	if err != nil {
		return nil, err
	}
	w, err := s.Continue(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{writer: w, record: before.Record}
	if r.config, err = before.Config(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return r, nil
}

// Options are what a training needs apart from its run directory.
type Options struct {
	Data   *data.Set
	Engine *vae.Engine
	// Start holds the weights that a new training with train.init_from starts from;
	// [LoadStart] reads them.
	Start     *Start
	Recorders []Recorder
	// Team is the other processes that train the model with this one, which leads
	// them; nil for none.
	Team   *Team
	source configs.Data // where the others find the data
	// StopAfter ends the training once the model was evaluated after that epoch,
	// of the epochs that the configuration asks for and that schedules follow. The
	// run is then [rundir.Paused], and resuming it gives the bits of one that was
	// not. 0 trains to the end.
	StopAfter int
	// Warn, unless nil, is called with each warning as it arises. The record keeps
	// warnings in any case.
	Warn    func(rundir.Warning)
	Version string   // of the program, for run.json
	Commit  string   // of the program's source, for run.json; empty where it is not known
	Argv    []string // the command line, for run.json
}

// Result is where a training ended.
type Result struct {
	Model *vae.Model
	Final EpochRecord
	Test  *TestEvaluation // nil without validation images
	State rundir.Record
}

// Train runs a new training to its end. When the context ends it writes a checkpoint and
// returns [ErrInterrupted]. When the loss is no longer finite it returns [ErrDiverged]
// and keeps the last good checkpoint.
func (r *Run) Train(ctx context.Context, o Options) (Result, error) {
	if !r.fresh {
		panic("train: Train on a run that was opened; use Resume")
	}
	c := r.config.Train
	if (c.InitFrom != "") != (o.Start != nil) {
		return Result{}, failure(ErrSettings, "", "train.init_from (--init-from) is %q: Options.Start must hold its weights, and none where it is empty", c.InitFrom)
	}
	if err := checkStop(o.StopAfter, 0, c); err != nil {
		return Result{}, err
	}
	s, err := newSession(r.config, o.Data, o.Engine, o.Team.ranks())
	if err != nil {
		return Result{}, err
	}
	if err := s.initialise(o.Start); err != nil {
		return Result{}, err
	}
	r.config = s.config
	r.record = rundir.Record{
		Name: filepath.Base(r.Dir()), Started: time.Now().UTC(), Seed: c.Seed,
		Dataset: describeData(s.data, r.config.Data.Binarize), Origin: o.Start.origin(),
	}
	return r.run(ctx, &loop{session: s, run: r, options: o})
}

// Resume continues the run to the given number of epochs; 0 keeps its own number. The
// bits are those of a run of that length that was never interrupted, except for
// learning-rate schedules that depend on the number of epochs; a warning then says so.
// If all epochs were trained but the process ended before the rest was done, Resume does
// the rest: evaluation of the test images, animation, record.
func (r *Run) Resume(ctx context.Context, o Options, epochs int) (Result, error) {
	run, err := r.writer.Run()
	if err != nil {
		return Result{}, err
	}
	last, err := run.Checkpoint(rundir.Last, o.Engine)
	if err != nil {
		return Result{}, err
	}
	if err := checkSame(r.record.Dataset, o.Data); err != nil {
		return Result{}, err
	}
	trained := last.Model.Config().Train
	if err := r.adopt(last.Model.Config(), epochs); err != nil {
		return Result{}, err
	}
	s, err := newSession(r.config, o.Data, o.Engine, o.Team.ranks())
	if err != nil {
		return Result{}, err
	}
	state, err := run.Optimizer(last)
	if err != nil {
		return Result{}, err
	}
	if err := s.restore(last, state); err != nil {
		return Result{}, err
	}
	l := &loop{session: s, run: r, options: o, state: last.State}
	if err := l.checkRemains(epochs); err != nil {
		return Result{}, err
	}
	if err := checkStop(o.StopAfter, l.state.Evaluated, r.config.Train); err != nil {
		return Result{}, err
	}
	r.noteChanges(trained, last.State, o.Engine)
	return r.run(ctx, l)
}

// adopt makes the configuration that of the run's checkpoint, which decides, with
// the number of epochs that is asked for; 0 is the checkpoint's own.
func (r *Run) adopt(c configs.Config, epochs int) error {
	written := r.config
	written.Train.Epochs, written.Train.Threads = c.Train.Epochs, c.Train.Threads
	if diff := configs.Diff(written, c); len(diff) > 0 {
		return failure(rundir.ErrDamaged, "restore the run's config.yaml", "run %s: configuration and checkpoint disagree: %v", r.Dir(), diff[0])
	}
	if of := r.config.Train.Epochs; epochs == 0 && of != c.Train.Epochs {
		r.record.Warn(rundir.Warning{Code: WarnEpochs, Text: fmt.Sprintf(
			"config.yaml says %d epochs and the checkpoint %d: training goes on to %[2]d; --epochs %[1]d changes that", of, c.Train.Epochs)})
	}
	r.config.Train.Epochs = c.Train.Epochs
	if epochs > 0 {
		r.config.Train.Epochs = epochs
	}
	return configs.Validate(r.config)
}

// noteChanges keeps the warnings about what is different from here on.
func (r *Run) noteChanges(trained configs.Train, s rundir.State, e *vae.Engine) {
	if w, ok := scheduleWarning(trained, r.config.Train, s.Step); ok {
		r.record.Warn(w)
	}
	if w, ok := kernelWarning(r.record.Machine.Kernel, e.Kernel(), s); ok {
		r.record.Warn(w)
	}
}

// checkStop refuses to stop after an epoch that is not evaluated, or was already.
func checkStop(after, evaluated int, c configs.Train) error {
	switch {
	case after == 0:
		return nil
	case after < 0:
		return failure(ErrSettings, "", "--stop-after %d: must be the number of an epoch, from 1", after)
	case after <= evaluated:
		return failure(ErrSettings, "name a later epoch", "--stop-after %d: the run has been trained for %d epochs", after, evaluated)
	case after < c.Epochs && after%c.EvalEvery != 0:
		return failure(ErrSettings, "name an epoch that is evaluated", "--stop-after %d: train.eval_every (--eval-every) is %d", after, c.EvalEvery)
	}
	return nil
}

// checkData says whether a data set, as it was loaded, serves a configuration.
func checkData(c configs.Config, d *data.Set) error {
	d, err := trainingSet(c.Data, d)
	if err != nil {
		return err
	}
	left := d.Train.Count - c.Data.Validation
	if left < 1 {
		return failure(ErrSettings, "hold out fewer images with --validation", "data.validation (--validation) is %d: the data set %s has %d training images", c.Data.Validation, d.Name, d.Train.Count)
	}
	if c.Train.BatchSize > left {
		return failure(ErrSettings, "choose a smaller --batch-size", "train.batch_size (--batch-size) is %d: the data set %s has %d training images%s", c.Train.BatchSize, d.Name, left, heldOutText(c.Data.Validation))
	}
	if steps := uint64(c.Train.Epochs) * stepsPerEpoch(c, d); uint64(c.Objective.KLWarmupSteps) > steps {
		return failure(ErrSettings, "", "objective.kl_warmup_steps (--kl-warmup-steps) is %d: the run has %d steps, so beta would never reach %g", c.Objective.KLWarmupSteps, steps, c.Objective.Beta)
	}
	if err := checkLabels(c, d); err != nil {
		return err
	}
	if d.Test.Shape != d.Train.Shape {
		return failure(ErrData, "", "data set %s: training images are %v, test images %v", d.Name, d.Train.Shape, d.Test.Shape)
	}
	return checkNetwork(settled(c, d), d.Train.Shape)
}

// checkNetwork says whether there can be a network on such images and whether this
// machine has the memory to train it.
func checkNetwork(c configs.Config, image data.Shape) error {
	n, err := arch.New(c, image)
	if err != nil {
		return failure(ErrSettings, "", "%w", err)
	}
	if err := n.CheckMemory(c); err != nil {
		return failure(ErrSettings, "choose a smaller --batch-size, fewer --samples or a smaller network", "%w", err)
	}
	return nil
}

func heldOutText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" left, %d being held out", n)
}

func checkSame(trained rundir.Dataset, d *data.Set) error {
	if trained.Digest == d.Digest {
		return nil
	}
	return failure(ErrData, fmt.Sprintf("give the data the run was started with: it was read from %s", trained.Source),
		"the run was trained on %s (content %.12s), this is %s (content %.12s)", trained.Name, trained.Digest, d.Name, d.Digest)
}

func describeData(s *data.Set, binarize string) rundir.Dataset {
	return rundir.Dataset{
		Name: s.Name, Source: s.Source, Digest: s.Digest, Substitute: s.Substitute, Warning: s.Warning,
		Train: s.Train.Count, Validation: s.Validation.Count, Test: s.Test.Count,
		Height: s.Train.Height, Width: s.Train.Width, Channels: s.Train.Channels,
		Binarize: binarize, Binary: s.Binary, Classes: s.ClassCount(), ClassNames: s.Classes,
	}
}

func describeMachine(e *vae.Engine) rundir.Machine {
	return rundir.Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		Threads: e.Threads(), Kernel: e.Kernel(), Go: runtime.Version(),
	}
}

func priorText(m *vae.Model) string { return loss.Describe(m.Prior()) }
