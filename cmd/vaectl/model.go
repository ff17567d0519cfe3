package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"vaectl/train/rundir"
	"vaectl/vae"
)

// modelOptions are the flags of every command that reads a run's model.
type modelOptions struct {
	root       string
	checkpoint string
}

func (o *modelOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.checkpoint, "checkpoint", rundir.Last, "`last|best`: the weights of the run to use: the newest, or those of the epoch with the lowest loss")
	addRoot(flags, &o.root)
}

// runModel is a run's model with the record of the run.
type runModel struct {
	*vae.Model
	dir    string
	record rundir.Record
	// verified says that the weights were compared with their checksum.
	verified bool
}

// load finds a run and reads its model, and warns of one that has not been
// trained yet.
func (o *modelOptions) load(env environment, ref string, e *vae.Engine) (runModel, error) {
	if o.checkpoint != rundir.Last && o.checkpoint != rundir.Best {
		return runModel{}, usagef("--checkpoint %q: must be %s or %s", o.checkpoint, rundir.Last, rundir.Best)
	}
	run, err := rundir.Find(o.root, ref)
	if err != nil {
		return runModel{}, err
	}
	c, err := run.Checkpoint(o.checkpoint, e)
	if errors.Is(err, rundir.ErrDamaged) && hintOf(err) == "" {
		other := rundir.Best
		if o.checkpoint == rundir.Best {
			other = rundir.Last
		}
		err = &hintedError{err, "another checkpoint of the run may be intact: --checkpoint " + other}
	}
	if err != nil {
		return runModel{}, err
	}
	if c.State.Step == 0 && run.Record.Imported == nil {
		warn(env, fmt.Sprintf("run %s has not been trained for a single step yet", run.Name()))
	}
	return runModel{Model: c.Model, dir: run.Dir(), record: run.Record, verified: c.Verified}, nil
}

// epoch is the one a checkpoint was written after.
func (t runModel) epoch(checkpoint string) int {
	if checkpoint == rundir.Best {
		return t.record.Best
	}
	return t.record.Epoch
}
