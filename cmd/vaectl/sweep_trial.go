package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/printable"
	"vaectl/internal/show/words"
	"vaectl/internal/sweep"
	"vaectl/train"
	"vaectl/train/rundir"
)

// trainTrial trains one trial in this process, and prints what it came to.
func (o *sweepOptions) trainTrial(ctx context.Context, env environment, f *sweep.File) error {
	t, err := o.chosenTrial(f)
	if err != nil {
		return err
	}
	err = o.advance(ctx, env, f, t)
	if err != nil {
		return err
	}
	s := f.LookAt(o.root, t)
	score := o.scoreOf(f, s)
	if o.json {
		return writeJSON(env.stdout, trialLine{Event: "trial", Sweep: f.Name, Row: f.Row(score, s), Figure: f.Judge.Figure})
	}
	status := fmt.Sprintf("%s after %s", s.Status, words.Counted(s.Epoch, "epoch"))
	if score.Cut > 0 {
		status = fmt.Sprintf("cut after epoch %d", score.Cut)
	}
	_, err = fmt.Fprintf(env.stdout, "trial %d, run %s%s: %s, %s %s\n", t.Index, s.Run, settingsText(f, t), status, f.Judge.Figure, valueText(score))
	return err
}

// chosenTrial is the trial of --trial, changed by --set.
func (o *sweepOptions) chosenTrial(f *sweep.File) (sweep.Trial, error) {
	trials := f.Trials()
	var t sweep.Trial
	switch {
	case len(o.set) > 0:
		t = f.Outside(o.trial)
	case o.trial < len(trials):
		t = trials[o.trial]
	default:
		return t, usagef("--trial %d: the sweep %s has trials 0 to %d", o.trial, f.Name, len(trials)-1)
	}
	for _, assignment := range o.set {
		key, text, ok := strings.Cut(assignment, "=")
		if !ok {
			return t, &usageError{err: fmt.Errorf("--set %s: must be a setting and its value", printable.Word(assignment)), hint: "as --set train.lr=0.01"}
		}
		if err := t.Config.Set(key, text); err != nil {
			return t, err
		}
	}
	return t, configs.Validate(t.Config)
}

// scoreOf is what is decided on a trial's point. A trial outside of the list is judged alone.
func (o *sweepOptions) scoreOf(f *sweep.File, s sweep.State) sweep.Score {
	if len(o.set) > 0 {
		return f.Alone(s)
	}
	return f.Plan(f.Look(o.root))[s.Trial.Point]
}

// advance trains a trial for as many epochs as are decided.
func (o *sweepOptions) advance(ctx context.Context, env environment, f *sweep.File, t sweep.Trial) error {
	s := f.LookAt(o.root, t)
	score := o.scoreOf(f, s)
	switch {
	case s.Status == sweep.OtherTrial:
		return &usageError{err: s.Err}
	case s.Status == sweep.Diverged:
		return fmt.Errorf("%w: %s", train.ErrDiverged, s.Record.Error)
	case s.Done(score.Epochs):
		return nil
	case s.Status == sweep.Training:
		return fmt.Errorf("%w: another process trains run %s", rundir.ErrInUse, s.Dir)
	case s.Status == sweep.Stopped || s.Status == sweep.Failed:
		err := o.continueTrial(ctx, env, f, s, score.Epochs)
		if !errors.Is(err, rundir.ErrDamaged) {
			return err
		}
		// What cannot be continued is trained anew: a trial is the same every time.
		warn(env, fmt.Sprintf("run %s cannot be continued and is trained anew: %v", s.Dir, err))
	}
	err := o.startTrial(ctx, env, f, s, score.Epochs)
	if errors.Is(err, rundir.ErrExists) {
		return fmt.Errorf("%w: another process began trial %d, run %s, at the same moment", rundir.ErrInUse, t.Index, s.Dir)
	}
	return err
}

// training are the options of train for a trial that is to train for so many epochs in all.
func (o *sweepOptions) training(f *sweep.File, t sweep.Trial, epochs int) trainOptions {
	to := trainOptions{compared: o.compared(f, t), root: o.root, pictures: o.pictures, tensorboard: o.tensorboard, json: o.json, quiet: o.quiet}
	if epochs < t.Config.Train.Epochs {
		to.stopAfter = epochs
	}
	return to
}

// compared is what TensorBoard tells a trial apart by: the variables, or what --set changed.
func (o *sweepOptions) compared(f *sweep.File, t sweep.Trial) *train.Comparison {
	c := &train.Comparison{Group: f.Name + " " + strconv.Itoa(t.Point)}
	for i, choice := range t.Choices {
		c.Names, c.Values = append(c.Names, f.Variables[i].Name), append(c.Values, choice.Label)
	}
	for _, assignment := range o.set {
		key, text, _ := strings.Cut(assignment, "=")
		c.Names, c.Values = append(c.Names, key), append(c.Values, text)
		c.Group = f.Run(t.Index)
	}
	return c
}

func (o *sweepOptions) startTrial(ctx context.Context, env environment, f *sweep.File, s sweep.State, epochs int) error {
	to := o.training(f, s.Trial, epochs)
	to.force = s.Status != sweep.Waiting
	c := s.Trial.Config
	c.Train.Threads = o.threads
	return to.begin(ctx, env, c, s.Run, func(c *configs.Config, set *data.Set) {
		if c.Data.Validation == 0 {
			c.Data.Validation = sweep.HeldOut(set.Train.Count)
		}
	})
}

func (o *sweepOptions) continueTrial(ctx context.Context, env environment, f *sweep.File, s sweep.State, epochs int) error {
	to := o.training(f, s.Trial, epochs)
	run, err := train.Open(s.Dir)
	if err != nil {
		return err
	}
	source := dataOfRun(run.Config().Data, run.Record().Dataset)
	if o.flags.Changed("data-dir") {
		source = s.Trial.Config.Data
	}
	return errors.Join(to.continueOn(ctx, env, run, source, o.threads, 0), run.Close())
}
