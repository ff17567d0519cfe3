package loss

import (
	"fmt"
)

// wholeLine is the base of priors on the whole line whose networks see N(0, 1):
// the posterior is a Gaussian on z itself, and the head starts at the standard
// normal distribution however the prior moves.
type wholeLine struct{ latents int }

// Latents is the number of dimensions of z.
func (w wholeLine) Latents() int { return w.latents }

// Base is the standard normal.
func (wholeLine) Base(int) (mean, std float64) { return 0, 1 }

// KLMethod is Monte Carlo: no closed form exists.
func (wholeLine) KLMethod() Method { return MonteCarlo }

// checkLatents panics unless z has the prior's dimensions.
func (w wholeLine) checkLatents(z []float64) {
	if len(z) != w.latents {
		panic(fmt.Sprintf("loss: z has %d dimensions, the prior has %d", len(z), w.latents))
	}
}
