package ranking

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// pairs is the share of pairs of an anomaly and a normal image in which the anomaly has
// the higher value, ties counting one half.
func pairs(values []float64, anomalies []bool) float64 {
	var won, all float64
	for i, a := range values {
		for j, b := range values {
			if !anomalies[i] || anomalies[j] {
				continue
			}
			all++
			switch {
			case a > b:
				won++
			case a == b:
				won += 0.5
			}
		}
	}
	return won / all
}

// precision is the mean over anomalies of the share of anomalies among the images whose
// value is at least theirs.
func precision(values []float64, anomalies []bool) float64 {
	var sum, count float64
	for i, a := range values {
		if !anomalies[i] {
			continue
		}
		var right, found float64
		for j, b := range values {
			if b < a {
				continue
			}
			found++
			if anomalies[j] {
				right++
			}
		}
		sum += right / found
		count++
	}
	return sum / count
}

// Few different values make many ties.
func TestDetectionAgreesWithCountingPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "images")
		levels := rapid.IntRange(1, 12).Draw(t, "levels")
		values, anomalies := make([]float64, n), make([]bool, n)
		for i := range n {
			values[i] = 0.1*float64(rapid.IntRange(0, levels).Draw(t, "value")) - 0.3
			anomalies[i] = rapid.Bool().Draw(t, "anomaly")
		}
		anomalies[0], anomalies[n-1] = true, false
		d, err := Detect(values, anomalies)
		if err != nil {
			t.Fatal(err)
		}
		if want := pairs(values, anomalies); math.Abs(d.AUROC-want) > 1e-12 {
			t.Errorf("AUROC %.15g, counting pairs gives %.15g", d.AUROC, want)
		}
		if want := precision(values, anomalies); math.Abs(d.AveragePrecision-want) > 1e-12 {
			t.Errorf("average precision %.15g, counting gives %.15g", d.AveragePrecision, want)
		}
	})
}

func TestDetectionAtItsEnds(t *testing.T) {
	for name, c := range map[string]struct {
		values           []float64
		auroc, precision float64
	}{
		"all right": {[]float64{3, 4, 1, 2}, 1, 1},
		"all wrong": {[]float64{1, 2, 3, 4}, 0, (1.0/3 + 2.0/4) / 2},
		"all equal": {[]float64{7, 7, 7, 7}, 0.5, 0.5},
		"one tie":   {[]float64{5, 2, 2, 1}, 0.875, (1 + 2.0/3) / 2},
	} {
		d, err := Detect(c.values, []bool{true, true, false, false})
		if err != nil || math.Abs(d.AUROC-c.auroc) > 1e-15 || math.Abs(d.AveragePrecision-c.precision) > 1e-15 || d.Normal != 2 || d.Anomalies != 2 {
			t.Errorf("%s: %+v, %v, want %g and %g", name, d, err, c.auroc, c.precision)
		}
	}
	for _, kinds := range [][]bool{{true, true}, {false, false}, {}} {
		if _, err := Detect(make([]float64, len(kinds)), kinds); !errors.Is(err, ErrOneKind) {
			t.Errorf("%v: %v", kinds, err)
		}
	}
}
