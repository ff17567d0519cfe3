package main

import (
	"context"
	"errors"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// reported is all there is to know of a run. What cannot be had without the
// weights or the images may be missing, for the reason that is given.
type reported struct {
	view
	label   string // the name of the run, or its path where two have one name
	config  configs.Config
	metrics rundir.Metrics
	images  seen

	noModel, noImages error

	evaluation *vae.Evaluation // of the images; nil until somebody asks
}

// measured is what the run's figures are of.
func (r *reported) measured() measured { return measured{record: r.record, config: r.config} }

func measuredOf(runs []*reported) []measured {
	var all []measured
	for _, r := range runs {
		all = append(all, r.measured())
	}
	return all
}

// figures are those of the result; none of a run that was not evaluated.
func (r *reported) figures() *rundir.Figures { return r.measured().figures() }

// checkpoint is the one that the figures are of.
func (r *reported) checkpoint() string {
	if f := r.figures(); f != nil && f.Checkpoint != "" {
		return f.Checkpoint
	}
	return rundir.Last
}

// load reads the runs.
func (o *reportOptions) load(ctx context.Context, env environment, opened []*rundir.Run, e *kernel.Engine) ([]*reported, error) {
	labels := legendNames(dirsOf(opened))
	sets := make(map[configs.Data]*data.Set)
	var runs []*reported
	for i, run := range opened {
		r := &reported{label: labels[i], view: view{engine: e, trained: trained{dir: run.Dir(), record: run.Record}}}
		var err error
		if r.config, err = run.Config(); err != nil {
			return nil, err
		}
		if r.metrics, err = run.Metrics(); err != nil {
			return nil, err
		}
		r.seed = r.config.Train.Seed
		var c *rundir.Checkpoint
		if c, r.noModel = run.Checkpoint(r.checkpoint(), e); r.noModel == nil {
			r.Model, r.verified = c.Model, c.Verified
			r.noImages = o.see(ctx, env, r, sets)
		} else {
			r.noImages = r.noModel
		}
		if errors.Is(r.noImages, context.Canceled) {
			return nil, r.noImages
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// see reads the run's test images; sets are those read for other runs.
func (o *reportOptions) see(ctx context.Context, env environment, r *reported, sets map[configs.Data]*data.Set) error {
	wanted, err := o.split.data(r.trained)
	if err != nil {
		return err
	}
	source := wanted
	source.Binarize, source.Validation = "", 0 // they change nothing about what is loaded
	set, there := sets[source]
	if !there {
		if set, err = loadData(ctx, env, source, false); err != nil {
			return err
		}
		sets[source] = set
	}
	if err := fits(r.trained, set); err != nil {
		return err
	}
	r.images = seen{set: set, binarize: wanted.Binarize}
	if r.images.images, err = o.split.images(r.trained, set); err != nil {
		return err
	}
	r.images.reader, err = data.NewReader(r.images.images, data.Binarization(wanted.Binarize), r.engine)
	return err
}
