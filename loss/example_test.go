package loss_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/vae"
)

// gumbel is the density exp(-(y + exp(-y))) with y = z - m, which leans to one side.
// gonum has the distribution; a prior wants the slope of its log density too.
type gumbel struct{ distuv.GumbelRight }

func (g gumbel) Score(z float64) float64 { return math.Expm1(g.Mu - z) }

// The shortest way to a prior of one's own: a density on the line.
func ExampleNewIndependent() {
	dimensions := []loss.ScoredMarginal{gumbel{distuv.GumbelRight{Mu: 0, Beta: 1}}, gumbel{distuv.GumbelRight{Mu: 0.5, Beta: 1}}}
	prior, err := loss.NewIndependent("gumbel", nil, dimensions)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, std := loss.Base(prior, 1)
	fmt.Printf("training starts at %.2f ± %.2f; KL of N(1, 0.8) to %s: %.4f nats, by %s\n",
		mean, std, prior.Name(), loss.DivergenceOf(prior, 1, 1, 0.8).KL, loss.DivergenceOf(prior, 1, 1, 0.8).Method)
	// Output:
	// training starts at 1.08 ± 1.28; KL of N(1, 0.8) to gumbel: 0.1395 nats, by quadrature
}

// Gumbel is a prior of the caller's own whose KL has a closed form: a distribution and
// its KL on the graph. All it needs of a graph are operations of Gorgonia.
type Gumbel struct {
	latents  int
	location float64
}

func (g Gumbel) distribution() distuv.GumbelRight {
	return distuv.GumbelRight{Mu: g.location, Beta: 1}
}

func (g Gumbel) Name() string { return "gumbel" }
func (g Gumbel) Parameters() []loss.Parameter {
	return []loss.Parameter{{Name: "location", Values: []float64{g.location}}}
}
func (g Gumbel) Latents() int               { return g.latents }
func (g Gumbel) Marginal(int) loss.Marginal { return g.distribution() }

func (g Gumbel) LogDensity(z []float64) float64 {
	var sum float64
	for _, v := range z {
		sum += g.distribution().LogProb(v)
	}
	return sum
}

func (g Gumbel) Sample(z []float64, rng *rand.Rand) {
	for d := range z {
		// The middle of one of 2^53 equal cells: 0 and 1 have no quantile.
		z[d] = g.distribution().Quantile((float64(rng.Uint64()>>11) + 0.5) * 0x1p-53)
	}
}

// KL is exact: for z ~ N(mu, sigma^2), E[y] = mu - m and E[exp(-y)] =
// exp(m - mu + sigma^2/2), so that
//
//	KL = (mu - m) + exp(m - mu + sigma^2/2) - ln(sigma sqrt(2 pi e))
func (g Gumbel) KL(q *loss.Posterior) (*gorgonia.Node, error) {
	mean, err := q.Mean()
	if err != nil {
		return nil, err
	}
	logVar, err := q.LogVar()
	if err != nil {
		return nil, err
	}
	return try(func() *gorgonia.Node {
		must, half := gorgonia.Must, gorgonia.NewConstant(float32(0.5))
		y := must(gorgonia.Sub(mean, gorgonia.NewConstant(float32(g.location))))
		halfVar := must(gorgonia.Mul(half, must(gorgonia.Exp(logVar))))
		tail := must(gorgonia.Exp(must(gorgonia.Sub(halfVar, y))))
		entropy := must(gorgonia.Add(must(gorgonia.Mul(half, logVar)), gorgonia.NewConstant(float32(0.5*math.Log(2*math.Pi*math.E)))))
		return must(gorgonia.Sub(must(gorgonia.Add(y, tail)), entropy))
	})
}

// try turns a panic of gorgonia.Must into an error.
func try(build func() *gorgonia.Node) (n *gorgonia.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return build(), nil
}

// KLMethod says that the KL is exact, and Divergence evaluates it.
func (g Gumbel) KLMethod() loss.Method { return loss.ClosedForm }

func (g Gumbel) Divergence(_ int, mu, sigma float64) loss.Divergence {
	y := mu - g.location
	tail := math.Exp(sigma*sigma/2 - y)
	return loss.Divergence{
		KL:     y + tail - math.Log(sigma*math.Sqrt(2*math.Pi*math.E)),
		DMu:    1 - tail,
		DSigma: sigma*tail - 1/sigma,
		Method: loss.ClosedForm,
	}
}

// A prior of one's own trains a model like any other.
func ExamplePrior() {
	prior := Gumbel{latents: 2, location: 0.5}
	v := prior.Divergence(0, 1, 0.8)
	check := loss.DivergenceByQuadrature(gumbel{prior.distribution()}, 1, 0.8)
	fmt.Printf("KL of N(1, 0.8) to %s: %.4f nats, by %s %.4f\n", loss.Describe(prior), v.KL, check.Method, check.KL)

	engine, err := vae.NewEngine("", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{8}, prior.Latents()
	m, err := vae.NewWith(c, vae.Parts{Prior: prior}, data.Shape{Height: 4, Width: 4, Channels: 1}, engine)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Init(1); err != nil {
		fmt.Println(err)
		return
	}

	// Four images, each with one bright row.
	images := &data.Split{Count: 4, Shape: data.Shape{Height: 4, Width: 4, Channels: 1}, Bytes: make([]byte, 4*16)}
	for i := range images.Count {
		copy(images.Image(i)[4*i:], []byte{255, 255, 255, 255})
	}
	gradients := make([]float32, len(m.Weights()))
	step, err := m.NewStep(images.Count, vae.Collecting{Gradients: gradients})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range images.Count {
		for j, p := range images.Image(i) {
			step.Pixels[i*16+j] = float32(p) / 255
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var first, last float64
	for n := range 2000 {
		for i := range step.Noise {
			step.Noise[i] = float32(rng.NormFloat64())
		}
		step.Run()
		for i, g := range gradients {
			m.Weights()[i] -= 0.02 * g
		}
		if last = step.Loss(); n == 0 {
			first = last
		}
	}
	fmt.Printf("the loss fell by more than half a nat: %t\n", last < first-0.5)
	// Output:
	// KL of N(1, 0.8) to gumbel(location 0.5): 0.1395 nats, by quadrature 0.1395
	// the loss fell by more than half a nat: true
}
