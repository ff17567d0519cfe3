package vae

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// gradientTolerance is how far a gradient may be from the differences of a
// float32 loss: so much of 1 plus its size.
const gradientTolerance = 5e-3

const (
	checkedImages = 4
	checkedBeta   = 0.7 // weight on the KL, where the objective has one
)

// checkedStep is a step on images with labels, ready to run at the same draws
// again and again.
func checkedStep(t *testing.T, m *Model) (*Step, []float32) {
	t.Helper()
	grads := make([]float32, len(m.Weights()))
	return checkedStepWith(t, m, Collecting{Gradients: grads}), grads
}

func checkedStepWith(t *testing.T, m *Model, strategy Strategy) *Step {
	t.Helper()
	s, err := m.NewStep(checkedImages, strategy)
	if err != nil {
		t.Fatal(err)
	}
	r, err := data.NewReader(split(checkedImages), data.Grey, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	r.Read(s.Pixels, []int32{0, 1, 2, 3}, data.Draw{})
	m.engine.Normal(s.Noise, kernel.Key{}, 0)
	if s.Targets != nil {
		m.drawPrior(s.Targets, kernel.Key{Seed: 3})
	}
	s.Beta, s.Capacity = checkedBeta, m.config.Objective.Capacity
	for i := range s.Labels {
		s.Labels[i] = float32(i % 2)
	}
	return s
}

// differences is the derivative of a loss by a weight: two central differences,
// extrapolated to fourth order (Richardson).
func differences(weight *float32, loss func() float64) float64 {
	old := *weight
	defer func() { *weight = old }()
	central := func(h float32) float64 {
		*weight = old + h
		plus := loss()
		*weight = old - h
		return (plus - loss()) / (2 * float64(h))
	}
	return (4*central(1.0/64) - central(1.0/32)) / 3
}

// compareGradients holds gradients against the differences of a loss, every
// third weight.
func compareGradients(t *testing.T, m *Model, analytic []float32, loss func(p Parameter) float64) {
	t.Helper()
	at := 0
	for _, p := range m.Parameters() {
		if p.Buffer {
			continue
		}
		for i := range p.Data {
			at++
			if at%3 != 0 {
				continue
			}
			want := differences(&p.Data[i], func() float64 { return loss(p) })
			if got := float64(analytic[at-1]); math.Abs(want-got) > gradientTolerance*(1+math.Abs(want)) {
				t.Errorf("%s[%d]: gradient %g, differences say %g", p.Name, i, got, want)
			}
		}
	}
}

// The gradients of every objective are those of what it minimises, with one and
// with two stochastic layers, with labels and without.
func TestGradientsOfEveryObjective(t *testing.T) {
	networks := map[string][]string{
		"one layer":              nil,
		"two layers":             {"model.upper_latent=2", "model.upper_hidden=5"},
		"conditional":            {"model.conditional=true", "model.classes=3"},
		"conditional two layers": {"model.conditional=true", "model.classes=3", "model.upper_latent=2"},
		"convolutions":           {"model.network=conv", "model.conv=3k3s2p1,4k3s1p1", "model.hidden=6"},
		"batch norm":             {"model.network=conv", "model.conv=3k3s2p1", "model.hidden=5", "model.norm=batch", "model.blocks=1"},
		"group norm, labels":     {"model.network=conv", "model.conv=3k3s1p1,4k3s2p1", "model.hidden=", "model.norm=group", "model.conditional=true", "model.classes=3"},
		"gated convolutions":     {"model.network=conv", "model.conv=3k3s1p1,2k3s1p1", "model.hidden=5", "model.gated=true", "model.upsampling=nearest", "model.upper_latent=2"},
	}
	objectives := map[string][]string{
		"elbo":              nil,
		"elbo k=3":          {"objective.samples=3", "prior.mean=0.5", "prior.std=0.3"},
		"free bits":         {"objective.free_bits=0.3"},
		"iwae":              {"objective.name=iwae", "objective.samples=4"},
		"iwae dreg":         {"objective.name=iwae", "objective.samples=4", "objective.gradient=dreg"},
		"dreg, N(1, 2)":     {"objective.name=iwae", "objective.samples=3", "objective.gradient=dreg", "prior.mean=1", "prior.std=2"},
		"KL below capacity": {"objective.name=capacity", "objective.capacity=40", "objective.capacity_weight=2"},
		"KL above capacity": {"objective.name=capacity", "objective.capacity=0", "objective.capacity_weight=2", "prior.mean=2", "prior.standardize=none"},
		"mmd":               {"objective.name=mmd", "objective.mmd_weight=5", "prior.mean=0.5", "prior.std=0.3"},
		"mmd uniform":       {"objective.name=mmd", "objective.mmd_weight=5", "prior.name=uniform"},
	}
	for network, shape := range networks {
		for objective, settings := range objectives {
			t.Run(network+", "+objective, func(t *testing.T) {
				m := newModel(t, slices.Concat([]string{"model.activation=tanh"}, shape, settings)...)
				s, grads := checkedStep(t, m)
				if m.rescales() {
					checkDoublyReparameterized(t, m, s, grads)
					return
				}
				loss := func(Parameter) float64 {
					s.Run()
					return s.Loss()
				}
				loss(Parameter{})
				compareGradients(t, m, slices.Clone(grads), loss)
			})
		}
	}
}

func (m *Model) rescales() bool { return m.config.Objective.Gradient == doublyReparameterized }

// checkDoublyReparameterized compares with the surrogate that the estimator of
// Tucker et al. (2019, equation 8) is the gradient of: with the normalised
// weights w as they are, and the posterior's density at the parameters it has,
//
//	-mean_images(sum_draws w^2 log w)   by what moves the draws, and
//	-mean_images(sum_draws w log w)     by the rest.
func checkDoublyReparameterized(t *testing.T, m *Model, s *Step, grads []float32) {
	t.Helper()
	s.Beta = 1
	s.Run()
	analytic := slices.Clone(grads)
	frozen, err := New(m.config, m.Shape(), (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	copy(frozen.Weights(), m.Weights())
	live, still := weighDraws(t, m, s), weighDraws(t, frozen, s)
	still.run()
	density := frozenDensity(t, frozen, still)
	samples := m.config.Objective.Samples
	normalised := make([]float64, checkedImages*samples)
	logw := live.logWeights(density)
	for image := range checkedImages {
		of := logw[image*samples : (image+1)*samples]
		var sum float64
		for i, v := range of {
			normalised[image*samples+i] = math.Exp(v - slices.Max(of))
			sum += normalised[image*samples+i]
		}
		for i := range of {
			normalised[image*samples+i] /= sum
		}
	}
	compareGradients(t, m, analytic, func(p Parameter) float64 {
		var loss float64
		for i, v := range live.logWeights(density) {
			w := normalised[i]
			if movesDraws(p.Name) {
				w *= w
			}
			loss -= w * v / checkedImages
		}
		return loss
	})
}

// movesDraws tells the parameters of the posterior.
func movesDraws(name string) bool {
	for _, prefix := range []string{"encoder.", "head.", "upper_encoder.", "upper_head."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// weighed is a graph that has what log weights are made of.
type weighed struct {
	b       *batch
	program *graph.Program
}

// weighDraws builds it for the images and the noise of a step.
func weighDraws(t *testing.T, m *Model, s *Step) weighed {
	t.Helper()
	b, err := m.newBatch(purpose{images: checkedImages, samples: m.config.Objective.Samples, weights: true, training: true})
	if err != nil {
		t.Fatal(err)
	}
	outputs := append(gorgonia.Nodes{b.loglik, b.params, b.latent.u, b.latent.input}, b.latent.prior...)
	p, err := b.graph.Compile(outputs...)
	if err != nil {
		t.Fatal(err)
	}
	copy(b.Pixels, s.Pixels)
	copy(b.Noise, s.Noise)
	copy(b.Labels, s.Labels)
	return weighed{b, p}
}

func (w weighed) run() { w.program.Run() }

// logWeights are log p(x|z) + log p(z) - log q(z|x) of the draws that the graph
// makes now, under the density of a posterior.
func (w weighed) logWeights(posterior func(w weighed, row int) float64) []float64 {
	w.run()
	var all []float64
	for row, v := range w.program.Value(w.b.loglik) {
		logw := float64(v) - posterior(w, row)
		for _, n := range w.b.latent.prior {
			logw += sumOfRow(w.program.Value(n), row, n.Shape()[1])
		}
		all = append(all, logw)
	}
	return all
}

func sumOfRow(values []float32, row, width int) float64 {
	var sum float64
	for _, v := range values[row*width : (row+1)*width] {
		sum += float64(v)
	}
	return sum
}

// frozenDensity is log q of the draws in a row of a graph under the posterior
// that another one, which has run, has: of the upper of two layers at the lower
// draw of the first.
func frozenDensity(t *testing.T, m *Model, at weighed) func(w weighed, row int) float64 {
	t.Helper()
	params := slices.Clone(at.program.Value(at.b.params))
	samples := m.config.Objective.Samples
	first := m.network.Levels[0].Size
	if len(m.network.Levels) == 1 {
		return func(w weighed, row int) float64 {
			return gaussianLogProb(w.program.Value(w.b.latent.u)[row*first:], params[row/samples*2*first:], first)
		}
	}
	n, err := m.newNetwork()
	if err != nil {
		t.Fatal(err)
	}
	below, err := n.graph.Input("h", 1, first)
	if err != nil {
		t.Fatal(err)
	}
	upper, err := n.up(1, below, n.layers)
	if err != nil {
		t.Fatal(err)
	}
	program, err := n.graph.Compile(upper)
	if err != nil {
		t.Fatal(err)
	}
	return func(w weighed, row int) float64 {
		h := w.program.Value(w.b.latent.input)[row*first : (row+1)*first]
		copy(n.graph.Data(below), h)
		program.Run()
		second := m.Latents()
		return gaussianLogProb(h, params[row/samples*2*first:], first) +
			gaussianLogProb(w.program.Value(w.b.latent.u)[row*second:], program.Value(upper), second)
	}
}

// gaussianLogProb is the log density of the first d values under means and log
// variances.
func gaussianLogProb(values, params []float32, d int) float64 {
	var sum float64
	for i := range d {
		mean, logVar := float64(params[i]), float64(params[d+i])
		diff := float64(values[i]) - mean
		sum -= 0.5 * (math.Log(2*math.Pi) + logVar + diff*diff*math.Exp(-logVar))
	}
	return sum
}

// The MMD of an evaluation is the mean over its parts of that of z to draws of
// the prior, and what the best weights are picked by is what is minimised.
func TestEvaluationOfMatching(t *testing.T) {
	for _, settings := range [][]string{{"prior.mean=0.5", "prior.std=0.3"}, {"prior.name=uniform"}, {"model.upper_latent=2"}} {
		m := newModel(t, append(settings, "objective.name=mmd", "objective.mmd_weight=7")...)
		e := evaluate(t, m, split(600), data.Grey)
		again := evaluate(t, m, split(600), data.Grey)
		if e.MMD == nil || *e.MMD != *again.MMD || e.Bound.Name != ELBO {
			t.Fatalf("%v: MMD %v of %v", settings, e.MMD, e.Bound)
		}
		want := e.Reconstruction + 7**e.MMD
		for _, l := range e.Lower {
			for _, kl := range l.KLPerDim {
				want += kl
			}
		}
		if math.Abs(e.Selection-want) > 1e-9 || e.NegBound != e.NegELBO {
			t.Errorf("%v: picked by %g, want %g; bound %g, ELBO %g", settings, e.Selection, want, e.NegBound, e.NegELBO)
		}
		// Codes an order of magnitude out are noticed.
		for _, p := range m.Parameters() {
			if strings.Contains(p.Name, "head.bias") && strings.HasPrefix(p.Name, map[bool]string{true: "upper_", false: "head"}[e.Lower != nil]) {
				for i := range len(p.Data) / 2 {
					p.Data[i] = 10
				}
			}
		}
		if far := evaluate(t, m, split(600), data.Grey); *far.MMD < *e.MMD+1 {
			t.Errorf("%v: MMD %g of codes ten deviations out, %g before", settings, *far.MMD, *e.MMD)
		}
	}
	if e := evaluate(t, newModel(t), split(20), data.Grey); e.MMD != nil || e.Selection != e.NegBound {
		t.Errorf("without matching: MMD %v, picked by %g of %g", e.MMD, e.Selection, e.NegBound)
	}
}

// A step of another number of images draws the same first rows of the prior.
func TestDrawsOfThePrior(t *testing.T) {
	m := newModel(t, "objective.name=mmd", "prior.mean=3", "prior.std=0.2")
	draws := func(images int, seed uint64) []float32 {
		s, err := m.NewStep(images, Collecting{Gradients: make([]float32, len(m.Weights()))})
		if err != nil {
			t.Fatal(err)
		}
		m.drawPrior(s.Targets, kernel.Key{Seed: seed})
		return s.Targets
	}
	many := draws(4000, 1)
	if !slices.Equal(draws(3, 1), many[:9]) || slices.Equal(draws(3, 2), many[:9]) {
		t.Error("the draws are no function of the key alone")
	}
	var sum, square float64
	for _, v := range many {
		sum += float64(v)
		square += float64(v) * float64(v)
	}
	n := float64(len(many))
	if mean, std := sum/n, math.Sqrt(square/n-sum*sum/n/n); math.Abs(mean) > 0.05 || math.Abs(std-1) > 0.05 {
		t.Errorf("draws of N(3, 0.2) have mean %g and standard deviation %g in the frame of the prior", mean, std)
	}
	if s, _ := newStep(t, newModel(t), 3); len(s.Targets) > 0 {
		t.Error("draws for an objective without")
	}
}
