package loss

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// LogisticMixture is the likelihood of images of 256 levels as a mixture of
// discretised logistic distributions, a mixture for each pixel (Salimans et al. 2017,
// section 2.1 and 2.2). The channels of a pixel share the component, and within it
// each depends on the channels before it: with values y = 2x - 1 in [-1, 1], the mean
// of channel c is
//
//	m_c + sum_j<c tanh(a_cj) y_j
//
// so red, green and blue are drawn in turn. The mass of a level is that of
// [LogisticPixels], from 1/255 below y to 1/255 above it and to infinity from the
// lowest and the highest level; log scales are limited to -7 from below.
//
// The decoder puts out planes of one number a pixel: a logit for each component, then
// for each component the means and the log scales of the channels and the a_cj,
// row by row: K (1 + 2 C + C (C-1)/2) planes for K components and C channels.
type LogisticMixture struct {
	image      data.Shape
	components int
}

// minLogScale is the smallest log scale, in units of y.
const minLogScale = kernel.MinLogScale

// NewLogisticMixture makes the likelihood of images of the given shape.
func NewLogisticMixture(image data.Shape, components int) (*LogisticMixture, error) {
	if components < 1 {
		return nil, fmt.Errorf("a mixture of %d logistic distributions", components)
	}
	return &LogisticMixture{image, components}, nil
}

// Name is "logistic-mixture".
func (*LogisticMixture) Name() string { return "logistic-mixture" }

// Comparable is by what a level is.
func (*LogisticMixture) Comparable() string {
	return "probability of pixels of 256 levels: comparable with logistic-mixture figures, and with logistic ones whose pixel_std is learned"
}

// Levels is how many values a channel of a pixel can have.
func (*LogisticMixture) Levels() int { return levels }

// perComponent is the number of planes of a component beside its logit.
func (l *LogisticMixture) perComponent() int {
	c := l.image.Channels
	return 2*c + c*(c-1)/2
}

// Outputs is that of all planes.
func (l *LogisticMixture) Outputs(image data.Shape) int {
	return image.Pixels() * l.components * (1 + l.perComponent())
}

// LogProb adds the log of the mixture's mass, summed over pixels.
func (l *LogisticMixture) LogProb(d *DecoderOutput) (*gorgonia.Node, error) {
	return d.graph.PixelLogProb(graph.PixelFunc{
		Name: "logistic mixture", Row: l.row, Outputs: l.Outputs(l.image), Scratch: l.scratch(),
	}, d.outputs, d.x, nil)
}

// mixturePlanes are the outputs for one image, cut into planes.
type mixturePlanes struct {
	of     *LogisticMixture
	pixels int
	values []float32
}

func (l *LogisticMixture) planes(values []float32) mixturePlanes {
	return mixturePlanes{l, len(values) / (l.components * (1 + l.perComponent())), values}
}

func (p mixturePlanes) plane(i int) []float32 { return p.values[i*p.pixels : (i+1)*p.pixels] }

// logits is the plane of a component's logits.
func (p mixturePlanes) logits(k int) []float32 { return p.plane(k) }

func (p mixturePlanes) first(k int) int { return p.of.components + k*p.of.perComponent() }

// means is the plane of a channel's means.
func (p mixturePlanes) means(k, c int) []float32 { return p.plane(p.first(k) + c) }

// logScales is the plane of a channel's log scales.
func (p mixturePlanes) logScales(k, c int) []float32 {
	return p.plane(p.first(k) + p.of.image.Channels + c)
}

// share is the plane of a_cj, by which channel c follows channel j.
func (p mixturePlanes) share(k, c, j int) []float32 {
	return p.plane(p.first(k) + 2*p.of.image.Channels + c*(c-1)/2 + j)
}

// weights writes the components' probabilities at a pixel.
func (p mixturePlanes) weights(dst []float64, pixel int) {
	largest, sum := math.Inf(-1), 0.0
	for k := range dst {
		dst[k] = float64(p.logits(k)[pixel])
		largest = max(largest, dst[k])
	}
	for k, v := range dst {
		dst[k] = math.Exp(v - largest)
		sum += dst[k]
	}
	for k := range dst {
		dst[k] /= sum
	}
}

// location is the mean of channel c of a component at a pixel, given the values of
// the channels before it, and its scale.
func (p mixturePlanes) location(k, c, pixel int, before []float64) (mean, scale float64) {
	mean = float64(p.means(k, c)[pixel])
	for j := range c {
		mean += math.Tanh(float64(p.share(k, c, j)[pixel])) * before[j]
	}
	return mean, math.Exp(max(minLogScale, float64(p.logScales(k, c)[pixel])))
}

// Means is the mean of the first channel, with what lies beyond black and white
// counted as such, and for each further one that at the means of those before it: the
// mean itself wherever nothing lies beyond.
func (l *LogisticMixture) Means(_ Math, dst, outputs []float32) {
	weights, y := make([]float64, l.components), make([]float64, l.image.Channels)
	l.each(dst, outputs, func(dst []float32, p mixturePlanes) {
		clear(dst)
		for pixel := range p.pixels {
			p.weights(weights, pixel)
			for k, weight := range weights {
				for c := range y {
					mean, scale := p.location(k, c, pixel, y)
					y[c] = clippedLogisticMean(mean, scale)
					dst[c*p.pixels+pixel] += float32(weight * (y[c] + 1) / 2)
				}
			}
		}
		clipRow(dst, dst)
	})
}

// clippedLogisticMean is the mean of a logistic variable whose values beyond [-1, 1]
// are moved to its ends: -1 and the integral of the survival function over it.
func clippedLogisticMean(mean, scale float64) float64 {
	return -1 + scale*(softplus((mean+1)/scale)-softplus((mean-1)/scale))
}

// Draw draws the component of each pixel and then its channels in turn, each at a
// level.
func (l *LogisticMixture) Draw(n Noise, dst, outputs []float32) {
	channels := l.image.Channels
	perPixel := 1 + channels
	uniform := make([]float32, len(dst)/channels*perPixel)
	n.Uniform(uniform)
	weights, y := make([]float64, l.components), make([]float64, channels)
	l.each(dst, outputs, func(dst []float32, p mixturePlanes) {
		own := uniform[:p.pixels*perPixel]
		uniform = uniform[len(own):]
		for pixel := range p.pixels {
			u := own[pixel*perPixel:]
			p.weights(weights, pixel)
			k := chosen(weights, float64(u[0])+0x1p-25)
			for c := range y {
				mean, scale := p.location(k, c, pixel, y)
				v := float64(u[1+c]) + 0x1p-25
				x := (mean + scale*math.Log(v/(1-v)) + 1) / 2
				x = math.Round(min(max(x, 0), 1)*(levels-1)) / (levels - 1)
				dst[c*p.pixels+pixel], y[c] = float32(x), 2*x-1
			}
		}
	})
}

// chosen is the component at a place in [0, 1] of the cumulated probabilities.
func chosen(weights []float64, place float64) int {
	for k, w := range weights {
		if place -= w; place < 0 {
			return k
		}
	}
	return len(weights) - 1
}

// each calls use with the values of one image and the outputs for it, one after
// another.
func (l *LogisticMixture) each(dst, outputs []float32, use func(dst []float32, p mixturePlanes)) {
	values, width := l.image.Values(), l.Outputs(l.image)
	for i := range len(dst) / values {
		use(dst[i*values:(i+1)*values], l.planes(outputs[i*width:(i+1)*width]))
	}
}

// startLogScale is the log scale that [LogisticMixture.OutputsAt] starts from: 17 levels.
const startLogScale = -2

// OutputsAt makes all components alike, and no channel follow another.
func (l *LogisticMixture) OutputsAt(dst []float32, means []float64) {
	clear(dst)
	p := l.planes(dst)
	scale := math.Exp(startLogScale)
	for k := range l.components {
		for c := range l.image.Channels {
			for pixel := range p.pixels {
				p.logScales(k, c)[pixel] = startLogScale
				if k == 0 {
					p.means(k, c)[pixel] = float32(clippedLogisticAt(2*means[c*p.pixels+pixel]-1, scale))
				}
			}
			copy(p.means(k, c), p.means(0, c))
		}
	}
}

// clippedLogisticAt inverts [clippedLogisticMean], which rises with the mean, by
// bisection.
func clippedLogisticAt(want, scale float64) float64 {
	lo, hi := -10.0, 10.0
	for range 60 {
		middle := (lo + hi) / 2
		if clippedLogisticMean(middle, scale) < want {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}
