package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// writeReport writes the measured rows as a table in Markdown, with what must
// be known to repeat them.
func writeReport(w io.Writer, machine string, pythons []python, o options, results []result) {
	fmt.Fprintf(w, "%s; %s.\n", machine, strings.Join(peerNames(pythons), ", "))
	fmt.Fprintf(w, "Medians of %d runs of %g s, ours and PyTorch's in turn; the lowest and the highest in brackets.\n"+
		"Core to core is the time a word takes to another core and back: beyond 200 ns they share no cache, and both sides are slower.\n\n", o.rounds, o.seconds)
	fmt.Fprintln(w, "| step | vaectl | PyTorch | ratio | of its own products | kernel | PyTorch's best setting | load | core to core |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
	for _, r := range results {
		if r.skipped == "" {
			fmt.Fprintln(w, r.line())
		}
	}
	for _, r := range results {
		if r.skipped != "" {
			fmt.Fprintf(w, "\nNot measured: %s: %s.\n", r.title, r.skipped)
		}
	}
	if n := busiest(results); n > quiet {
		fmt.Fprintf(w, "\nThe machine was not quiet: other programs kept up to %.2f cores busy. Who waits for its threads by spinning,\n"+
			"as PyTorch does, suffers most from that; measure again on a quiet machine before believing a ratio.\n", n)
	}
}

// quiet is how many cores other programs may use without a warning.
const quiet = 0.1

// busiest is the most cores that other programs used during one row; negative if unknown.
func busiest(results []result) float64 {
	most := -1.0
	for _, r := range results {
		most = max(most, r.othersLoad)
	}
	return most
}

func peerNames(pythons []python) []string {
	var names []string
	for _, p := range pythons {
		names = append(names, fmt.Sprintf("PyTorch %s (Python %s, BLAS %s)", p.Torch, p.Version, p.BLAS))
	}
	return names
}

func (r result) line() string {
	share := "-"
	if len(r.ofProducts) > 0 {
		share = fmt.Sprintf("%.0f %%", 100*median(r.ofProducts))
	}
	hops := "-"
	if len(r.hops) > 0 {
		hops = spread(r.hops, thousands) + " ns"
	}
	return fmt.Sprintf("| %s | %s %s | %s %s | %s | %s | %s, %s | %s | %s | %s |",
		r.title, spread(r.ours, thousands), r.unit(), spread(r.theirs, thousands), r.unit(),
		r.ratio(), share, r.kernel, plural(r.threads, "thread"), r.setting, r.loads(), hops)
}

// ratio is that of the medians; in brackets stand the extremes of what neighbouring runs gave.
func (r result) ratio() string {
	pairs := quotients(r.ours, r.theirs)
	return fmt.Sprintf("**%s** (%s-%s)", times(median(r.ours)/median(r.theirs)), times(slices.Min(pairs)), times(slices.Max(pairs)))
}

// loads are the average before the first round, and the cores that other programs took during all of them.
func (r result) loads() string {
	var parts []string
	if r.averageLoad >= 0 {
		parts = append(parts, fmt.Sprintf("%.1f", r.averageLoad))
	}
	if r.othersLoad >= 0 {
		parts = append(parts, fmt.Sprintf("others %.2f cores", r.othersLoad))
	}
	if len(parts) == 0 {
		return "unknown"
	}
	return strings.Join(parts, ", ")
}

// spread writes the median and the extremes.
func spread(values []float64, format func(float64) string) string {
	return fmt.Sprintf("%s (%s-%s)", format(median(values)), format(slices.Min(values)), format(slices.Max(values)))
}

// thousands writes a whole number with commas.
func thousands(v float64) string { return message.NewPrinter(language.English).Sprintf("%.0f", v) }

func times(v float64) string { return fmt.Sprintf("%.2fx", v) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
