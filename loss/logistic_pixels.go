package loss

import (
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// LogisticPixels is the likelihood of pixels of 256 levels as the mass that a
// logistic distribution about the decoder's output has in the level's cell
// (Kingma et al. 2016, appendix; Salimans et al. 2017, equation 2): from
// x - 1/510 to x + 1/510, and to infinity from the lowest and the highest level.
// One standard deviation for all pixels, fixed or learned, gives the scale
// s = std sqrt(3)/pi.
//
// With a = (x + 1/510 - m)/s and b = (x - 1/510 - m)/s the mass of a cell is
//
//	sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - e^(b-a))
//
// whose logarithm has no difference of near equal numbers, however far out x is.
type LogisticPixels struct {
	oneEach
	pixelStd
}

// NewLogisticPixels makes the likelihood with a standard deviation in units of the
// pixels' range, which is where a learned one starts.
func NewLogisticPixels(std float64, learned bool) (*LogisticPixels, error) {
	p, err := newPixelStd(std, learned)
	if err != nil {
		return nil, err
	}
	return &LogisticPixels{pixelStd: p}, nil
}

// Name is "logistic".
func (*LogisticPixels) Name() string { return "logistic" }

// Comparable is by likelihood and by what a level is.
func (*LogisticPixels) Comparable() string {
	return "probability of pixels of 256 levels: comparable with logistic figures only, and of one pixel_std only unless it is learned"
}

// levels is how many values a channel of a pixel can have.
const levels = 256

// Levels is how many values a channel of a pixel can have.
func (*LogisticPixels) Levels() int { return levels }

// LogProb adds the logarithm of the cells' masses.
func (l *LogisticPixels) LogProb(d *DecoderOutput) (*gorgonia.Node, error) {
	scale, err := l.node(d, l.Name())
	if err != nil {
		return nil, err
	}
	return d.graph.PixelLogProb(graph.PixelFunc{Name: "logistic pixels", Row: l.row, Scratch: 3}, d.outputs, d.x, scale)
}

// scaleOf is the scale of a logistic distribution with a standard deviation.
func scaleOf(std float64) float64 { return std * math.Sqrt(3) / math.Pi }

func (l *LogisticPixels) row(e *kernel.Engine, residual, out, x []float32, logStd float32, scratch [][]float32) (logProb, dScale float64) {
	s := scaleOf(l.stdFrom(logStd))
	width := 1 / ((levels - 1) * s) // of a cell, in scales
	inverse, half := float32(1/s), float32(0.5/(levels-1))
	above, below := scratch[0], scratch[1]
	for i, m := range out {
		above[i] = -(x[i] + half - m) * inverse
		below[i] = (x[i] - half - m) * inverse
		// No cell ends below the lowest level or above the highest.
		if x[i] <= half {
			below[i] = float32(math.Inf(-1))
		}
		if x[i] >= 1-half {
			above[i] = float32(math.Inf(-1))
		}
	}
	soft := scratch[2]
	e.Softplus(soft, above)
	sum := -e.Sum(soft)
	e.Softplus(soft, below)
	sum -= e.Sum(soft)

	// Only cells with two ends lose to the factor 1 - e^(b-a).
	logRest, lost := math.Log(-math.Expm1(-width)), width/math.Expm1(width)
	var slope float64
	for i := range x {
		if inner := x[i] > half && x[i] < 1-half; inner {
			sum += logRest
			slope -= lost
		}
	}
	if residual == nil {
		return sum, slope
	}
	// d/dm = (sigmoid(b) - sigmoid(-a))/s and d/dln s = -a sigmoid(-a) + b sigmoid(b).
	e.Sigmoid(soft, above)
	for i, v := range soft {
		residual[i] = -v * inverse
		slope += edge(above[i], v)
	}
	e.Sigmoid(soft, below)
	for i, v := range soft {
		residual[i] += v * inverse
		slope += edge(below[i], v)
	}
	return sum, slope
}

// edge is position times share, 0 for an end at infinity, which has no share.
func edge(position, share float32) float64 {
	if share == 0 {
		return 0
	}
	return float64(position) * float64(share)
}

// Means is the outputs, limited to [0, 1]: the mean of the levels but for what
// the outer cells hold.
func (*LogisticPixels) Means(_ Math, dst, outputs []float32) { clampedMeans(dst, outputs) }

// Draw draws from the logistic distribution and takes the nearest level.
func (l *LogisticPixels) Draw(n Noise, dst, outputs []float32) {
	n.Uniform(dst)
	s := scaleOf(l.std())
	for i, m := range outputs {
		u := float64(dst[i]) + 0x1p-25
		x := float64(m) + s*math.Log(u/(1-u))
		dst[i] = float32(math.Round(min(max(x, 0), 1)*(levels-1)) / (levels - 1))
	}
}

// OutputsAt is the means.
func (*LogisticPixels) OutputsAt(dst []float32, means []float64) {
	outputsAt(dst, means, func(mean float64) float64 { return mean })
}
