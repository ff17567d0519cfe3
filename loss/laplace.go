package loss

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// Laplace is the prior with density exp(-|z - m|/b) / 2b, each dimension on its
// own: sharper at its location m than a Gaussian and with heavier tails. Its
// standard deviation is sqrt(2) b. The posterior is a Gaussian on z, and
//
//	KL = ln 2b + E|z - m|/b - 1/2 ln(2 pi e sigma^2)
//	E|z - m| = sigma sqrt(2/pi) exp(-delta^2/(2 sigma^2)) + delta erf(delta/(sigma sqrt 2))
//
// with delta = mu - m, the mean of a folded normal variable. No Gaussian is this
// prior: the smallest KL, at mu = m and sigma = b sqrt(pi/2), is
// 1/2 + ln(2/pi) = 0.0484 nats.
type Laplace struct{ line }

// NewLaplace makes the prior over the given number of latent dimensions.
// Location and scale have one value for all dimensions or one a dimension, in
// units of z; the scale must be positive.
func NewLaplace(latents int, location, scale []float64) (*Laplace, error) {
	m, b, err := locationAndScale(latents, location, scale)
	if err != nil {
		return nil, err
	}
	curves := make([]curve, latents)
	for d := range curves {
		curves[d] = laplaceCurve{distuv.Laplace{Mu: m[d], Scale: b[d]}}
	}
	return &Laplace{newLine("laplace", []Parameter{{"location", location}, {"scale", scale}}, curves)}, nil
}

// locationAndScale gives both parameters one value a dimension.
func locationAndScale(latents int, location, scale []float64) (m, s []float64, err error) {
	if m, err = broadcast("location", location, latents); err != nil {
		return nil, nil, err
	}
	s, err = positive("scale", scale, latents)
	return m, s, err
}

// positive gives a parameter that must be above zero one value a dimension.
func positive(name string, values []float64, latents int) ([]float64, error) {
	all, err := broadcast(name, values, latents)
	if err != nil {
		return nil, err
	}
	for d, v := range all {
		if v <= 0 {
			return nil, fmt.Errorf("prior %s is %g in dimension %d, must be positive", name, v, d)
		}
	}
	return all, nil
}

type laplaceCurve struct{ distuv.Laplace }

// Quantile keeps its precision for small p, as 1 + 2(p - 1/2) does not.
func (p laplaceCurve) Quantile(q float64) float64 {
	if q < 0.5 {
		return p.Mu + p.Scale*math.Log(2*q)
	}
	return p.Mu - p.Scale*math.Log(2-2*q)
}

// Score is -sign(z - m)/b, and 0 at m itself.
func (p laplaceCurve) Score(z float64) float64 {
	switch {
	case z > p.Mu:
		return -1 / p.Scale
	case z < p.Mu:
		return 1 / p.Scale
	}
	return 0
}

func (p laplaceCurve) LogTails(z float64) (lower, upper float64) {
	far := -math.Ln2 - math.Abs(z-p.Mu)/p.Scale
	near := math.Log1p(-math.Exp(far))
	if z < p.Mu {
		return far, near
	}
	return near, far
}

func (p laplaceCurve) Draw(rng *rand.Rand) float64 {
	e := p.Scale * rng.ExpFloat64()
	if rng.Uint64()&1 == 0 {
		e = -e
	}
	return p.Mu + e
}

// divergence is the closed form.
func (p laplaceCurve) divergence(mu, sigma float64) Divergence {
	delta := mu - p.Mu
	t := delta / (sigma * math.Sqrt2)
	slope, bump := math.Erf(t), math.Sqrt2/math.SqrtPi*math.Exp(-t*t)
	return Divergence{
		KL:     math.Log(2*p.Scale) + (sigma*bump+delta*slope)/p.Scale - gaussianEntropy(sigma),
		DMu:    slope / p.Scale,
		DSigma: bump/p.Scale - 1/sigma,
		Method: ClosedForm,
	}
}

// KL adds the closed form, [images, latents].
func (l *Laplace) KL(q *Posterior) (*gorgonia.Node, error) {
	at := func(posterior []float32, d int) Divergence {
		sigma := math.Exp(0.5 * float64(posterior[q.latents+d]))
		return l.curves[d].(laplaceCurve).divergence(float64(posterior[d]), sigma)
	}
	return q.graph.Rows(graph.RowFunc{
		Name:           "laplace kl",
		Columns:        q.latents,
		Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			for d := range out {
				out[d] = float32(at(in[0], d).KL)
			}
		},
		Backward: func(_ int, din []float32, in [][]float32, _, dout []float32) {
			for d := range dout {
				v := at(in[0], d)
				sigma := math.Exp(0.5 * float64(in[0][q.latents+d]))
				din[d] += dout[d] * float32(v.DMu)
				din[q.latents+d] += dout[d] * float32(v.DSigma*sigma/2)
			}
		},
	}, q.params)
}

// KLMethod is the closed form.
func (l *Laplace) KLMethod() Method { return ClosedForm }

// Divergence evaluates the closed form.
func (l *Laplace) Divergence(d int, mu, sigma float64) Divergence {
	p := l.curves[d].(laplaceCurve)
	v := p.divergence(mu, sigma)
	v.Formula = "ln(2 b) + (sigma sqrt(2/pi) exp(-(mu - m)^2/(2 sigma^2)) + (mu - m) erf((mu - m)/(sigma sqrt(2))))/b - ln(sigma sqrt(2 pi e))"
	v.Substituted = fmt.Sprintf("ln(2 * %[1]g) + (%[2]g sqrt(2/pi) exp(-%[3]s^2/(2 * %[2]g^2)) + %[3]s erf(%[3]s/(%[2]g sqrt(2))))/%[1]g - ln(%[2]g sqrt(2 pi e))",
		p.Scale, sigma, operand(mu-p.Mu))
	return v
}
