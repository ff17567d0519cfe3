package kernel

// vecTable says which implementation of the vector functions runs.
type vecTable struct{ level string }

func newVecTable(level string) vecTable { return vecTable{level: level} }

// activate applies act to every element of x.
func (t *vecTable) activate(act Activation, x []float32) { activatePortable(act, x, x) }

// Exp writes e^x to dst. Here and in every function of this family dst may be x, the lengths must be equal,
// the error is within 4 ulp, NaN, infinities, signed zeros and denormals behave as in package math, and
// an element's bits do not depend on where in a slice it stands.
func (e *Engine) Exp(dst, x []float32) {
	sameLength(len(dst), len(x))
	for i, v := range x {
		dst[i] = expOf(v)
	}
}

// Log writes ln x to dst.
func (e *Engine) Log(dst, x []float32) {
	sameLength(len(dst), len(x))
	for i, v := range x {
		dst[i] = logOf(v)
	}
}

// Log1p writes ln(1+x) to dst, accurate near 0.
func (e *Engine) Log1p(dst, x []float32) {
	sameLength(len(dst), len(x))
	for i, v := range x {
		dst[i] = log1pOf(v)
	}
}

// Sigmoid writes 1/(1+e^-x) to dst.
func (e *Engine) Sigmoid(dst, x []float32) { e.Activate(Sigmoid, dst, x) }

// Softplus writes ln(1+e^x) to dst.
func (e *Engine) Softplus(dst, x []float32) { e.Activate(Softplus, dst, x) }

// Tanh writes tanh x to dst.
func (e *Engine) Tanh(dst, x []float32) { e.Activate(Tanh, dst, x) }

// Activate writes a(x) to dst, which may be x. Elu has alpha = 1.
func (e *Engine) Activate(a Activation, dst, x []float32) {
	sameLength(len(dst), len(x))
	activatePortable(a, dst, x)
}

// ActivateGrad writes dy * a'(.) to dx, the derivative computed from the activation's output y:
// relu 1 for y > 0, else 0; tanh 1-y^2; softplus 1-e^-y; elu 1 for y > 0, else y+1; sigmoid y(1-y).
// dx may be dy or y.
func (e *Engine) ActivateGrad(a Activation, dx, y, dy []float32) {
	sameLength(len(dx), len(y))
	sameLength(len(dx), len(dy))
	activateGradPortable(a, dx, y, dy)
}

// Bernoulli returns the sum over elements of ln p(x | logits) = x*l - softplus(l), in nats, for x in [0,1].
// When grad is not nil it receives the derivative x - sigmoid(l); grad may be logits or x.
func (e *Engine) Bernoulli(grad, logits, x []float32) float64 {
	sameLength(len(logits), len(x))
	if grad != nil {
		sameLength(len(grad), len(x))
	}
	return bernoulliPortable(grad, logits, x)
}

// Accumulate adds x to acc.
func (e *Engine) Accumulate(acc, x []float32) {
	sameLength(len(acc), len(x))
	for i, v := range x {
		acc[i] += v
	}
}

// AccumulateScaled adds s*x to acc.
func (e *Engine) AccumulateScaled(acc []float32, s float32, x []float32) {
	sameLength(len(acc), len(x))
	for i, v := range x {
		acc[i] += s * v
	}
}

// Scale writes s*x to dst, which may be x.
func (e *Engine) Scale(dst []float32, s float32, x []float32) {
	sameLength(len(dst), len(x))
	for i, v := range x {
		dst[i] = s * v
	}
}

// Mul writes a*b to dst, which may be a or b.
func (e *Engine) Mul(dst, a, b []float32) {
	sameLength(len(dst), len(a))
	sameLength(len(dst), len(b))
	for i, v := range a {
		dst[i] = v * b[i]
	}
}

// Sum returns the sum of x, accumulated in float64.
func (e *Engine) Sum(x []float32) float64 {
	var total float64
	for _, v := range x {
		total += float64(v)
	}
	return total
}

// sameLength panics unless two operands have the same length.
func sameLength(a, b int) {
	if a != b {
		panic(lengthMismatch{a, b})
	}
}

// lengthMismatch is what a vector function panics with when its operands differ in length.
type lengthMismatch struct{ a, b int }
