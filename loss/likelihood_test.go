package loss

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/graph"
	"vaectl/internal/dev/testkit"
)

// likelihoodCase is a likelihood with its definition in float64, at a pixel of
// value x for an output and a standard deviation.
type likelihoodCase struct {
	name       string
	likelihood Likelihood
	std        float64
	logProb    func(output, x, std float64) float64
}

func gaussianPixels(std float64, learned bool) Likelihood {
	l, err := NewGaussianPixels(std, learned)
	if err != nil {
		panic(err)
	}
	return l
}

func logisticPixels(std float64, learned bool) Likelihood {
	l, err := NewLogisticPixels(std, learned)
	if err != nil {
		panic(err)
	}
	return l
}

func likelihoodCases() []likelihoodCase {
	bernoulli := func(l, x, _ float64) float64 { return x*l - softplus(l) }
	gaussian := func(m, x, std float64) float64 {
		return -0.5*math.Pow((x-m)/std, 2) - math.Log(std*math.Sqrt(2*math.Pi))
	}
	return []likelihoodCase{
		{"bernoulli", Bernoulli{}, 0, bernoulli},
		{"continuous bernoulli", ContinuousBernoulli{}, 0, continuousBernoulliReference},
		{"gaussian", gaussianPixels(0.3, false), 0.3, gaussian},
		{"gaussian, learned", gaussianPixels(0.2, true), 0.2, gaussian},
		{"logistic", logisticPixels(0.1, false), 0.1, logisticReference},
		{"logistic, learned", logisticPixels(0.05, true), 0.05, logisticReference},
		{"logistic, narrow", logisticPixels(0.002, true), 0.002, logisticReference},
		{"logistic, wide", logisticPixels(5, true), 5, logisticReference},
	}
}

// continuousBernoulliReference has the authors' normaliser, in lambda, or its
// series in lambda about 1/2 where that is 0/0.
func continuousBernoulliReference(l, x, _ float64) float64 {
	lambda := 1 / (1 + math.Exp(-l))
	logNorm := math.Log(l / math.Tanh(l/2))
	if d := 1 - 2*lambda; math.Abs(d) < 1e-3 {
		logNorm = math.Ln2 + d*d/3 + 13*d*d*d*d/90
	}
	return x*l - softplus(l) + logNorm
}

// logisticReference is the mass of a cell by the definition, from the side on
// which the distribution function is small.
func logisticReference(m, x, std float64) float64 {
	s := std * math.Sqrt(3) / math.Pi
	a, b := (x+1.0/510-m)/s, (x-1.0/510-m)/s
	switch {
	case x == 0:
		return -softplus(-a)
	case x == 1:
		return -softplus(b)
	}
	if a+b > 0 {
		a, b = -b, -a
	}
	// ln(sigmoid(a) - sigmoid(b)) for a and b that are not above 0 by much.
	return -softplus(-a) + math.Log(-math.Expm1(softplus(-a)-softplus(-b)))
}

// outputsAndPixels covers what a decoder may say of what pixels there are.
func outputsAndPixels(c likelihoodCase) (outputs, x []float32) {
	values := []float32{-30, -8, -2, -0.51, -0.49, -0.1, -1e-4, 0, 1e-6, 0.05, 0.3, 0.499, 0.501, 1, 5, 20}
	if c.std > 0 {
		values = []float32{-0.4, -0.01, 0, 0.003, 0.2, 0.5, 0.77, 0.999, 1, 1.3}
	}
	for _, v := range values {
		for _, level := range []int{0, 1, 77, 128, 254, 255} {
			outputs, x = append(outputs, v), append(x, float32(level)/255)
		}
	}
	return outputs, x
}

type likelihoodRun struct {
	logProb, dOutputs []float32
	dScale            float32
}

// run evaluates the node and its gradients for one pixel a row, so that every
// value is judged by itself.
func (c likelihoodCase) run(t *testing.T, outputs, x []float32) likelihoodRun {
	t.Helper()
	e := testkit.Engine(t, "", 2)
	g := graph.New(e)
	out, err := g.Leaf("outputs", outputs, len(outputs), 1)
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := g.Leaf("x", x, len(x), 1)
	if err != nil {
		t.Fatal(err)
	}
	wrt := gorgonia.Nodes{out}
	if l, ok := c.likelihood.(LearnedLikelihood); ok {
		for i, w := range l.Weights() {
			values := initial(l.Weights())
			l.Bind(values)
			n, err := g.Leaf(w.Name, values[i], w.Shape...)
			if err != nil {
				t.Fatal(err)
			}
			wrt = append(wrt, n)
		}
	}
	logProb, err := c.likelihood.LogProb(NewDecoderOutput((*Graph)(g), out, pixels, wrt[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	grads, err := gorgonia.Grad(gorgonia.Must(gorgonia.Sum(logProb)), wrt...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(append(gorgonia.Nodes{logProb}, grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	r := likelihoodRun{logProb: p.Value(logProb), dOutputs: p.Value(grads[0])}
	if len(grads) > 1 {
		r.dScale = p.Value(grads[1])[0]
	}
	return r
}

// Values and gradients agree with the definitions in float64 and differences of
// them.
func TestLikelihoodsAgainstFloat64(t *testing.T) {
	for _, c := range likelihoodCases() {
		t.Run(c.name, func(t *testing.T) {
			outputs, x := outputsAndPixels(c)
			r := c.run(t, outputs, x)
			h := 1e-5
			if c.std > 0 {
				h *= c.std
			}
			var dScale, size float64
			for i := range x {
				o, p := float64(outputs[i]), math.Round(float64(x[i])*255)/255
				want := c.logProb(o, p, c.std)
				// A float32 output or position is right to 1e-7 of itself.
				slope := (c.logProb(o+h, p, c.std) - c.logProb(o-h, p, c.std)) / (2 * h)
				slack := 2e-6*(1+math.Abs(want)) + 1e-7*math.Abs(slope)*(1+math.Abs(o))
				if got := float64(r.logProb[i]); math.Abs(got-want) > slack {
					t.Errorf("ln p(%g | %g) = %.9g, want %.9g", p, o, got, want)
				}
				if got := float64(r.dOutputs[i]); math.Abs(got-slope) > 1e-4*(1+math.Abs(slope)) {
					t.Errorf("d ln p(%g | %g) = %.7g, differences say %.7g", p, o, got, slope)
				}
				if c.std > 0 {
					d := (c.logProb(o, p, c.std*math.Exp(1e-5)) - c.logProb(o, p, c.std*math.Exp(-1e-5))) / 2e-5
					dScale += d
					size += math.Abs(d)
				}
			}
			if l, ok := c.likelihood.(LearnedLikelihood); ok && len(l.Weights()) > 0 && math.Abs(float64(r.dScale)-dScale) > 1e-5*size {
				t.Errorf("derivative with respect to ln std %g, differences say %g", r.dScale, dScale)
			}
		})
	}
}

// Pixels of a row are summed, whatever the number of draws an image, and the
// gradient of a learned scale is that of all rows.
func TestLikelihoodsSumOverPixels(t *testing.T) {
	const images, draws, pixels = 3, 2, 120
	for _, c := range likelihoodCases() {
		outputs, x := outputsAndPixels(c)
		single := c.run(t, outputs, x)
		e := testkit.Engine(t, "", 3)
		g := graph.New(e)
		out, _ := g.Input("outputs", images*draws, pixels)
		image, _ := g.Input("x", images, pixels)
		for i := range g.Data(out) {
			g.Data(out)[i] = outputs[i%len(outputs)]
		}
		want := make([]float64, images*draws)
		for i := range g.Data(image) {
			g.Data(image)[i] = x[i%len(x)]
		}
		for r := range want {
			for j := range pixels {
				at, pixel := (r*pixels+j)%len(outputs), (r/draws*pixels+j)%len(x)
				// The pixels repeat every six outputs, so that a row's outputs
				// meet the pixels they met one by one.
				if x[at] != x[pixel] {
					t.Fatal("the rows do not repeat")
				}
				want[r] += float64(single.logProb[at])
			}
		}
		var weights gorgonia.Nodes
		if l, ok := c.likelihood.(LearnedLikelihood); ok {
			for i, w := range l.Weights() {
				n, err := g.Leaf(w.Name, initial(l.Weights())[i], w.Shape...)
				if err != nil {
					t.Fatal(err)
				}
				weights = append(weights, n)
			}
		}
		logProb, err := c.likelihood.LogProb(NewDecoderOutput((*Graph)(g), out, image, weights...))
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Compile(logProb)
		if err != nil {
			t.Fatal(err)
		}
		p.Run()
		for r, w := range want {
			if got := float64(p.Value(logProb)[r]); math.Abs(got-w) > 1e-4*(1+math.Abs(w)) {
				t.Errorf("%s: row %d has %g nats, its pixels %g", c.name, r, got, w)
			}
		}
	}
}

// A density integrates to one over its pixels, and masses sum to one.
func TestLikelihoodsAreDistributions(t *testing.T) {
	for _, c := range likelihoodCases() {
		outputs, _ := outputsAndPixels(c)
		slices.Sort(outputs)
		for _, o := range slices.Compact(outputs) {
			density := func(x float64) float64 { return math.Exp(c.logProb(float64(o), x, c.std)) }
			var mass float64
			switch c.likelihood.Name() {
			case "bernoulli":
				mass = density(0) + density(1)
			case "continuous-bernoulli":
				mass = quad.Fixed(density, 0, 1, 200, nil, 0)
			case "gaussian":
				mass = quad.Fixed(density, float64(o)-10*c.std, float64(o)+10*c.std, 200, nil, 0)
			case "logistic":
				for level := range 256 {
					mass += density(float64(level) / 255)
				}
			}
			if math.Abs(mass-1) > 1e-8 {
				t.Errorf("%s: at output %g the mass is %.12g", c.name, o, mass)
			}
		}
	}
}

// Means are those of the distribution where it is not cut to [0, 1], draws follow
// it, and OutputsAt inverts the mean.
func TestLikelihoodMeansAndDraws(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	const n = 20000
	for _, c := range likelihoodCases() {
		for _, mean := range []float64{0.002, 0.3, 0.5, 0.77, 0.998} {
			start := make([]float32, 1)
			c.likelihood.OutputsAt(start, []float64{mean})
			output := float64(start[0])
			outputs := slices.Repeat(start, n)
			means := make([]float32, n)
			c.likelihood.Means(NewMath((*data.Engine)(e)), means, outputs)
			if math.Abs(float64(means[0])-mean) > 2e-6 {
				t.Errorf("%s: the mean at OutputsAt(%g) = %g is %g", c.name, mean, output, means[0])
			}
			if c.likelihood.Name() == "continuous-bernoulli" {
				want := quad.Fixed(func(x float64) float64 { return x * math.Exp(c.logProb(output, x, 0)) }, 0, 1, 200, nil, 0)
				if math.Abs(want-mean) > 2e-6 {
					t.Errorf("%s: the mean at %g is %g, quadrature says %g", c.name, output, mean, want)
				}
			}
			drawn := make([]float32, n)
			c.likelihood.Draw(NewNoise((*data.Engine)(e), Key{Seed: 3}), drawn, outputs)
			again := make([]float32, n)
			c.likelihood.Draw(NewNoise((*data.Engine)(e), Key{Seed: 3}), again, outputs)
			if !slices.Equal(drawn, again) {
				t.Errorf("%s: a second draw with the same key is another", c.name)
			}
			c.judgeDraws(t, output, drawn)
		}
	}
}

// judgeDraws compares the share of draws up to a few places with the
// distribution's.
func (c likelihoodCase) judgeDraws(t *testing.T, output float64, drawn []float32) {
	t.Helper()
	if lo, hi := slices.Min(drawn), slices.Max(drawn); lo < 0 || hi > 1 {
		t.Errorf("%s: drawn pixels from %g to %g", c.name, lo, hi)
	}
	for _, place := range []float64{0.001, 0.2005, 0.5005, 0.8005, 0.999} {
		var below float64
		for _, v := range drawn {
			if float64(v) <= place {
				below++
			}
		}
		below /= float64(len(drawn))
		density := func(x float64) float64 { return math.Exp(c.logProb(output, x, c.std)) }
		var want float64
		switch c.likelihood.Name() {
		case "bernoulli":
			want = density(0)
		case "continuous-bernoulli":
			want = quad.Fixed(density, 0, place, 200, nil, 0)
		case "gaussian":
			want = 0.5 * math.Erfc((output-place)/(c.std*math.Sqrt2))
		case "logistic":
			for level := 0; float64(level)/255 <= place; level++ {
				want += density(float64(level) / 255)
			}
		}
		if math.Abs(below-want) > 4.5*math.Sqrt(want*(1-want)/float64(len(drawn)))+1e-4 {
			t.Errorf("%s at output %g: %g of the draws are up to %g, want %g", c.name, output, below, place, want)
		}
	}
}

func TestNewLikelihood(t *testing.T) {
	c := configs.Default().Model
	for _, name := range []string{"bernoulli", "continuous-bernoulli", "gaussian", "logistic", "logistic-mixture"} {
		c.Likelihood = name
		l, err := NewLikelihood(c, data.Shape{Height: 2, Width: 3, Channels: 1})
		if err != nil || l.Name() != name || l.Comparable() == "" {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	c.Likelihood = "poisson"
	if _, err := NewLikelihood(c, data.Shape{Height: 2, Width: 3, Channels: 1}); err == nil {
		t.Error("an unknown likelihood was accepted")
	}
	for _, std := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := NewGaussianPixels(std, false); err == nil {
			t.Errorf("a standard deviation of %g was accepted", std)
		}
		if _, err := NewLogisticPixels(std, true); err == nil {
			t.Errorf("a standard deviation of %g was accepted", std)
		}
	}
}
