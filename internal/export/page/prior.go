package page

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/loss"
	"vaectl/vae"
)

// prior is a prior as js/prior.js computes it: draws, the u that z is a function
// of, and what the decoder reads of z.
type prior struct {
	Latents int `json:"latents"`
	// Family is that of the components: locations and scales of one dimension,
	// arrays prior.locations and prior.scales of [components, latents], with
	// prior.weights. Joint: all dimensions of a draw are of the same component.
	Family string    `json:"family,omitempty"`
	DoF    []float64 `json:"dof,omitempty"`
	Joint  bool      `json:"joint,omitempty"`
	// Flow is the number of coupling layers, whose weights are arrays.
	Flow   int     `json:"flow,omitempty"`
	Radius float64 `json:"radius,omitempty"` // of a sphere
	// Interval is where z = low + (high - low) Phi(u); without one z is u.
	Interval *interval `json:"interval,omitempty"`
	// The decoder reads (z - shift)/scale or, where there are scores, what a table
	// of so many entries a dimension, arrays prior.score_z and prior.scores, has
	// for z.
	InputShift []float64 `json:"input_shift,omitempty"`
	InputScale []float64 `json:"input_scale,omitempty"`
	Scores     *table    `json:"scores,omitempty"`
}

type interval struct {
	Low  []float64 `json:"low"`
	High []float64 `json:"high"`
}

type table struct {
	Length int `json:"length"`
}

// components are those of a prior's mixture; a single one has weight 1.
type components struct {
	weights           []float64
	locations, scales []float64 // [components, latents]
}

// describePrior writes the prior of a model; its arrays go to the archive.
func describePrior(m *vae.Model, add func(name string, values []float32, shape ...int)) (prior, error) {
	p := m.Prior()
	out := prior{Latents: m.Latents()}
	c, err := out.setFamily(m)
	if err != nil {
		return out, err
	}
	if n := len(c.weights); n > 0 {
		add("prior.weights", narrow(c.weights), n)
		add("prior.locations", narrow(c.locations), n, out.Latents)
		add("prior.scales", narrow(c.scales), n, out.Latents)
	}
	frame, err := loss.NewFrame(p, loss.Standardization(m.Config().Prior.Standardize))
	if err != nil {
		return out, err
	}
	out.setInput(p, frame, add)
	return out, nil
}

// setFamily finds out how to draw from the prior.
func (p *prior) setFamily(m *vae.Model) (components, error) {
	c := m.Config().Prior
	n := p.Latents
	each := func(values []float64) []float64 { return broadcast(values, n) }
	one := func(locations, scales []float64) components {
		return components{weights: []float64{1}, locations: each(locations), scales: each(scales)}
	}
	switch name := m.Prior().Name(); name {
	case "normal":
		p.Family = "normal"
		return one(c.Mean, c.Std), nil
	case "uniform":
		p.Family, p.Interval = "uniform", &interval{Low: each(c.Low), High: each(c.High)}
		widths := make([]float64, n)
		for d := range widths {
			widths[d] = p.Interval.High[d] - p.Interval.Low[d]
		}
		return one(c.Low, widths), nil
	case "laplace", "logistic":
		p.Family = name
		return one(c.Location, c.Scale), nil
	case "student-t":
		p.Family, p.DoF = name, each(c.DoF)
		return one(c.Location, c.Scale), nil
	case "mixture":
		p.Family = "normal"
		if c.Learned {
			p.Joint = true
			return learnedComponents(m), nil
		}
		return fixedComponents(c.Weights, c.Means, c.Stds, n), nil
	case "vamp":
		p.Family, p.Joint = "normal", true
		return vampComponents(m)
	case "flow":
		p.Flow = c.FlowLayers
		return components{}, nil
	case "sphere":
		p.Radius = c.Radius
		return components{}, nil
	default:
		return components{}, cannot("prior %s", name)
	}
}

// fixedComponents are those of a mixture that is the same in every dimension.
func fixedComponents(weights, means, stds []float64, latents int) components {
	k := max(len(weights), len(means), len(stds))
	weights, means, stds = broadcast(weights, k), broadcast(means, k), broadcast(stds, k)
	var sum float64
	for _, w := range weights {
		sum += w
	}
	var c components
	for i := range k {
		c.weights = append(c.weights, weights[i]/sum)
		for range latents {
			c.locations, c.scales = append(c.locations, means[i]), append(c.scales, stds[i])
		}
	}
	return c
}

// learnedComponents are those of a trained mixture, from its parameters.
func learnedComponents(m *vae.Model) components {
	var c components
	for _, p := range m.Parameters() {
		switch p.Name {
		case "prior.logits":
			largest, sum := math.Inf(-1), 0.0
			for _, v := range p.Data {
				largest = max(largest, float64(v))
			}
			for _, v := range p.Data {
				c.weights = append(c.weights, math.Exp(float64(v)-largest))
				sum += c.weights[len(c.weights)-1]
			}
			for i := range c.weights {
				c.weights[i] /= sum
			}
		case "prior.means":
			c.locations = widen(p.Data)
		case "prior.log_variances":
			for _, v := range p.Data {
				c.scales = append(c.scales, math.Exp(float64(v)/2))
			}
		}
	}
	return c
}

// vampComponents are the posteriors at the learned images.
func vampComponents(m *vae.Model) (components, error) {
	encoded, ok := m.Prior().(loss.Encoded)
	if !ok {
		return components{}, cannot("prior %s without learned images", m.Prior().Name())
	}
	q, err := m.Encode(vae.Batch{Pixels: encoded.Inputs()})
	if err != nil {
		return components{}, err
	}
	k := len(q.Mean) / m.Latents()
	c := components{locations: q.Mean, scales: q.Std}
	for range k {
		c.weights = append(c.weights, 1/float64(k))
	}
	return c, nil
}

// Scores from -scoreReach to scoreReach are in a table of so many entries; beyond
// it goes on straight.
const (
	scoreEntries = 1025
	scoreReach   = 6
)

// setInput says what the decoder reads: mostly z itself, shifted and scaled.
func (p *prior) setInput(of loss.Prior, frame loss.Frame, add func(string, []float32, ...int)) {
	if p.straight(of, frame) {
		return
	}
	p.InputShift, p.InputScale, p.Scores = nil, nil, &table{scoreEntries}
	var z, scores []float32
	for d := range p.Latents {
		marginal := of.Marginal(d)
		for i := range scoreEntries {
			s := scoreReach * (2*float64(i)/(scoreEntries-1) - 1)
			at := marginal.Quantile(distuv.UnitNormal.CDF(s))
			z, scores = append(z, float32(at)), append(scores, float32(frame.InputOf(d, at)))
		}
	}
	add("prior.score_z", z, p.Latents, scoreEntries)
	add("prior.scores", scores, p.Latents, scoreEntries)
}

// straight says whether the decoder reads a linear function of z, and sets it.
func (p *prior) straight(of loss.Prior, frame loss.Frame) bool {
	for d := range p.Latents {
		m := of.Marginal(d)
		low, middle, high := m.Quantile(0.2), m.Quantile(0.5), m.Quantile(0.9)
		slope := (frame.InputOf(d, high) - frame.InputOf(d, low)) / (high - low)
		off := frame.InputOf(d, low) + slope*(middle-low) - frame.InputOf(d, middle)
		if math.Abs(off) > 1e-9 {
			return false
		}
		p.InputScale = append(p.InputScale, 1/slope)
		p.InputShift = append(p.InputShift, low-frame.InputOf(d, low)/slope)
	}
	return true
}

// broadcast gives a parameter n values; it has one or all.
func broadcast(values []float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = values[min(i, len(values)-1)]
	}
	return out
}

func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

func widen(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
