package main

import (
	"fmt"
	"slices"
	"strings"

	"vaectl/configs"
	"vaectl/train"
	"vaectl/train/rundir"
)

// measured is what makes the loss of a run the figure it is.
type measured struct {
	record rundir.Record
	config configs.Config // the zero value where it cannot be read
}

// readable reports whether the configuration could be read.
func (m measured) readable() bool { return m.config.Train.Epochs > 0 }

// measuredIn reads what is known of a run beside its record.
func measuredIn(r *rundir.Run) measured {
	m := measured{record: r.Record}
	// A run that is listed need not be whole.
	if c, err := r.Config(); err == nil {
		m.config = c
	}
	return m
}

// figures are those of the result: of the test at the end, where there was one,
// or of the last evaluation. A run that was not evaluated has none.
func (m measured) figures() *rundir.Figures {
	if m.record.Test != nil {
		return m.record.Test
	}
	return m.record.Figures
}

// images names those a loss was measured on.
func (m measured) images() string {
	d := m.record.Dataset
	text := fmt.Sprintf("%s %.12s, %s", d.Name, d.Digest, m.figures().Split)
	if m.figures().Split == rundir.SplitValidation {
		text += fmt.Sprintf(" of %d", d.Validation)
	}
	return text
}

// likelihood is the distribution of a pixel, with what its figures hang on.
func (m measured) likelihood() string {
	text := m.record.Likelihood
	if text == "" {
		text = bernoulli
	}
	if m.config.HasEffect("model.pixel_std") && m.config.Model.Likelihood == text {
		if m.config.Model.PixelStdLearned {
			return text + ", standard deviation learned"
		}
		text += fmt.Sprintf(", standard deviation %g", m.config.Model.PixelStd)
	}
	return text
}

// kind names all that two losses must have in common to be compared; empty for a
// run that was not evaluated.
func (m measured) kind() string {
	if m.figures() == nil {
		return ""
	}
	var parts []string
	for _, a := range aspects() {
		parts = append(parts, a.of(m))
	}
	return strings.Join(parts, "; ")
}

// aspect is something that losses must have in common to be compared.
type aspect struct {
	what string
	of   func(measured) string // of a run with figures
}

func aspects() []aspect {
	return []aspect{
		{"the images they were measured on", measured.images},
		{"how pixels are read (binarize)", func(m measured) string { return m.record.Dataset.Binarize }},
		{"the likelihood of a pixel", measured.likelihood},
		{"the bound that is the loss", func(m measured) string { return boundOf(m.figures()).String() }},
	}
}

// incomparable lists what the losses of runs differ in that makes them different
// figures. Runs that were not evaluated do not count.
func incomparable(runs []measured) []string {
	var reasons []string
	for _, a := range aspects() {
		values := make(map[string]bool)
		for _, m := range runs {
			if m.figures() != nil {
				values[a.of(m)] = true
			}
		}
		if len(values) > 1 {
			reasons = append(reasons, a.what)
		}
	}
	return reasons
}

// incomparableText is the warning, without its full stop; empty where losses can
// be compared.
func incomparableText(runs []measured) string {
	reasons := incomparable(runs)
	if len(reasons) == 0 {
		return ""
	}
	return "the losses of these runs cannot be compared: they differ in " + strings.Join(reasons, "; ")
}

// collapsed tells whether the training of a run ended with that warning.
func collapsed(r rundir.Record) bool {
	return slices.ContainsFunc(r.Warnings, func(w rundir.Warning) bool { return w.Code == train.WarnCollapse })
}
