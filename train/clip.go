package train

import (
	"math"

	"vaectl/internal/compute/kernel"
)

// clipped is the factor on gradients of the given norm, all together, that keeps it
// below a limit (Pascanu, Mikolov & Bengio 2013, algorithm 1); 1 where it is.
func clipped(norm, limit float64) float32 {
	if norm > limit {
		return float32(limit / norm)
	}
	return 1
}

// gradientNorm measures gradients. Squares are summed in float64, in chunks
// whose size is fixed, so the norm does not depend on the number of threads.
type gradientNorm struct {
	engine  *kernel.Engine
	grads   []float32
	squares []float64 // of each chunk
}

func newGradientNorm(e *kernel.Engine, grads []float32) *gradientNorm {
	return &gradientNorm{engine: e, grads: grads, squares: make([]float64, chunksOf(grads))}
}

// measure is the Euclidean norm of all gradients together.
func (n *gradientNorm) measure() float64 {
	n.engine.Run(len(n.squares), n)
	return normOf(n.squares)
}

// normOf is the norm of gradients whose squares were summed in chunks.
func normOf(squares []float64) float64 {
	var sum float64
	for _, s := range squares {
		sum += s
	}
	return math.Sqrt(sum)
}

// Chunk sums some of the squares; it makes the norm a task of the engine.
func (n *gradientNorm) Chunk(i int) {
	lo, hi := chunkBounds(i, n.grads)
	n.squares[i] = sumOfSquares(n.grads[lo:hi])
}

// sumOfSquares adds in four lanes, which the processor works on at once.
func sumOfSquares(x []float32) float64 {
	var a, b, c, d float64
	for len(x) >= 4 {
		v, w, y, z := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		a += v * v
		b += w * w
		c += y * y
		d += z * z
		x = x[4:]
	}
	for _, v := range x {
		a += float64(v) * float64(v)
	}
	return (a + b) + (c + d)
}
