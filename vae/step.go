package vae

import (
	"time"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/noise"
)

// Step is the loss of one batch size and its gradients, ready to run. The
// caller fills the inputs, runs it and reads the loss; nothing is allocated.
type Step struct {
	Inputs
	leaves   leaves
	images   int
	training *graph.Training
	streams  bool
	model    *Model
	cost     []float32
	loglik   []float32
	kl       []float32
	klRows   int
}

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
	training, err := b.graph.CompileTraining(gorgonia.Nodes{cost, b.latent.kl, b.loglik}, pairs, strategy.onGraph())
	if err != nil {
		return nil, err
	}
	s := &Step{
		Inputs:   b.Inputs,
		leaves:   b.leaves,
		model:    m,
		images:   images,
		training: training,
		cost:     training.Forward.Value(cost),
		loglik:   training.Forward.Value(b.loglik),
		kl:       training.Forward.Value(b.latent.kl),
		klRows:   b.latent.kl.Shape()[0],
	}
	_, s.streams = strategy.(Streaming)
	return s, nil
}

// Images is the number of images of the batch.
func (s *Step) Images() int { return s.images }

// Draw fills the noise and, for the mmd objective, the draws of the prior: a pure
// function of the seed, the number of the step and, for the latter, the prior.
func (s *Step) Draw(seed, step uint64) { s.DrawShard(seed, step, 0) }

// DrawShard is [Step.Draw] for one shard of a batch that is computed in several. No two
// shards of a step share a draw; shard 0 has the draws of a whole batch.
func (s *Step) DrawShard(seed, step uint64, shard int) {
	// No batch has more draws than 2^32, and no training more steps than 2^48.
	s.model.engine.Normal(s.Noise, noise.Key(seed, noise.Epsilon, step), uint64(shard)<<32)
	if s.Targets != nil {
		s.model.drawPrior(s.Targets, noise.Key(seed, noise.Match, step+uint64(shard)<<48))
	}
}

// Run computes the loss of the inputs and, of a collecting step, the gradients.
func (s *Step) Run() {
	s.Forward()
	s.Backward()
}

// Forward computes the loss of the inputs.
func (s *Step) Forward() {
	s.leaves.fill(&s.Inputs)
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
func (s *Step) Costs(costs []time.Duration) {
	s.leaves.fill(&s.Inputs)
	forward := len(s.training.Forward.StepNames())
	s.training.Forward.RunTimed(costs[:forward])
	s.training.Backward.RunTimed(costs[forward:])
}

// Operations names the operations of the step in the order they run.
func (s *Step) Operations() []string {
	return append(s.training.Forward.StepNames(), s.training.Backward.StepNames()...)
}

// RunProducts runs only the matrix products of the step, at their own shapes: no step
// can be faster. Values and gradients mean nothing until the next Run.
func (s *Step) RunProducts() { s.training.Products().Run() }

// FLOPs counts the floating-point operations of the step's matrix products.
func (s *Step) FLOPs() float64 { return s.training.FLOPs() }

// Bytes is the memory that the step works in, without weights and gradients.
func (s *Step) Bytes() int { return s.training.Bytes() }

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
