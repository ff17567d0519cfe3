package ranking

import (
	"cmp"
	"errors"
	"slices"

	"gonum.org/v1/gonum/integrate"
	"gonum.org/v1/gonum/stat"
)

// Detection says how well values find anomalies, which should have the higher ones.
type Detection struct {
	Normal, Anomalies int // images of each
	// AUROC is the area under the curve of the share of anomalies found over that of false
	// alarms: the probability that an anomaly has a higher value than a normal image, where
	// a tie counts one half. Values that say nothing have 0.5.
	AUROC float64
	// AveragePrecision is the mean over anomalies of the precision at their value: the sum
	// over falling thresholds of precision times what they add to the share found, where
	// equal values are found together. Values that say nothing have the share of anomalies.
	AveragePrecision float64
}

// ErrOneKind: there are no anomalies, or nothing else.
var ErrOneKind = errors.New("normal images and anomalies are both needed")

// Detect judges values, one an image, by which of the images are anomalies. It returns
// [ErrOneKind] unless there are both kinds. Values must be numbers.
func Detect(values []float64, anomalies []bool) (Detection, error) {
	order := make([]int, len(values))
	d := Detection{}
	for i := range order {
		order[i] = i
		if anomalies[i] {
			d.Anomalies++
		} else {
			d.Normal++
		}
	}
	if d.Anomalies == 0 || d.Normal == 0 {
		return d, ErrOneKind
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	sorted, classes := make([]float64, len(values)), make([]bool, len(values))
	for i, at := range order {
		sorted[i], classes[i] = values[at], anomalies[at]
	}
	found, alarms, _ := stat.ROC(nil, sorted, classes, nil)
	d.AUROC = integrate.Trapezoidal(alarms, found)
	for i := 1; i < len(found); i++ {
		right, wrong := found[i]*float64(d.Anomalies), alarms[i]*float64(d.Normal)
		d.AveragePrecision += (found[i] - found[i-1]) * right / (right + wrong)
	}
	return d, nil
}
