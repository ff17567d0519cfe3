package loss

import (
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// GaussianPixels is the likelihood N(m, std^2) of grey pixels, with the decoder's
// outputs for m and one std for all pixels, fixed or learned (Rybkin et al. 2021).
type GaussianPixels struct {
	oneEach
	pixelStd
}

// NewGaussianPixels makes the likelihood with a standard deviation in units of the
// pixels' range, which is where a learned one starts.
func NewGaussianPixels(std float64, learned bool) (*GaussianPixels, error) {
	p, err := newPixelStd(std, learned)
	if err != nil {
		return nil, err
	}
	return &GaussianPixels{pixelStd: p}, nil
}

// Name is "gaussian".
func (*GaussianPixels) Name() string { return "gaussian" }

// Comparable is by likelihood: it is a density.
func (*GaussianPixels) Comparable() string {
	return "density of grey pixels on the line: comparable with gaussian figures only, and of one pixel_std only unless it is learned"
}

// LogProb adds -sum (x - m)^2/(2 std^2) + ln(std sqrt(2 pi)).
func (g *GaussianPixels) LogProb(d *DecoderOutput) (*gorgonia.Node, error) {
	scale, err := g.node(d, g.Name())
	if err != nil {
		return nil, err
	}
	return d.graph.PixelLogProb(graph.PixelFunc{Name: "gaussian pixels", Row: g.row}, d.outputs, d.x, scale)
}

func (g *GaussianPixels) row(_ *kernel.Engine, residual, out, x []float32, logStd float32, _ [][]float32) (logProb, dScale float64) {
	std := g.stdFrom(logStd)
	precision := float32(1 / (std * std))
	var square float64
	for i, m := range out {
		delta := x[i] - m
		square += float64(delta) * float64(delta)
		if residual != nil {
			residual[i] = delta * precision
		}
	}
	square /= std * std
	n := float64(len(x))
	return -0.5*square - n*(math.Log(std)+halfLog2Pi), square - n
}

// Means is the outputs, limited to [0, 1].
func (*GaussianPixels) Means(_ Math, dst, outputs []float32) { clampedMeans(dst, outputs) }

// Draw adds noise to the outputs and limits what comes of it to [0, 1].
func (g *GaussianPixels) Draw(n Noise, dst, outputs []float32) {
	n.Normal(dst)
	std := float32(g.std())
	for i, m := range outputs {
		dst[i] = m + std*dst[i]
	}
	clipRow(dst, dst)
}

// OutputsAt is the means.
func (*GaussianPixels) OutputsAt(dst []float32, means []float64) {
	outputsAt(dst, means, func(mean float64) float64 { return mean })
}
