package loss

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/dev/testkit"
)

// one is a prior of one dimension; vector a prior of three different ones.
type priorCase struct {
	name        string
	one, vector Prior
	// gaussian says that u is a Gaussian when z follows the prior, so that a
	// posterior can be the prior itself.
	gaussian bool
	// symmetric about its median, in each dimension.
	symmetric bool
	// heavy tails have a variance that lies in quantiles no sum reaches.
	heavy bool
}

func must(p Prior, err error) Prior {
	if err != nil {
		panic(err)
	}
	return p
}

func normal(latents int, mean, std []float64) Prior {
	p, err := NewNormal(latents, mean, std)
	return must(p, err)
}

func uniform(latents int, low, high []float64) Prior {
	p, err := NewUniform(latents, low, high)
	return must(p, err)
}

func laplace(latents int, location, scale []float64) Prior {
	p, err := NewLaplace(latents, location, scale)
	return must(p, err)
}

func logistic(latents int, location, scale []float64) Prior {
	p, err := NewLogistic(latents, location, scale)
	return must(p, err)
}

func student(latents int, location, scale, dof []float64) Prior {
	p, err := NewStudentT(latents, location, scale, dof)
	return must(p, err)
}

func mixture(latents int, weights, means, stds []float64) Prior {
	p, err := NewMixture(latents, weights, means, stds)
	return must(p, err)
}

func priorCases() []priorCase {
	return []priorCase{
		{name: "standard normal", one: normal(1, []float64{0}, []float64{1}), vector: normal(3, []float64{0}, []float64{1}), gaussian: true, symmetric: true},
		{name: "the article's normal", one: normal(1, []float64{0.5}, []float64{0.1}), vector: normal(3, []float64{0.5, -2, 0}, []float64{0.1, 3, 1}), gaussian: true, symmetric: true},
		{name: "the article's uniform", one: uniform(1, []float64{-1}, []float64{1}), vector: uniform(3, []float64{-1, 0, 5}, []float64{1, 0.1, 9}), gaussian: true, symmetric: true},
		{name: "laplace", one: laplace(1, []float64{0.5}, []float64{0.3}), vector: laplace(3, []float64{0.5, -2, 0}, []float64{0.3, 3, 1}), symmetric: true},
		{name: "logistic", one: logistic(1, []float64{0.5}, []float64{0.3}), vector: logistic(3, []float64{0.5, -2, 0}, []float64{0.3, 3, 1}), symmetric: true},
		{name: "student-t", one: student(1, []float64{0.5}, []float64{0.3}, []float64{3}), vector: student(3, []float64{0.5, -2, 0}, []float64{0.3, 3, 1}, []float64{2.5, 5, 40}), symmetric: true, heavy: true},
		{name: "mixture", one: mixture(1, []float64{3, 5, 2}, []float64{-2, 0, 1.5}, []float64{0.3, 1, 0.1}), vector: mixture(3, []float64{1}, []float64{-1, 1}, []float64{0.5})},
	}
}

// The published test vectors, in nats per dimension.
func TestDivergenceVectors(t *testing.T) {
	n, u := priorCases()[1].one, priorCases()[2].one
	for _, c := range []struct {
		name      string
		prior     Prior
		mu, sigma float64
		want      float64
	}{
		{"N(0,1) to N(0.5,0.1)", n, 0, 1, 59.69741},
		{"N(0.3,0.7) to N(0.5,0.1)", n, 0.3, 0.7, 24.05409},
		{"N(0.5,0.1) to itself", n, 0.5, 0.1, 0},
		{"N(0.3,0.7) mapped to Uniform(-1,1)", u, 0.3, 0.7, 0.1466749},
		{"N(0,1) mapped to Uniform(-1,1)", u, 0, 1, 0},
		{"the nearest Gaussian to Laplace(1,2)", laplace(1, []float64{1}, []float64{2}), 1, 2 * math.Sqrt(math.Pi/2), 0.5 + math.Log(2/math.Pi)},
		// The rest by the trapezoidal rule on 10^6 points in another language.
		{"N(0.3,0.7) to Laplace(0.5,0.3)", laplace(1, []float64{0.5}, []float64{0.3}), 0.3, 0.7, 0.3641177},
		{"N(0.3,0.7) to Logistic(0.5,0.3)", logistic(1, []float64{0.5}, []float64{0.3}), 0.3, 0.7, 0.1380127},
		{"N(0.3,0.7) to Student(0.5,0.3,3)", student(1, []float64{0.5}, []float64{0.3}, []float64{3}), 0.3, 0.7, 0.3391251},
		{"N(1,5) to Cauchy(0,0.01)", student(1, []float64{0}, []float64{0.01}, []float64{1}), 1, 5, 4.714682},
		{"N(1,0.001) to Logistic(0,1)", logistic(1, []float64{0}, []float64{1}), 1, 0.001, 7.11534},
	} {
		got := DivergenceOf(c.prior, 0, c.mu, c.sigma).KL
		if math.Abs(got-c.want) > 1e-5*math.Max(1, math.Abs(c.want)) {
			t.Errorf("%s: %.7g nats, want %.7g", c.name, got, c.want)
		}
	}
}

// The article writes the KL to N(0.5, 0.1) as 1/2 (-2 ln 10 sigma + 100 ((mu -
// 0.5)^2 + sigma^2) - 1), zero at mu = 0.5, sigma = 0.1.
func TestDivergenceIsTheArticlesFormula(t *testing.T) {
	p := normal(1, []float64{0.5}, []float64{0.1})
	for _, mu := range []float64{-3, 0, 0.5, 2} {
		for _, sigma := range []float64{0.01, 0.1, 1, 5} {
			want := 0.5 * (-2*math.Log(10*sigma) + 100*(math.Pow(mu-0.5, 2)+sigma*sigma) - 1)
			if got := DivergenceOf(p, 0, mu, sigma).KL; math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
				t.Errorf("mu %g sigma %g: %.15g, the formula gives %.15g", mu, sigma, got, want)
			}
		}
	}
}

// KL(q || p) is the integral of q(z) (log q(z) - log p(z)). The posterior of z
// is that of u carried through FromBase, so the integral over u needs the
// density of p at z times |dz/du|, which is taken by differences.
func TestDivergenceAgainstQuadrature(t *testing.T) {
	for _, c := range priorCases() {
		t.Run(c.name, func(t *testing.T) {
			base, scale := Base(c.one, 0)
			kink := c.one.Marginal(0).Quantile(0.5)
			for _, q := range []distuv.Normal{{Mu: base, Sigma: scale}, {Mu: base + 0.7*scale, Sigma: 0.4 * scale}, {Mu: base - scale, Sigma: 0.7 * scale}} {
				integrand := func(u float64) float64 {
					h := 1e-4 * scale
					slope := (FromBase(c.one, 0, u+h) - FromBase(c.one, 0, u-h)) / (2 * h)
					logP := c.one.LogDensity([]float64{FromBase(c.one, 0, u)}) + math.Log(slope)
					return q.Prob(u) * (q.LogProb(u) - logP)
				}
				lo, hi := q.Mu-6*q.Sigma, q.Mu+6*q.Sigma
				middle := min(max(ToBase(c.one, 0, kink), lo), hi)
				want := quad.Fixed(integrand, lo, middle, 400, nil, 0) + quad.Fixed(integrand, middle, hi, 400, nil, 0)
				if got := DivergenceOf(c.one, 0, q.Mu, q.Sigma).KL; math.Abs(got-want) > 1e-4 {
					t.Errorf("q = N(%g, %g): %g nats, quadrature %g", q.Mu, q.Sigma, got, want)
				}
			}
		})
	}
}

func TestDivergenceDerivatives(t *testing.T) {
	for _, c := range priorCases() {
		base, scale := Base(c.one, 0)
		for _, at := range [][2]float64{{0.3, 0.7}, {-1, 0.2}, {0, 1}} {
			mu, sigma := base+at[0]*scale, at[1]*scale
			v := DivergenceOf(c.one, 0, mu, sigma)
			h := 1e-6 * scale
			dMu := (DivergenceOf(c.one, 0, mu+h, sigma).KL - DivergenceOf(c.one, 0, mu-h, sigma).KL) / (2 * h)
			dSigma := (DivergenceOf(c.one, 0, mu, sigma+h).KL - DivergenceOf(c.one, 0, mu, sigma-h).KL) / (2 * h)
			if math.Abs(v.DMu-dMu) > 1e-5*(1/scale+math.Abs(dMu)) || math.Abs(v.DSigma-dSigma) > 1e-5*(1/scale+math.Abs(dSigma)) {
				t.Errorf("%s at (%g, %g): derivatives %g, %g; differences say %g, %g", c.name, mu, sigma, v.DMu, v.DSigma, dMu, dSigma)
			}
		}
	}
}

// Samples follow the prior's own distribution: the Kolmogorov-Smirnov distance
// of 20,000 of them stays below its 0.1 % point, 1.95/sqrt(n).
func TestSamplesFollowTheDensity(t *testing.T) {
	const n = 20000
	for _, c := range priorCases() {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			draws := make([][]float64, c.vector.Latents())
			z := make([]float64, c.vector.Latents())
			for range n {
				c.vector.Sample(z, rng)
				for d, v := range z {
					draws[d] = append(draws[d], v)
				}
			}
			for d := range draws {
				if ks := distance(draws[d], c.vector.Marginal(d).CDF); ks > 1.95/math.Sqrt(n) {
					t.Errorf("dimension %d: Kolmogorov-Smirnov distance %g", d, ks)
				}
			}
		})
	}
}

func distance(draws []float64, cdf func(float64) float64) float64 {
	sorted := slices.Sorted(slices.Values(draws))
	var most float64
	for i, x := range sorted {
		p := cdf(x)
		most = max(most, p-float64(i)/float64(len(sorted)), float64(i+1)/float64(len(sorted))-p)
	}
	return most
}

// Between two quantiles the log density integrates to their distance, and it is the sum of the marginals'.
func TestLogDensity(t *testing.T) {
	for _, c := range priorCases() {
		m := c.one.Marginal(0)
		cuts := []float64{1e-6, 1e-4, 0.01, 0.2, 0.5, 0.9, 0.999, 1 - 1e-6}
		for i, p := range cuts[1:] {
			lo, hi := m.Quantile(cuts[i]), m.Quantile(p)
			mass := quad.Fixed(func(z float64) float64 { return math.Exp(c.one.LogDensity([]float64{z})) }, lo, hi, 300, nil, 0)
			if want := p - cuts[i]; math.Abs(mass-want) > 1e-8*want {
				t.Errorf("%s: between its quantiles %g and %g the density integrates to %.12g", c.name, cuts[i], p, mass)
			}
			if got := m.CDF(hi); math.Abs(got-p) > 1e-9 {
				t.Errorf("%s: at its quantile %g the distribution function is %g", c.name, p, got)
			}
		}
		z := []float64{c.vector.Marginal(0).Quantile(0.3), c.vector.Marginal(1).Quantile(0.6), c.vector.Marginal(2).Quantile(0.9)}
		var want float64
		for d, v := range z {
			want += c.vector.Marginal(d).LogProb(v)
		}
		if got := c.vector.LogDensity(z); math.Abs(got-want) > 1e-12*math.Abs(want) {
			t.Errorf("%s: log density %g, the marginals sum to %g", c.name, got, want)
		}
	}
	u := priorCases()[2].one
	if got := u.LogDensity([]float64{1.5}); !math.IsInf(got, -1) {
		t.Errorf("log density of the uniform outside its interval is %g", got)
	}
}

func TestFromBaseAndToBaseAreInverse(t *testing.T) {
	for _, c := range priorCases() {
		for d := range c.vector.Latents() {
			mean, std := Base(c.vector, d)
			for _, u := range []float64{-3, -0.5, 0, 1, 2.5} {
				u = mean + std*u
				z := FromBase(c.vector, d, u)
				if back := ToBase(c.vector, d, z); math.Abs(back-u) > 1e-9*(1+math.Abs(u)) {
					t.Errorf("%s dimension %d: u %g gives z %g gives u %g", c.name, d, u, z, back)
				}
				if got, want := c.vector.Marginal(d).CDF(z), distuv.UnitNormal.CDF((u-mean)/std); c.gaussian && math.Abs(got-want) > 1e-9 {
					t.Errorf("%s dimension %d: the quantile of z is %g, of u %g", c.name, d, got, want)
				}
			}
		}
		for _, z := range []float64{math.Inf(-1), -100, 100, math.Inf(1)} {
			if _, isUniform := c.one.(*Uniform); isUniform {
				if u := ToBase(c.one, 0, z); math.IsInf(u, 0) || math.IsNaN(u) {
					t.Errorf("%s: ToBase(%g) is %g", c.name, z, u)
				}
			}
		}
	}
}

func TestBadParametersAreRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name  string
		build func() error
	}{
		{"std 0", func() error { _, err := NewNormal(2, []float64{0}, []float64{0}); return err }},
		{"negative std", func() error { _, err := NewNormal(2, []float64{0}, []float64{1, -1}); return err }},
		{"NaN std", func() error { _, err := NewNormal(2, []float64{0}, []float64{nan}); return err }},
		{"infinite mean", func() error { _, err := NewNormal(2, []float64{inf}, []float64{1}); return err }},
		{"too many means", func() error { _, err := NewNormal(2, []float64{1, 2, 3}, []float64{1}); return err }},
		{"no mean", func() error { _, err := NewNormal(2, nil, []float64{1}); return err }},
		{"no dimension", func() error { _, err := NewNormal(0, []float64{0}, []float64{1}); return err }},
		{"low = high", func() error { _, err := NewUniform(1, []float64{1}, []float64{1}); return err }},
		{"low > high", func() error { _, err := NewUniform(2, []float64{-1, 2}, []float64{1}); return err }},
		{"laplace scale 0", func() error { _, err := NewLaplace(2, []float64{0}, []float64{0}); return err }},
		{"infinite laplace location", func() error { _, err := NewLaplace(2, []float64{inf}, []float64{1}); return err }},
		{"negative logistic scale", func() error { _, err := NewLogistic(2, []float64{0}, []float64{1, -1}); return err }},
		{"student-t dof 0", func() error { _, err := NewStudentT(2, []float64{0}, []float64{1}, []float64{0}); return err }},
		{"student-t scale NaN", func() error { _, err := NewStudentT(2, []float64{0}, []float64{nan}, []float64{3}); return err }},
		{"mixture std 0", func() error { _, err := NewMixture(2, []float64{1}, []float64{0, 1}, []float64{1, 0}); return err }},
		{"mixture weight 0", func() error { _, err := NewMixture(2, []float64{0}, []float64{0, 1}, []float64{1}); return err }},
		{"mixture of lists that do not fit", func() error {
			_, err := NewMixture(2, []float64{1, 2, 3}, []float64{0, 1}, []float64{1})
			return err
		}},
		{"mixture mean NaN", func() error { _, err := NewMixture(2, []float64{1}, []float64{nan}, []float64{1}); return err }},
		{"mixture of nothing", func() error { _, err := NewMixture(2, nil, nil, nil); return err }},
		{"mixture in no dimension", func() error { _, err := NewMixture(0, []float64{1}, []float64{0}, []float64{1}); return err }},
		{"NaN low", func() error { _, err := NewUniform(1, []float64{nan}, []float64{1}); return err }},
	} {
		if c.build() == nil {
			t.Errorf("%s was accepted", c.name)
		}
	}
}

// batch is a posterior on a graph with three draws an image.
type batch struct {
	graph  *graph.Graph
	params *gorgonia.Node
	eps    *gorgonia.Node
	q      *Posterior
}

const (
	images  = 4
	draws   = 3
	latents = 3
)

func newBatch(t *testing.T) batch {
	t.Helper()
	e := testkit.Engine(t, "", 2)
	g := graph.New(e)
	params, err := g.Input("posterior", images, 2*latents)
	if err != nil {
		t.Fatal(err)
	}
	eps, err := g.Input("epsilon", images*draws, latents)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range g.Data(params) {
		g.Data(params)[i] = float32(rng.NormFloat64())
	}
	for i := range g.Data(eps) {
		g.Data(eps)[i] = float32(rng.NormFloat64())
	}
	u, err := g.Reparameterize(params, eps)
	if err != nil {
		t.Fatal(err)
	}
	q, err := NewPosterior((*Graph)(g), PosteriorNodes{Params: params, Draws: u})
	if err != nil {
		t.Fatal(err)
	}
	return batch{graph: g, params: params, eps: eps, q: q}
}

// The nodes of the graph say what the float64 reference says.
func TestGraphAgreesWithReference(t *testing.T) {
	for _, c := range priorCases() {
		t.Run(c.name, func(t *testing.T) {
			b := newBatch(t)
			kl, err := c.vector.KL(b.q)
			if err != nil {
				t.Fatal(err)
			}
			z, err := Latent(c.vector, b.q)
			if err != nil {
				t.Fatal(err)
			}
			p, err := b.graph.Compile(kl, z, b.q.U())
			if err != nil {
				t.Fatal(err)
			}
			p.Run()
			params := b.graph.Data(b.params)
			for i := 0; i < images && KLMethod(c.vector) == ClosedForm; i++ {
				for d := range latents {
					mu, sigma := float64(params[i*2*latents+d]), math.Exp(0.5*float64(params[i*2*latents+latents+d]))
					want := DivergenceOf(c.vector, d, mu, sigma).KL
					if got := float64(p.Value(kl)[i*latents+d]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
						t.Errorf("KL of image %d, dimension %d: %g, want %g", i, d, got, want)
					}
				}
			}
			for i, u := range p.Value(b.q.U()) {
				want := FromBase(c.vector, i%latents, float64(u))
				if got := float64(p.Value(z)[i]); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("z[%d] = %g, want %g", i, got, want)
				}
			}
		})
	}
}

// The gradients of KL and of the decoder's input agree with differences, for
// every prior under every standardization.
func TestGraphGradients(t *testing.T) {
	for _, c := range priorCases() {
		for _, mode := range []Standardization{Plain, Affine, Full} {
			t.Run(c.name+" "+string(mode), func(t *testing.T) {
				b := newBatch(t)
				frame, err := NewFrame(c.vector, mode)
				if err != nil {
					t.Fatal(err)
				}
				z, err := Latent(c.vector, b.q)
				if err != nil {
					t.Fatal(err)
				}
				code, err := frame.Input(b.q, z)
				if err != nil {
					t.Fatal(err)
				}
				kl, err := c.vector.KL(b.q)
				if err != nil {
					t.Fatal(err)
				}
				cost := gorgonia.Must(gorgonia.Add(
					gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(code)))),
					gorgonia.Must(gorgonia.Sum(kl))))
				grads, err := gorgonia.Grad(cost, b.params)
				if err != nil {
					t.Fatal(err)
				}
				p, err := b.graph.Compile(cost, kl, code, grads[0])
				if err != nil {
					t.Fatal(err)
				}
				p.Run()
				analytic := slices.Clone(p.Value(grads[0]))
				params := b.graph.Data(b.params)
				at := func(i int, v float32) float64 {
					old := params[i]
					params[i] = v
					p.Run()
					params[i] = old
					var sum float64
					for _, x := range p.Value(code) {
						sum += float64(x) * float64(x)
					}
					for _, x := range p.Value(kl) {
						sum += float64(x)
					}
					return sum
				}
				for i := range params {
					const h = 1.0 / 64
					central := func(h float32) float64 { return (at(i, params[i]+h) - at(i, params[i]-h)) / (2 * float64(h)) }
					want := (4*central(h/2) - central(h)) / 3
					if diff := math.Abs(want - float64(analytic[i])); diff > 2e-3*(1+math.Abs(want)) {
						t.Errorf("gradient %d is %g, differences say %g", i, analytic[i], want)
					}
				}
			})
		}
	}
}

// Under the affine standardization, a head of zeros is the prior itself and
// the decoder reads numbers of mean 0 and variance 1.
func TestStandardizedHeadStartsAtThePrior(t *testing.T) {
	for _, c := range priorCases() {
		for _, mode := range []Standardization{Affine, Full} {
			frame, err := NewFrame(c.vector, mode)
			if err != nil {
				t.Fatal(err)
			}
			shift, scale := frame.Head()
			for d := range shift {
				kl := DivergenceOf(c.vector, d, shift[d], scale[d]).KL
				if (c.gaussian && math.Abs(kl) > 1e-12) || kl > 1 {
					t.Errorf("%s %s: a head of zeros has a KL of %g in dimension %d", c.name, mode, kl, d)
				}
				m := c.vector.Marginal(d)
				const n = 4000
				var sum, square float64
				for i := range n {
					code := frame.InputOf(d, m.Quantile((float64(i)+0.5)/n))
					sum += code / n
					square += code * code / n
				}
				heavy := mode == Affine && c.heavy
				mean := 1e-9
				if !c.symmetric {
					mean = 1e-3 // what is left of the tails does not cancel
				}
				if math.Abs(sum) > mean || (math.Abs(square-1) > 3e-3 && !heavy) {
					t.Errorf("%s %s: the decoder reads mean %g and variance %g in dimension %d", c.name, mode, sum, square-sum*sum, d)
				}
			}
		}
	}
	if _, err := NewFrame(priorCases()[0].one, "half"); err == nil {
		t.Error("an unknown standardization was accepted")
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		prior Prior
		want  string
	}{
		{priorCases()[1].one, "normal(mean 0.5, std 0.1)"},
		{priorCases()[1].vector, "normal(mean [0.5 -2 0], std [0.1 3 1])"},
		{priorCases()[2].one, "uniform(low -1, high 1)"},
		{student(1, []float64{0.5}, []float64{0.3}, []float64{3}), "student-t(location 0.5, scale 0.3, dof 3)"},
	} {
		if got := Describe(c.prior); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
