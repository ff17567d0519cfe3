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
func writeReport(w io.Writer, machine string, rivals []rival, o options, results []result) {
	fmt.Fprintf(w, "%s; %s.\n", machine, strings.Join(peerNames(rivals), ", "))
	fmt.Fprintf(w, "Medians of %d runs of %g s, all sides in turn; the lowest and the highest in brackets.\n"+
		"Core to core is the time a word takes to another core and back: beyond 200 ns they share no cache, and all sides are slower.\n\n", o.rounds, o.seconds)
	fmt.Fprint(w, "| step | vaectl |")
	for _, rv := range rivals {
		fmt.Fprintf(w, " %s | ratio |", rv.name)
	}
	fmt.Fprintf(w, " of its own products | kernel | best settings | load | core to core |\n|---|---|%s---|---|---|---|---|\n", strings.Repeat("---|---|", len(rivals)))
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

func peerNames(rivals []rival) []string {
	var names []string
	for _, rv := range rivals {
		for _, p := range rv.pythons {
			if p.JAX != "" {
				names = append(names, fmt.Sprintf("JAX %s (Python %s)", p.JAX, p.Version))
			} else {
				names = append(names, fmt.Sprintf("PyTorch %s (Python %s, BLAS %s)", p.Torch, p.Version, p.BLAS))
			}
		}
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
	var line strings.Builder
	fmt.Fprintf(&line, "| %s | %s %s |", r.title, spread(r.ours, thousands), r.unit())
	var settings []string
	for _, t := range r.theirs {
		if t.missing != "" {
			fmt.Fprintf(&line, " %s | - |", t.missing)
			continue
		}
		settings = append(settings, t.setting)
		fmt.Fprintf(&line, " %s %s | %s |", spread(t.rates, thousands), r.unit(), ratio(r.ours, t.rates))
	}
	fmt.Fprintf(&line, " %s | %s, %s | %s | %s | %s |", share, r.kernel, plural(r.threads, "thread"), strings.Join(settings, "; "), r.loads(), hops)
	return line.String()
}

// ratio is that of the medians; in brackets stand the extremes of what neighbouring runs gave.
func ratio(ours, theirs []float64) string {
	pairs := quotients(ours, theirs)
	return fmt.Sprintf("**%s** (%s-%s)", times(median(ours)/median(theirs)), times(slices.Min(pairs)), times(slices.Max(pairs)))
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
