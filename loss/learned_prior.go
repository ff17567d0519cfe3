package loss

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
)

// LearnedPrior is a prior with weights of its own that are trained with the model's.
// The model keeps them in its memory and its files, under the name "prior." and
// the weight's own, hands them to the graph's methods through
// [Posterior.Weights], and tells the prior where they are, so that Sample,
// LogDensity and Marginal always read their present values.
//
// What the networks see of z does not move with such a prior: its [Prior.Base]
// is fixed, and the affine standardization takes it for the prior's moments.
type LearnedPrior interface {
	Prior
	// Weights lists what is learned, in a fixed order.
	Weights() []Weight
	// Bind says where the weights are: one slice each, in the order of Weights.
	// Until then a prior has initial values of its own.
	Bind(values [][]float32)
}

// Weight is one learned array of a prior.
type Weight struct {
	Name  string
	Shape []int
	// Init writes initial values.
	Init func(values []float32, rng *rand.Rand)
}

// Size is the number of values of the weight.
func (w Weight) Size() int {
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	return n
}

// ScratchPrior is a prior that keeps numbers of its own in a training step, which is what
// a step's memory is estimated by.
type ScratchPrior interface {
	// StepValues is how many float32 that is for so many draws of z.
	StepValues(rows float64) float64
}

// maxPriorWeights is the most numbers that a prior learns: 1 GiB of float32.
const maxPriorWeights = 1 << 28

// checkSize refuses weights that nobody could hold, before they are made.
func checkSize(prior string, weights []Weight) error {
	var total float64
	for _, w := range weights {
		size := 1.0
		for _, d := range w.Shape {
			size *= float64(d)
		}
		total += size
	}
	if total > maxPriorWeights {
		return fmt.Errorf("prior %s of %.0f weights: must have at most %d", prior, total, maxPriorWeights)
	}
	return nil
}

// initial makes values for weights that no model has bound yet.
func initial(weights []Weight) [][]float32 {
	rng := rand.New(rand.NewPCG(0, 0))
	values := make([][]float32, len(weights))
	for i, w := range weights {
		values[i] = make([]float32, w.Size())
		w.Init(values[i], rng)
	}
	return values
}

// checkBound panics unless each weight has a slice of its size.
func checkBound(prior string, weights []Weight, values [][]float32) {
	if len(values) != len(weights) {
		panic(fmt.Sprintf("loss: %d arrays for the %d weights of the %s prior", len(values), len(weights), prior))
	}
	for i, w := range weights {
		if len(values[i]) != w.Size() {
			panic(fmt.Sprintf("loss: %d values for weight %s of shape %v of the %s prior", len(values[i]), w.Name, w.Shape, prior))
		}
	}
}

// normalInit draws from N(mean, std^2).
func normalInit(mean, std float64) func([]float32, *rand.Rand) {
	return func(values []float32, rng *rand.Rand) {
		for i := range values {
			values[i] = float32(mean + std*rng.NormFloat64())
		}
	}
}

// uniformInit draws from ±limit.
func uniformInit(limit float64) func([]float32, *rand.Rand) {
	return func(values []float32, rng *rand.Rand) {
		for i := range values {
			values[i] = float32(limit * (2*rng.Float64() - 1))
		}
	}
}

// constantInit writes one value everywhere.
func constantInit(value float64) func([]float32, *rand.Rand) {
	return func(values []float32, _ *rand.Rand) {
		for i := range values {
			values[i] = float32(value)
		}
	}
}

// learnedNodes are the nodes of a learned prior's weights. The error says that
// the model brought none.
func learnedNodes(q *Posterior, prior string, count int) (gorgonia.Nodes, error) {
	if len(q.weights) != count {
		return nil, fmt.Errorf("the %s prior has %d weights, the graph brought %d", prior, count, len(q.weights))
	}
	return q.weights, nil
}
