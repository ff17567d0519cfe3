package loss

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// linearGaussian is x | z ~ N(W z + b, s^2 I) with z ~ N(m, S^2): everything
// about it is known. The columns of W are orthogonal, so that the posterior's
// dimensions are independent.
type linearGaussian struct {
	w      [3][2]float64
	b      [3]float64
	noise  float64
	m, std []float64
	x      [][3]float64
}

func newLinearGaussian() linearGaussian {
	return linearGaussian{
		w: [3][2]float64{{1, 2}, {2, -1}, {0.5, 0}}, b: [3]float64{0.3, -1, 0.5}, noise: 0.8,
		m: []float64{0.5, -1}, std: []float64{1.5, 0.6},
		x: [][3]float64{{0, 0, 0}, {1, -2, 3}, {-4, 0.5, 1}, {2, 2, 2}},
	}
}

// logEvidence is the mean over images of log p(x).
func (l linearGaussian) logEvidence(t *testing.T) float64 {
	t.Helper()
	covariance := mat.NewSymDense(3, nil)
	mean := make([]float64, 3)
	for i := range 3 {
		mean[i] = l.b[i]
		for d := range 2 {
			mean[i] += l.w[i][d] * l.m[d]
		}
		for j := i; j < 3; j++ {
			var c float64
			for d := range 2 {
				c += l.w[i][d] * l.w[j][d] * l.std[d] * l.std[d]
			}
			if i == j {
				c += l.noise * l.noise
			}
			covariance.SetSym(i, j, c)
		}
	}
	p, ok := distmv.NewNormal(mean, covariance, nil)
	if !ok {
		t.Fatal("covariance is not positive definite")
	}
	var sum float64
	for _, x := range l.x {
		sum += p.LogProb(x[:])
	}
	return sum / float64(len(l.x))
}

// posterior is the mean and log variance of z given an image.
func (l linearGaussian) posterior(x [3]float64) (mean, logvar [2]float64) {
	for d := range 2 {
		precision, sum := 1/(l.std[d]*l.std[d]), l.m[d]/(l.std[d]*l.std[d])
		for i := range 3 {
			rest := x[i] - l.b[i]
			// What the other dimension explains of x is orthogonal to this one.
			precision += l.w[i][d] * l.w[i][d] / (l.noise * l.noise)
			sum += l.w[i][d] * rest / (l.noise * l.noise)
		}
		mean[d], logvar[d] = sum/precision, -math.Log(precision)
	}
	return mean, logvar
}

// likelihood adds log p(x|z), [rows].
func (l linearGaussian) likelihood(g *graph.Graph, z, x *gorgonia.Node) (*gorgonia.Node, error) {
	residual := func(z, x []float32, i int) float64 {
		return float64(x[i]) - l.b[i] - l.w[i][0]*float64(z[0]) - l.w[i][1]*float64(z[1])
	}
	return g.Rows(graph.RowFunc{
		Name: "linear gaussian", Differentiable: []bool{true, false},
		Forward: func(out []float32, in [][]float32) {
			var sum float64
			for i := range 3 {
				r := residual(in[0], in[1], i) / l.noise
				sum -= 0.5*r*r + math.Log(l.noise) + 0.5*math.Log(2*math.Pi)
			}
			out[0] = float32(sum)
		},
		Backward: func(_ int, dz []float32, in [][]float32, _, dout []float32) {
			for i := range 3 {
				r := residual(in[0], in[1], i) / (l.noise * l.noise)
				for d := range 2 {
					dz[d] += dout[0] * float32(r*l.w[i][d])
				}
			}
		},
	}, z, x)
}

// bounds computes both bounds with k draws an image, averaged over runs with
// other noise, and the spread of the weights of one run.
func (l linearGaussian) bounds(t *testing.T, k, runs int, posterior func([3]float64) (mean, logvar [2]float64)) (elbo, iwae, spread float64) {
	t.Helper()
	e := testkit.Engine(t, "", 1)
	g := graph.New(e)
	n := len(l.x)
	input := func(name string, shape ...int) *gorgonia.Node {
		node, err := g.Input(name, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return node
	}
	params, eps, x, beta := input("params", n, 4), input("eps", n*k, 2), input("x", n, 3), input("beta")
	g.Data(beta)[0] = 1
	for i := range n {
		mean, logvar := posterior(l.x[i])
		for d := range 2 {
			g.Data(params)[i*4+d], g.Data(params)[i*4+2+d] = float32(mean[d]), float32(logvar[d])
		}
		for j, v := range l.x[i] {
			g.Data(x)[i*3+j] = float32(v)
		}
	}
	u := gorgonia.Must(g.Reparameterize(params, eps))
	q, err := NewPosterior((*Graph)(g), PosteriorNodes{Params: params, Draws: u})
	if err != nil {
		t.Fatal(err)
	}
	prior, err := NewNormal(2, l.m, l.std)
	if err != nil {
		t.Fatal(err)
	}
	loglik := gorgonia.Must(l.likelihood(g, u, x))
	negative := gorgonia.Must(g.NegativeELBO(loglik, gorgonia.Must(prior.KL(q)), beta, 0))
	logw := gorgonia.Must(g.LogWeights(loglik, beta,
		gorgonia.Nodes{gorgonia.Must(LogProb(prior, q))}, gorgonia.Nodes{gorgonia.Must(g.ReparameterizedLogProb(params, eps))}))
	bound, err := g.NegativeImportanceBound(logw, k)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(negative, bound.Cost, logw)
	if err != nil {
		t.Fatal(err)
	}
	for run := range runs {
		e.Normal(g.Data(eps), kernel.Key{Seed: 3, Step: uint64(run)}, 0)
		p.Run()
		elbo -= float64(p.Value(negative)[0]) / float64(runs)
		iwae -= float64(p.Value(bound.Cost)[0]) / float64(runs)
	}
	for i := range n {
		for _, v := range p.Value(logw)[i*k : (i+1)*k] {
			spread = max(spread, math.Abs(float64(v-p.Value(logw)[i*k])))
		}
	}
	return elbo, iwae, spread
}

// Where log p(x) is known: the ELBO lies below it, by the KL of the posteriors,
// and the importance-weighted bound rises toward it.
func TestBoundsOfALinearGaussianModel(t *testing.T) {
	l := newLinearGaussian()
	exact := l.logEvidence(t)
	const shift, widen = 0.4, 0.5
	wrong := func(x [3]float64) (mean, logvar [2]float64) {
		mean, logvar = l.posterior(x)
		for d := range 2 {
			mean[d] += shift * math.Exp(logvar[d]/2)
			logvar[d] += widen
		}
		return mean, logvar
	}
	// KL(N(shift, e^widen) || N(0, 1)) in each of two dimensions.
	gap := 2 * 0.5 * (math.Exp(widen) + shift*shift - 1 - widen)
	previous := math.Inf(-1)
	for _, k := range []int{1, 2, 5, 50, 500} {
		elbo, iwae, _ := l.bounds(t, k, 40000/k, wrong)
		if math.Abs(exact-gap-elbo) > 0.02 {
			t.Errorf("%d draws: ELBO %g, want %g, which is %g below log p(x)", k, elbo, exact-gap, gap)
		}
		if k == 1 && math.Abs(iwae-elbo) > 0.02 {
			t.Errorf("the bound of one draw is %g, the ELBO %g", iwae, elbo)
		}
		if iwae < previous || iwae > exact+0.01 {
			t.Errorf("%d draws: bound %g after %g, log p(x) is %g", k, iwae, previous, exact)
		}
		previous = iwae
	}
	if exact-previous > 0.01 {
		t.Errorf("the bound of 500 draws is %g, log p(x) is %g", previous, exact)
	}
}

// At the true posterior every weight is p(x) itself, and both bounds are exact.
func TestBoundsAreExactAtTheTruePosterior(t *testing.T) {
	l := newLinearGaussian()
	exact := l.logEvidence(t)
	for _, k := range []int{1, 7, 100} {
		elbo, iwae, spread := l.bounds(t, k, 40000/k, l.posterior)
		if math.Abs(elbo-exact) > 0.02 {
			t.Errorf("%d draws: ELBO %g, log p(x) %g", k, elbo, exact)
		}
		if math.Abs(iwae-exact) > 1e-4 || spread > 1e-4 {
			t.Errorf("%d draws: bound %g, log p(x) %g, log weights %g apart", k, iwae, exact, spread)
		}
	}
}
