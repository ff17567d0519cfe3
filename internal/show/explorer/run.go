package explorer

import (
	"cmp"
	"context"
	"net/http"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/finite"
	"vaectl/internal/show/comparison"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// details is the answer to GET /api/runs/{name}.
type details struct {
	summary
	Seconds  number    `json:"seconds"`
	Kernel   string    `json:"kernel"`  // what it was computed with
	Warning  string    `json:"warning"` // about the data it was trained on
	Remarks  []string  `json:"remarks"` // what to know of the training and its figures
	Figures  *figures  `json:"figures"`
	Settings []setting `json:"settings"`
	// Measured is what the loss is a measure of: losses that differ in any of it
	// cannot be compared.
	Measured []measure  `json:"measured"`
	Model    *modelInfo `json:"model"`
	// ModelProblem says why there is no model.
	ModelProblem *problemJSON `json:"model_problem,omitempty"`
}

// figures are those of the result, in nats per image: of the test at the end, where there was one, or of the last evaluation.
type figures struct {
	Epoch          int    `json:"epoch"` // after which they were measured
	Split          string `json:"split"`
	Objective      string `json:"objective"` // the bound that is the loss, "elbo" or "iwae"
	Loss           number `json:"loss_nats"`
	NegELBO        number `json:"neg_elbo_nats"`
	Reconstruction number `json:"reconstruction_nats"`
	KL             number `json:"kl_nats"`
	ActiveUnits    int    `json:"active_units"`
	// Bits is the loss in bits per dimension, null where the likelihood is not over
	// levels.
	Bits *number `json:"bits_per_dimension"`
}

// setting is a line of the configuration.
type setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Unit    string `json:"unit"`
	Doc     string `json:"doc"`
	Effect  bool   `json:"effect"` // whether it decides anything in this configuration
}

// modelInfo is what the page must know to ask for images.
type modelInfo struct {
	data.Shape
	Weights int `json:"weights"`
	Classes int `json:"classes,omitempty"` // of a conditional model
	// ClassNames are the names of the labels, empty where they have none.
	ClassNames []string `json:"class_names"`
	Latents    []latent `json:"latents"` // the most active first
	// LowerLatents is the size of a stochastic layer below z, 0 where there is none.
	LowerLatents int `json:"lower_latents"`
}

// latent is a dimension of z. Its range holds all but a hundredth of the
// prior, or all of it where the prior ends.
type latent struct {
	Index    int        `json:"index"`
	KL       *number    `json:"kl_nats"`
	Activity *number    `json:"activity"` // variance of the posterior's mean, 1 for that of the prior
	Low      coordinate `json:"low"`
	High     coordinate `json:"high"`
	Middle   coordinate `json:"middle"` // the prior's median
	// Lowest and Highest are where the prior ends, null where it does not.
	Lowest  coordinate `json:"lowest"`
	Highest coordinate `json:"highest"`
}

func (e *Explorer) getRun(_ http.ResponseWriter, r *http.Request) (any, error) {
	if err := newQuery(r).done(); err != nil {
		return nil, err
	}
	return e.describe(r.Context(), r.PathValue("name"))
}

func (e *Explorer) describe(ctx context.Context, name string) (*details, error) {
	found, err := e.find(name)
	if err != nil {
		return nil, err
	}
	opened, err := found.open()
	if err != nil {
		return nil, err
	}
	record := opened.Record
	d := &details{
		summary: e.summarize(rundir.Summary{Dir: found.dir, Record: record}),
		Seconds: number(record.Seconds), Kernel: record.Machine.Kernel,
		Warning: record.Dataset.Warning, Remarks: []string{}, Settings: []setting{}, Measured: measuresOf(opened),
	}
	for _, w := range record.Warnings {
		d.Remarks = append(d.Remarks, w.Text)
	}
	result := comparison.Of(opened).Figures()
	if f := result; f != nil {
		d.Figures = &figures{
			Epoch: cmp.Or(f.Epoch, record.Epoch), Split: f.Split, Objective: cmp.Or(f.Objective, vae.ELBO), Loss: number(f.Loss()),
			NegELBO: number(f.NegELBO), Reconstruction: number(f.Reconstruction), KL: number(f.KL), ActiveUnits: f.ActiveUnits,
		}
	}
	if c, err := opened.Config(); err == nil {
		d.Settings = settingsOf(e.fields, c, record.Dataset.Shape().Channels)
	}
	m, err := e.load(ctx, found)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		d.ModelProblem = newProblemJSON(err)
		return d, nil
	}
	d.Model = describeModel(m)
	if d.Figures != nil && !result.NoDensity {
		if bits, ok := comparison.Bits(m.Config().Model, m.Shape(), result.Loss()); ok {
			v := number(bits)
			d.Figures.Bits = &v
		}
	}
	return d, nil
}

// measure is something that losses must have in common to be compared.
type measure struct {
	What  string `json:"what"`
	Value string `json:"value"`
}

// measuresOf lists what the loss of a run is a measure of; nothing before there is
// one.
func measuresOf(r *rundir.Run) []measure {
	all := []measure{}
	for _, a := range comparison.Of(r).Aspects() {
		all = append(all, measure{a.What, a.Value})
	}
	return all
}

// settingsOf lists a configuration. Defaults are written as values are, so that
// equal ones look equal.
func settingsOf(fields []configs.Field, c configs.Config, channels int) []setting {
	all := make([]setting, 0, len(fields))
	initial := configs.DefaultFor(c, channels)
	for _, f := range fields {
		value, errValue := c.Get(f.Key)
		usual, errUsual := initial.Get(f.Key)
		if errValue != nil || errUsual != nil {
			continue // unknown keys, which a list of the known ones does not hold
		}
		all = append(all, setting{Key: f.Key, Value: value, Default: usual, Unit: f.Unit, Doc: f.Doc, Effect: c.HasEffect(f.Key)})
	}
	return all
}

func describeModel(m *model) *modelInfo {
	info := &modelInfo{Shape: m.Shape(), Weights: len(m.Weights()), Classes: m.Classes(), ClassNames: m.record.Dataset.ClassNames}
	if info.ClassNames == nil {
		info.ClassNames = []string{}
	}
	if c := m.Config().Model; c.UpperLatent > 0 {
		info.LowerLatents = c.Latent
	}
	kl, activity := klPerLatent(m), activityPerLatent(m)
	for _, d := range mostActive(m) {
		low, high := sliderRange(m.Prior().Marginal(d))
		l := latent{Index: d, Low: coordinate(low), High: coordinate(high), Middle: coordinate(m.Prior().Marginal(d).Quantile(0.5)), Lowest: coordinate(m.low[d]), Highest: coordinate(m.high[d])}
		if kl != nil {
			v := number(kl[d])
			l.KL = &v
		}
		if activity != nil {
			v := number(activity[d])
			l.Activity = &v
		}
		info.Latents = append(info.Latents, l)
	}
	return info
}

// klPerLatent is the KL of each dimension in nats, nil where it was not
// measured or is not one a dimension.
func klPerLatent(m *model) []float64 {
	f := m.record.Figures
	if f == nil || len(f.KLPerDim) != m.Latents() {
		return nil
	}
	return f.KLPerDim
}

// activityPerLatent is the variance of each dimension's posterior mean over
// images, nil where it was not measured.
func activityPerLatent(m *model) []float64 {
	f := m.record.Figures
	if f == nil || len(f.ActivityPerDim) != m.Latents() {
		return nil
	}
	return f.ActivityPerDim
}

// mostActive lists the dimensions, the most used first.
func mostActive(m *model) []int {
	return vae.MostUsed(m.Latents(), klPerLatent(m), activityPerLatent(m))
}

// tail is the part of the prior beyond each end of a slider.
const tail = 0.005

// sliderRange is the interval between the prior's quantiles, or the whole of a
// prior that ends on both sides.
func sliderRange(m loss.Marginal) (low, high float64) {
	if low, high = support(m); finite.Is(low) && finite.Is(high) {
		return low, high
	}
	return m.Quantile(tail), m.Quantile(1 - tail)
}

// support is where the prior begins and ends.
func support(m loss.Marginal) (low, high float64) { return m.Quantile(0), m.Quantile(1) }
