package train

import (
	"math"

	"vaectl/configs"
	"vaectl/internal/compute/kernel"
)

// Values of train.optimizer.
const (
	adamW  = "adamw"
	adamax = "adamax"
)

// optimizer is Adam (Kingma & Ba 2015, algorithm 1), AdamW (Loshchilov &
// Hutter 2019) or Adamax (Kingma & Ba 2015, algorithm 2) over all weights in
// one pass. Unlike Gorgonia's solvers its state can be saved: the two moments
// and the number of steps taken.
type optimizer struct {
	engine         *kernel.Engine
	config         configs.Train
	weights, grads []float32
	first, second  []float32
	average        []float32     // running mean of the weights; nil without
	norm           *gradientNorm // nil without clipping, which must see all gradients before the first is used
	steps          uint64

	// Of the step under way: the optimiser's numbers, the factor on the
	// gradients, and the new weights' part in their mean.
	step  kernel.AdamStep
	scale float32
	part  float32
}

const weightsPerChunk = 8192

// chunksOf is the number of chunks weights are worked on in.
func chunksOf(weights []float32) int { return (len(weights) + weightsPerChunk - 1) / weightsPerChunk }

// chunkBounds says which weights are in a chunk.
func chunkBounds(i int, weights []float32) (lo, hi int) {
	return i * weightsPerChunk, min((i+1)*weightsPerChunk, len(weights))
}

func newOptimizer(e *kernel.Engine, c configs.Train, weights, grads []float32) *optimizer {
	o := &optimizer{
		engine: e, config: c, weights: weights, grads: grads, scale: 1,
		first: make([]float32, len(weights)), second: make([]float32, len(weights)),
	}
	if c.Clip > 0 {
		o.norm = newGradientNorm(e, grads)
	}
	return o
}

// clip sees to it that the gradients of the next update have no larger norm,
// all together, than train.clip (Pascanu, Mikolov & Bengio 2013, algorithm 1).
// It returns the norm they had; 0 without clipping.
func (o *optimizer) clip() float64 {
	o.scale = 1
	if o.norm == nil {
		return 0
	}
	norm := o.norm.measure()
	if norm > o.config.Clip {
		o.scale = float32(o.config.Clip / norm)
	}
	return norm
}

// begin prepares a step of the given learning rate.
func (o *optimizer) begin(rate float64) {
	o.steps++
	t, c := float64(o.steps), o.config
	o.step = kernel.AdamStep{
		Rate: float32(rate), Beta1: float32(c.AdamBeta1), Beta2: float32(c.AdamBeta2), Eps: float32(c.AdamEps),
		Correction1: float32(1 / (1 - math.Pow(c.AdamBeta1, t))),
		Correction2: float32(1 / (1 - math.Pow(c.AdamBeta2, t))),
		Max:         c.Optimizer == adamax,
	}
	if c.Optimizer == adamW {
		o.step.Decay = float32(c.WeightDecay)
	}
	o.part = averagePart(c.EMA, o.steps)
}

// updateAll takes the step that begin prepared, for all weights.
func (o *optimizer) updateAll() { o.engine.Run(chunksOf(o.weights), o) }

// Chunk updates some of the weights; it makes the optimiser a task of the engine.
func (o *optimizer) Chunk(i int) {
	lo, hi := chunkBounds(i, o.weights)
	o.Update(lo, o.grads[lo:hi])
}

// Update takes the step that begin prepared, for the weights from lo on.
func (o *optimizer) Update(lo int, grads []float32) {
	hi := lo + len(grads)
	if o.scale < 1 {
		o.engine.Scale(grads, o.scale, grads)
	}
	o.engine.Adam(o.weights[lo:hi], grads, o.first[lo:hi], o.second[lo:hi], o.step)
	if o.average != nil {
		average := o.average[lo:hi]
		o.engine.Scale(average, 1-o.part, average)
		o.engine.AccumulateScaled(average, o.part, o.weights[lo:hi])
	}
}
