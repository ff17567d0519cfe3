package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// finalists settings are measured finalRuns times more, since the first, short run of each is noisy.
	finalists = 3
	finalRuns = 2

	// runTimeout bounds one run beyond the time it measures; torch.compile takes most of it.
	runTimeout = 5 * time.Minute
)

// comparer measures rows.
type comparer struct {
	run  runner
	load func() load
	hop  func() time.Duration
	log  io.Writer

	vaectl  string // program
	script  string // torch_vae.py
	scratch string // directory for what PyTorch compiles
	data    string // directory of IDX files; empty if each side makes its own images

	pythons   []python
	cores     int
	coreTypes []string

	rounds        int
	seconds       float64
	searchSeconds float64

	best map[string]setting // found before, by work
}

// result is a row as measured.
type result struct {
	comparison
	skipped string // why there are no figures; empty if there are

	ours, theirs []float64 // one a round
	hops         []float64 // nanoseconds from core to core and back, before each round; empty if unknown
	ofProducts   []float64 // ours over what its matrix products alone would reach; empty where bench does not say
	kernel       string
	threads      int
	setting      string
	averageLoad  float64 // negative if unknown, as othersLoad
	othersLoad   float64 // cores that other programs kept busy
}

// compare searches PyTorch's best setting and measures the row. The error is not nil if measuring makes no sense any
// more; a row that this machine or this version of vaectl cannot do is skipped.
func (c *comparer) compare(ctx context.Context, row comparison) (result, error) {
	r := result{comparison: row, averageLoad: -1, othersLoad: -1}
	fmt.Fprintf(c.log, "%s\n", row.title)
	why, err := c.whyNot(ctx, row)
	if err != nil {
		return r, err
	}
	if why != "" {
		fmt.Fprintf(c.log, "  skipped: %s\n", why)
		r.skipped = why
		return r, nil
	}
	best, err := c.bestSetting(ctx, row)
	if err != nil {
		return r, err
	}
	r.setting = best.String()
	before := c.load()
	for round := range c.rounds {
		hop := c.hop()
		own, err := c.measureOurs(ctx, row, c.seconds)
		if err != nil {
			return r, err
		}
		peer, err := c.measureTheirs(ctx, row, best, c.seconds)
		if err != nil {
			return r, fmt.Errorf("%s: %w", best, err)
		}
		r.add(own, peer)
		fmt.Fprintf(c.log, "  round %d of %d: %s against %s %s", round+1, c.rounds, thousands(last(r.ours)), thousands(peer), row.unit())
		if hop > 0 {
			r.hops = append(r.hops, float64(hop.Nanoseconds()))
			fmt.Fprintf(c.log, ", %v between cores", hop)
		}
		fmt.Fprintln(c.log)
	}
	r.averageLoad, r.othersLoad = before.average, others(before, c.load())
	return r, nil
}

func (r *result) add(own ours, peer float64) {
	r.ours = append(r.ours, own.in(r.comparison))
	r.theirs = append(r.theirs, peer)
	r.kernel, r.threads = own.Kernel, own.Threads
	if own.BoundPerS > 0 && !r.decoding {
		r.ofProducts = append(r.ofProducts, own.ImagesPerS/own.BoundPerS)
	}
}

// whyNot says what keeps vaectl from doing the row; empty if nothing does.
func (c *comparer) whyNot(ctx context.Context, row comparison) (string, error) {
	if row.decoding {
		help, err := c.run(ctx, command{name: c.vaectl, args: []string{"bench", "--help"}})
		if err != nil {
			return "", fmt.Errorf("vaectl bench --help: %w", err)
		}
		if !bytes.Contains(help, []byte(decodeFlag)) {
			return "vaectl bench has no " + decodeFlag, nil
		}
	}
	if _, err := c.measureOurs(ctx, row, shortest); err != nil {
		if ctx.Err() != nil || row.kernel == "" {
			return "", err
		}
		return err.Error(), nil
	}
	return "", nil
}

// shortest is as long as a run must be that only shows whether it can be done, in seconds.
const shortest = 0.1

// bestSetting tries every setting of every Python shortly, the fastest ones again, and returns the one with the
// highest median.
func (c *comparer) bestSetting(ctx context.Context, row comparison) (setting, error) {
	key := fmt.Sprint(row.work, row.oneThread)
	if s, ok := c.best[key]; ok {
		return s, nil
	}
	tried, err := c.tryAll(ctx, row)
	if err != nil {
		return setting{}, err
	}
	tried = tried[:min(len(tried), finalists)]
	for range finalRuns {
		for i := range tried {
			rate, err := c.measureTheirs(ctx, row, tried[i].setting, c.searchSeconds)
			if err != nil {
				return setting{}, fmt.Errorf("%s, which worked before: %w", tried[i].setting, err)
			}
			tried[i].rates = append(tried[i].rates, rate)
		}
	}
	slices.SortStableFunc(tried, byMedian)
	c.best[key] = tried[0].setting
	fmt.Fprintf(c.log, "  PyTorch's best: %s\n", tried[0].setting)
	return tried[0].setting, nil
}

// trial is a setting and what it reached so far.
type trial struct {
	setting setting
	rates   []float64
}

// byMedian orders the fastest first.
func byMedian(a, b trial) int { return cmp.Compare(median(b.rates), median(a.rates)) }

// tryAll measures every setting once and returns those that worked, the fastest first.
func (c *comparer) tryAll(ctx context.Context, row comparison) ([]trial, error) {
	var worked []trial
	var failures []error
	for _, p := range c.pythons {
		for _, s := range settings(p, row, c.cores, c.coreTypes) {
			rate, err := c.measureTheirs(ctx, row, s, c.searchSeconds)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				fmt.Fprintf(c.log, "  %s: failed: %v\n", s, err)
				failures = append(failures, fmt.Errorf("%s: %w", s, err))
				continue
			}
			fmt.Fprintf(c.log, "  %s: %s %s\n", s, thousands(rate), row.unit())
			worked = append(worked, trial{s, []float64{rate}})
		}
	}
	if len(worked) == 0 {
		return nil, fmt.Errorf("PyTorch at no setting could do %q: %w", row.title, errors.Join(failures...))
	}
	slices.SortStableFunc(worked, byMedian)
	return worked, nil
}

// measureOurs runs `vaectl bench`.
func (c *comparer) measureOurs(ctx context.Context, row comparison, seconds float64) (ours, error) {
	dataset := c.data
	if dataset == "" {
		dataset = "strokes"
	}
	args := append([]string{"bench", "--json", "--seconds", number(seconds), "--dataset", dataset}, row.work...)
	if row.oneThread {
		args = append(args, "--threads", "1")
	}
	var o ours
	err := c.measure(ctx, seconds, command{name: c.vaectl, args: args, environment: []string{"VAECTL_KERNEL=" + row.kernel}}, &o)
	if err == nil && !(o.in(row) > 0) {
		err = fmt.Errorf("no positive number of %s", row.unit())
	}
	if err != nil {
		return o, fmt.Errorf("vaectl %s: %w", strings.Join(args, " "), err)
	}
	return o, nil
}

// measureTheirs runs torch_vae.py and returns its rate in the row's unit.
func (c *comparer) measureTheirs(ctx context.Context, row comparison, s setting, seconds float64) (float64, error) {
	args := append([]string{c.script, "--json", "--seconds", number(seconds)}, row.work...)
	args = append(args, s.flags()...)
	if c.data != "" {
		args = append(args, "--data", c.data)
	}
	environment := append([]string{
		"TORCHINDUCTOR_CACHE_DIR=" + c.scratch,
		// Compiling in this process alone leaves no helpers running beside the measurement.
		"TORCHINDUCTOR_COMPILE_THREADS=1",
	}, s.environment...)
	var t rates
	if err := c.measure(ctx, seconds, command{name: s.python.Executable, args: args, environment: environment}, &t); err != nil {
		return 0, err
	}
	if !(t.in(row) > 0) {
		return 0, fmt.Errorf("no positive number of %s", row.unit())
	}
	return t.in(row), nil
}

// measure runs a program whose last line of output is JSON.
func (c *comparer) measure(ctx context.Context, seconds float64, program command, to any) error {
	ctx, cancel := context.WithTimeout(ctx, runTimeout+time.Duration(seconds*float64(time.Second)))
	defer cancel()
	out, err := c.run(ctx, program)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(lastLine(out), to); err != nil {
		return fmt.Errorf("reading the result %q: %w", lastLine(out), err)
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func last(values []float64) float64 { return values[len(values)-1] }
