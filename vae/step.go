package vae

import (
	"time"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// Step is the loss of one batch size and its gradients, ready to run. The
// caller fills the inputs, runs it and reads the loss; nothing is allocated.
type Step struct {
	images   int
	training *graph.Training
	streams  bool
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

// Strategy says what becomes of the gradients of a step: [Collecting] stores
// them for [Step.Backward], [Streaming] uses them up in [Step.BackwardAndUpdate].
// Weights and gradients are in the order of [Model.Weights].
type Strategy = graph.Strategy

// Collecting stores the gradients, one a weight, for the caller to use. Steps of
// several batch sizes may share the memory.
type Collecting = graph.Collecting

// Streaming changes the weights as the gradients come, each as soon as its
// gradient is there and the old weight was read for the last time: the gradient
// is then still in cache.
type Streaming = graph.Streaming

// Updater changes weights by their gradients, on its way through a [Streaming]
// step: Update(lo, grads) changes those from lo on.
type Updater = graph.Updater

// NewStep builds the step of a batch of the given number of images.
func (m *Model) NewStep(images int, strategy Strategy) (*Step, error) {
	b, cost, err := m.newObjective(images)
	if err != nil {
		return nil, err
	}
	pairs, err := b.graph.Differentiate(cost, b.parameters)
	if err != nil {
		return nil, err
	}
	training, err := b.graph.CompileTraining(gorgonia.Nodes{cost, b.latent.kl, b.loglik}, pairs, strategy)
	if err != nil {
		return nil, err
	}
	s := &Step{
		model:    m,
		images:   images,
		training: training,
		x:        b.graph.Data(b.x),
		labels:   b.labelData(),
		noise:    b.noise.all,
		beta:     b.graph.Data(b.beta),
		cost:     training.Forward.Value(cost),
		loglik:   training.Forward.Value(b.loglik),
		kl:       training.Forward.Value(b.latent.kl),
		klRows:   b.latent.kl.Shape()[0],
	}
	_, s.streams = strategy.(Streaming)
	if b.capacity != nil {
		s.capacity = b.graph.Data(b.capacity)
	}
	if b.target != nil {
		s.target = b.graph.Data(b.target)
	}
	return s, nil
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

// Run computes the loss and, of a collecting step, the gradients, with the given
// weight on the KL term.
func (s *Step) Run(beta float64) {
	s.Forward(beta)
	s.Backward()
}

// Forward computes the loss, with the given weight on the KL term.
func (s *Step) Forward(beta float64) {
	s.beta[0] = float32(beta)
	s.training.Forward.Run()
}

// Backward computes the gradients of the loss that Forward computed, and changes
// no weights. It panics where the step was made to stream.
func (s *Step) Backward() {
	if s.streams {
		panic("vae: Backward of a streaming step, which would change weights: use BackwardAndUpdate")
	}
	s.training.Backward.Run()
}

// BackwardAndUpdate computes the gradients of the loss that Forward computed and
// changes the weights by them. It panics where the step was made to collect.
func (s *Step) BackwardAndUpdate() {
	if !s.streams {
		panic("vae: BackwardAndUpdate of a collecting step, which changes no weights: use Backward")
	}
	s.training.Backward.Run()
}

// Costs runs the step once and adds the time of each operation to costs, which
// is in the order of [Step.Operations].
func (s *Step) Costs(beta float64, costs []time.Duration) {
	s.beta[0] = float32(beta)
	forward := len(s.training.Forward.StepNames())
	s.training.Forward.RunTimed(costs[:forward])
	s.training.Backward.RunTimed(costs[forward:])
}

// Operations names the operations of the step in the order they run.
func (s *Step) Operations() []string {
	return append(s.training.Forward.StepNames(), s.training.Backward.StepNames()...)
}

// RunProducts runs the matrix products of the step alone, at their own shapes:
// the bound that no other part of the step can pass. Values and gradients mean
// nothing after it, until the next Run.
func (s *Step) RunProducts() { s.training.Products().Run() }

// FLOPs counts the floating-point operations of the step's matrix products.
func (s *Step) FLOPs() float64 { return s.training.FLOPs() }

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
