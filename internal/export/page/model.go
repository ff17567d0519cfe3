package page

import (
	"math"
	"strings"

	"vaectl/data"
	"vaectl/vae"
)

// model is a model as js/model.js computes it.
type model struct {
	Image      data.Shape `json:"image"`
	Classes    int        `json:"classes"`
	Binary     bool       `json:"binary"` // pixels are cut at one half before they are read
	Levels     []level    `json:"levels"`
	HeadShift  []float64  `json:"head_shift"` // of the top level: mean = shift + scale a
	HeadScale  []float64  `json:"head_scale"`
	Prior      prior      `json:"prior"`
	Likelihood likelihood `json:"likelihood"`
}

type level struct {
	Size int         `json:"size"`
	Up   []operation `json:"up"`
	Down []operation `json:"down"`
}

type likelihood struct {
	Name       string  `json:"name"`
	Components int     `json:"components,omitempty"`
	Std        float64 `json:"std,omitempty"` // of a pixel
}

// describeModel says how a model computes; what it learned is not part of it. What
// the page cannot express is an error that wraps [ErrUnsupported].
func describeModel(m *vae.Model, add func(string, []float32, ...int)) (model, error) {
	network := m.Network()
	out := model{Image: network.Image, Classes: network.Classes, Binary: data.Binarization(m.Config().Data.Binarize) != data.Grey}
	var err error
	for _, l := range network.Levels {
		described := level{Size: l.Size}
		if described.Up, err = describeOperations(l.Up.Operations()); err != nil {
			return out, err
		}
		if described.Down, err = describeOperations(l.Down.Operations()); err != nil {
			return out, err
		}
		out.Levels = append(out.Levels, described)
	}
	if out.Likelihood, err = describeLikelihood(m); err != nil {
		return out, err
	}
	if out.Prior, err = describePrior(m, add); err != nil {
		return out, err
	}
	out.HeadShift, out.HeadScale = out.Prior.HeadShift, out.Prior.HeadScale
	return out, nil
}

func describeLikelihood(m *vae.Model) (likelihood, error) {
	c := m.Config().Model
	l := likelihood{Name: m.Likelihood().Name()}
	switch l.Name {
	case "bernoulli", "continuous-bernoulli":
	case "gaussian", "logistic":
		l.Std = c.PixelStd
		for _, p := range m.Parameters() {
			if p.Name == "likelihood.log_std" {
				l.Std = math.Exp(float64(p.Data[0]))
			}
		}
	case "logistic-mixture":
		l.Components = c.LikelihoodComponents
	default:
		return l, cannot("likelihood %s", l.Name)
	}
	return l, nil
}

// rounding says in how many bits a model's arrays are stored: those that lead to z,
// and those that lead from it. Rows of one of the latter may be rounded coarser.
type rounding struct {
	encoder, decoder int
	coarser          map[string][]float64
}

// bits is the number for a parameter; 0 for one that is stored as it is.
func (r rounding) bits(m *vae.Model, p vae.Parameter) int {
	if len(p.Shape) < 2 || strings.HasPrefix(p.Name, "prior.") {
		return 0
	}
	for _, l := range m.Network().Levels {
		for _, up := range l.Up.Parameters() {
			if up.Name == p.Name {
				return r.encoder
			}
		}
	}
	return r.decoder
}

// round rounds the values of a parameter, in PyTorch's order; false for one that is
// stored as it is.
func (r rounding) round(m *vae.Model, p vae.Parameter, values []float32) (quantisedArray, bool) {
	bits := r.bits(m, p)
	if bits == 0 {
		return quantisedArray{}, false
	}
	return quantise(values, p.Shape[0], bits, r.coarser[p.Name]), true
}

// addWeights adds what a model learned to an archive, under a run's key. Images that
// a prior learned are left out: the page has their posteriors.
func addWeights(a *archive, key string, m *vae.Model, how rounding) {
	for _, p := range m.Parameters() {
		if p.Name == "prior.pseudo_inputs" {
			continue
		}
		values, name := p.Export(p.Data), key+"/"+p.Name
		if q, ok := how.round(m, p, values); ok {
			a.addIntegers(name, q, p.Shape...)
		} else {
			a.addFloats(name, values, p.Shape...)
		}
	}
}

// rounded is a copy of a model whose weights are those that the page will have.
func rounded(m *vae.Model, how rounding, e *vae.Engine) (*vae.Model, error) {
	copied, err := vae.New(m.Config(), m.Shape(), e)
	if err != nil {
		return nil, err
	}
	if err := copied.CopyWeights(m); err != nil {
		return nil, err
	}
	for _, p := range copied.Parameters() {
		values := append([]float32(nil), p.Export(p.Data)...)
		if q, ok := how.round(copied, p, values); ok {
			q.restore(values)
			p.Import(p.Data, values)
		}
	}
	return copied, nil
}
