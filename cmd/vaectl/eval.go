package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	flags     *pflag.FlagSet
	split     splitOptions
	model     modelOptions
	nll       nllOptions
	diagnosis diagnosisOptions
	seed      uint64
	threads   int
	json      bool
	ranks     distributedOptions
}

func (o *evalOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	o.split.addFlag(cmd)
	o.flags.Uint64Var(&o.seed, "seed", 0, "seed of the draws of z (default: the run's)")
	o.nll.addFlags(o.flags, "also estimate -log p(x) by importance sampling, which takes minutes", defaultNLLSamples)
	o.diagnosis.addFlags(o.flags)
	o.model.addFlags(o.flags)
	acceptOut(o.flags)
	addThreads(o.flags, &o.threads)
	addJSON(o.flags, &o.json)
	o.ranks.addFlag(cmd, "`mpi`: divide the work among the ranks that an MPI launcher started; the figures are the same")
	o.split.addFields(cmd)
}

func newEval(env environment) *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval [RUN]",
		Short: "Measure a trained model: ELBO, KL, active units, prior match",
		Long: "Compute the negative ELBO of a split, in nats per image, with its two parts, the KL of each latent dimension,\n" +
			"the number of active units (Burda et al. 2016) and how well z matches the prior: the mutual information of image and\n" +
			"z (Hoffman and Johnson 2016), the Kolmogorov-Smirnov distance of each dimension and the maximum mean discrepancy\n" +
			"(Gretton et al. 2012) of all, each with the value it would have if the codes followed the prior. --nll adds -log p(x),\n" +
			"estimated by importance sampling with --samples draws of z per image, the figure that published tables give.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl eval\n" +
			"  vaectl eval deep --split train --json\n" +
			"  vaectl eval deep --nll --samples 5000",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

func (o *evalOptions) run(ctx context.Context, env environment, ref string) error {
	if err := o.split.check(); err != nil {
		return err
	}
	if err := o.nll.check(); err != nil {
		return err
	}
	return o.ranks.runOnRanks(env, func(env environment, p *peers) error { return o.measure(ctx, env, p, ref) })
}

// load finds the model and the images.
func (o *evalOptions) load(ctx context.Context, env environment, ref string, engine *vae.Engine) (m runModel, s inputImages, err error) {
	if m, err = o.model.load(env, ref, engine); err != nil {
		return m, s, err
	}
	if err := o.nll.checkModel(m.Model, "eval without --nll has the reconstruction and how far z is from the prior"); err != nil {
		return m, s, err
	}
	s, err = o.split.load(ctx, env, m, engine)
	return m, s, err
}

// measure computes all figures, together with the other ranks, and prints them.
func (o *evalOptions) measure(ctx context.Context, env environment, p *peers, ref string) error {
	engine, err := p.newEngine(env, o.threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	m, s, err := o.load(ctx, env, ref, engine)
	if err := p.agree(err); err != nil {
		return err
	}
	seed := m.Config().Train.Seed
	if o.flags.Changed("seed") {
		seed = o.seed
	}
	evaluation, err := m.EvaluateAmong(ctx, p, s.reader, seed)
	if err != nil {
		return err
	}
	var diagnosis *vae.Diagnosis
	if p.first() {
		diagnosis, err = o.diagnosis.diagnose(ctx, env, m.Model, s.reader, evaluation, seed)
	}
	if err := p.agree(err); err != nil {
		return err
	}
	nll, err := o.nll.estimate(ctx, env, p, m.Model, s.reader, seed)
	if err != nil {
		return err
	}
	f := newFigures(m.dir, m.Model, evaluation)
	f.addDiagnosis(diagnosis)
	f.addNLL(nll)
	f.addData(s.set, o.split.name, s.binarize)
	f.inheritSubstitute(m.record.Dataset)
	f.Checkpoint, f.Epoch, f.Seed = o.model.checkpoint, m.epoch(o.model.checkpoint), seed
	f.Notes = o.notes(m, s)
	c := m.Config()
	c.Data.Binarize = s.binarize
	images := m.record.Dataset
	images.Binary = s.set.Binary
	f.Warnings = train.EvaluationWarnings(c, evaluation, images)
	return o.write(env, f)
}

// notes say how this evaluation differs from those of the training.
func (o *evalOptions) notes(m runModel, s inputImages) []string {
	notes := o.split.notes(m, s)
	if !m.verified {
		notes = append(notes, "the weights have no checksum, as older versions and other programs write them: damage to them would not be noticed")
	}
	if f := m.record.Figures; o.model.checkpoint == rundir.Best && f != nil && f.Split == o.split.name {
		notes = append(notes, "the best checkpoint was chosen by its loss on these images, which flatters that loss")
	}
	return notes
}

func (o *evalOptions) write(env environment, f figures) error {
	if o.json {
		return writeJSON(env.stdout, f)
	}
	_, err := fmt.Fprintf(env.stdout, "run %s, checkpoint %s of epoch %d\n%s", f.Run, f.Checkpoint, f.Epoch, f.text())
	return err
}
