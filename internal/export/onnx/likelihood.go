package onnx

import "vaectl/data"

// means adds the means of pixels given what the decoder puts out, [N, channels,
// height, width].
func (b *builder) means(outputs value) (string, error) {
	b.scope = "likelihood"
	image := b.model.Shape()
	switch name := b.model.Likelihood().Name(); name {
	case "bernoulli":
		return b.call("Sigmoid", nil, b.maps(outputs, image).name), nil
	case "continuous-bernoulli":
		return b.continuousBernoulli(b.maps(outputs, image).name), nil
	case "gaussian", "logistic":
		return b.call("Clip", nil, b.maps(outputs, image).name, b.number(0), b.number(1)), nil
	case "logistic-mixture":
		return b.logisticMixture(b.rows(outputs), image), nil
	default:
		return "", cannot("likelihood %s", name)
	}
}

// continuousBernoulli is 1/(1 - e^-l) - 1/l, and its series around 0, where both are
// large.
func (b *builder) continuousBernoulli(l string) string {
	const seriesBelow = 0.3
	// |l| keeps e^-|l| from overflowing: the mean at -l is 1 less that at l.
	size := b.call("Abs", nil, l)
	far := b.call("Max", nil, size, b.number(seriesBelow))
	tail := b.call("Exp", nil, b.call("Neg", nil, far))
	above := b.sub(b.call("Reciprocal", nil, b.sub(b.number(1), tail)), b.call("Reciprocal", nil, far))
	mirrored := b.mul(b.call("Sign", nil, l), b.sub(above, b.number(0.5)))
	square := b.mul(l, l)
	series := b.number(-1.0 / 1209600)
	for _, term := range []float64{1.0 / 30240, -1.0 / 720, 1.0 / 12} {
		series = b.add(b.mul(series, square), b.number(term))
	}
	near := b.call("Less", nil, size, b.number(seriesBelow))
	return b.add(b.call("Where", nil, near, b.mul(l, series), mirrored), b.number(0.5))
}

// logisticMixture has each channel at the means of those before it.
func (b *builder) logisticMixture(outputs string, image data.Shape) string {
	components := b.model.Config().Model.LikelihoodComponents
	pixels := image.Height * image.Width
	per := 2*image.Channels + image.Channels*(image.Channels-1)/2
	parts := b.split("Split", with("axis", 1), 2, outputs, b.integers(components*pixels, components*per*pixels))
	logits := b.call("Reshape", nil, parts[0], b.integers(-1, components, pixels))
	weights := b.call("Softmax", with("axis", 1), logits)
	rest := b.call("Reshape", nil, parts[1], b.integers(-1, components, per, pixels))
	plane := func(i int) string { return b.call("Gather", with("axis", 2), rest, b.constant([]int64{int64(i)})) }
	var y, means []string
	for c := range image.Channels {
		mean := plane(c)
		for j := range c {
			share := b.call("Tanh", nil, plane(2*image.Channels+c*(c-1)/2+j))
			mean = b.add(mean, b.mul(share, y[j]))
		}
		scale := b.call("Exp", nil, b.call("Max", nil, plane(image.Channels+c), b.number(minLogScale)))
		y = append(y, b.clippedMean(mean, scale))
		mixed := b.call("ReduceSum", with("keepdims", 1), b.mul(weights, y[c]), b.integers(1))
		means = append(means, b.mul(b.add(mixed, b.number(1)), b.number(0.5)))
	}
	all := b.call("Concat", with("axis", 1), means...)
	all = b.call("Clip", nil, all, b.number(0), b.number(1))
	return b.call("Reshape", nil, all, b.integers(append([]int{-1}, planes(image)...)...))
}

// minLogScale is the smallest log scale of a logistic mixture.
const minLogScale = -7

// clippedMean is -1 + s (softplus((m + 1)/s) - softplus((m - 1)/s)) without the
// difference of large numbers: the mean itself limited to [-1, 1] and what both ends
// add to that.
func (b *builder) clippedMean(mean, scale string) string {
	limited := b.call("Clip", nil, mean, b.number(-1), b.number(1))
	end := func(by float64) string {
		away := b.div(b.call("Abs", nil, b.add(mean, b.number(by))), scale)
		return b.call("Log", nil, b.add(b.number(1), b.call("Exp", nil, b.call("Neg", nil, away))))
	}
	return b.add(limited, b.mul(scale, b.sub(end(1), end(-1))))
}
