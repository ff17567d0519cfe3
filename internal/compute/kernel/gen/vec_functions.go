package main

import "math"

// Coefficients are minimax fits (Remez), rounded to float32 from the lowest order up, each later one refitted to
// what the roundings before it left. The errors named are those of the rounded polynomials.

const (
	log2E = 1.44269504 // 1/ln 2
	ln2   = 0x1.62e43p-1
	ln2Hi = 0x1.62e4p-1 // ln2Hi * n is exact for |n| < 2^9
	ln2Lo = 0x1.7f7d1cp-20

	// Adding roundMagic rounds to an integer and leaves it in the low bits of the sum; the added biases
	// leave it ready to be shifted into the exponent of a float32.
	roundMagic = 0x1.8p23
	oneBias    = 127
	twoBiases  = 254

	signBit = 0x80000000
)

// expTail is (e^r - 1 - r)/r^2 for |r| <= ln2/2; e^r from it has a relative error of 3.2e-9.
func expTail() []float32 {
	return []float32{0x1.fffffcp-2, 0x1.55548cp-3, 0x1.555858p-5, 0x1.123da6p-7, 0x1.6ac144p-10}
}

// logTail is (ln(1+f) - f)/f^2 for -1/4 <= f <= 1/2; ln(1+f) from it has a relative error of 5.0e-9.
func logTail() []float32 {
	return []float32{-0.5, 0x1.5555a4p-2, -0x1.000046p-2, 0x1.99695ep-3, -0x1.54ed86p-3, 0x1.28849p-3,
		-0x1.0da3fep-3, 0x1.ad008ap-4, -0x1.71d02cp-5}
}

// softplusTail is (ln(1+e) - e)/e^2 for 0 <= e <= 1; ln(1+e) from it has a relative error of 7.5e-9.
func softplusTail() []float32 {
	return []float32{-0.5, 0x1.55527ep-2, -0x1.ff7d56p-3, 0x1.94f9a2p-3, -0x1.3eda66p-3, 0x1.c38b7ep-4,
		-0x1.f2f7aep-5, 0x1.66490cp-6, -0x1.e1c5fcp-9}
}

// softplusRatio is ln(1+e)/e for 0 <= e <= 1; ln(1+e) from it has an absolute error of 3.3e-8.
func softplusRatio() []float32 {
	return []float32{0x1.ffff88p-1, -0x1.ffdefcp-2, 0x1.53c2f4p-2, -0x1.ed048ap-3, 0x1.575870p-3, -0x1.86728ep-4,
		0x1.279cd8p-5, -0x1.a6e532p-8}
}

// exp returns e^x. The argument is reduced by Cody and Waite's method.
func (p *program) exp(x value) value {
	const overflow = 89 // e^89 is +Inf
	return p.expBelow(p.min(p.constant(overflow), x))
}

// expBelow returns e^x for x <= 89.
func (p *program) expBelow(x value) value {
	const underflow = -104 // e^-104 is 0
	x = p.max(p.constant(underflow), x)
	magic := p.constant(roundMagic + twoBiases)
	shifted := p.fma(x, p.constant(log2E), magic)
	n := p.sub(shifted, magic)
	r := p.fnma(n, p.constant(ln2Hi), x)
	r = p.fnma(n, p.constant(ln2Lo), r)
	power := p.horner(r, append([]float32{1, 1}, expTail()...)...)
	if p.isa == avx512 {
		return p.emit(opScale, 0, power, n)
	}
	// Two factors: 2^n itself may be out of range where the product is not.
	half := p.shiftRight(shifted, 1)
	other := p.subInt(shifted, half)
	return p.mul(p.mul(power, p.shiftLeft(half, 23)), p.shiftLeft(other, 23))
}

// expm1Negative returns e^x - 1 for x <= 0, accurate near 0.
func (p *program) expm1Negative(x value) value {
	const lowest = -17.5 // e^-17.5 - 1 is -1
	x = p.max(p.constant(lowest), x)
	magic := p.constant(roundMagic + oneBias)
	shifted := p.fma(x, p.constant(log2E), magic)
	// Where n is not 0 the result is of the order of 1: one constant for ln 2 is precise enough.
	r := p.fnma(p.sub(shifted, magic), p.constant(ln2), x)
	tail := p.horner(r, expTail()...)
	rest := p.fma(p.mul(r, r), tail, r)
	power := p.shiftLeft(shifted, 23)
	return p.fma(power, rest, p.sub(power, p.constant(1)))
}

// negativeAbs returns -|x|.
func (p *program) negativeAbs(x value) value { return p.or(p.constBits(signBit), x) }

// abs returns |x|.
func (p *program) abs(x value) value { return p.and(p.constBits(^uint32(signBit)), x) }

// sigmoidFrom returns sigmoid(x) from e = exp(-|x|), without cancellation or overflow.
func (p *program) sigmoidFrom(x, e value) value {
	one := p.constant(1)
	return p.div(p.selectNegative(x, e, one), p.add(e, one))
}

func (p *program) sigmoid(x value) value { return p.sigmoidFrom(x, p.expBelow(p.negativeAbs(x))) }

// softplus returns max(x, 0) + ln(1 + exp(-|x|)).
func (p *program) softplus(x value) value {
	e := p.expBelow(p.negativeAbs(x))
	log := p.fma(p.mul(e, e), p.horner(e, softplusTail()...), e)
	return p.add(p.max(p.constant(0), x), log)
}

// tanh returns (1-e)/(1+e) with e = exp(-2|x|), and x's sign; 1-e and 1+e come from e-1, which is accurate near 0.
func (p *program) tanh(x value) value {
	a := p.negativeAbs(x)
	below := p.expm1Negative(p.add(a, a))
	return p.copySign(p.div(below, p.add(below, p.constant(2))), x)
}

// copySign returns |x| with the sign of y.
func (p *program) copySign(x, y value) value {
	if p.isa == avx512 {
		return p.emit(opChoose, 0, p.constBits(signBit), y, x)
	}
	return p.or(p.abs(x), p.and(p.constBits(signBit), y))
}

// relu returns max(x, 0); the addition turns -0 into 0.
func (p *program) relu(x value) value {
	zero := p.constant(0)
	return p.add(p.max(zero, x), zero)
}

// leak is the slope of leakyRelu below 0, that of PyTorch's nn.LeakyReLU.
const leak = 0.01

func (p *program) leakyRelu(x value) value { return p.max(p.mul(p.constant(leak), x), x) }

func (p *program) elu(x value) value {
	return p.selectLess(x, p.constant(0), p.expm1Negative(x), x)
}

// logNear1 returns ln(1+f) for -1/4 <= f <= 1/2.
func (p *program) logNear1(f value) value {
	return p.fma(p.mul(f, f), p.horner(f, logTail()...), f)
}

// log returns ln x.
func (p *program) log(x value) value {
	one := p.constant(1)
	if p.isa == avx512 {
		mantissa := p.emit(opMantissa, 0, x)
		k := p.sub(p.emit(opExponent, 0, x), p.emit(opExponent, 0, mantissa))
		return p.fma(k, p.constant(ln2), p.logNear1(p.sub(mantissa, one)))
	}
	const denormalBits = 23
	smallest := p.constant(0x1p-126)
	normal := p.selectLess(x, smallest, p.mul(x, p.constant(1<<denormalBits)), x)
	bias := p.selectLess(x, smallest, p.constant(-denormalBits), p.constant(0))
	mantissa, k := p.splitExponent(normal)
	k = p.add(k, bias)
	y := p.fma(k, p.constant(ln2), p.logNear1(p.sub(mantissa, one)))
	return p.logSpecial(x, y, p.constant(0))
}

// splitExponent returns x * 2^-k in [3/4, 3/2) and k, for a normal x > 0.
func (p *program) splitExponent(x value) (mantissa, k value) {
	above := p.subInt(x, p.constant(0.75))
	k = p.fromInt(p.shiftRightSigned(above, 23))
	return p.subInt(x, p.and(above, p.constBits(0xff800000))), k
}

// logSpecial replaces y, the logarithm for ordinary arguments, where x is at or outside the ends of its domain, or NaN:
// -Inf at the pole, NaN below it, +Inf at +Inf.
func (p *program) logSpecial(x, y, pole value) value {
	inf := p.constant(float32(math.Inf(1)))
	low := p.selectLess(x, pole, p.constBits(0x7fc00000), p.constant(float32(math.Inf(-1))))
	y = p.selectLess(pole, x, y, low)
	return p.selectLess(x, inf, y, x)
}

// log1p returns ln(1+x). With k the exponent of 1+x, m = x*2^-k + (2^-k - 1) is (1+x)*2^-k - 1 rounded once, so nothing of a small x is lost.
func (p *program) log1p(x value) value {
	u := p.add(x, p.constant(1))
	exponent := p.and(p.subInt(u, p.constant(0.75)), p.constBits(0xff800000))
	k := p.fromInt(p.shiftRightSigned(exponent, 23))
	// 2^-k may be denormal, 4 * 2^-k is not.
	scale := p.subInt(p.constant(4), exponent)
	m := p.add(p.subInt(x, exponent), p.fma(p.constant(0.25), scale, p.constant(-1)))
	y := p.fma(k, p.constant(ln2), p.logNear1(m))
	y = p.logSpecial(x, y, p.constant(-1))
	// ln(1+x) has x's sign; this keeps that of -0.
	return p.or(y, p.and(p.constBits(signBit), x))
}

// bernoulli returns -ln p(x | l) = max(l,0) - x*l + ln(1 + e^-|l|) and the gradient x - sigmoid(l) of ln p.
// Absolute rather than relative accuracy is wanted here: e^-|l| below 1e-38 is as good as 1e-38.
func (p *program) bernoulli(l, x value, grad bool) (loss, gradient value) {
	e := p.expOfNegativeAbs(l)
	log := p.mul(e, p.horner(e, softplusRatio()...))
	loss = p.add(p.fnma(x, l, p.max(p.constant(0), l)), log)
	if grad {
		gradient = p.sub(x, p.sigmoidFrom(l, e))
	}
	return loss, gradient
}

// expOfNegativeAbs returns e^-|x|, or the normal number e^-87 where that is less.
func (p *program) expOfNegativeAbs(x value) value {
	const lowest = -87
	a := p.max(p.constant(lowest), p.negativeAbs(x))
	magic := p.constant(roundMagic + oneBias)
	shifted := p.fma(a, p.constant(log2E), magic)
	r := p.fnma(p.sub(shifted, magic), p.constant(ln2), a)
	return p.mul(p.horner(r, append([]float32{1, 1}, expTail()...)...), p.shiftLeft(shifted, 23))
}

// normalPair turns two words into two normal draws (Box and Muller).
func (p *program) normalPair(even, odd value) (cosine, sine value) {
	radius := p.radius(even)
	cosine, sine = p.turn(odd)
	return p.mul(radius, cosine), p.mul(radius, sine)
}

// radius returns sqrt(-2 ln u), u = (word + 1/2) * 2^-32 rounded to float32.
func (p *program) radius(word value) value {
	high := p.fromInt(p.shiftRight(word, 16))
	low := p.fromInt(p.and(word, p.constBits(0xffff)))
	u := p.fma(high, p.constant(0x1p-16), p.fma(low, p.constant(0x1p-32), p.constant(0x1p-33)))
	mantissa, k := p.splitExponent(u)
	log := p.fma(k, p.constant(ln2), p.logNear1(p.sub(mantissa, p.constant(1))))
	return p.sqrt(p.mul(p.constant(-2), log))
}

// turn returns cosine and sine of 2 pi * (word>>8) * 2^-24.
// The angle is q/4 + a turns, q its nearest quarter and |a| <= 1/8; the word's arithmetic modulo 2^32 reduces it exactly.
func (p *program) turn(word value) (cosine, sine value) {
	const eighth, quarter = 1 << 29, 1 << 30
	rounded := p.addInt(p.constBits(eighth), word)
	quarterTurns := p.and(p.constBits(0xfffffc00), p.shiftLeft(word, 2))
	a := p.mul(p.fromInt(quarterTurns), p.constant(0x1p-34))
	square := p.mul(a, a)
	s := p.mul(a, p.horner(square, sineTail()...))
	c := p.horner(square, cosineTail()...)
	odd := p.shiftLeft(rounded, 1)
	cosine, sine = p.selectNegative(odd, s, c), p.selectNegative(odd, c, s)
	sign := p.constBits(signBit)
	cosine = p.xor(cosine, p.and(sign, p.addInt(p.constBits(quarter), rounded)))
	sine = p.xor(sine, p.and(sign, rounded))
	return cosine, sine
}

// sineTail is sin(2 pi a)/a as a polynomial in a^2 for |a| <= 1/8, with a relative error of 2.8e-8.
func sineTail() []float32 {
	return []float32{0x1.921fb6p+2, -0x1.4abc24p+5, 0x1.4680a4p+6, -0x1.33198ep+6}
}

// cosineTail is cos(2 pi a) as a polynomial in a^2 for |a| <= 1/8, with a relative error of 4.4e-10.
func cosineTail() []float32 {
	return []float32{1, -0x1.3bd3ccp+4, 0x1.03c1bp+6, -0x1.55b2b6p+6, 0x1.d4f7eep+5}
}

// adam is one step for one vector of weights; the parameters are those of the kernel of that name.
func (p *program) adam() {
	keep, step := p.param(0), p.param(1)
	beta1, gain1 := p.param(2), p.param(3)
	beta2, gain2 := p.param(4), p.param(5)
	correction2, eps := p.param(6), p.param(7)
	// The arrays begin on pages, and a load whose address has the low bits of an earlier store waits for it: so all loads
	// come first, where there are registers to keep what is stored.
	early := p.isa == avx2
	g := p.load(1)
	m := p.fma(beta1, p.load(2), p.mul(gain1, g))
	if early {
		p.store(1, m)
	}
	v := p.fma(beta2, p.load(3), p.mul(p.mul(gain2, g), g))
	if early {
		p.store(2, v)
	}
	denominator := p.add(p.sqrt(p.mul(v, correction2)), eps)
	w := p.sub(p.mul(keep, p.load(0)), p.div(p.mul(step, m), denominator))
	if !early {
		p.store(1, m)
		p.store(2, v)
	}
	p.store(0, w)
}

// adamax is adam with the infinity norm for v.
func (p *program) adamax() {
	keep, step := p.param(0), p.param(1)
	beta1, gain1 := p.param(2), p.param(3)
	beta2, eps := p.param(4), p.param(5)
	g := p.load(1)
	m := p.fma(beta1, p.load(2), p.mul(gain1, g))
	p.store(1, m)
	v := p.max(p.mul(beta2, p.load(3)), p.abs(g))
	p.store(2, v)
	p.store(0, p.sub(p.mul(keep, p.load(0)), p.div(p.mul(step, m), p.add(v, eps))))
}
