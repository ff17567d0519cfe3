package kernel

import "math"

func expOf(x float32) float32   { return float32(math.Exp(float64(x))) }
func logOf(x float32) float32   { return float32(math.Log(float64(x))) }
func log1pOf(x float32) float32 { return float32(math.Log1p(float64(x))) }
func tanhOf(x float32) float32  { return float32(math.Tanh(float64(x))) }
func expm1Of(x float32) float32 { return float32(math.Expm1(float64(x))) }

// sigmoidOf returns 1/(1+e^-x) without overflow.
func sigmoidOf(x float32) float32 {
	e := math.Exp(-math.Abs(float64(x)))
	if x < 0 {
		return float32(e / (1 + e))
	}
	return float32(1 / (1 + e))
}

// softplusOf returns ln(1+e^x) without overflow.
func softplusOf(x float32) float32 {
	return float32(math.Max(float64(x), 0) + math.Log1p(math.Exp(-math.Abs(float64(x)))))
}

func activatePortable(a Activation, dst, x []float32) {
	switch a {
	case Identity:
		copy(dst, x)
	case Relu:
		for i, v := range x {
			if v <= 0 {
				v = 0
			}
			dst[i] = v
		}
	case Tanh:
		for i, v := range x {
			dst[i] = tanhOf(v)
		}
	case Softplus:
		for i, v := range x {
			dst[i] = softplusOf(v)
		}
	case Elu:
		for i, v := range x {
			if v <= 0 {
				v = expm1Of(v)
			}
			dst[i] = v
		}
	case Sigmoid:
		for i, v := range x {
			dst[i] = sigmoidOf(v)
		}
	default:
		panic(a)
	}
}

func activateGradPortable(a Activation, dx, y, dy []float32) {
	switch a {
	case Identity:
		copy(dx, dy)
	case Relu:
		for i, v := range y {
			g := dy[i]
			if v <= 0 {
				g = 0
			}
			dx[i] = g
		}
	case Tanh:
		for i, v := range y {
			dx[i] = dy[i] * (1 - v*v)
		}
	case Softplus:
		for i, v := range y {
			dx[i] = dy[i] * -expm1Of(-v)
		}
	case Elu:
		for i, v := range y {
			g := dy[i]
			if v <= 0 {
				g *= v + 1
			}
			dx[i] = g
		}
	case Sigmoid:
		for i, v := range y {
			dx[i] = dy[i] * (v * (1 - v))
		}
	default:
		panic(a)
	}
}

func bernoulliPortable(grad, logits, x []float32) float64 {
	var total float64
	for i, l := range logits {
		l, p := float64(l), float64(x[i])
		e := math.Exp(-math.Abs(l))
		total += p*l - (math.Max(l, 0) + math.Log1p(e))
		if grad == nil {
			continue
		}
		s := 1 / (1 + e)
		if l < 0 {
			s *= e
		}
		grad[i] = float32(p - s)
	}
	return total
}
