package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
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

	// hopeless is the share of an earlier rival's rate below which a rival's first setting ends its part in a row: it is shown
	// with what it reached, since runs of dozens of its steps would take minutes.
	hopeless = 0.2

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
	rivals  []rival
	scratch string // directory for images and for what PyTorch compiles
	data    string // directory of IDX files; empty if each side makes its own images

	rounds        int
	seconds       float64
	searchSeconds float64

	ranked map[string]ranking // found before, by rival and work
}

// result is a row as measured.
type result struct {
	comparison
	skipped string // why there are no figures; empty if there are

	ours        []float64    // one a round
	theirs      []theirRates // of each rival
	hops        []float64    // nanoseconds from core to core and back, before each round; empty if unknown
	ofProducts  []float64    // ours over what its matrix products alone would reach; empty where bench does not say
	kernel      string
	threads     int
	averageLoad float64 // negative if unknown, as othersLoad
	othersLoad  float64 // cores that other programs kept busy
}

// theirRates is what a rival reached in a row.
type theirRates struct {
	name    string
	setting string
	rates   []float64 // one a round
	missing string    // why there are none
}

// compare searches each rival's best setting and measures the row. The error is not nil if measuring makes no sense any
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
	entrants := make([]entrant, len(c.rivals))
	fastest := 0.0
	for i := range c.rivals {
		if entrants[i], err = c.enter(ctx, row, &c.rivals[i], hopeless*fastest); err != nil {
			return r, err
		}
		fastest = max(fastest, entrants[i].best)
	}
	before := c.load()
	for round := range c.rounds {
		if err := c.round(ctx, &r, entrants, round); err != nil {
			return r, err
		}
	}
	for _, e := range entrants {
		r.theirs = append(r.theirs, e.result())
	}
	r.averageLoad, r.othersLoad = before.average, others(before, c.load())
	return r, nil
}

// entrant is a rival in a row, with what the search found; settings that fail later are left out.
type entrant struct {
	rival *rival
	ranking
	rates []float64
}

func (e *entrant) result() theirRates {
	t := theirRates{name: e.rival.name, rates: e.rates, missing: e.missing}
	if len(e.rates) > 0 {
		t.setting = e.settings[0].String()
	}
	return t
}

// enter ranks a rival's settings for a row in which less than a rate has no hope.
func (c *comparer) enter(ctx context.Context, row comparison, rv *rival, least float64) (entrant, error) {
	e := entrant{rival: rv}
	if e.missing = rv.whyNot(row); e.missing != "" {
		return e, nil
	}
	var err error
	e.ranking, err = c.rank(ctx, row, rv, least)
	return e, err
}

// round measures vaectl, then every rival.
func (c *comparer) round(ctx context.Context, r *result, entrants []entrant, round int) error {
	hop := c.hop()
	own, err := c.measureOurs(ctx, r.comparison, c.seconds)
	if err != nil {
		return err
	}
	r.add(own)
	fmt.Fprintf(c.log, "  round %d of %d: %s", round+1, c.rounds, thousands(last(r.ours)))
	for i := range entrants {
		e := &entrants[i]
		if e.missing != "" {
			continue
		}
		if err := c.measureEntrant(ctx, r.comparison, e, round); err != nil {
			return err
		}
		if e.missing == "" {
			fmt.Fprintf(c.log, " against %s of %s", thousands(last(e.rates)), e.rival.name)
		}
	}
	fmt.Fprintf(c.log, " %s", r.unit())
	if hop > 0 {
		r.hops = append(r.hops, float64(hop.Nanoseconds()))
		fmt.Fprintf(c.log, ", %v between cores", hop)
	}
	fmt.Fprintln(c.log)
	return nil
}

// measureEntrant measures a rival's best setting. One that fails, though it worked before, gives way to the next, which then
// catches up on the rounds there were.
func (c *comparer) measureEntrant(ctx context.Context, row comparison, e *entrant, round int) error {
	for len(e.settings) > 0 {
		rate, err := c.measureTheirs(ctx, row, e.rival, e.settings[0], c.seconds)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			if e.rates = append(e.rates, rate); len(e.rates) > round {
				return nil
			}
			continue
		}
		fmt.Fprintf(c.log, "\n  %s: failed, though it worked before: %v\n", e.settings[0], err)
		e.settings, e.rates = e.settings[1:], nil
	}
	e.missing = allFailed
	return nil
}

func (r *result) add(own ours) {
	r.ours = append(r.ours, own.in(r.comparison))
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

// ranking is what a search found.
type ranking struct {
	settings []setting // that worked, the best first
	best     float64   // rate of the first
	missing  string    // why there are none
}

const allFailed = "failed at every setting"

// rank tries every setting of every Python shortly, the fastest ones again, and ranks those that worked by their medians.
// If the first reaches less than a rate, the search ends there.
func (c *comparer) rank(ctx context.Context, row comparison, rv *rival, least float64) (ranking, error) {
	key := fmt.Sprint(rv.name, row.work, row.images, row.oneThread, row.bf16)
	if found, ok := c.ranked[key]; ok {
		return found, nil
	}
	found, err := c.search(ctx, row, rv, least)
	if err != nil {
		return found, err
	}
	c.ranked[key] = found
	if found.missing == "" {
		fmt.Fprintf(c.log, "  %s's best: %s\n", rv.name, found.settings[0])
	} else {
		fmt.Fprintf(c.log, "  %s: %s\n", rv.name, found.missing)
	}
	return found, nil
}

func (c *comparer) search(ctx context.Context, row comparison, rv *rival, least float64) (ranking, error) {
	tried, err := c.tryAll(ctx, row, rv, least)
	if err != nil {
		return ranking{}, err
	}
	if len(tried) == 1 && tried[0].rates[0] < least {
		return ranking{missing: fmt.Sprintf("%s %s, not measured further", thousands(tried[0].rates[0]), row.unit())}, nil
	}
	for range finalRuns {
		for i := range tried[:min(len(tried), finalists)] {
			rate, err := c.measureTheirs(ctx, row, rv, tried[i].setting, c.searchSeconds)
			if ctx.Err() != nil {
				return ranking{}, ctx.Err()
			}
			if err != nil {
				fmt.Fprintf(c.log, "  %s: failed, though it worked before: %v\n", tried[i].setting, err)
				rate = 0
			}
			tried[i].rates = append(tried[i].rates, rate)
		}
	}
	slices.SortStableFunc(tried, byMedian)
	found := ranking{missing: allFailed}
	for _, t := range tried {
		if slices.Min(t.rates) > 0 {
			found.settings = append(found.settings, t.setting)
			found.best, found.missing = max(found.best, median(t.rates)), ""
		}
	}
	return found, nil
}

// trial is a setting and what it reached so far.
type trial struct {
	setting setting
	rates   []float64
}

// byMedian orders the fastest first.
func byMedian(a, b trial) int { return cmp.Compare(median(b.rates), median(a.rates)) }

// tryAll measures every setting once and returns those that worked, the fastest first. Where the first one reaches less than
// a rate, it is the only one.
func (c *comparer) tryAll(ctx context.Context, row comparison, rv *rival, least float64) ([]trial, error) {
	var worked []trial
	for _, p := range rv.pythons {
		for _, s := range rv.settings(p, row) {
			rate, err := c.measureTheirs(ctx, row, rv, s, c.searchSeconds)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				fmt.Fprintf(c.log, "  %s: failed: %v\n", s, err)
				continue
			}
			fmt.Fprintf(c.log, "  %s: %s %s\n", s, thousands(rate), row.unit())
			worked = append(worked, trial{s, []float64{rate}})
			if len(worked) == 1 && rate < least {
				return worked, nil
			}
		}
	}
	slices.SortStableFunc(worked, byMedian)
	return worked, nil
}

// measureOurs runs `vaectl bench`.
func (c *comparer) measureOurs(ctx context.Context, row comparison, seconds float64) (ours, error) {
	dataset, err := c.dataOf(row)
	if err != nil {
		return ours{}, err
	}
	if dataset == "" {
		dataset = "strokes"
	}
	// The scripts know one likelihood; vaectl would choose another for colour.
	args := append([]string{"bench", "--json", "--seconds", number(seconds), "--dataset", dataset, "--likelihood", "bernoulli"}, row.work...)
	if row.oneThread {
		args = append(args, "--threads", "1")
	}
	var o ours
	err = c.measure(ctx, seconds, command{name: c.vaectl, args: args, environment: []string{"VAECTL_KERNEL=" + row.kernel}}, &o)
	if err == nil && !(o.in(row) > 0) {
		err = fmt.Errorf("no positive number of %s", row.unit())
	}
	if err != nil {
		return o, fmt.Errorf("vaectl %s: %w", strings.Join(args, " "), err)
	}
	return o, nil
}

// dataOf is the directory or file that both sides read; empty if each makes its own images.
func (c *comparer) dataOf(row comparison) (string, error) {
	if row.images == (imageShape{}) {
		return c.data, nil
	}
	return writeImages(c.scratch, row.images)
}

// measureTheirs runs a rival's script and returns its rate in the row's unit.
func (c *comparer) measureTheirs(ctx context.Context, row comparison, rv *rival, s setting, seconds float64) (float64, error) {
	data, err := c.dataOf(row)
	if err != nil {
		return 0, err
	}
	args := append([]string{rv.script, "--json", "--seconds", number(seconds)}, row.work...)
	args = append(args, s.flags()...)
	if data != "" {
		args = append(args, "--data", data)
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
