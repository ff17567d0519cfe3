package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"vaectl/data"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/vae"
)

// nllOptions are the flags of an estimate of log p(x).
type nllOptions struct {
	flags   *pflag.FlagSet
	wanted  bool
	samples int
}

const defaultNLLSamples = 5000 // as the published tables have it

// addFlags adds the flags; usage is what --nll does.
func (o *nllOptions) addFlags(flags *pflag.FlagSet, usage string, samples int) {
	o.flags = flags
	flags.BoolVar(&o.wanted, "nll", false, usage+"; for a conditional model -log p(x|y), where y is the label")
	flags.IntVar(&o.samples, "samples", samples, "draws of z per image for --nll")
}

// check refuses flags before anything is loaded.
func (o *nllOptions) check() error {
	if !o.wanted && o.flags.Changed("samples") {
		return &usageError{err: fmt.Errorf("--samples %d without --nll", o.samples), hint: "the ELBO takes the draws the model was trained with; --nll --samples N estimates -log p(x) with N draws per image"}
	}
	if err := checkRange("--samples", o.samples, 1, vae.MaxNLLSamples); err != nil {
		return err
	}
	return nil
}

// checkModel refuses a model of which there is no estimate.
func (o *nllOptions) checkModel(m *vae.Model, without string) error {
	if o.wanted && !loss.HasDensity(m.Prior()) {
		return &usageError{err: fmt.Errorf("--nll: prior %s has no density, so log p(x) cannot be estimated", m.Prior().Name()), hint: without}
	}
	return nil
}

// estimate computes the figure and tells on stderr how it gets on.
func (o *nllOptions) estimate(ctx context.Context, env environment, ranks *peers, m *vae.Model, r *data.Reader, seed uint64) (*vae.NLL, error) {
	if !o.wanted {
		return nil, nil
	}
	p := newCountdown(env, fmt.Sprintf("-log %s with %s an image", m.Bound().Evidence(), words.Counted(o.samples, "draw")), r.Split().Count)
	defer p.clear()
	nll, err := m.NLLAmong(ctx, ranks, r, seed, o.samples, p.show)
	if err != nil {
		return nil, err
	}
	return &nll, nil
}

// countdown says on stderr how many images of a longer computation are done.
type countdown struct {
	liveLine
	what  string
	total int
	began time.Time
}

func newCountdown(env environment, what string, total int) *countdown {
	c := &countdown{liveLine: newLiveLine(env), what: what, total: total}
	c.began = c.now()
	c.last = c.began
	return c
}

// show says that so many images are done.
func (c *countdown) show(done int) {
	if !c.due() {
		return
	}
	elapsed := c.now().Sub(c.began).Seconds()
	left := time.Duration(elapsed / float64(done) * float64(c.total-done) * float64(time.Second))
	c.liveLine.show([]string{
		fmt.Sprintf("%s: image %d/%d", c.what, done, c.total),
		"ETA " + left.Round(time.Second).String(),
		fmt.Sprintf("%.1f images/s", float64(done)/elapsed),
	})
}
