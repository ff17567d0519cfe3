package train

import (
	"math"

	"vaectl/configs"
	"vaectl/internal/compute/comm"
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
	engine        *kernel.Engine
	config        configs.Train
	weights       []float32
	first, second []float32
	average       []float32 // running mean of the weights; nil without
	steps         uint64

	// Of the step under way: the optimiser's numbers, and the weight given to the
	// new parameters in their running mean.
	step kernel.AdamStep
	part float32
}

// weightsPerChunk is also the measure in which ranks divide weights.
const weightsPerChunk = comm.Chunk

// chunksOf is the number of chunks weights are worked on in.
func chunksOf(weights []float32) int { return (len(weights) + weightsPerChunk - 1) / weightsPerChunk }

// chunkBounds says which weights are in a chunk.
func chunkBounds(i int, weights []float32) (lo, hi int) {
	return i * weightsPerChunk, min((i+1)*weightsPerChunk, len(weights))
}

func newOptimizer(e *kernel.Engine, c configs.Train, weights []float32) *optimizer {
	return &optimizer{
		engine: e, config: c, weights: weights,
		first: kernel.Floats(len(weights)), second: kernel.Floats(len(weights)),
	}
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

// Memory is where the weights from lo on and their moments are.
func (o *optimizer) Memory(lo, n int) [3][]float32 {
	return [3][]float32{o.weights[lo : lo+n], o.first[lo : lo+n], o.second[lo : lo+n]}
}

// Update takes the step that begin prepared, for the weights from lo on. It makes
// the optimiser a [vae.Updater].
func (o *optimizer) Update(lo int, grads []float32) {
	hi := lo + len(grads)
	o.engine.Adam(o.weights[lo:hi], grads, o.first[lo:hi], o.second[lo:hi], o.step)
	if o.average != nil {
		average := o.average[lo:hi]
		o.engine.Scale(average, 1-o.part, average)
		o.engine.AccumulateScaled(average, o.part, o.weights[lo:hi])
	}
}
