package loss

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// pixelStd is the standard deviation of a pixel given z, one for all pixels: fixed,
// or learned as its logarithm.
type pixelStd struct {
	initial float64
	learned []float32 // ln std; nil where it is fixed
}

func newPixelStd(std float64, learned bool) (pixelStd, error) {
	if !(std > 0) || math.IsInf(std, 0) {
		return pixelStd{}, fmt.Errorf("pixel standard deviation %g: must be positive and finite", std)
	}
	p := pixelStd{initial: std}
	if learned {
		p.learned = []float32{float32(math.Log(std))}
	}
	return p, nil
}

// Weights is the logarithm of the standard deviation, where it is learned.
func (p *pixelStd) Weights() []Weight {
	if p.learned == nil {
		return nil
	}
	return []Weight{{"log_std", []int{1}, constantInit(math.Log(p.initial))}}
}

// Bind reads the standard deviation from now on, where it is learned.
func (p *pixelStd) Bind(values [][]float32) {
	checkBound("pixel", p.Weights(), values)
	if p.learned != nil {
		p.learned = values[0]
	}
}

// std is the present value, in units of the pixels' range.
func (p *pixelStd) std() float64 {
	if p.learned == nil {
		return p.initial
	}
	return math.Exp(float64(p.learned[0]))
}

// node is the logarithm on the graph, nil where it is fixed.
func (p *pixelStd) node(d *DecoderOutput, likelihood string) (*gorgonia.Node, error) {
	if p.learned == nil {
		return nil, nil
	}
	if len(d.weights) != 1 {
		return nil, fmt.Errorf("the %s likelihood has one weight, the graph brought %d", likelihood, len(d.weights))
	}
	return d.weights[0], nil
}

// stdFrom is the standard deviation of a row of pixels: the learned one, whose
// logarithm the graph hands over, or the fixed one.
func (p *pixelStd) stdFrom(logStd float32) float64 {
	if p.learned == nil {
		return p.initial
	}
	return math.Exp(float64(logStd))
}

// clampedMeans are outputs that are means themselves, in [0, 1].
func clampedMeans(dst, outputs []float32) { clipRow(dst, outputs) }
