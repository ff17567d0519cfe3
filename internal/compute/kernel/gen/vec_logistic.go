package main

// The cells of kernel.LogisticCell: keep them as they are there.
const (
	cellHalf        = 1.0 / 255
	cellMinLogScale = -7
	cellLogWidth    = -4.848116364598481 // ln(2/255)
)

// logisticCell adds the log of the mass that a logistic distribution has between y - 1/255 and y + 1/255. With the ends a
// and b of the cell in scales from the centre, the upper one with its sign turned, and its width w, that is
//
//	-softplus(a) - softplus(b) + ln(1 - e^-w)
//
// As q = w/(1-e^-w) is accurate however narrow the cell is, so are ln(1-e^-w) = ln w - ln q and, of its derivative with
// respect to the log scale, w/(e^w-1) = q - w.
func (p *program) logisticCell(grad bool) {
	const (
		farOut   = -200    // sigmoid and softplus of it are 0
		smallest = 0x1p-90 // width: of a narrower one q is 1 as well
	)
	one, sign, half := p.constant(1), p.constBits(signBit), p.constant(cellHalf)
	given, y := p.load(3), p.load(1)
	logScale := p.max(p.constant(cellMinLogScale), given)
	inverse := p.expBelow(p.xor(logScale, sign))
	whiteAt, blackAt := p.constant(1-cellHalf), p.constant(cellHalf-1)

	// ln(1-e^-w), which cells that reach to infinity do not have.
	w := p.max(p.constant(smallest), p.mul(p.constant(2*cellHalf), inverse))
	negative := p.xor(w, sign)
	q := p.div(negative, p.expm1Negative(negative))
	mantissa, k := p.splitExponent(q)
	lnQ := p.fma(k, p.constant(ln2), p.logNear1(p.sub(mantissa, one)))
	width := p.sub(p.sub(p.constant(cellLogWidth), logScale), lnQ)
	zero := p.constant(0)
	width = p.selectLess(y, whiteAt, width, zero)
	width = p.selectLess(blackAt, y, width, zero)
	logs := p.add(p.load(0), width)
	var slope value
	if grad {
		slope = p.sub(w, q)
		slope = p.selectLess(y, whiteAt, slope, zero)
		slope = p.selectLess(blackAt, y, slope, zero)
	}

	z := p.sub(y, p.load(2))
	far := p.constant(farOut)
	a := p.mul(p.xor(p.add(z, half), sign), inverse)
	a = p.selectLess(y, whiteAt, a, far)
	soft, sa := p.softplusAndSigmoid(a, grad)
	logs = p.sub(logs, soft)
	if grad {
		slope = p.fma(a, sa, slope)
	}
	b := p.mul(p.sub(z, half), inverse)
	b = p.selectLess(blackAt, y, b, far)
	soft, sb := p.softplusAndSigmoid(b, grad)
	p.store(0, p.sub(logs, soft))
	if !grad {
		return
	}
	slope = p.fma(b, sb, slope)
	p.store(1, p.mul(p.sub(sb, sa), inverse))
	// Where the scale is at its limit no step leads further down.
	p.store(2, p.selectLess(given, p.constant(cellMinLogScale), p.max(zero, slope), slope))
}

// softplusAndSigmoid computes both from one exponential.
func (p *program) softplusAndSigmoid(x value, both bool) (softplus, sigmoid value) {
	e := p.expOfNegativeAbs(x)
	log := p.mul(e, p.horner(e, softplusRatio()...))
	softplus = p.add(p.max(p.constant(0), x), log)
	if both {
		sigmoid = p.sigmoidFrom(x, e)
	}
	return softplus, sigmoid
}
