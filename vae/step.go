package vae

import (
	"fmt"
	"slices"
	"time"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// Step is the loss of one batch size and its gradients, ready to run. The
// caller fills the inputs, runs it and reads the loss; nothing is allocated.
type Step struct {
	images   int
	graph    *graph.Graph
	forward  *graph.Program // what the loss needs
	backward *graph.Program // its gradients
	products *graph.Program
	grads    []float32
	x, noise []float32
	labels   []float32
	beta     []float32
	capacity []float32 // nil where the objective has none
	target   []float32 // likewise
	model    *Model
	cost     []float32
	loglik   []float32
	kl       []float32
	klRows   int
}

// NewStep builds the step of a batch of the given number of images. The
// gradients are written to grads, in the order of [Model.Weights] and as long.
// Steps of several batch sizes may share it.
func (m *Model) NewStep(images int, grads []float32) (*Step, error) {
	if len(grads) != len(m.flat) {
		return nil, fmt.Errorf("%d gradients for %d weights", len(grads), len(m.flat))
	}
	b, cost, err := m.newObjective(images)
	if err != nil {
		return nil, err
	}
	derivatives, err := gorgonia.Grad(cost, b.parameters...)
	if err != nil {
		return nil, fmt.Errorf("gradients: %w", err)
	}
	place := make(graph.Placement)
	offset := 0
	for i, p := range m.parameters {
		place[derivatives[i]] = grads[offset : offset+len(p.Data)]
		offset += len(p.Data)
	}
	// From the last layer to the first, so that each gradient is computed
	// while what it needs is in cache.
	outputs := append(gorgonia.Nodes{cost, b.latent.kl}, derivatives...)
	slices.Reverse(outputs[2:])
	program, err := b.graph.Compile(place, outputs...)
	if err != nil {
		return nil, err
	}
	forward, backward := program.Cut(outputs[:2]...)
	s := &Step{
		model:    m,
		images:   images,
		graph:    b.graph,
		forward:  forward,
		backward: backward,
		grads:    grads,
		products: program.Products(),
		x:        b.graph.Data(b.x),
		labels:   b.labelData(),
		noise:    b.noise.all,
		beta:     b.graph.Data(b.beta),
		cost:     program.Value(cost),
		loglik:   program.Value(b.loglik),
		kl:       program.Value(b.latent.kl),
		klRows:   b.latent.kl.Shape()[0],
	}
	if b.capacity != nil {
		s.capacity = b.graph.Data(b.capacity)
	}
	if b.target != nil {
		s.target = b.graph.Data(b.target)
	}
	return s, nil
}

// Updater changes weights by their gradients.
type Updater interface {
	// Update changes the weights of [Model.Weights] from lo on by their
	// gradients, which it must not keep. It is called from several goroutines,
	// in each run once for every weight.
	Update(lo int, grads []float32)
}

// UpdateWith makes every further [Step.Backward] change the weights as well,
// each as soon as its gradient is there and the old weight was read for the last
// time. Gradients are no longer written to the memory that the step was made
// with then. name is added to those of the [Step.Operations] that do this.
func (s *Step) UpdateWith(name string, u Updater) {
	s.graph.UpdateWeights(s.backward, name, s.model.flat, s.grads, u)
}

// Images is the number of images of the batch.
func (s *Step) Images() int { return s.images }

// Pixels is where the batch goes: [images, pixels], values in [0, 1].
func (s *Step) Pixels() []float32 { return s.x }

// Labels is where the labels of the batch go, one an image; nil where the model
// is not conditional.
func (s *Step) Labels() []float32 { return s.labels }

// Noise is where standard normal draws go: [images*samples, n] for each
// stochastic layer of n dimensions, one layer after the other.
func (s *Step) Noise() []float32 { return s.noise }

// SetCapacity sets the KL, in nats per image, that the capacity objective holds
// from the next run on. Of another objective it does nothing.
func (s *Step) SetCapacity(nats float64) {
	if s.capacity != nil {
		s.capacity[0] = float32(nats)
	}
}

// DrawPrior draws what the mmd objective matches z to, for the next runs: a pure
// function of the prior and the key. Of another objective it does nothing.
func (s *Step) DrawPrior(key kernel.Key) {
	if s.target != nil {
		s.model.drawTargets(s.target, key)
	}
}

// Run computes loss and gradients with the given weight on the KL term.
func (s *Step) Run(beta float64) {
	s.Forward(beta)
	s.Backward()
}

// Forward computes the loss, with the given weight on the KL term.
func (s *Step) Forward(beta float64) {
	s.beta[0] = float32(beta)
	s.forward.Run()
}

// Backward computes the gradients of the loss that Forward computed.
func (s *Step) Backward() { s.backward.Run() }

// Costs runs the step once and adds the time of each operation to costs, which
// is in the order of [Step.Operations].
func (s *Step) Costs(beta float64, costs []time.Duration) {
	s.beta[0] = float32(beta)
	forward := len(s.forward.StepNames())
	s.forward.RunTimed(costs[:forward])
	s.backward.RunTimed(costs[forward:])
}

// Operations names the operations of the step in the order they run.
func (s *Step) Operations() []string {
	return append(s.forward.StepNames(), s.backward.StepNames()...)
}

// RunProducts runs the matrix products of the step alone, at their own shapes:
// the bound that no other part of the step can pass. Values and gradients mean
// nothing after it, until the next Run.
func (s *Step) RunProducts() { s.products.Run() }

// FLOPs counts the floating-point operations of the step's matrix products.
func (s *Step) FLOPs() float64 { return s.products.Operations() }

// Loss is the minimised figure of the last run, in nats per image: the negative
// of [Model.Bound], or what [Model.Minimised] says.
func (s *Step) Loss() float64 { return float64(s.cost[0]) }

// Reconstruction is the mean of -log p(x|z) over the batch and its draws, in
// nats per image.
func (s *Step) Reconstruction() float64 {
	var sum float64
	for _, v := range s.loglik {
		sum -= float64(v)
	}
	return sum / float64(len(s.loglik))
}

// KL is the mean KL over the batch, summed over dimensions, in nats per image.
func (s *Step) KL() float64 {
	var sum float64
	for _, v := range s.kl {
		sum += float64(v)
	}
	return sum / float64(s.klRows)
}
