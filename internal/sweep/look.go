package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vaectl/configs"
	"vaectl/train/rundir"
)

// Status of a trial.
type Status string

// The statuses there are.
const (
	Waiting    Status = "waiting"  // nothing has been done
	Training   Status = "training" // some process trains it now
	Stopped    Status = "stopped"  // interrupted, killed, or at a rung: it can be continued
	Finished   Status = "finished" // it has had all epochs
	Diverged   Status = "diverged" // that is a result too
	Failed     Status = "failed"   // it ended with an error of another kind
	Broken     Status = "broken"   // its run cannot be read, and is trained anew
	OtherTrial Status = "mismatch" // the run there is has other settings

)

// State is what the run directory of a trial tells.
type State struct {
	Trial  Trial
	Run    string // its name
	Dir    string
	Status Status
	// Epoch is the number of epochs evaluated so far.
	Epoch int
	// Evaluations are those of its epochs.
	Evaluations []rundir.EpochMetrics
	Record      rundir.Record
	// Err says what is wrong with a trial that failed, is broken, or is another one.
	Err error
}

// Done reports whether nothing more is to be expected of the trial in its first so many epochs: it has had them, or
// came to its end before. One that is being trained is not done, even where its last figures are there.
func (s State) Done(epochs int) bool {
	switch s.Status {
	case Finished, Diverged:
		return true
	case Stopped, Failed:
		return s.Epoch >= epochs
	}
	return false
}

// At is the evaluation that the trial is judged by after so many epochs, and whether there is one: a trial that went on
// beyond them, or ended early of its own accord, has it too.
func (s State) At(j Criterion, epochs int) (rundir.EpochMetrics, bool) {
	if s.Epoch < epochs && s.Status != Finished {
		return rundir.EpochMetrics{}, false
	}
	return j.Evaluation(s.Evaluations, epochs)
}

// Look reads what has been done for every trial from the runs in root. It changes nothing.
func (f *File) Look(root string) []State {
	trials := f.Trials()
	states := make([]State, len(trials))
	for i, t := range trials {
		states[i] = f.LookAt(root, t)
	}
	return states
}

// LookAt reads what has been done for one trial.
func (f *File) LookAt(root string, t Trial) State {
	s, c, err := f.open(root, t)
	if s.Status == Waiting {
		return s
	}
	if err != nil {
		return s.unread(err)
	}
	if d := otherSettings(t.Config.Settled(s.Record.Dataset.Shape().Channels), c); d != nil {
		s = State{Trial: t, Run: s.Run, Dir: s.Dir}
		s.Status, s.Err = OtherTrial, fmt.Errorf("run %s has other settings than trial %d (%v): the sweep's file has changed since; rename the file, or remove the run", s.Dir, t.Index, d)
	}
	return s
}

// lookBeside reads what has been done for a trial beside the list, whose settings nobody knows but its run.
func (f *File) lookBeside(root string, index int) State {
	t := f.Outside(index)
	s, c, err := f.open(root, t)
	if err != nil {
		return s.unread(err)
	}
	s.Trial.Config, s.Trial.Seed = c, c.Train.Seed
	return s
}

// open reads the run of a trial, whatever its settings are.
func (f *File) open(root string, t Trial) (s State, c configs.Config, err error) {
	s = State{Trial: t, Run: f.Run(t.Index)}
	s.Dir = filepath.Join(root, s.Run)
	if _, err := os.Stat(s.Dir); errors.Is(err, fs.ErrNotExist) {
		s.Status = Waiting
		return s, c, nil
	}
	run, err := rundir.Open(s.Dir)
	if err != nil {
		return s, c, err
	}
	s.Record = run.Record
	s.Status = statusOf(run.Record)
	// A process that has just taken the run has not written so yet.
	if (s.Status == Stopped || s.Status == Failed) && rundir.InUse(s.Dir) {
		s.Status = Training
	}
	if c, err = run.Config(); err != nil {
		return s, c, err
	}
	metrics, err := run.Metrics()
	if err != nil {
		return s, c, err
	}
	s.Evaluations = metrics.Epochs
	if n := len(metrics.Epochs); n > 0 {
		s.Epoch = metrics.Epochs[n-1].Epoch
	}
	if s.Status == Failed {
		s.Err = errors.New(run.Record.Error)
	}
	return s, c, nil
}

// unread is the state of a run that cannot be read: one that is being made, or a broken one.
func (s State) unread(err error) State {
	if rundir.InUse(s.Dir) {
		s.Status = Training
		return s
	}
	s.Status, s.Err = Broken, err
	return s
}

func statusOf(r rundir.Record) Status {
	switch r.Status {
	case rundir.Running:
		return Training
	case rundir.Finished:
		return Finished
	case rundir.Diverged:
		return Diverged
	case rundir.Failed:
		return Failed
	}
	return Stopped
}

// otherSettings is the first setting that makes a run another trial; nil where none does. What a trial leaves to the data set may have
// any value.
func otherSettings(trial, run configs.Config) error {
	for _, d := range configs.Diff(trial, run) {
		switch {
		case !decides(d.Key):
		case d.Key == "data.validation" && trial.Data.Validation == 0:
		case d.Key == "model.classes" && trial.Model.Classes == 0:
		default:
			return errors.New(d.String())
		}
	}
	return nil
}

// decides tells whether a setting decides what a training comes to. Where the data lie does not, nor how many threads compute.
func decides(key string) bool {
	return key != "data.dir" && key != "train.threads" && key != "train.checkpoint_every"
}
