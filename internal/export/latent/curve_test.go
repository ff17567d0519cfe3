package latent_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/data"
	"vaectl/internal/dev/testkit/small"
	"vaectl/internal/export/latent"
)

// describe describes the prior of a model of settings.
func describe(t *testing.T, settings ...string) latent.Prior {
	t.Helper()
	m := small.Model(t, small.Engine(t, "", 1), data.Shape{Height: 2, Width: 2, Channels: 1}, 0, append([]string{"model.hidden=", "model.latent=2"}, settings...)...)
	p, err := latent.Describe(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// at is a curve of dimension d at x.
func at(c latent.Curves, d int, x float64) float64 {
	v, s := c.Values[c.Of[d]], c.Slopes[c.Of[d]]
	place := min(max((x-c.From)/c.Step, 0), float64(len(v)-1))
	i := min(int(place), len(v)-2)
	f := place - float64(i)
	rise, s0, s1 := v[i+1]-v[i], s[i]*c.Step, s[i+1]*c.Step
	return v[i] + f*(s0+f*(3*rise-2*s0-s1+f*(s0+s1-2*rise)))
}

// A curve of quantiles turns normal noise into what follows the prior: F(z) = Phi(x).
func TestQuantiles(t *testing.T) {
	for _, family := range [][]string{
		{"prior.name=laplace", "prior.location=1", "prior.scale=0.5"},
		{"prior.name=logistic", "prior.scale=3"},
		{"prior.name=student-t", "prior.dof=1,7", "prior.standardize=none"},
		{"prior.name=student-t", "prior.dof=0.5,1e6", "prior.standardize=none"},
	} {
		p := describe(t, family...)
		c, err := p.Quantiles()
		if err != nil {
			t.Fatalf("%v: %v", family, err)
		}
		for d := range p.Latents {
			for x := -6.0; x <= 0; x += 0.0137 {
				z := p.Components.Locations[d] + p.Components.Scales[d]*math.Sinh(at(c, d, x))
				if got, want := p.Marginal(d).CDF(z), distuv.UnitNormal.CDF(x); math.Abs(got-want) > 1e-7*want {
					t.Fatalf("%v, dimension %d: F(z) at %g is %g, want %g", family, d, x, got, want)
				}
				if up, down := at(c, d, -x), at(c, d, x); math.Abs(up+down) > 1e-9*(1+math.Abs(up)) {
					t.Fatalf("%v, dimension %d: %g at %g and %g at %g", family, d, up, -x, down, x)
				}
			}
		}
	}
	p := describe(t, "prior.name=student-t", "prior.dof=0.1", "prior.standardize=none")
	if _, err := p.Quantiles(); err == nil {
		t.Error("draws of 0.1 degrees of freedom fit 32 bits")
	}
}

// A curve of scores is what the decoder reads of z.
func TestScores(t *testing.T) {
	for _, family := range [][]string{
		{"prior.name=uniform", "prior.low=-3"},
		{"prior.name=laplace", "prior.scale=0.5,2"},
		{"prior.name=logistic", "prior.location=1"},
		{"prior.name=student-t", "prior.dof=3,30"},
		{"prior.name=mixture", "prior.means=-3,0,5", "prior.stds=0.1,1,0.5"},
	} {
		p := describe(t, append(family, "prior.standardize=full")...)
		if p.InputScale != nil {
			t.Errorf("%v: the decoder reads z itself", family)
		}
		s, err := p.Scores()
		if err != nil {
			t.Fatalf("%v: %v", family, err)
		}
		for d := range p.Latents {
			for q := 0.0005; q < 1; q += 0.00137 {
				z := p.Marginal(d).Quantile(q)
				x := (z - s.Shift[d]) / s.Scale[d]
				w := math.Asinh(x)
				if s.Warp == latent.Logit {
					w = math.Log(x / (1 - x))
				}
				if got, want := at(s.Curves, d, w), p.InputOf(d, z); math.Abs(got-want) > 1e-6 {
					t.Fatalf("%v, dimension %d: score of %g is %g, want %g", family, d, z, got, want)
				}
			}
		}
	}
}
