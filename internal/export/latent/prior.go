// Package latent describes a prior as plain numbers, for those who draw from it and
// read it elsewhere: the exported page and the other formats of export.
package latent

import (
	"fmt"
	"math"

	"vaectl/loss"
	"vaectl/vae"
)

// Prior says how to draw from a prior, what u its z is a function of, and what the
// decoder reads of z.
type Prior struct {
	Latents int `json:"latents"`
	// Family is that of the Components: "normal", "uniform", "laplace", "logistic" or
	// "student-t"; empty for a flow or a sphere.
	Family string    `json:"family,omitempty"`
	DoF    []float64 `json:"dof,omitempty"`
	// Joint: all dimensions of a draw are of the same component.
	Joint      bool       `json:"joint,omitempty"`
	Components Components `json:"-"`
	// Flow is the number of coupling layers, whose weights are parameters of the model.
	Flow   int     `json:"flow,omitempty"`
	Radius float64 `json:"radius,omitempty"` // of a sphere
	// Interval is where z = low + (high - low) Phi(u); without one z is u.
	Interval *Interval `json:"interval,omitempty"`
	// The decoder reads (z - shift)/scale; where these are nil, a standard normal
	// variable that z is a function of.
	InputShift []float64 `json:"input_shift,omitempty"`
	InputScale []float64 `json:"input_scale,omitempty"`
	// HeadShift and HeadScale place the posterior: mean = shift + scale a, log variance
	// = 2 ln scale + b, of the outputs a and b of the top level's head.
	HeadShift []float64 `json:"-"`
	HeadScale []float64 `json:"-"`

	prior loss.Prior
	frame loss.Frame
}

// Interval has a lower and an upper end for each dimension.
type Interval struct {
	Low  []float64 `json:"low"`
	High []float64 `json:"high"`
}

// Components are those of a prior's mixture; a single one has weight 1.
type Components struct {
	Weights           []float64
	Locations, Scales []float64 // [components, latents]
}

// Describe describes the prior of a model with what it has learned by now.
func Describe(m *vae.Model) (Prior, error) {
	out := Prior{Latents: m.Latents(), prior: m.Prior()}
	var err error
	if out.Components, err = out.setFamily(m); err != nil {
		return out, err
	}
	if out.frame, err = loss.NewFrame(m.Prior(), loss.Standardization(m.Config().Prior.Standardize)); err != nil {
		return out, err
	}
	out.HeadShift, out.HeadScale = out.frame.Head()
	out.InputShift, out.InputScale, _ = out.frame.Linear()
	return out, nil
}

// setFamily finds out how to draw from the prior.
func (p *Prior) setFamily(m *vae.Model) (Components, error) {
	c := m.Config().Prior
	n := p.Latents
	each := func(values []float64) []float64 { return broadcast(values, n) }
	one := func(locations, scales []float64) Components {
		return Components{Weights: []float64{1}, Locations: each(locations), Scales: each(scales)}
	}
	switch name := m.Prior().Name(); name {
	case "normal":
		p.Family = "normal"
		return one(c.Mean, c.Std), nil
	case "uniform":
		p.Family, p.Interval = "uniform", &Interval{Low: each(c.Low), High: each(c.High)}
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
		return Components{}, nil
	case "sphere":
		p.Radius = c.Radius
		return Components{}, nil
	default:
		return Components{}, fmt.Errorf("prior %s", name)
	}
}

// fixedComponents are those of a mixture that is the same in every dimension.
func fixedComponents(weights, means, stds []float64, latents int) Components {
	k := max(len(weights), len(means), len(stds))
	weights, means, stds = broadcast(weights, k), broadcast(means, k), broadcast(stds, k)
	var sum float64
	for _, w := range weights {
		sum += w
	}
	var c Components
	for i := range k {
		c.Weights = append(c.Weights, weights[i]/sum)
		for range latents {
			c.Locations, c.Scales = append(c.Locations, means[i]), append(c.Scales, stds[i])
		}
	}
	return c
}

// learnedComponents are those of a trained mixture, from its parameters.
func learnedComponents(m *vae.Model) Components {
	var c Components
	for _, p := range m.Parameters() {
		switch p.Name {
		case "prior.logits":
			largest, sum := math.Inf(-1), 0.0
			for _, v := range p.Data {
				largest = max(largest, float64(v))
			}
			for _, v := range p.Data {
				c.Weights = append(c.Weights, math.Exp(float64(v)-largest))
				sum += c.Weights[len(c.Weights)-1]
			}
			for i := range c.Weights {
				c.Weights[i] /= sum
			}
		case "prior.means":
			c.Locations = Widen(p.Data)
		case "prior.log_variances":
			for _, v := range p.Data {
				c.Scales = append(c.Scales, math.Exp(float64(v)/2))
			}
		}
	}
	return c
}

// vampComponents are the posteriors at the learned images.
func vampComponents(m *vae.Model) (Components, error) {
	encoded, ok := m.Prior().(loss.EncodedPrior)
	if !ok {
		return Components{}, fmt.Errorf("prior %s without learned images", m.Prior().Name())
	}
	q, err := m.Encode(vae.Batch{Pixels: encoded.Inputs()})
	if err != nil {
		return Components{}, err
	}
	k := len(q.Mean) / m.Latents()
	c := Components{Locations: q.Mean, Scales: q.Std}
	for range k {
		c.Weights = append(c.Weights, 1/float64(k))
	}
	return c, nil
}

// InputOf is what the decoder reads for one z of dimension d.
func (p *Prior) InputOf(d int, z float64) float64 { return p.frame.InputOf(d, z) }

// Marginal is the distribution of z in dimension d.
func (p *Prior) Marginal(d int) loss.Marginal { return p.prior.Marginal(d) }

// broadcast gives a parameter n values; it has one or all.
func broadcast(values []float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = values[min(i, len(values)-1)]
	}
	return out
}
