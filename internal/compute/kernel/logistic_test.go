package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// cells are some of all kinds: black and white, wide and narrow, far away, and with log scales below the limit.
func cells(n int) (y, centre, logScale []float32) {
	r := rand.New(rand.NewPCG(31, 32))
	y, centre, logScale = make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		level := []int{0, 255, 1, 254, r.IntN(256), r.IntN(256), r.IntN(256)}[r.IntN(7)]
		y[i] = 2*float32(level)/255 - 1
		centre[i] = float32(r.NormFloat64())
		if r.IntN(8) == 0 {
			centre[i] *= 1000
		}
		logScale[i] = float32(-8 + 12*r.Float64())
		if r.IntN(8) == 0 {
			logScale[i] *= 8
		}
	}
	return y, centre, logScale
}

// logMass is the log of the mass in a cell in float64, from the difference of tails where that is accurate and from the
// density elsewhere, at a log scale that is within the limit.
func logMass(y, centre, logScale float64) float64 {
	inverse := math.Exp(-logScale)
	upper, lower := (y+halfCell-centre)*inverse, (y-halfCell-centre)*inverse
	if lower > 0 { // the distribution is symmetric: the tails are small on the left
		upper, lower = -lower, -upper
	}
	top, bottom := y >= 1-halfCell, y <= halfCell-1
	if y > centre+halfCell {
		top, bottom = bottom, top
	}
	logTail := func(x float64) float64 { return -softplus64(-x) }
	switch {
	case bottom:
		return logTail(upper)
	case top:
		return logTail(-lower)
	}
	return logTail(upper) - softplus64(lower) + math.Log(-math.Expm1(lower-upper))
}

func TestLogisticCellAgainstTheLogarithmInFloat64(t *testing.T) {
	y, centre, logScale := cells(20_000)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		logs, alone := make([]float32, len(y)), make([]float32, len(y))
		dCentre, dLogScale := make([]float32, len(y)), make([]float32, len(y))
		e.LogisticCell(alone, y, centre, logScale)
		e.LogisticCellGrad(logs, dCentre, dLogScale, y, centre, logScale)
		for i := range y {
			at := []float64{float64(y[i]), float64(centre[i]), max(float64(logScale[i]), MinLogScale)}
			want := logMass(at[0], at[1], at[2])
			if math.Abs(float64(logs[i])-want) > 1e-6+4e-7*math.Abs(want) || alone[i] != logs[i] {
				t.Fatalf("y %g, centre %g, log scale %g: %g and without derivatives %g, want %g", y[i], centre[i], logScale[i], logs[i], alone[i], want)
			}
			const h = 1e-4
			slope := func(of int) float64 {
				var ends [2]float64
				for k, step := range []float64{-h, h} {
					moved := [3]float64(at)
					moved[of] += step
					ends[k] = logMass(moved[0], moved[1], moved[2])
				}
				return (ends[1] - ends[0]) / (2 * h)
			}
			// A difference quotient of a curve that bends within its step says little.
			if inverse := math.Exp(-at[2]); inverse < 200 {
				if want := slope(1); math.Abs(float64(dCentre[i])-want) > 1e-5+2e-3*math.Abs(want)+1e-5*inverse {
					t.Errorf("y %g, centre %g, log scale %g: derivative %g by the centre, want %g", y[i], centre[i], logScale[i], dCentre[i], want)
				}
			}
			wantScale := slope(2)
			if logScale[i] < MinLogScale {
				wantScale = max(wantScale, 0)
			}
			if math.Abs(float64(dLogScale[i])-wantScale) > 2e-5+2e-4*math.Abs(wantScale) {
				t.Errorf("y %g, centre %g, log scale %g: derivative %g by the log scale, want %g", y[i], centre[i], logScale[i], dLogScale[i], wantScale)
			}
		}
	})
}

// The masses of all levels add up to one.
func TestLogisticCellsFillTheLine(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, scale := range []float32{-7, -4, -1, 2} {
			for _, at := range []float32{-1.2, -0.3, 0.01, 1} {
				const levels = 256
				logs, y, centre, logScale := make([]float32, levels), make([]float32, levels), make([]float32, levels), make([]float32, levels)
				for i := range y {
					y[i], centre[i], logScale[i] = 2*float32(i)/(levels-1)-1, at, scale
				}
				e.LogisticCell(logs, y, centre, logScale)
				total := 0.0
				for _, v := range logs {
					total += math.Exp(float64(v))
				}
				if math.Abs(total-1) > 1e-5 {
					t.Errorf("centre %g, log scale %g: a mass of %g", at, scale, total)
				}
			}
		}
	})
}

func BenchmarkLogisticCell(b *testing.B) {
	const pixels = 512
	y, centre, logScale := cells(pixels)
	logs, dCentre, dLogScale := make([]float32, pixels), make([]float32, pixels), make([]float32, pixels)
	benchEach(b, "value", pixels, func(e *Engine) { e.LogisticCell(logs, y, centre, logScale) })
	benchEach(b, "gradient", pixels, func(e *Engine) { e.LogisticCellGrad(logs, dCentre, dLogScale, y, centre, logScale) })
}
