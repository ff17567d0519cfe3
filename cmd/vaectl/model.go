package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/compute/kernel"
	"vaectl/train"
	"vaectl/vae"
)

// runOptions are the flags of a command about one run, and what it does.
type runOptions interface {
	addFlags(cmd *cobra.Command)
	run(ctx context.Context, env environment, ref string) error
}

// ofRun completes a command that takes a run: its name, its path, or nothing
// for the newest.
func ofRun(cmd *cobra.Command, env environment, o runOptions) *cobra.Command {
	cmd.Args = atMostOne("run")
	cmd.ValidArgsFunction = runNames("runs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd.Context(), env, first(args))
	}
	o.addFlags(cmd)
	return cmd
}

// modelOptions are the flags of every command that reads a run's model.
type modelOptions struct {
	root       string
	checkpoint string
}

func (o *modelOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.checkpoint, "checkpoint", train.Last, "which weights of the run, `last|best`: the newest, or those of the epoch with the lowest loss")
	addRoot(flags, &o.root)
}

// trained is a run's model with the record of the run.
type trained struct {
	*vae.Model
	dir    string
	record train.Record
}

// load finds a run and reads its model; a model that has not learned anything
// yet is warned of.
func (o *modelOptions) load(env environment, ref string, e *kernel.Engine) (trained, error) {
	if o.checkpoint != train.Last && o.checkpoint != train.Best {
		return trained{}, usagef("--checkpoint %q: must be %s or %s", o.checkpoint, train.Last, train.Best)
	}
	dir, err := train.Find(o.root, ref)
	if err != nil {
		return trained{}, err
	}
	record, err := train.ReadRecord(dir)
	if err != nil {
		return trained{}, err
	}
	m, err := train.LoadModel(dir, o.checkpoint, e)
	if errors.Is(err, train.ErrCheckpoint) && hintOf(err) == "" {
		other := train.Best
		if o.checkpoint == train.Best {
			other = train.Last
		}
		err = &hintedError{err, "another checkpoint of the run may be intact: --checkpoint " + other}
	}
	if err != nil {
		return trained{}, err
	}
	if steps, err := train.Steps(dir, o.checkpoint); err == nil && steps == 0 {
		warn(env, fmt.Sprintf("the weights of run %s have no step of training behind them", filepath.Base(dir)))
	}
	return trained{Model: m, dir: dir, record: record}, nil
}

// epoch is the one a checkpoint was written after.
func (t trained) epoch(checkpoint string) int {
	if checkpoint == train.Best {
		return t.record.Best
	}
	return t.record.Epoch
}
