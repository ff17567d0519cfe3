package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/printable"
	"vaectl/internal/sweep"
)

// Engines that --print writes for.
const (
	forCommands   = "commands"
	forSlurm      = "slurm"
	forKubernetes = "kubernetes"
)

// engineOptions are the flags of sweep --print.
type engineOptions struct {
	perJob int
	image  string
	claim  string
}

func (o *engineOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.perJob, "per-job", 1, "with --print slurm, trials that one job of the array trains one after the other")
	flags.StringVar(&o.image, "image", "vaectl:latest", "with --print kubernetes, the container `image` of this program")
	flags.StringVar(&o.claim, "claim", "vaectl-runs", "with --print kubernetes, the persistent volume `claim` that holds the runs")
}

// printers are what --print takes.
func printers() []string { return []string{forCommands, forSlurm, forKubernetes} }

// addPrint adds --print.
func (o *sweepOptions) addPrint(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.print, "print", "", "train nothing: write the trials for an `engine`, one of "+strings.Join(printers(), ", "))
	completeWords(cmd, "print", printers())
}

// check refuses flags that have no effect.
func (o *engineOptions) check(flags *pflag.FlagSet) error {
	engine := flags.Lookup("print").Value.String()
	if flags.Changed("print") && !slices.Contains(printers(), engine) {
		return usagef("--print %s: must be one of %s", printable.Word(engine), strings.Join(printers(), ", "))
	}
	for name, of := range map[string]string{"per-job": forSlurm, "image": forKubernetes, "claim": forKubernetes} {
		if flags.Changed(name) && engine != of {
			return usagef("--%s has an effect only with --print %s", name, of)
		}
	}
	if o.perJob < 1 {
		return usagef("--per-job %d: must be 1 or more", o.perJob)
	}
	return nil
}

// printFor writes what an engine reads.
func (o *sweepOptions) printFor(env environment, f *sweep.File) error {
	var text string
	var err error
	switch o.print {
	case forCommands:
		text = o.commands(f)
	case forSlurm:
		text, err = sweep.Slurm(f, o.engineTask(f))
	case forKubernetes:
		text, err = sweep.Kubernetes(f, o.engineTask(f))
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(verbatim(env.stdout), text)
	return err
}

// commands lists one command for every trial that something is to be done for now.
func (o *sweepOptions) commands(f *sweep.File) string {
	threads := max(1, o.threads)
	var text strings.Builder
	for _, score := range f.Plan(f.Look(o.root)) {
		for _, s := range score.States {
			if s.Done(score.Epochs) || s.Status == sweep.Training {
				continue
			}
			words := append([]string{"vaectl"}, o.trialArguments(f, fmt.Sprint(s.Trial.Index), fmt.Sprint(threads))...)
			fmt.Fprintln(&text, printable.Command(words))
		}
	}
	return text.String()
}

// engineTask is what an engine is told beside the trials.
func (o *sweepOptions) engineTask(f *sweep.File) sweep.Task {
	return sweep.Task{
		Root: o.root, Threads: max(1, o.threads), PerJob: o.engine.perJob, Image: o.engine.image, Claim: o.engine.claim,
		Flags: o.forwardedFlags(),
	}
}
