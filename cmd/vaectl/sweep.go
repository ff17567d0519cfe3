package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/configs"
	"vaectl/internal/printable"
	"vaectl/internal/show/words"
	"vaectl/internal/sweep"
	"vaectl/train"
)

// sweepOptions are the flags of sweep.
type sweepOptions struct {
	flags *pflag.FlagSet

	// What to do in place of training all trials.
	trial  int
	set    []string
	status bool
	dryRun bool
	print  string
	csv    bool
	plots  string

	root        string
	jobs        int
	threads     int
	dataDir     string
	validation  int
	pictures    bool
	tensorboard bool
	json        bool
	quiet       bool
	engine      engineOptions
}

func (o *sweepOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	addRoot(o.flags, &o.root)
	acceptOut(o.flags)
	o.flags.IntVar(&o.jobs, "jobs", 0, "trials trained at once; 0 is one for every thread")
	o.flags.IntVar(&o.threads, "threads", 0, "threads that the trials share, or with --trial those of the trial; 0 uses every core")
	o.flags.StringVar(&o.dataDir, "data-dir", "", "the `directory` to look in first for the data set's files, in place of the file's data.dir")
	o.flags.IntVar(&o.validation, "validation", 0, "training `images` held out to judge by, in place of the file's validation; 0 leaves it to the file, and then to the data: a tenth of them, at most 5000")
	o.flags.BoolVar(&o.status, "status", false, "train nothing: show how the trials stand, the best first")
	o.flags.BoolVar(&o.dryRun, "dry-run", false, "train nothing: show the trials, and how long they would take by the time of a few steps")
	o.flags.IntVar(&o.trial, "trial", -1, "train only trial `I`, counted from 0, in this process: what an engine calls")
	o.flags.StringArrayVar(&o.set, "set", nil, "with --trial, a `setting` for this trial, as train.lr=0.01; may be repeated, and I may then be any number")
	o.flags.BoolVar(&o.csv, "csv", false, "write the trials as CSV to stdout, one a line, in place of the table")
	o.flags.StringVar(&o.plots, "plots", "", "the `folder` for the plots at the end and with --status (default: beta-plots for beta.yaml, beside the runs; \"\" draws none)")
	o.flags.BoolVar(&o.json, "json", false, "write one JSON object a line to stdout, one a trial; errors too")
	o.flags.BoolVar(&o.pictures, "pictures", true, "draw samples and reconstructions of every trial, as train does")
	o.flags.BoolVar(&o.tensorboard, "tensorboard", true, "write every trial's figures for TensorBoard, whose HParams page compares them")
	addQuiet(o.flags, &o.quiet)
	o.addPrint(cmd)
	o.engine.addFlags(cmd)
}

func newSweep(env environment) *cobra.Command {
	var o sweepOptions
	cmd := &cobra.Command{
		Use:   "sweep FILE [flags]",
		Short: "Train a model under many settings and compare them",
		Long: "Train every trial that FILE describes, several at once, and compare them by a figure of their evaluation.\n" +
			"Trial i of beta.yaml is the run beta-i. Run it again, on this machine or on another one that shares the folder, and only what is\n" +
			"missing is done. A trial that diverges is a result; one that fails is reported at once and does not stop the others.\n" +
			"Training images are held out to judge by; the test images choose nothing.\n" +
			"\n" +
			"FILE is YAML. Settings have the dotted keys of `vaectl config`:\n" +
			"\n" +
			"  config: default                 # a preset, or a file beside this one\n" +
			"  set: {train.epochs: 10}         # what all trials have in common beside it\n" +
			"  grid:                           # all combinations of\n" +
			"    objective.beta: [0.5, 1, 4]   #   a setting's values\n" +
			"    prior:                        #   a name of your own, with cases of several settings\n" +
			"      normal: {prior.mean: 0}\n" +
			"      narrow: {prior.mean: 0.5, prior.std: 0.1}\n" +
			"  random:                         # with each of these points; or quasirandom, which spreads them evenly\n" +
			"    draws: 20\n" +
			"    train.lr: {low: 1e-4, high: 1e-2, scale: log}\n" +
			"    model.activation: [relu, tanh]\n" +
			"  seeds: 5                        # of every setting; or a list\n" +
			"  judge: loss                     # or {figure: active_units, goal: highest, checkpoint: best}\n" +
			"  rungs: [3, 9, 27]               # successive halving: after 3 and 9 epochs\n" +
			"  keep: 1/3                       # the best third trains on\n" +
			"\n" +
			"An engine runs the trials of a cluster: --print writes what it reads, with one --trial I a line or a task.",
		Example: "  vaectl sweep beta.yaml --dry-run\n" +
			"  vaectl sweep beta.yaml\n" +
			"  vaectl sweep beta.yaml --status\n" +
			"  vaectl sweep beta.yaml --print slurm | sbatch\n" +
			"  vaectl sweep beta.yaml --trial 40 --set train.lr=0.003 --json",
		GroupID: groupTrain,
		Args:    exactlyOne("sweep file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), env, args[0])
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *sweepOptions) run(ctx context.Context, env environment, path string) error {
	if err := o.check(); err != nil {
		return err
	}
	f, err := o.load(path)
	if err != nil {
		return err
	}
	switch {
	case o.flags.Changed("trial"):
		return o.trainTrial(ctx, env, f)
	case o.print != "":
		return o.printFor(env, f)
	case o.dryRun:
		return o.preview(ctx, env, f)
	case o.status:
		return o.writeStatus(ctx, env, f, f.Look(o.root))
	}
	return o.trainAll(ctx, env, f)
}

// check refuses flags that exclude each other.
func (o *sweepOptions) check() error {
	var modes []string
	for _, name := range []string{"trial", "print", "dry-run", "status"} {
		if o.flags.Changed(name) {
			modes = append(modes, "--"+name)
		}
	}
	switch {
	case len(modes) > 1:
		return usagef("%s exclude each other", strings.Join(modes, " and "))
	case o.flags.Changed("trial") && o.trial < 0:
		return usagef("--trial %d: trials are counted from 0", o.trial)
	case len(o.set) > 0 && !o.flags.Changed("trial"):
		return &usageError{err: errors.New("--set changes one trial: it stands beside --trial"), hint: "what all trials have in common stands below set in the file"}
	case o.validation < 0:
		return usagef("--validation %d: must be a number of images", o.validation)
	case o.csv && o.json:
		return usagef("--csv and --json exclude each other")
	}
	return cmp.Or(checkRange("--jobs", o.jobs, 0, maxThreads), checkRange("--threads", o.threads, 0, maxThreads), o.engine.check(o.flags))
}

// load reads the file, and lets flags win over it.
func (o *sweepOptions) load(path string) (*sweep.File, error) {
	f, err := sweep.Load(path)
	if err != nil {
		return nil, err
	}
	if o.flags.Changed("data-dir") {
		f.Base.Data.Dir = o.dataDir
	}
	if o.flags.Changed("validation") {
		f.Validation = o.validation
	}
	return f, makeSweepPathsAbsolute(f)
}

// makeSweepPathsAbsolute makes the paths of a sweep those that train would record.
func makeSweepPathsAbsolute(f *sweep.File) error {
	return errors.Join(makeDataPathsAbsolute(&f.Base.Data), makeRunPathAbsolute(&f.Base.Train.InitFrom))
}

// shares is how many threads there are for all trials, and how many trials train at once.
func (o *sweepOptions) shares() (threads, jobs int) {
	threads, jobs = o.threads, o.jobs
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	if jobs == 0 {
		jobs = threads
	}
	return threads, jobs
}

// trainAll trains what is missing on this machine.
func (o *sweepOptions) trainAll(ctx context.Context, env environment, f *sweep.File) error {
	for _, warning := range settingsWarnings(f) {
		warn(env, warning)
	}
	threads, jobs := o.shares()
	display := newSweepProgress(env, f, o)
	crew := sweep.Crew{
		File: f, Root: o.root, Jobs: jobs, Threads: threads, Poll: pollPeriod,
		Train: o.child(env, f), Watch: display,
	}
	outcome, err := crew.Run(ctx)
	display.close()
	if err != nil {
		return &hintedError{fmt.Errorf("%w: every trial under way has a checkpoint", train.ErrInterrupted), "continue with: vaectl sweep " + printable.Word(f.Path) + o.rootFlag()}
	}
	return errors.Join(o.writeStatus(ctx, env, f, outcome.States), failureOf(outcome, f))
}

// rootFlag is --runs where it is needed to find the runs again.
func (o *sweepOptions) rootFlag() string {
	if o.root == defaultRoot {
		return ""
	}
	return " --runs " + printable.Word(o.root)
}

// failureOf is the error of a sweep with trials that failed.
func failureOf(outcome sweep.Outcome, f *sweep.File) error {
	if len(outcome.Failures) == 0 {
		return nil
	}
	return &hintedError{
		fmt.Errorf("%d of %s failed", len(outcome.Failures), words.Counted(len(outcome.States), "trial")),
		"their errors are above; run the sweep again to try them again, and only them",
	}
}

// settingsWarnings are those about settings without effect that all trials share.
func settingsWarnings(f *sweep.File) []string {
	trials := f.Trials()
	counts := map[string]int{}
	var warnings []string
	for _, t := range trials {
		for _, w := range configs.Warnings(t.Config) {
			if counts[w]++; counts[w] == len(trials) {
				warnings = append(warnings, w)
			}
		}
	}
	return warnings
}

// writeStatus prints how the trials stand, with those that were trained beside the list.
func (o *sweepOptions) writeStatus(ctx context.Context, env environment, listed *sweep.File, ofList []sweep.State) error {
	f, states := listed.Extended(o.root, ofList)
	pictures, err := o.writePlots(ctx, f, states)
	if err != nil {
		return err
	}
	switch {
	case o.csv:
		return f.WriteCSV(env.stdout, states)
	case o.json:
		return o.writeRows(env, f, states)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n%s\n%s", sweepTitle(listed, ofList, f.Beside(states)), f.Table(states), o.summary(f, states))
	if len(pictures) > 0 {
		fmt.Fprintf(&text, "plots %s\n", strings.Join(pictures, " "))
	}
	_, err = io.WriteString(env.stdout, text.String())
	return err
}

// program is the path of this program, to start it again.
func program() (string, error) { return os.Executable() }
