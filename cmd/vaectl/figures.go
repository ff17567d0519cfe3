package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"vaectl/data"
	"vaectl/internal/lines"
	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// boundText says which figure the loss is.
func boundText(b vae.Bound) string {
	if b.NoDensity {
		return "reconstruction + KL to the Gaussian with the prior's mean and standard deviation; no bound on -log " + b.Evidence() + ": the prior has no density"
	}
	of := b.Evidence()
	if b.Conditional {
		of += ", y the label"
	}
	if b.Name == vae.IWAE {
		b.Conditional = false
		return "negative " + b.String() + " an image, an upper bound on -log " + of
	}
	return "negative ELBO (reconstruction + KL), an upper bound on -log " + of + ", z sampled once an image"
}

// figures are what a model makes of a data set, as train and eval print them.
// Losses are in nats per image.
type figures struct {
	Run        string           `json:"run"`
	Path       string           `json:"path"`
	Checkpoint string           `json:"checkpoint"`
	Epoch      int              `json:"epoch"`
	Dataset    string           `json:"dataset"`
	Source     string           `json:"source"`
	Digest     string           `json:"digest"`
	Substitute bool             `json:"substitute"`
	Warning    string           `json:"warning,omitempty"` // about a substitute
	Notes      []string         `json:"notes,omitempty"`
	Warnings   []rundir.Warning `json:"warnings,omitempty"`
	Split      string           `json:"split"`
	Binarize   string           `json:"binarize"`
	pixels     string           // what they were
	Images     int              `json:"images"`
	Seed       uint64           `json:"seed"`
	Bound      string           `json:"bound"`
	rundir.Measures
	// BitsPerDimension is the loss told so, where the likelihood is over levels.
	BitsPerDimension *float64 `json:"bits_per_dimension,omitempty"`

	Prior      string           `json:"prior"`
	PriorName  string           `json:"prior_name"`
	Parameters []loss.Parameter `json:"prior_parameters"`
	Beta       float64          `json:"beta"`
	Minimised  string           `json:"train_objective,omitempty"` // where training minimised something else than the loss
	PriorMean  []moment         `json:"prior_mean"`
	PriorStd   []moment         `json:"prior_std"`
	KLMethod   loss.Method      `json:"kl_method"`
	Likelihood string           `json:"likelihood"`
	Comparable string           `json:"comparable"` // what the losses may be set beside
	*diagnosisFigures
	nllFigures
}

// nllFigures are there where -log p(x) was estimated.
type nllFigures struct {
	NLL              *float64 `json:"nll_nats,omitempty"`
	NLLSamples       int      `json:"nll_samples,omitempty"` // draws of z an image
	NLLStdErr        *float64 `json:"nll_stderr,omitempty"`  // over images
	EffectiveSamples float64  `json:"nll_effective_samples,omitempty"`
}

// newFigures puts an evaluation beside the prior of its model.
func newFigures(dir string, m *vae.Model, e vae.Evaluation) figures {
	prior := m.Prior()
	f := figures{
		Run: printable.Text(filepath.Base(dir)), Path: dir, Images: e.Images, Bound: boundText(e.Bound),
		Prior: loss.Describe(prior), PriorName: prior.Name(), Parameters: prior.Parameters(), Beta: m.Config().Objective.Beta, Minimised: m.Minimised(),
		KLMethod: loss.KLMethod(prior), Likelihood: m.Likelihood().Name(), Comparable: m.Likelihood().Comparable(), Measures: rundir.NewMeasures(e),
	}
	if bits, ok := comparison.Bits(m.Config().Model, m.Shape(), f.Loss()); ok && !f.NoDensity {
		f.BitsPerDimension = &bits
	}
	for d := range m.Latents() {
		marginal := prior.Marginal(d)
		f.PriorMean = append(f.PriorMean, moment(marginal.Mean()))
		f.PriorStd = append(f.PriorStd, moment(marginal.StdDev()))
	}
	return f
}

// addNLL adds an estimate of -log p(x); nil is none.
func (f *figures) addNLL(nll *vae.NLL) {
	if nll != nil {
		f.nllFigures = nllFigures{NLL: &nll.Nats, NLLSamples: nll.Samples, NLLStdErr: &nll.StdErr, EffectiveSamples: nll.EffectiveSamples}
	}
}

// addData names the data that was evaluated.
func (f *figures) addData(set *data.Set, split, binarize string) {
	f.Dataset, f.Source, f.Digest, f.Substitute = set.Name, set.Source, set.Digest, set.Substitute
	f.Split, f.Binarize, f.pixels = split, binarize, words.Pixels(binarize, set.Train.Channels, set.Binary)
	f.Warning = set.Warning
}

// text is the figures for people.
func (f *figures) text() string {
	var text, t strings.Builder
	if f.NLL != nil {
		fmt.Fprintf(&t, "-log %s\t%s nats per image\tstandard error %.2f; by importance sampling, %s an image worth %.0f equal ones\n",
			f.evidence(), words.Nats(*f.NLL), *f.NLLStdErr, words.Counted(f.NLLSamples, "draw"), f.EffectiveSamples)
	}
	fmt.Fprintf(&t, "loss\t%s nats per image\t%s\n", words.Nats(f.NegBound), f.Bound)
	if f.BitsPerDimension != nil {
		fmt.Fprintf(&t, "\t%.4f bits per dimension\tthe same for each channel of each pixel\n", *f.BitsPerDimension)
	}
	if f.Objective != vae.ELBO {
		fmt.Fprintf(&t, "negative ELBO\t%s\treconstruction + KL, over the same draws\n", words.Nats(f.NegELBO))
	}
	fmt.Fprintf(&t, "  reconstruction\t%s\tsum over pixels of -log %s\n", words.Nats(f.Reconstruction), f.likelihoodText())
	fmt.Fprintf(&t, "  KL\t%s\tsum over %s, %d of them active%s%s\n", words.Nats(f.KL), words.Counted(len(f.AggregateMean), "dimension"), f.ActiveUnits, f.lowerText(), estimateText(f.KLMethod))
	text.WriteString(lines.Columns(t.String()))
	if f.Conditional {
		text.WriteString("given each image's label: figures of p(x|y) cannot be compared with those of p(x)\n")
	}
	fmt.Fprintf(&text, "on %d images of the %s split of %s, %s\n", f.Images, f.Split, f.Dataset, f.pixels)
	switch {
	case f.Likelihood != bernoulli:
		fmt.Fprintf(&text, "likelihood %s: %s\n", f.Likelihood, f.Comparable)
	case slices.ContainsFunc(f.Warnings, func(w rundir.Warning) bool { return w.Code == train.WarnGrey }):
		text.WriteString("figures on grey pixels cannot be compared with those on binary pixels, which published tables use\n")
	}
	if f.Beta != 1 {
		fmt.Fprintf(&text, "training weighed the KL with beta %g; the loss above counts it once\n", f.Beta)
	} else if f.Minimised != "" {
		fmt.Fprintf(&text, "training minimised %s; the loss above does not\n", f.Minimised)
		if f.ObjectiveMMD != nil {
			fmt.Fprintf(&text, "that MMD^2 is %.4f on these images\n", *f.ObjectiveMMD)
		}
	}
	fmt.Fprintf(&text, "\nprior match: z over these images beside %s\n", f.Prior)
	if f.diagnosisFigures != nil {
		text.WriteString(f.diagnosisFigures.text() + "\n")
	}
	text.WriteString(f.matchText())
	for _, note := range f.Notes {
		fmt.Fprintf(&text, "\nnote: %s\n", note)
	}
	writeWarnings(&text, f.Warnings)
	if f.Warning != "" {
		text.WriteString("\n")
		frame(&text, "WARNING: "+f.Warning)
	}
	return text.String()
}

// evidence is what the losses are bounds on.
func (f *figures) evidence() string { return vae.Bound{Conditional: f.Conditional}.Evidence() }

// likelihoodText is the distribution of the pixels given what the decoder reads.
func (f *figures) likelihoodText() string {
	if f.Conditional {
		return "p(x|z,y)"
	}
	return "p(x|z)"
}

// lowerText is what the KL sums beside the dimensions of z.
func (f *figures) lowerText() string {
	if f.LowerActiveUnits == nil {
		return ""
	}
	return fmt.Sprintf(", and %d of the lower layer, %d active", len(f.LowerKLPerDim), *f.LowerActiveUnits)
}

// estimateText warns of a KL that carries noise.
func estimateText(m loss.Method) string {
	if m == loss.GaussianStandIn {
		return "; " + string(m)
	}
	if m != loss.MonteCarlo {
		return ""
	}
	return "; estimated from the draws as log q - log p"
}

// bernoulli is the likelihood that figures are of when nothing else is said.
const bernoulli = "bernoulli"

// matchRows bounds the table of the prior match; --json has all dimensions.
const matchRows = 64

// matchText is the table of the prior match.
func (f *figures) matchText() string {
	var t strings.Builder
	distance := ""
	if f.diagnosisFigures != nil {
		distance = "KS\t"
	}
	fmt.Fprintf(&t, "dim\tmean\tprior's\tstd\tprior's\tKL\t%s\n", distance)
	for d := range min(len(f.AggregateMean), matchRows) {
		kl := "-" // of a prior whose dimensions depend on each other
		if f.KLPerDim != nil {
			kl = words.Nats(f.KLPerDim[d])
		}
		if f.diagnosisFigures != nil {
			distance = fmt.Sprintf("%.3f\t", f.KS[d])
		}
		// A prior need not have moments: one with heavy tails has none.
		fmt.Fprintf(&t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", d, words.Moment(f.AggregateMean[d]), words.Moment(float64(f.PriorMean[d])),
			words.Moment(f.AggregateStd[d]), words.Moment(float64(f.PriorStd[d])), kl, distance)
	}
	text := lines.RightColumns(t.String())
	if more := len(f.AggregateMean) - matchRows; more > 0 {
		text += fmt.Sprintf("... and %d more dimensions, all of them with --json\n", more)
	}
	return text
}

// inheritSubstitute passes on that the run was trained on a substitute, which a run that
// goes on with the same data set by its name does not see any more.
func (f *figures) inheritSubstitute(trained rundir.Dataset) {
	if trained.Substitute && trained.Digest == f.Digest {
		f.Substitute, f.Warning = true, trained.Warning
	}
}

// writeWarnings prints what there is to know of the model: that it is of no use
// so that it cannot be missed, the rest as notes. That pixels are grey stands
// beside the figures already.
func writeWarnings(text *strings.Builder, warnings []rundir.Warning) {
	for _, w := range warnings {
		switch w.Code {
		case train.WarnGrey:
		case train.WarnCollapse:
			text.WriteString("\n")
			frame(text, "WARNING: "+w.Text)
		default:
			fmt.Fprintf(text, "\nnote: %s\n", w.Text)
		}
	}
}
