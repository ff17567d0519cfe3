package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/pflag"

	"vaectl/data"
	"vaectl/internal/lines"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// diagnosisOptions is the flag that leaves the diagnosis out.
type diagnosisOptions struct{ wanted bool }

func (o *diagnosisOptions) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.wanted, "diagnosis", true, "also measure mutual information, KS distances and MMD, which takes a second for 10,000 images and grows with the square of their number; --diagnosis=false skips it")
}

// diagnose tells on stderr how it gets on. nil is that it was not asked for.
func (o *diagnosisOptions) diagnose(ctx context.Context, env environment, m *vae.Model, r *data.Reader, e vae.Evaluation, seed uint64) (*vae.Diagnosis, error) {
	if !o.wanted {
		return nil, nil
	}
	p := newCountdown(env, "mutual information", r.Split().Count)
	defer p.clear()
	d, err := m.Diagnose(ctx, r, e, seed, p.show)
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// diagnosisFigures are there where codes were diagnosed. With two stochastic
// layers the first four are of both together, the rest is of the upper.
type diagnosisFigures struct {
	Information       float64   `json:"mutual_information_nats"`
	InformationStdErr float64   `json:"mutual_information_stderr"` // over images
	InformationCap    float64   `json:"mutual_information_cap_nats"`
	MarginalKL        float64   `json:"marginal_kl_nats"`
	KS                []float64 `json:"ks_per_dim"`
	WorstKS           float64   `json:"ks_worst"`
	WorstKSDimension  int       `json:"ks_worst_dim"`
	MedianKS          float64   `json:"ks_median"`
	KSLevel           float64   `json:"ks_level"`   // draws of the prior stay below it in 19 of 20 dimensions
	KSAgainst         string    `json:"ks_against"` // "cdf", or "draws" of the prior
	*mmdFigures
	layers int
	images int
	// noDensity of the prior: its KL is that of a Gaussian in its place.
	noDensity bool
}

type mmdFigures struct {
	Squared    float64 `json:"mmd_squared"`
	NullStd    float64 `json:"mmd_null_std"` // of mmd_squared if codes followed the prior; its mean is 0 then
	Deviations float64 `json:"mmd_deviations"`
	Draws      int     `json:"mmd_draws"` // of codes and of the prior each
	Kernel     string  `json:"mmd_kernel"`
	Bandwidth  float64 `json:"mmd_bandwidth"`
}

// mmdKernel names the kernel and the frame it is in.
const mmdKernel = "c/(c + |x-y|^2), c the median of |x-y|^2 under the prior, of standardised z"

// mmdMatch is how many standard deviations of chance an MMD may show.
const mmdMatch = 3

// addDiagnosis adds a diagnosis; nil is none.
func (f *figures) addDiagnosis(d *vae.Diagnosis) {
	if d == nil {
		return
	}
	g := &diagnosisFigures{
		Information: d.Information, InformationStdErr: d.InformationStdErr, InformationCap: d.InformationCap, MarginalKL: d.MarginalKL,
		KS: d.KS, MedianKS: d.MedianKS(), KSLevel: d.KSLevel, KSAgainst: "cdf", layers: 1, images: d.Images, noDensity: f.NoDensity,
	}
	g.WorstKSDimension, g.WorstKS = d.WorstKS()
	if d.KSDraws > 0 {
		g.KSAgainst = "draws"
	}
	if f.LowerActiveUnits != nil {
		g.layers = 2
	}
	if m := d.MMD; m != nil {
		g.mmdFigures = &mmdFigures{Squared: m.Squared, NullStd: m.NullStd, Deviations: m.Deviations(), Draws: m.Draws, Kernel: mmdKernel, Bandwidth: m.Bandwidth}
	}
	f.diagnosisFigures = g
}

// diagnosisLine is a figure, its value and what to read it with.
type diagnosisLine struct{ name, value, note string }

// lines are the figures for people.
func (g *diagnosisFigures) lines() []diagnosisLine {
	of, upper := "image and z", ""
	if g.layers == 2 {
		of, upper = "image and both layers of the code, which is that of the lower", " of the upper layer"
	}
	information := fmt.Sprintf("of %s, standard error %.2f; at most ln %d = %.2f", of, g.InformationStdErr, g.images, g.InformationCap)
	if g.InformationCap-g.Information < 0.1 {
		information += ", which is reached: more images would show more"
	}
	prior := "the prior"
	if g.KSAgainst == "draws" {
		prior = fmt.Sprintf("%d draws of the prior", g.images)
	}
	marginal := "KL(q(z) || p(z)) of all codes together: the KL less the mutual information"
	if g.noDensity {
		marginal = "of all codes together to the Gaussian in the prior's place: the KL less the mutual information"
	}
	all := []diagnosisLine{
		{"mutual information", fmt.Sprintf("%.2f nats", g.Information), information},
		{"marginal KL", words.Nats(g.MarginalKL) + " nats", marginal},
		{"KS distance", fmt.Sprintf("%.3f", g.WorstKS), fmt.Sprintf("to %s in dimension %d%s, the worst; median %.3f; codes that match stay below %.3f in 19 of 20",
			prior, g.WorstKSDimension, upper, g.MedianKS, g.KSLevel)},
	}
	if m := g.mmdFigures; m != nil {
		verdict := "no more than chance"
		if math.Abs(m.Deviations) > mmdMatch {
			verdict = "more than chance"
		}
		all = append(all, diagnosisLine{"MMD squared", fmt.Sprintf("%.2g", m.Squared),
			fmt.Sprintf("of %d codes%s to draws of the prior, all dimensions; %.1f standard deviations from the 0 of codes that match, %s", m.Draws, upper, m.Deviations, verdict)})
	}
	return all
}

// text is the lines for people.
func (g *diagnosisFigures) text() string {
	var t strings.Builder
	for _, l := range g.lines() {
		fmt.Fprintf(&t, "%s\t%s\t%s\n", l.name, l.value, l.note)
	}
	return lines.Columns(t.String())
}
