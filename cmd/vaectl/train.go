package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// defaultRoot is the folder that holds runs.
const defaultRoot = "runs"

// stopAfterFlag is the name of a flag.
const stopAfterFlag = "stop-after"

// trainOptions are the flags of train beside the settings.
type trainOptions struct {
	settings    settings
	flags       *pflag.FlagSet
	root        string
	name        string
	resume      string
	force       bool
	stopAfter   int
	pictures    bool
	tensorboard bool
	json        bool
	quiet       bool
	distributed distributedOptions
	// compared is what TensorBoard compares the run by with others; nil for none.
	compared *train.Comparison
	peers    *peers      // nil where this process is alone
	team     *train.Team // nil where this process is alone
}

func (o *trainOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	o.settings.addConfig(cmd)
	o.flags.StringVar(&o.name, "name", "", "`name` of the run (default: made from the date, the time and the prior)")
	addRoot(o.flags, &o.root)
	acceptOut(o.flags)
	o.flags.StringVar(&o.resume, "resume", "", "continue a `run`, given by name or path")
	o.flags.IntVar(&o.stopAfter, stopAfterFlag, 0, "stop after the evaluation of this `epoch`, with schedules still set for --epochs; --resume continues from there")
	o.flags.BoolVar(&o.force, "force", false, "replace a run of the same name")
	o.flags.BoolVar(&o.quiet, "quiet", false, "print one line at the end, and only warnings and errors before it")
	o.flags.BoolVar(&o.json, "json", false, "write JSON to stdout, one object a line: the start, every epoch, the end, and errors")
	o.flags.BoolVar(&o.pictures, "pictures", true, "draw samples and reconstructions into the run's folder samples after every epoch (in long runs after some of them), and an animation at the end")
	o.flags.BoolVar(&o.tensorboard, "tensorboard", true, "write figures, pictures and histograms of z for TensorBoard into the run's folder events")
	o.distributed.addFlag(cmd, "`mpi`: train together with the other ranks that an MPI launcher started; --shards must be at least their number")
	for _, name := range []string{stopAfterFlag, "json", "pictures", "tensorboard", distributedFlag} {
		markRare(o.flags, name)
	}
	o.settings.hideRare = true
	o.settings.addFields(cmd, everySetting, "")
	completeRuns(cmd, "resume")
	completeRuns(cmd, "init-from")
}

// resumable are --resume and the flags that may be given with it.
func resumable() []string {
	return []string{"resume", "epochs", stopAfterFlag, "threads", "dataset", "data-dir", "runs", "pictures", "tensorboard", "json", "quiet", distributedFlag}
}

// listOf writes the names of flags as people list them.
func listOf(flags []string) string {
	var names []string
	for _, f := range flags {
		names = append(names, "--"+f)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func newTrain(env environment) *cobra.Command {
	var o trainOptions
	cmd := &cobra.Command{
		Use:   "train [flags]",
		Short: "Train a model toward a prior",
		Long: "Train a variational autoencoder and keep it in a run directory, runs/NAME, which every other command reads. " +
			"Settings come from the defaults, then from --config, then from flags.\n\n" +
			"The first Ctrl-C finishes the step, writes a checkpoint and says how to continue; a second one stops at once. " +
			"--resume continues a run with its own settings and ends with the same bits as an uninterrupted run; " +
			"only " + listOf(resumable()[1:]) + " may be given with it.",
		Example: "  vaectl train\n" +
			"  vaectl train --prior-mean 0.5 --prior-std 0.1\n" +
			"  vaectl train --config article-uniform --epochs 20\n" +
			"  vaectl train --hidden 200,200 --latent 50 --binarize dynamic --name deep\n" +
			"  vaectl train --resume deep --epochs 40\n" +
			"  vaectl train --config iwae-1layer-iwae-k50 --init-from k5 --lr 0.0001 --epochs 20",
		GroupID: groupTrain,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), env)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *trainOptions) run(ctx context.Context, env environment) error {
	if !o.flags.Changed(distributedFlag) {
		return o.lead(ctx, env)
	}
	var err error
	if o.peers, err = o.distributed.join(env); err != nil {
		return err
	}
	o.team = train.NewTeam(o.peers)
	if !o.peers.first() {
		return o.peers.assist(env, func() error {
			return o.team.Assist(ctx, func(threads int) (*vae.Engine, error) { return o.peers.newEngine(env, threads) }, quietLoader(env))
		})
	}
	if o.peers.Size() > 1 && !o.quiet {
		_, _ = fmt.Fprintf(env.stderr, "ranks  %s\n", o.peers.text())
	}
	return errors.Join(o.lead(ctx, env), o.team.Close())
}

// newEngine starts what is computed on, on this rank's share of the cores where
// there are several.
func (o *trainOptions) newEngine(env environment, threads int) (*vae.Engine, error) {
	if o.peers == nil {
		return newEngine(env, threads)
	}
	return o.peers.newEngine(env, threads)
}

// lead is what one process does alone, or the first of several.
func (o *trainOptions) lead(ctx context.Context, env environment) error {
	if o.flags.Changed("resume") {
		return o.continueRun(ctx, env)
	}
	c, err := o.settings.resolve()
	if err != nil {
		return err
	}
	for _, warning := range configs.Warnings(c) {
		warn(env, warning)
	}
	if err := makeDataPathsAbsolute(&c.Data); err != nil {
		return err
	}
	if err := makeRunPathAbsolute(&c.Train.InitFrom); err != nil {
		return err
	}
	name, err := o.runName(env, c)
	if err != nil {
		return err
	}
	return o.begin(ctx, env, c, name, nil)
}

// begin trains a new run. Once the data are there, fit, unless nil, may
// change what the configuration leaves to them.
func (o *trainOptions) begin(ctx context.Context, env environment, c configs.Config, name string, fit func(*configs.Config, *data.Set)) error {
	engine, err := o.newEngine(env, c.Train.Threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	training, err := train.Begin(ctx, train.Job{
		Root: o.root, Name: name, Replace: o.force, Config: c, Fit: fit, Load: o.loader(env), Engine: engine, Team: o.team,
	})
	if err != nil {
		return err
	}
	return errors.Join(o.watch(ctx, env, training), training.Close())
}

func (o *trainOptions) loader(env environment) train.Loader {
	return func(ctx context.Context, c configs.Data) (*data.Set, error) {
		set, err := loadData(ctx, env, c, o.quiet)
		if err == nil && !o.quiet {
			tellNotes(env, set.Notes)
		}
		return set, err
	}
}

// continueRun is train --resume.
func (o *trainOptions) continueRun(ctx context.Context, env environment) error {
	if other := setBeyond(o.flags, resumable()...); len(other) > 0 {
		return &usageError{
			err:  fmt.Errorf("%s cannot be changed by --resume", strings.Join(other, ", ")),
			hint: "a run keeps the settings it was started with; start another one to change them",
		}
	}
	found, err := rundir.Find(o.root, o.resume)
	if err != nil {
		return err
	}
	run, err := train.Open(found.Dir())
	if err != nil {
		return err
	}
	return errors.Join(o.continueOpened(ctx, env, run), run.Close())
}

func (o *trainOptions) continueOpened(ctx context.Context, env environment, run *train.Run) error {
	c := run.Config()
	source := dataOfRun(c.Data, run.Record().Dataset)
	changed := c
	if err := o.settings.apply(&changed); err != nil {
		return err
	}
	if err := configs.Validate(changed); err != nil {
		return err
	}
	if o.flags.Changed("dataset") || o.flags.Changed("data-dir") {
		source = c.Data
		source.Dataset, source.Dir = changed.Data.Dataset, changed.Data.Dir
		if err := makeDataPathsAbsolute(&source); err != nil {
			return err
		}
	}
	epochs := 0
	if o.flags.Changed("epochs") {
		epochs = changed.Train.Epochs
	}
	return o.continueOn(ctx, env, run, source, changed.Train.Threads, epochs)
}

// continueOn continues a run on the data of source to so many epochs; 0 are those
// it was made with.
func (o *trainOptions) continueOn(ctx context.Context, env environment, run *train.Run, source configs.Data, threads, epochs int) error {
	engine, err := o.newEngine(env, threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	training, err := train.Continue(ctx, train.Continuation{Run: run, Epochs: epochs, Source: source, Load: o.loader(env), Engine: engine, Team: o.team})
	if err != nil {
		return err
	}
	return o.watch(ctx, env, training)
}

// watch trains with all recorders attached, and prints the result.
func (o *trainOptions) watch(ctx context.Context, env environment, training *train.Training) error {
	ctx = untilPipeCloses(ctx)
	options := train.Options{StopAfter: o.stopAfter, Version: programVersion(), Commit: buildSetting("vcs.revision"), Argv: env.argv, Recorders: o.pictureRecorders()}
	if o.json {
		options.Recorders = append(options.Recorders, &eventLog{out: env.stdout, run: training.Run, set: training.Data})
	}
	bar := newTrainProgress(env)
	options.Warn = func(w rundir.Warning) {
		bar.clear()
		warn(env, w.Text)
	}
	if !o.quiet {
		defer bar.clear()
		a := &announcer{out: env.stderr, run: training.Run, set: training.Data, engine: training.Engine}
		if err := o.tellCost(ctx, env, training); err != nil {
			return err
		}
		options.Recorders = append(options.Recorders, a, bar)
	}
	result, err := training.Train(ctx, options)
	if err != nil {
		return err
	}
	return o.writeResult(env, training.Run, training.Data, result)
}

// pictureRecorders are the recorders that make the pictures and TensorBoard's files.
func (o *trainOptions) pictureRecorders() []train.Recorder {
	var recorders []train.Recorder
	var pictures *train.Pictures
	if o.pictures {
		pictures = train.NewPictures()
		recorders = append(recorders, pictures)
	}
	if o.tensorboard {
		events := train.NewEvents(pictures)
		if o.compared != nil {
			events.Compare(*o.compared)
		}
		recorders = append(recorders, events)
	}
	return recorders
}

// runName is the name of the new run: the one that was given, or one made of
// the time and the prior that is free in the folder of runs.
func (o *trainOptions) runName(env environment, c configs.Config) (string, error) {
	if o.flags.Changed("name") {
		return o.name, nil
	}
	prior, err := loss.NewPrior(c.Prior, c.Model.TopLatent())
	if err != nil {
		return "", usagef("%w", err)
	}
	base := env.now().Format("20060102-150405") + "-" + priorSlug(prior)
	name := base
	for n := 2; ; n++ {
		_, err := os.Lstat(filepath.Join(o.root, name))
		if errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		if err != nil {
			return "", fmt.Errorf("folder of runs: %w", err)
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

// priorSlug names a prior in a file's name, as normal-0.5-0.1. Lists of
// values would make it endless and are left out.
func priorSlug(p loss.Prior) string {
	parts := []string{p.Name()}
	for _, parameter := range p.Parameters() {
		if len(parameter.Values) == 1 {
			parts = append(parts, strconv.FormatFloat(parameter.Values[0], 'g', 6, 64))
		}
	}
	return strings.Join(parts, "-")
}

// warn writes a warning.
func warn(env environment, text string) {
	_, _ = fmt.Fprintf(env.stderr, "vaectl: warning: %s\n", text)
}
