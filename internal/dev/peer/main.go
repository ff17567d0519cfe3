// Command peer times training steps of vaectl, of PyTorch and of JAX in turn on this
// machine and prints the ratios of their medians as a table in Markdown.
//
// PyTorch runs torch_vae.py and JAX jax_vae.py, each at the setting that a search
// found fastest for the row. All sides give the median over blocks of 50 ms,
// gathering the batch and updating the weights included.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// options are the flags.
type options struct {
	pythons       []string
	data          string
	rows          []int
	rounds        int
	seconds       float64
	searchSeconds float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "peer: error:", err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

// errUsage is wrapped by every error about the command line.
var errUsage = errors.New("wrong use")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	chosen, err := choose(comparisons(), o.rows)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peer-")
	if err != nil {
		return fmt.Errorf("making a directory for the programs: %w", err)
	}
	defer os.RemoveAll(dir)
	p := newProcesses()
	rivals, err := findRivals(ctx, p.run, dir, o.pythons, runtime.NumCPU(), openBLASCoreTypes(), func(s string) { fmt.Fprintln(stderr, s) })
	if err != nil {
		return err
	}
	vaectl, err := build(ctx, p.run, dir)
	if err != nil {
		return err
	}
	c := &comparer{
		run: p.run, load: p.load, hop: hop, log: stderr,
		vaectl: vaectl, rivals: rivals, scratch: dir, data: o.data,
		rounds: o.rounds, seconds: o.seconds, searchSeconds: o.searchSeconds,
		ranked: map[string]ranking{},
	}
	var results []result
	for _, row := range chosen {
		r, err := c.compare(ctx, row)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	writeReport(stdout, describeMachine(ctx, p.run), rivals, o, results)
	return nil
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("peer", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("python", "a `program` to look for PyTorch and JAX in; may be given again, and the fastest is taken\n(default: those in the environment's PYTHON, then .venv, venv and the PATH)",
		func(s string) error { o.pythons = append(o.pythons, s); return nil })
	flags.StringVar(&o.data, "data", "", "`directory` of IDX files for both sides (default: drawn digits for vaectl, random images for the others)")
	flags.Func("rows", "`numbers` of the rows to measure, as 1,3 (default: all)", func(s string) error {
		for number := range strings.SplitSeq(s, ",") {
			n, err := strconv.Atoi(number)
			if err != nil {
				return fmt.Errorf("%q is not a number", number)
			}
			o.rows = append(o.rows, n)
		}
		return nil
	})
	flags.IntVar(&o.rounds, "rounds", 5, "runs of each side, in turn")
	flags.Float64Var(&o.seconds, "seconds", 3, "length of one of these runs")
	flags.Float64Var(&o.searchSeconds, "search-seconds", 1, "length of a run while a rival's best setting is searched")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stderr)
			flags.PrintDefaults()
			return o, err
		}
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	var wrong error
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.rounds < 1 || o.rounds > 1000:
		wrong = fmt.Errorf("-rounds %d: must be from 1 to 1000", o.rounds)
	case !(o.seconds >= 0.1 && o.seconds <= 600):
		wrong = fmt.Errorf("-seconds %g: must be from 0.1 to 600", o.seconds)
	case !(o.searchSeconds >= 0.1 && o.searchSeconds <= 600):
		wrong = fmt.Errorf("-search-seconds %g: must be from 0.1 to 600", o.searchSeconds)
	}
	if wrong != nil {
		return o, fmt.Errorf("%w: %w", errUsage, wrong)
	}
	if o.data != "" {
		absolute, err := filepath.Abs(o.data)
		if err != nil {
			return o, fmt.Errorf("-data %s: %w", o.data, err)
		}
		o.data = absolute
	}
	return o, nil
}

// choose picks the rows with the given numbers, counted from 1; none picks all.
func choose(all []comparison, numbers []int) ([]comparison, error) {
	if len(numbers) == 0 {
		return all, nil
	}
	var chosen []comparison
	for _, n := range numbers {
		if n < 1 || n > len(all) {
			return nil, fmt.Errorf("%w: -rows %d: must be from 1 to %d", errUsage, n, len(all))
		}
		chosen = append(chosen, all[n-1])
	}
	return chosen, nil
}
