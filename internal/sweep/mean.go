package sweep

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// meanAndError are the mean of values and its standard error, the sample standard deviation over the root of their
// number; NaN where there are too few.
func meanAndError(values []float64) (mean, stderr float64) {
	switch len(values) {
	case 0:
		return math.NaN(), math.NaN()
	case 1:
		return values[0], math.NaN()
	}
	mean, std := stat.MeanStdDev(values, nil)
	return mean, stat.StdErr(std, float64(len(values)))
}
