package data

import (
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
)

// Draw keys the random pixels of [Dynamic] binarisation: the same Draw gives the same
// pixels, on any machine. The other binarisations do without.
type Draw struct{ key kernel.Key }

// TrainingDraw is the draw of one step of a training with a seed.
func TrainingDraw(seed, step uint64) Draw {
	return Draw{noise.Key(seed, noise.Binarize, step)}
}

// EvaluationDraw is the draw of every evaluation with a seed: all see the same
// pixels.
func EvaluationDraw(seed uint64) Draw {
	return Draw{noise.Key(seed, noise.EvalBinarize, 0)}
}
