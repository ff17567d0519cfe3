package latent

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/configs"
	"vaectl/loss"
)

// Curves are smooth functions on an interval as cubics between equally spaced knots,
// from their values and slopes there (Hermite's interpolation): what a graph of plain
// operators can compute of a function that it has no operator for.
type Curves struct {
	// From is the first knot, and Step the distance from one to the next. Beyond the
	// first and the last a curve stays where it is.
	From, Step float64
	// Values and Slopes are those of each curve at its knots.
	Values, Slopes [][]float64
	// Of is the curve of each dimension.
	Of []int
}

// Warp is what a [Scores] curve is a function of.
type Warp string

// Warps of z, with the shift and the scale of its dimension.
const (
	Asinh Warp = "asinh" // asinh((z - shift)/scale)
	Logit Warp = "logit" // ln(p/(1 - p)), p = (z - shift)/scale
)

// Scores are the standard normal variables that a decoder reads in place of z.
type Scores struct {
	Curves
	Warp         Warp
	Shift, Scale []float64 // a value a dimension
}

const (
	// quantileReach is beyond any draw of 32-bit noise.
	quantileReach = 7
	quantileKnots = 14*128 + 1
	// largestDraw is asinh of what a float32 holds, with room for a scale.
	largestDraw = 80
	// fewestKnots and mostKnots are those of a score's curve, which are doubled until it
	// is within curveError of the score.
	fewestKnots = 1025
	mostKnots   = 1<<17 + 1
	curveError  = 2e-7
)

// standard is the prior's family with location 0 and scale 1 in one dimension.
func (p *Prior) standard(dof float64) (loss.Prior, error) {
	return loss.NewPrior(configs.Prior{Name: p.Family, Location: configs.Floats{0}, Scale: configs.Floats{1}, DoF: configs.Floats{dof}}, 1)
}

// shapes lists the degrees of freedom that tell dimensions apart, and which of them
// each dimension has. A family without any has one shape.
func (p *Prior) shapes() (dofs []float64, of []int) {
	of = make([]int, p.Latents)
	if p.DoF == nil {
		return []float64{0}, of
	}
	for d, dof := range p.DoF {
		if of[d] = slices.Index(dofs, dof); of[d] < 0 {
			of[d] = len(dofs)
			dofs = append(dofs, dof)
		}
	}
	return dofs, of
}

// Quantiles are curves of asinh((z - location)/scale) over a standard normal x with
// z = F^-1(Phi(x)), for the symmetric families laplace, logistic and student-t. A
// family whose draws do not fit a float32 is an error.
func (p *Prior) Quantiles() (Curves, error) {
	out := Curves{From: -quantileReach, Step: 2 * float64(quantileReach) / (quantileKnots - 1)}
	dofs, of := p.shapes()
	out.Of = of
	for _, dof := range dofs {
		standard, err := p.standard(dof)
		if err != nil {
			return out, err
		}
		values, slopes := make([]float64, quantileKnots), make([]float64, quantileKnots)
		for i := range quantileKnots/2 + 1 {
			x := out.From + float64(i)*out.Step
			z := standard.Marginal(0).Quantile(distuv.UnitNormal.CDF(x))
			slope := math.Exp(distuv.UnitNormal.LogProb(x)-standard.Marginal(0).LogProb(z)) / math.Hypot(1, z)
			mirror := quantileKnots - 1 - i
			values[i], slopes[i] = math.Asinh(z), slope
			values[mirror], slopes[mirror] = -values[i], slope
		}
		values[quantileKnots/2] = 0
		if !(math.Abs(values[0]) < largestDraw) {
			return out, fmt.Errorf("draws of the prior %s of %g degrees of freedom, which are too far out for 32-bit numbers", p.Family, dof)
		}
		out.Values, out.Slopes = append(out.Values, values), append(out.Slopes, slopes)
	}
	return out, nil
}

// Scores are what the decoder reads where that is not z, shifted and scaled. A prior
// whose curve has no number of knots that will do is an error.
func (p *Prior) Scores() (Scores, error) {
	if p.Interval != nil {
		return p.uniformScores()
	}
	out := Scores{Warp: Asinh}
	dofs, of := p.shapes()
	out.Of = of
	var scorers []loss.Prior
	shift, scale, reach := 0.0, 1.0, 0.0
	if p.Family == "normal" { // a mixture, the same in each dimension
		m := p.Marginal(0)
		shift, scale = m.Mean(), slices.Min(p.Components.Scales)
		reach = math.Asinh(12 * m.StdDev() / scale)
		scorers = append(scorers, p.prior)
		out.Shift, out.Scale = broadcast([]float64{shift}, p.Latents), broadcast([]float64{scale}, p.Latents)
	} else {
		out.Shift, out.Scale = p.Components.Locations, p.Components.Scales
		for _, dof := range dofs {
			standard, err := p.standard(dof)
			if err != nil {
				return out, err
			}
			scorers = append(scorers, standard)
			reach = max(reach, math.Asinh(-standard.Marginal(0).Quantile(distuv.UnitNormal.CDF(-12))))
		}
	}
	var functions []curveFunc
	for _, s := range scorers {
		scorer, ok := s.(loss.NormalScorer)
		if !ok {
			return out, fmt.Errorf("what the decoder reads of the prior %s", s.Name())
		}
		functions = append(functions, func(w float64) (value, slope float64) {
			value, slope = scorer.NormalScore(0, shift+scale*math.Sinh(w))
			return value, slope * scale * math.Cosh(w)
		})
	}
	var err error
	out.Values, out.Slopes, out.From, out.Step, err = fit(functions, reach)
	if err != nil {
		return out, fmt.Errorf("standard normal scores (prior.standardize full) of the prior %s: %w", p.prior.Name(), err)
	}
	return out, nil
}

// uniformScores are Phi^-1 of the place in the interval.
func (p *Prior) uniformScores() (Scores, error) {
	out := Scores{Warp: Logit, Shift: p.Interval.Low}
	for d := range p.Latents {
		out.Scale = append(out.Scale, p.Interval.High[d]-p.Interval.Low[d])
	}
	out.Of = make([]int, p.Latents)
	probit := func(w float64) (value, slope float64) {
		// With -|w| the smaller tail is exact.
		tail := 1 / (1 + math.Exp(math.Abs(w)))
		value = math.Copysign(distuv.UnitNormal.Quantile(tail), w)
		return value, tail * (1 - tail) / math.Exp(distuv.UnitNormal.LogProb(value))
	}
	// The ends are where [loss.Uniform] limits the variable.
	reach := 53 * math.Ln2
	var err error
	out.Values, out.Slopes, out.From, out.Step, err = fit([]curveFunc{probit}, reach)
	return out, err
}

// curveFunc has a value and a slope.
type curveFunc func(x float64) (value, slope float64)

// fit finds knots from -reach to reach that are close enough to all functions.
func fit(functions []curveFunc, reach float64) (values, slopes [][]float64, from, step float64, err error) {
	for knots := fewestKnots; knots <= mostKnots; knots = 2*knots - 1 {
		step = 2 * reach / float64(knots-1)
		values, slopes = nil, nil
		for _, f := range functions {
			v, s := make([]float64, knots), make([]float64, knots)
			for i := range v {
				v[i], s[i] = f(float64(i-knots/2) * step)
			}
			values, slopes = append(values, v), append(slopes, s)
		}
		if good(functions, values, slopes, step) {
			return values, slopes, -reach, step, nil
		}
	}
	return nil, nil, 0, 0, fmt.Errorf("%d knots do not follow them", mostKnots)
}

// good compares curves with their functions halfway between knots.
func good(functions []curveFunc, values, slopes [][]float64, step float64) bool {
	for n, f := range functions {
		v, s := values[n], slopes[n]
		for i := range len(v) - 1 {
			want, _ := f((float64(i-len(v)/2) + 0.5) * step)
			got := (v[i]+v[i+1])/2 + step*(s[i]-s[i+1])/8
			if !(math.Abs(got-want) <= curveError*(1+math.Abs(want))) {
				return false
			}
		}
	}
	return true
}
