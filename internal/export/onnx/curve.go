package onnx

import (
	"slices"

	"vaectl/internal/export/latent"
	"vaectl/internal/format/onnx"
)

// curve adds the values of a curve at x, [N, latents] in float64 as the result.
func (b *builder) curve(c latent.Curves, x string) string {
	knots := len(c.Values[0])
	place := b.div(b.sub(x, b.double(c.From)), b.double(c.Step))
	place = b.call("Clip", nil, place, b.double(0), b.double(float64(knots-1)))
	// The last piece has its own end.
	first := b.cast(b.call("Clip", nil, place, b.double(0), b.double(float64(knots-2))), onnx.Int64)
	part := b.sub(place, b.cast(first, onnx.Float64))

	offsets := make([]int64, len(c.Of))
	for d, of := range c.Of {
		offsets[d] = int64(of * knots)
	}
	left := b.add(first, b.constant(offsets, len(offsets)))
	right := b.add(left, b.integers(1))
	values := b.vector64(slices.Concat(c.Values...))
	slopes := slices.Concat(c.Slopes...)
	for i := range slopes {
		slopes[i] *= c.Step // over a piece
	}
	rises := b.vector64(slopes)
	gather := func(table, at string) string { return b.call("Gather", with("axis", 0), table, at) }
	v0, v1, s0, s1 := gather(values, left), gather(values, right), gather(rises, left), gather(rises, right)

	// v0 + part (s0 + part (3 (v1 - v0) - 2 s0 - s1 + part (s0 + s1 - 2 (v1 - v0))))
	rise := b.sub(v1, v0)
	cubic := b.sub(b.add(s0, s1), b.mul(b.double(2), rise))
	square := b.sub(b.sub(b.mul(b.double(3), rise), b.mul(b.double(2), s0)), s1)
	sum := b.add(square, b.mul(part, cubic))
	sum = b.add(s0, b.mul(part, sum))
	return b.add(v0, b.mul(part, sum))
}

// asinh adds it in float64, as sign(x) ln(|x| + sqrt(x^2 + 1)).
func (b *builder) asinh(x string) string {
	size := b.call("Abs", nil, x)
	root := b.call("Sqrt", nil, b.add(b.mul(x, x), b.double(1)))
	return b.mul(b.call("Sign", nil, x), b.call("Log", nil, b.add(size, root)))
}

// sinh adds it in float64.
func (b *builder) sinh(x string) string {
	up, down := b.call("Exp", nil, x), b.call("Exp", nil, b.call("Neg", nil, x))
	return b.mul(b.sub(up, down), b.double(0.5))
}
