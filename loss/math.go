package loss

import (
	"math/rand/v2"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
)

// Math computes functions of many float32 at once, on the kernels of the engine that
// a model runs on. dst and x may be one slice.
type Math struct{ engine *kernel.Engine }

// NewMath computes on an engine. A model hands it to its [Likelihood].
func NewMath(e *data.Engine) Math { return Math{(*kernel.Engine)(e)} }

// Sigmoid writes 1/(1 + e^-x).
func (m Math) Sigmoid(dst, x []float32) { m.engine.Sigmoid(dst, x) }

// Exp writes e^x.
func (m Math) Exp(dst, x []float32) { m.engine.Exp(dst, x) }

// Noise is random numbers that a likelihood draws images with: each is a pure
// function of the noise and its position, whatever else is drawn.
type Noise struct {
	Math
	key kernel.Key
}

// Key chooses the numbers of a [Noise]: those of two keys have nothing in common.
type Key kernel.Key

// NewNoise makes the noise of a key. A model hands it to its [Likelihood].
func NewNoise(e *data.Engine, k Key) Noise { return Noise{NewMath(e), kernel.Key(k)} }

// Uniform writes multiples of 2^-24 from [0, 1), each as likely. The middle of such a
// cell, 2^-25 further in float64, is never 0 or 1.
func (n Noise) Uniform(dst []float32) { n.engine.Uniform(dst, n.key, 0) }

// Normal writes draws from N(0, 1).
func (n Noise) Normal(dst []float32) { n.engine.Normal(dst, n.key, 0) }

// Bernoulli writes 1 with the given probabilities, else 0.
func (n Noise) Bernoulli(dst, probabilities []float32) {
	n.engine.BernoulliProbs(dst, probabilities, n.key, 0)
}

// Rand is a stream of random numbers of its own for each i.
func (n Noise) Rand(i int) *rand.Rand {
	key := n.key
	key.Step = key.Step<<32 + uint64(i) + 1
	return rand.New(noise.NewSource(key))
}
