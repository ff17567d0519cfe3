package loss

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/finite"
)

// Standardization says in which coordinates the networks meet the latent code.
type Standardization string

const (
	// Plain leaves head and decoder as they are: mean and log variance are
	// the head's outputs, the decoder reads z, and only the KL term knows the
	// prior.
	Plain Standardization = "none"
	// Affine starts the head at the prior and hands the decoder z with the
	// prior's mean taken off and divided by its standard deviation; of a
	// [LearnedPrior], those of its fixed base.
	Affine Standardization = "affine"
	// Full starts the head at the prior and hands the decoder the standard
	// normal variable that z is a function of: u where the prior maps u to z
	// itself, Phi^-1(F(z)) where it is a [NormalScorer].
	Full Standardization = "full"
)

// Frame applies a standardization to a prior.
type Frame struct {
	prior Prior
	mode  Standardization
}

// NewFrame refuses a standardization it does not know, and one the prior has
// no finite moments for.
func NewFrame(p Prior, s Standardization) (Frame, error) {
	switch s {
	case Plain:
	case Full:
		if _, moves := p.(LearnedPrior); moves {
			return Frame{}, fmt.Errorf("prior %s is learned: standardize full wants one that stays as it is", Describe(p))
		}
	case Affine:
		if _, moves := p.(LearnedPrior); moves {
			break
		}
		for d := range p.Latents() {
			m := p.Marginal(d)
			if !finite.Is(m.Mean()) || !finite.Is(m.StdDev()) {
				return Frame{}, fmt.Errorf("prior %s has mean %g and standard deviation %g in dimension %d: standardize affine wants both finite", Describe(p), m.Mean(), m.StdDev(), d)
			}
		}
	default:
		return Frame{}, fmt.Errorf("unknown standardization %q", s)
	}
	return Frame{prior: p, mode: s}, nil
}

// Head returns the shift and scale that turn the head's outputs (a, b) into
// mean = shift + scale*a and log variance = 2 ln(scale) + b, a value of each a
// dimension.
func (f Frame) Head() (shift, scale []float64) {
	n := f.prior.Latents()
	shift, scale = make([]float64, n), make([]float64, n)
	for d := range n {
		shift[d], scale[d] = 0, 1
		if f.mode != Plain {
			shift[d], scale[d] = Base(f.prior, d)
		}
	}
	return shift, scale
}

// Input adds what the decoder reads, [rows, latents], given u and z.
func (f Frame) Input(q *Posterior, z *gorgonia.Node) (*gorgonia.Node, error) {
	from := z
	if f.mode == Full {
		if scorer, ok := f.prior.(NormalScorer); ok {
			return normalScores(q, scorer, z)
		}
		from = q.U()
	}
	shift, scale := f.affine()
	if isIdentity(shift, scale) {
		return from, nil
	}
	return q.graph.Rows(graph.RowFunc{
		Name:           "standardize",
		Columns:        q.latents,
		Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			for d, v := range in[0] {
				out[d] = (v - float32(shift[d])) / float32(scale[d])
			}
		},
		Backward: func(_ int, din []float32, _ [][]float32, _, dout []float32) {
			for d := range din {
				din[d] += dout[d] / float32(scale[d])
			}
		},
	}, from)
}

// InputOf is what the decoder reads for one z of dimension d.
func (f Frame) InputOf(d int, z float64) float64 {
	if f.mode == Full {
		if scorer, ok := f.prior.(NormalScorer); ok {
			v, _ := scorer.NormalScore(d, z)
			return v
		}
		z = ToBase(f.prior, d, z)
	}
	shift, scale := f.moments(d)
	return (z - shift) / scale
}

// Linear is the shift and the scale of a decoder's input that is (z - shift)/scale, a
// value of each a dimension. It is not ok where the input is another function of z.
func (f Frame) Linear() (shift, scale []float64, ok bool) {
	if f.mode == Full {
		_, scored := f.prior.(NormalScorer)
		_, mapped := f.prior.(MappedPrior)
		if scored || mapped {
			return nil, nil, false
		}
	}
	shift, scale = f.affine()
	return shift, scale, true
}

func (f Frame) affine() (shift, scale []float64) {
	n := f.prior.Latents()
	shift, scale = make([]float64, n), make([]float64, n)
	for d := range n {
		shift[d], scale[d] = f.moments(d)
	}
	return shift, scale
}

// moments is the mean and standard deviation under the prior of what the
// decoder's input is made from.
func (f Frame) moments(d int) (shift, scale float64) {
	switch f.mode {
	case Affine:
		if _, moves := f.prior.(LearnedPrior); moves {
			return Base(f.prior, d)
		}
		m := f.prior.Marginal(d)
		return m.Mean(), m.StdDev()
	case Full:
		return Base(f.prior, d)
	}
	return 0, 1
}

func isIdentity(shift, scale []float64) bool {
	for d := range shift {
		if shift[d] != 0 || scale[d] != 1 {
			return false
		}
	}
	return true
}
