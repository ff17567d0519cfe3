package page

import (
	"math"
	"strings"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/loss"
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
	frame, err := loss.NewFrame(m.Prior(), loss.Standardization(m.Config().Prior.Standardize))
	if err != nil {
		return out, err
	}
	out.HeadShift, out.HeadScale = frame.Head()
	out.Prior, err = describePrior(m, add)
	return out, err
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

// bitsOf says in how many bits a model's arrays are stored: those that lead to z,
// and those that lead from it.
type bitsOf struct{ encoder, decoder int }

// of is the number for a parameter; 0 for one that is stored as it is.
func (b bitsOf) of(m *vae.Model, p vae.Parameter) int {
	if len(p.Shape) < 2 || strings.HasPrefix(p.Name, "prior.") {
		return 0
	}
	for _, l := range m.Network().Levels {
		for _, up := range l.Up.Parameters() {
			if up.Name == p.Name {
				return b.encoder
			}
		}
	}
	return b.decoder
}

// addWeights adds what a model learned to an archive, under a run's key. Images that
// a prior learned are left out: the page has their posteriors.
func addWeights(a *archive, key string, m *vae.Model, bits bitsOf) {
	for _, p := range m.Parameters() {
		if p.Name == "prior.pseudo_inputs" {
			continue
		}
		values, name := p.Export(p.Data), key+"/"+p.Name
		if n := bits.of(m, p); n > 0 {
			a.addIntegers(name, quantise(values, p.Shape[0], n), p.Shape...)
		} else {
			a.addFloats(name, values, p.Shape...)
		}
	}
}

// rounded is a copy of a model whose weights are those that the page will have.
func rounded(m *vae.Model, bits bitsOf, e *kernel.Engine) (*vae.Model, error) {
	copied, err := vae.New(m.Config(), m.Shape(), e)
	if err != nil {
		return nil, err
	}
	if err := copied.CopyWeights(m); err != nil {
		return nil, err
	}
	for _, p := range copied.Parameters() {
		if n := bits.of(copied, p); n > 0 {
			values := append([]float32(nil), p.Export(p.Data)...)
			quantise(values, p.Shape[0], n).restore(values)
			p.Import(p.Data, values)
		}
	}
	return copied, nil
}
