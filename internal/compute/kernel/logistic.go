package kernel

import "math"

// A pixel of 256 levels is y in [-1, 1], and the cell of its level is half a level wide to either side. Below the lowest
// level and above the highest one it has no end.
const (
	halfCell = 1.0 / 255
	// MinLogScale is the smallest log scale of [Engine.LogisticCell]: a tenth of a level.
	MinLogScale = -7
)

// LogisticCell adds to logs the log of the mass that a logistic distribution has in the cell of each y, in nats: from
// 1/255 below y to 1/255 above it and, from the lowest and the highest of the 256 levels in [-1, 1], to infinity. Log
// scales are limited to [MinLogScale] from below. The lengths must be equal.
//
// The absolute error is within 1e-6 and 4e-7 of the mass's logarithm.
func (e *Engine) LogisticCell(logs, y, centre, logScale []float32) {
	sameLength(len(logs), len(y))
	sameLength(len(logs), len(centre))
	sameLength(len(logs), len(logScale))
	for len(y) > 0 {
		n := min(len(y), callElements)
		e.vec.logisticCell(logs[:n], y[:n], centre[:n], logScale[:n])
		logs, y, centre, logScale = logs[n:], y[n:], centre[n:], logScale[n:]
	}
}

// LogisticCellGrad is [Engine.LogisticCell] that also writes the derivatives of the log mass with respect to centre and log
// scale. Where a log scale is below its limit, a derivative that would lead it further down is 0, and one that leads back
// is that at the limit.
func (e *Engine) LogisticCellGrad(logs, dCentre, dLogScale, y, centre, logScale []float32) {
	sameLength(len(logs), len(y))
	sameLength(len(logs), len(centre))
	sameLength(len(logs), len(logScale))
	sameLength(len(logs), len(dCentre))
	sameLength(len(logs), len(dLogScale))
	for len(y) > 0 {
		n := min(len(y), callElements)
		e.vec.logisticCellGrad(logs[:n], dCentre[:n], dLogScale[:n], y[:n], centre[:n], logScale[:n])
		logs, dCentre, dLogScale = logs[n:], dCentre[n:], dLogScale[n:]
		y, centre, logScale = y[n:], centre[n:], logScale[n:]
	}
}

func logisticCellPortable(logs, y, centre, logScale []float32) {
	for i := range logs {
		logMass, _, _ := logisticCellOf(y[i], centre[i], logScale[i])
		logs[i] += float32(logMass)
	}
}

func logisticCellGradPortable(logs, dCentre, dLogScale, y, centre, logScale []float32) {
	for i := range logs {
		logMass, toCentre, toLogScale := logisticCellOf(y[i], centre[i], logScale[i])
		logs[i] += float32(logMass)
		dCentre[i], dLogScale[i] = float32(toCentre), float32(toLogScale)
	}
}

// logisticCellOf is the log mass of one cell with its derivatives.
func logisticCellOf(y, centre, given float32) (logMass, dCentre, dLogScale float64) {
	scale := max(float64(given), MinLogScale)
	inverse := math.Exp(-scale)
	z := float64(y) - float64(centre)
	var upper, lower float64 // sigmoids at the ends
	if y < 1-halfCell {
		a := -(z + halfCell) * inverse
		upper = 1 / (1 + math.Exp(-a))
		logMass -= softplus64(a)
		dLogScale += a * upper
	}
	if y > halfCell-1 {
		b := (z - halfCell) * inverse
		lower = 1 / (1 + math.Exp(-b))
		logMass -= softplus64(b)
		dLogScale += b * lower
	}
	if y < 1-halfCell && y > halfCell-1 {
		w := max(2*halfCell*inverse, math.SmallestNonzeroFloat32)
		q := -w / math.Expm1(-w)
		logMass += math.Log(2*halfCell) - scale - math.Log(q)
		dLogScale -= q - w
	}
	if given < MinLogScale {
		dLogScale = max(dLogScale, 0)
	}
	return logMass, (lower - upper) * inverse, dLogScale
}

func softplus64(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
