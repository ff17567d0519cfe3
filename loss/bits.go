package loss

import "math"

// DiscreteLikelihood is a likelihood over levels, whose figures are probabilities: other than a
// density's they can be told in bits per dimension.
type DiscreteLikelihood interface {
	Likelihood
	// Levels is how many values a channel of a pixel can have.
	Levels() int
}

// BitsPerDimension is a figure in nats per image told in bits for each of the values
// of an image, nats / (values ln 2): the unit of papers on natural images. Of a
// negative bound or log-likelihood under a [DiscreteLikelihood] it is the length of a
// code for one value, log2 of the levels where nothing is known. Of a density or of
// binary pixels it means nothing of the kind.
func BitsPerDimension(nats float64, values int) float64 {
	return nats / (float64(values) * math.Ln2)
}
