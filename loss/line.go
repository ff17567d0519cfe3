package loss

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// curve is a distribution on the whole line with what training toward it
// needs. Its methods must be pure.
type curve interface {
	Marginal
	// Score is d log p/dz.
	Score(z float64) float64
	// LogTails is ln F(z) and ln(1 - F(z)), each exact where it is the smaller.
	LogTails(z float64) (lower, upper float64)
	Draw(rng *rand.Rand) float64
}

// line holds what priors with independent dimensions and a density on the whole
// line share. The posterior is a Gaussian on z itself: u is z.
type line struct {
	independentMarginals
	curves []curve
}

func newLine(name string, parameters []Parameter, curves []curve) line {
	l := line{independentMarginals{name: name, parameters: parameters}, curves}
	for _, p := range curves {
		l.marginals = append(l.marginals, p)
	}
	return l
}

// LogProb adds log p(z), [rows, latents].
func (l *line) LogProb(q *Posterior) (*gorgonia.Node, error) {
	return q.graph.Rows(graph.RowFunc{
		Name:           l.name + " log density",
		Columns:        q.latents,
		Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			for d, z := range in[0] {
				out[d] = float32(l.curves[d].LogProb(float64(z)))
			}
		},
		Backward: func(_ int, dz []float32, in [][]float32, _, dout []float32) {
			for d, z := range in[0] {
				dz[d] += dout[d] * float32(l.curves[d].Score(float64(z)))
			}
		},
	}, q.U())
}

// KL adds an estimate from the draws, [images, latents].
func (l *line) KL(q *Posterior) (*gorgonia.Node, error) {
	logP, err := l.LogProb(q)
	if err != nil {
		return nil, err
	}
	return MonteCarloKL(q, logP)
}

// KLMethod is Monte Carlo: no closed form exists.
func (l *line) KLMethod() Method { return MonteCarlo }

// NormalScore is Phi^-1(F(z)) and its derivative.
func (l *line) NormalScore(d int, z float64) (v, slope float64) {
	p := l.curves[d]
	lower, upper := p.LogTails(z)
	return normalScore(lower, upper, p.LogProb(z))
}

// Sample draws each dimension from its own density.
func (l *line) Sample(z []float64, rng *rand.Rand) {
	for d := range z {
		z[d] = l.curves[d].Draw(rng)
	}
}
