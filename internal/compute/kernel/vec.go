package kernel

//go:generate go run -C gen . -family vec_avx512 -out ../vec_avx512_amd64.s -stubs ../vec_avx512_amd64.go -pkg kernel
//go:generate go run -C gen . -family vec_avx2 -out ../vec_avx2_amd64.s -stubs ../vec_avx2_amd64.go -pkg kernel
//go:generate go run -C gen . -family vec_neon -out ../vec_neon_arm64.s
//go:generate go run -C gen . -family vec_neon_stubs -out ../vec_neon_arm64.go

import "fmt"

// vecTable says which implementation of the vector functions runs.
type vecTable struct{ level string }

func newVecTable(level string) vecTable { return vecTable{level: level} }

// A unary is a function of one vector.
type unary uint8

const (
	unaryExp unary = iota
	unaryLog
	unaryLog1p
	unarySigmoid
	unarySoftplus
	unaryTanh
	unaryRelu
	unaryElu
	unaryLeakyRelu
	unarySilu
	unaryUniform // words to [0,1)
)

// A binary is a function of two vectors.
type binary uint8

const (
	binaryAdd binary = iota
	binaryMul
	binaryReluGrad // of the activation's output and the gradient arriving at it, as all Grad
	binaryTanhGrad
	binarySoftplusGrad
	binaryEluGrad
	binarySigmoidGrad
	binaryLeakyReluGrad
	binarySiluGrad // of the input, not the output
	binaryBelow    // 1 where the uniform draw of a word is below a probability, else 0
)

// callElements is the most elements one call of an assembly function works on: it cannot be preempted, so it must be
// over in some tens of microseconds.
const callElements = 1 << 14

// unary applies f to x.
func (t *vecTable) unary(f unary, dst, x []float32) {
	sameLength(len(dst), len(x))
	for len(x) > 0 {
		n := min(len(x), callElements)
		t.unaryCall(f, dst[:n], x[:n])
		dst, x = dst[n:], x[n:]
	}
}

// binary applies f to a and b.
func (t *vecTable) binary(f binary, dst, a, b []float32) {
	sameLength(len(dst), len(a))
	sameLength(len(dst), len(b))
	for len(a) > 0 {
		n := min(len(a), callElements)
		t.binaryCall(f, dst[:n], a[:n], b[:n])
		dst, a, b = dst[n:], a[n:], b[n:]
	}
}

// activate applies act to every element of x.
func (t *vecTable) activate(act Activation, x []float32) { t.activateInto(act, x, x) }

func (t *vecTable) activateInto(act Activation, dst, x []float32) {
	switch act {
	case Identity:
		sameLength(len(dst), len(x))
		copy(dst, x)
	case Relu:
		t.unary(unaryRelu, dst, x)
	case Tanh:
		t.unary(unaryTanh, dst, x)
	case Softplus:
		t.unary(unarySoftplus, dst, x)
	case Elu:
		t.unary(unaryElu, dst, x)
	case Sigmoid:
		t.unary(unarySigmoid, dst, x)
	case LeakyRelu:
		t.unary(unaryLeakyRelu, dst, x)
	default:
		panic(fmt.Sprintf("kernel: unknown activation %d", act))
	}
}

// Exp writes e^x to dst. Here and in every function of this family dst may be x, the lengths must be equal,
// the error is within 4 ulp, NaN, infinities, signed zeros and denormals behave as in package math, and
// an element's bits do not depend on where in a slice it stands.
func (e *Engine) Exp(dst, x []float32) { e.vec.unary(unaryExp, dst, x) }

// Log writes ln x to dst.
func (e *Engine) Log(dst, x []float32) { e.vec.unary(unaryLog, dst, x) }

// Log1p writes ln(1+x) to dst, accurate near 0.
func (e *Engine) Log1p(dst, x []float32) { e.vec.unary(unaryLog1p, dst, x) }

// Sigmoid writes 1/(1+e^-x) to dst.
func (e *Engine) Sigmoid(dst, x []float32) { e.vec.unary(unarySigmoid, dst, x) }

// Softplus writes ln(1+e^x) to dst.
func (e *Engine) Softplus(dst, x []float32) { e.vec.unary(unarySoftplus, dst, x) }

// Tanh writes tanh x to dst; |tanh x| is never above 1.
func (e *Engine) Tanh(dst, x []float32) { e.vec.unary(unaryTanh, dst, x) }

// Activate writes a(x) to dst, which may be x. Elu has alpha = 1; Relu never returns -0.
func (e *Engine) Activate(a Activation, dst, x []float32) { e.vec.activateInto(a, dst, x) }

// ActivateGrad writes dy * a'(.) to dx, the derivative computed from the activation's output y:
// relu 1 for y > 0, else 0; tanh 1-y^2; softplus 1-e^-y; elu 1 for y > 0, else y+1; sigmoid y(1-y);
// leaky relu 1 for y > 0, else 1/100.
// dx may be dy or y.
func (e *Engine) ActivateGrad(a Activation, dx, y, dy []float32) {
	switch a {
	case Identity:
		sameLength(len(dx), len(y))
		sameLength(len(dx), len(dy))
		copy(dx, dy)
	case Relu:
		e.vec.binary(binaryReluGrad, dx, y, dy)
	case Tanh:
		e.vec.binary(binaryTanhGrad, dx, y, dy)
	case Softplus:
		e.vec.binary(binarySoftplusGrad, dx, y, dy)
	case Elu:
		e.vec.binary(binaryEluGrad, dx, y, dy)
	case Sigmoid:
		e.vec.binary(binarySigmoidGrad, dx, y, dy)
	case LeakyRelu:
		e.vec.binary(binaryLeakyReluGrad, dx, y, dy)
	default:
		panic(fmt.Sprintf("kernel: unknown activation %d", a))
	}
}

// Silu writes x/(1+e^-x) to dst, x times its sigmoid, with a relative error of a few 2^-24 down to x = -80.
func (e *Engine) Silu(dst, x []float32) { e.vec.unary(unarySilu, dst, x) }

// SiluGrad writes dy times the derivative of [Engine.Silu] at x to dx, which may be dy or x.
func (e *Engine) SiluGrad(dx, x, dy []float32) { e.vec.binary(binarySiluGrad, dx, x, dy) }

// MultiplyAdd writes a*b + c to dst, which may be any of them.
func (e *Engine) MultiplyAdd(dst, a, b, c []float32) {
	sameLength(len(dst), len(a))
	sameLength(len(dst), len(b))
	sameLength(len(dst), len(c))
	for len(a) > 0 {
		n := min(len(a), callElements)
		e.vec.multiplyAdd(dst[:n], a[:n], b[:n], c[:n])
		dst, a, b, c = dst[n:], a[n:], b[n:], c[n:]
	}
}

// sumElements is the length of the blocks of Bernoulli's sum: at most sumElements/8 terms are added in one float32.
const sumElements = 1 << 10

// Bernoulli returns the sum over elements of ln p(x | logits) = x*l - softplus(l), in nats, for x in [0,1] and finite logits.
// When grad is not nil it receives the derivative x - sigmoid(l); grad may be logits or x.
//
// Each term has an absolute error of at most 2e-7 * max(1, |l|) and each derivative of 2e-7. Terms are added in float32 in blocks of 1024,
// spread over 8 to 32 lanes, and the lanes in float64: that adds an error below 2^-16 of the sum of magnitudes, typically 1e-7 of it.
func (e *Engine) Bernoulli(grad, logits, x []float32) float64 {
	sameLength(len(logits), len(x))
	if grad != nil {
		sameLength(len(grad), len(x))
	}
	var loss float64
	for len(x) > 0 {
		n := min(len(x), sumElements)
		if grad == nil {
			loss += e.vec.bernoulli(logits[:n], x[:n])
		} else {
			loss += e.vec.bernoulliGrad(grad[:n], logits[:n], x[:n])
			grad = grad[n:]
		}
		logits, x = logits[n:], x[n:]
	}
	return -loss
}

// Accumulate adds x to acc.
func (e *Engine) Accumulate(acc, x []float32) { e.vec.binary(binaryAdd, acc, acc, x) }

// AccumulateScaled adds s*x to acc.
func (e *Engine) AccumulateScaled(acc []float32, s float32, x []float32) {
	sameLength(len(acc), len(x))
	for len(x) > 0 {
		n := min(len(x), callElements)
		e.vec.accumulateScaled(acc[:n], x[:n], s)
		acc, x = acc[n:], x[n:]
	}
}

// Scale writes s*x to dst, which may be x.
func (e *Engine) Scale(dst []float32, s float32, x []float32) {
	sameLength(len(dst), len(x))
	for len(x) > 0 {
		n := min(len(x), callElements)
		e.vec.scale(dst[:n], x[:n], s)
		dst, x = dst[n:], x[n:]
	}
}

// Mul writes a*b to dst, which may be a or b.
func (e *Engine) Mul(dst, a, b []float32) { e.vec.binary(binaryMul, dst, a, b) }

// Sum returns the sum of x, accumulated in float64.
func (e *Engine) Sum(x []float32) float64 {
	var total float64
	for len(x) > 0 {
		n := min(len(x), callElements)
		total += e.vec.sum(x[:n])
		x = x[n:]
	}
	return total
}

// sameLength panics unless two operands have the same length.
func sameLength(a, b int) {
	if a != b {
		panic(fmt.Sprintf("kernel: operands of %d and %d elements", a, b))
	}
}
