package kernel

import "math"

// apply writes f(x) to dst.
func apply(dst, x []float32, f func(float32) float32) {
	for i, v := range x {
		dst[i] = f(v)
	}
}

func unaryPortable(f unary, dst, x []float32) {
	switch f {
	case unaryExp:
		apply(dst, x, expOf)
	case unaryLog:
		apply(dst, x, logOf)
	case unaryLog1p:
		apply(dst, x, log1pOf)
	case unarySigmoid:
		apply(dst, x, sigmoidOf)
	case unarySoftplus:
		apply(dst, x, softplusOf)
	case unaryTanh:
		apply(dst, x, tanhOf)
	case unaryRelu:
		for i, v := range x {
			dst[i] = max(v, 0)
		}
	case unaryElu:
		for i, v := range x {
			if v < 0 {
				v = float32(expm1Negative(float64(v)))
			}
			dst[i] = v
		}
	case unaryLeakyRelu:
		for i, v := range x {
			dst[i] = max(v, Leak*v)
		}
	case unarySilu:
		apply(dst, x, func(v float32) float32 { return v * sigmoidOf(v) })
	case unaryUniform:
		for i, v := range x {
			dst[i] = uniformOf(math.Float32bits(v))
		}
	}
}

func binaryPortable(f binary, dst, a, b []float32) {
	switch f {
	case binaryAdd:
		for i, v := range a {
			dst[i] = v + b[i]
		}
	case binaryMul:
		for i, v := range a {
			dst[i] = v * b[i]
		}
	case binaryBelow:
		for i, v := range a {
			below := float32(0)
			if uniformOf(math.Float32bits(v)) < b[i] {
				below = 1
			}
			dst[i] = below
		}
	default:
		gradPortable(f, dst, a, b)
	}
}

// gradPortable computes the activations' gradients from their outputs y.
func gradPortable(f binary, dx, y, dy []float32) {
	switch f {
	case binaryReluGrad:
		for i, v := range y {
			g := float32(0)
			if v > 0 {
				g = dy[i]
			}
			dx[i] = g
		}
	case binaryTanhGrad:
		for i, v := range y {
			dx[i] = dy[i] * (1 - v*v)
		}
	case binarySoftplusGrad:
		for i, v := range y {
			dx[i] = dy[i] * float32(-expm1Negative(-float64(v)))
		}
	case binaryEluGrad:
		for i, v := range y {
			g := dy[i]
			if !(v > 0) {
				g *= v + 1
			}
			dx[i] = g
		}
	case binarySigmoidGrad:
		for i, v := range y {
			dx[i] = dy[i] * (v * (1 - v))
		}
	case binaryLeakyReluGrad:
		for i, v := range y {
			g := dy[i]
			if !(v > 0) {
				g *= Leak
			}
			dx[i] = g
		}
	case binarySiluGrad:
		for i, x := range y {
			s := sigmoidOf(x)
			dx[i] = dy[i] * (s + x*s*(1-s))
		}
	}
}

// bernoulliTerm returns -ln p(x | l) and e^-|l|.
func bernoulliTerm(l, x float32) (loss, e float64) {
	v := float64(l)
	e = expNegative(-math.Abs(v))
	return max(v, 0) - float64(x)*v + log1pUnit(e), e
}

func bernoulliPortable(logits, x []float32) float64 {
	var total float64
	for i, l := range logits {
		loss, _ := bernoulliTerm(l, x[i])
		total += loss
	}
	return total
}

func bernoulliGradPortable(grad, logits, x []float32) float64 {
	var total float64
	for i, l := range logits {
		p := x[i]
		loss, e := bernoulliTerm(l, p)
		total += loss
		grad[i] = float32(float64(p) - sigmoidFrom(l, e))
	}
	return total
}

func accumulateScaledPortable(acc, x []float32, s float32) {
	for i, v := range x {
		acc[i] += s * v
	}
}

func multiplyAddPortable(dst, a, b, c []float32) {
	for i, v := range a {
		dst[i] = v*b[i] + c[i]
	}
}

func scalePortable(dst, x []float32, s float32) {
	for i, v := range x {
		dst[i] = s * v
	}
}

func sumPortable(x []float32) float64 {
	var total float64
	for _, v := range x {
		total += float64(v)
	}
	return total
}
