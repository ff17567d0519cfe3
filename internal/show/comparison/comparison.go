// Package comparison knows what the loss of a run is a figure of, and so which
// losses can be compared.
package comparison

import (
	"fmt"
	"slices"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Loss is what makes the loss of a run the figure it is.
type Loss struct {
	Record rundir.Record
	Config configs.Config // the zero value where it cannot be read
}

// Of reads what is known of a run, which need not be whole.
func Of(r *rundir.Run) Loss {
	l := Loss{Record: r.Record}
	if c, err := r.Config(); err == nil {
		l.Config = c
	}
	return l
}

// Readable reports whether the configuration could be read.
func (l Loss) Readable() bool { return l.Config.Train.Epochs > 0 }

// Figures are those of the result: of the test at the end, where there was one,
// or of the last evaluation. A run that was not evaluated has none.
func (l Loss) Figures() *rundir.Figures {
	if l.Record.Test != nil {
		return l.Record.Test
	}
	return l.Record.Figures
}

// Bound is what the loss is the negative of.
func Bound(f *rundir.Figures) vae.Bound {
	if f.Objective == vae.IWAE {
		return vae.Bound{Name: vae.IWAE, Samples: f.Samples, Conditional: f.Conditional, NoDensity: f.NoDensity}
	}
	return vae.Bound{Name: vae.ELBO, Samples: 1, Conditional: f.Conditional, NoDensity: f.NoDensity}
}

// Bits is the loss in bits per dimension, where the likelihood is over levels
// and the loss is a bound.
func (l Loss) Bits() (float64, bool) {
	f := l.Figures()
	if f == nil || !l.Readable() || f.NoDensity {
		return 0, false
	}
	return Bits(l.Config.Model, l.Record.Dataset.Shape(), f.Loss())
}

// Bits tells nats per image in bits per dimension, where the likelihood is over
// levels.
func Bits(m configs.Model, image data.Shape, nats float64) (float64, bool) {
	likelihood, err := loss.NewLikelihood(m, image)
	if err != nil {
		return 0, false
	}
	if _, discrete := likelihood.(loss.DiscreteLikelihood); !discrete {
		return 0, false
	}
	return loss.BitsPerDimension(nats, image.Values()), true
}

// bernoulli is the likelihood of runs that had no choice.
const bernoulli = "bernoulli"

// images names those a loss was measured on.
func (l Loss) images() string {
	d := l.Record.Dataset
	text := fmt.Sprintf("%s %.12s, %s", d.Name, d.Digest, l.Figures().Split)
	if l.Figures().Split == rundir.SplitValidation {
		text += fmt.Sprintf(" of %d", d.Validation)
	}
	return text
}

// likelihood is the distribution of a pixel, with what its figures hang on.
func (l Loss) likelihood() string {
	text := l.Record.Likelihood
	if text == "" {
		text = bernoulli
	}
	if l.Config.HasEffect("model.pixel_std") && l.Config.Model.Likelihood == text {
		if l.Config.Model.PixelStdLearned {
			return text + ", standard deviation learned"
		}
		text += fmt.Sprintf(", standard deviation %g", l.Config.Model.PixelStd)
	}
	return text
}

// Kind names all that two losses must have in common to be compared; empty for a
// run that was not evaluated.
func (l Loss) Kind() string {
	if l.Figures() == nil {
		return ""
	}
	var parts []string
	for _, a := range aspects() {
		parts = append(parts, a.of(l))
	}
	return strings.Join(parts, "; ")
}

// aspect is something that losses must have in common to be compared.
type aspect struct {
	what string
	of   func(Loss) string // of a run with figures
}

func aspects() []aspect {
	return []aspect{
		{"the images they were measured on", Loss.images},
		{"how pixels are read (binarize)", func(l Loss) string { return l.Record.Dataset.Binarize }},
		{"the likelihood of a pixel", Loss.likelihood},
		{"the bound that is the loss", func(l Loss) string { return Bound(l.Figures()).String() }},
	}
}

// Aspect is one of the things that two losses must have in common to be compared.
type Aspect struct{ What, Value string }

// Aspects are those of a loss; none of a run that was not evaluated.
func (l Loss) Aspects() []Aspect {
	if l.Figures() == nil {
		return nil
	}
	var all []Aspect
	for _, a := range aspects() {
		all = append(all, Aspect{a.what, a.of(l)})
	}
	return all
}

// Reasons lists what the losses of runs differ in that makes them different
// figures. Runs that were not evaluated do not count.
func Reasons(runs []Loss) []string {
	var reasons []string
	for _, a := range aspects() {
		values := make(map[string]bool)
		for _, l := range runs {
			if l.Figures() != nil {
				values[a.of(l)] = true
			}
		}
		if len(values) > 1 {
			reasons = append(reasons, a.what)
		}
	}
	return reasons
}

// Warning is why the losses of runs cannot be compared, without its full stop;
// empty where they can. Where one run differs from all others, which agree, it
// is named; names are the runs'.
func Warning(runs []Loss, names []string) string {
	reasons := Reasons(runs)
	if len(reasons) == 0 {
		return ""
	}
	if odd, ok := oddOneOut(runs); ok {
		return fmt.Sprintf("the loss of %s cannot be compared with the others: it differs in %s", names[odd], strings.Join(reasons, "; "))
	}
	return "the losses of these runs cannot be compared: they differ in " + strings.Join(reasons, "; ")
}

// oddOneOut is the one run, of three or more, without which all losses could be
// compared.
func oddOneOut(runs []Loss) (int, bool) {
	of := make(map[string][]int)
	for i, l := range runs {
		if kind := l.Kind(); kind != "" {
			of[kind] = append(of[kind], i)
		}
	}
	if len(of) != 2 {
		return 0, false
	}
	groups := make([][]int, 0, 2)
	for _, g := range of {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b []int) int { return len(a) - len(b) })
	return groups[0][0], len(groups[0]) == 1 && len(groups[1]) > 1
}
