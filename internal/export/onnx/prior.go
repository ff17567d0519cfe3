package onnx

import (
	"fmt"
	"math"

	"vaectl/internal/export/latent"
	"vaectl/internal/format/onnx"
	"vaectl/vae/arch"
)

// fromBase adds the z that belongs to the Gaussian variable u.
func (b *builder) fromBase(u string) string {
	i := b.prior.Interval
	if i == nil {
		return u
	}
	// lo + (hi - lo) (1 + erf(u/sqrt 2))/2
	var middle, half []float64
	for d := range i.Low {
		middle, half = append(middle, (i.Low[d]+i.High[d])/2), append(half, (i.High[d]-i.Low[d])/2)
	}
	return b.affine(b.call("Erf", nil, b.mul(u, b.number(1/math.Sqrt2))), middle, half)
}

// decoderInput adds what the decoder reads of z.
func (b *builder) decoderInput(z string) (string, error) {
	p := b.prior
	if p.InputScale != nil {
		shift, scale := make([]float64, p.Latents), make([]float64, p.Latents)
		for d := range scale {
			shift[d], scale[d] = -p.InputShift[d]/p.InputScale[d], 1/p.InputScale[d]
		}
		return b.affine(z, shift, scale), nil
	}
	scores, err := p.Scores()
	if err != nil {
		return "", cannot("%v", err)
	}
	t := b.div(b.sub(b.cast(z, onnx.Float64), b.vector64(scores.Shift)), b.vector64(scores.Scale))
	if scores.Warp == "logit" {
		t = b.call("Clip", nil, t, b.double(0x1p-53), b.double(1-0x1p-53))
		t = b.sub(b.call("Log", nil, t), b.call("Log", nil, b.sub(b.double(1), t)))
	} else {
		t = b.asinh(t)
	}
	return b.cast(b.curve(scores.Curves, t), onnx.Float32), nil
}

// draw adds a draw of z, made of noise that is an input.
func (b *builder) draw() (string, error) {
	p := b.prior
	noise := b.input(nameNoise, "standard normal noise that z is made of", onnx.Float32, p.Latents)
	switch {
	case p.Flow > 0:
		return b.drawFlow(noise), nil
	case p.Radius > 0:
		length := b.call("ReduceL2", with("axes", []int{1}).with("keepdims", 1), noise)
		return b.mul(b.div(noise, length), b.number(p.Radius)), nil
	case len(p.Components.Weights) > 1:
		return b.drawMixture(noise), nil
	}
	c := p.Components
	switch p.Family {
	case "normal":
		return b.affine(noise, c.Locations, c.Scales), nil
	case "uniform":
		return b.fromBase(noise), nil
	}
	curves, err := p.Quantiles()
	if err != nil {
		return "", cannot("%v", err)
	}
	z := b.sinh(b.curve(curves, b.cast(noise, onnx.Float64)))
	z = b.add(b.mul(z, b.vector64(c.Scales)), b.vector64(c.Locations))
	return b.cast(z, onnx.Float32), nil
}

// drawMixture picks components by further noise, one for each dimension, or one for
// all where they belong together.
func (b *builder) drawMixture(noise string) string {
	c, latents := b.prior.Components, b.prior.Latents
	components := len(c.Weights)
	bounds := make([]float32, components-1)
	var sum float64
	for k := range bounds {
		sum += c.Weights[k]
		bounds[k] = float32(sum)
	}
	sizes, doc := []int{latents}, "uniform noise in [0, 1) that picks a component of the prior for each dimension"
	if b.prior.Joint {
		sizes, doc = nil, "uniform noise in [0, 1) that picks a component of the prior"
	}
	choice := b.input(nameChoice, doc, onnx.Float32, sizes...)
	beyond := b.call("GreaterOrEqual", nil, b.call("Unsqueeze", nil, choice, b.integers(-1)), b.constant(bounds, len(bounds)))
	picked := b.call("ReduceSum", with("keepdims", 0), b.cast(beyond, onnx.Int64), b.integers(-1))
	shape := []int{components, latents}
	if !b.prior.Joint {
		// The tables are read as a row, at component * latents + dimension.
		shape = []int{components * latents}
		offsets := make([]int, latents)
		for d := range offsets {
			offsets[d] = d
		}
		picked = b.add(b.mul(picked, b.integers(latents)), b.integers(offsets...))
	}
	gather := func(values []float64) string {
		return b.call("Gather", with("axis", 0), b.constant(latent.Narrow(values), shape...), picked)
	}
	return b.add(gather(c.Locations), b.mul(gather(c.Scales), noise))
}

// drawFlow turns noise back through the coupling layers.
func (b *builder) drawFlow(noise string) string {
	first := b.prior.Latents / 2
	halves := b.split("Split", with("axis", 1), 2, noise, b.integers(first, b.prior.Latents-first))
	widths := []int{first, b.prior.Latents - first}
	for l := b.prior.Flow - 1; l >= 0; l-- {
		name := fmt.Sprintf("prior.%d", l)
		b.scope = name
		fixed, moved := l%2, 1-l%2
		h := b.call("Tanh", nil, b.linear(arch.Operation{Name: name + ".hidden"}, flat(halves[fixed]), "").name)
		out := b.linear(arch.Operation{Name: name + ".output"}, flat(h), "").name
		parts := b.split("Split", with("axis", 1), 2, out, b.integers(widths[moved], widths[moved]))
		// exp(-s), s = 2 tanh(raw/2)
		s := b.call("Tanh", nil, b.mul(parts[0], b.number(0.5)))
		shrink := b.call("Exp", nil, b.mul(s, b.number(-2)))
		halves[moved] = b.mul(b.sub(halves[moved], parts[1]), shrink)
	}
	return b.call("Concat", with("axis", 1), halves...)
}
