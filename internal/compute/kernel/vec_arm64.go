package kernel

// neonLanes is the number of elements the NEON functions work on at once. They cannot leave lanes out:
// what a slice has left over passes through a vector of its own.
const neonLanes = 4

// wholeVectors splits n elements into whole vectors and a rest.
func wholeVectors(n int) (whole, rest int) { return n &^ (neonLanes - 1), n & (neonLanes - 1) }

// pad returns a vector that begins with x; the rest of it is filler.
func pad(x []float32, filler float32) (v [neonLanes]float32) {
	for i := copy(v[:], x); i < neonLanes; i++ {
		v[i] = filler
	}
	return v
}

func (t *vecTable) unaryCall(f unary, dst, x []float32) {
	if t.level != levelNEON {
		unaryPortable(f, dst, x)
		return
	}
	whole, rest := wholeVectors(len(x))
	if whole > 0 {
		unaryNEON(f, &dst[0], &x[0], whole)
	}
	if rest > 0 {
		v := pad(x[whole:], 0)
		unaryNEON(f, &v[0], &v[0], neonLanes)
		copy(dst[whole:], v[:])
	}
}

func unaryNEON(f unary, dst, x *float32, n int) {
	switch f {
	case unaryExp:
		expNEON(dst, x, n)
	case unaryLog:
		logNEON(dst, x, n)
	case unaryLog1p:
		log1pNEON(dst, x, n)
	case unarySigmoid:
		sigmoidNEON(dst, x, n)
	case unarySoftplus:
		softplusNEON(dst, x, n)
	case unaryTanh:
		tanhNEON(dst, x, n)
	case unaryRelu:
		reluNEON(dst, x, n)
	case unaryElu:
		eluNEON(dst, x, n)
	case unaryLeakyRelu:
		leakyReluNEON(dst, x, n)
	case unarySilu:
		siluNEON(dst, x, n)
	case unaryUniform:
		uniformNEON(dst, x, n)
	}
}

func (t *vecTable) binaryCall(f binary, dst, a, b []float32) {
	if t.level != levelNEON {
		binaryPortable(f, dst, a, b)
		return
	}
	whole, rest := wholeVectors(len(a))
	if whole > 0 {
		binaryNEON(f, &dst[0], &a[0], &b[0], whole)
	}
	if rest > 0 {
		v, w := pad(a[whole:], 0), pad(b[whole:], 0)
		binaryNEON(f, &v[0], &v[0], &w[0], neonLanes)
		copy(dst[whole:], v[:])
	}
}

func binaryNEON(f binary, dst, a, b *float32, n int) {
	switch f {
	case binaryAdd:
		accumulateNEON(dst, a, b, n)
	case binaryMul:
		mulNEON(dst, a, b, n)
	case binaryReluGrad:
		reluGradNEON(dst, a, b, n)
	case binaryTanhGrad:
		tanhGradNEON(dst, a, b, n)
	case binarySoftplusGrad:
		softplusGradNEON(dst, a, b, n)
	case binaryEluGrad:
		eluGradNEON(dst, a, b, n)
	case binarySigmoidGrad:
		sigmoidGradNEON(dst, a, b, n)
	case binaryLeakyReluGrad:
		leakyReluGradNEON(dst, a, b, n)
	case binarySiluGrad:
		siluGradNEON(dst, a, b, n)
	case binaryBelow:
		belowProbabilityNEON(dst, a, b, n)
	}
}

func (t *vecTable) accumulateScaled(acc, x []float32, s float32) {
	if t.level != levelNEON {
		accumulateScaledPortable(acc, x, s)
		return
	}
	whole, rest := wholeVectors(len(x))
	if whole > 0 {
		accumulateScaledNEON(&acc[0], &x[0], s, whole)
	}
	if rest > 0 {
		v, w := pad(acc[whole:], 0), pad(x[whole:], 0)
		accumulateScaledNEON(&v[0], &w[0], s, neonLanes)
		copy(acc[whole:], v[:])
	}
}

func (t *vecTable) multiplyAdd(dst, a, b, c []float32) {
	if t.level != levelNEON {
		multiplyAddPortable(dst, a, b, c)
		return
	}
	whole, rest := wholeVectors(len(a))
	if whole > 0 {
		multiplyAddNEON(&dst[0], &a[0], &b[0], &c[0], whole)
	}
	if rest > 0 {
		u, v, w := pad(a[whole:], 0), pad(b[whole:], 0), pad(c[whole:], 0)
		multiplyAddNEON(&u[0], &u[0], &v[0], &w[0], neonLanes)
		copy(dst[whole:], u[:])
	}
}

func (t *vecTable) scale(dst, x []float32, s float32) {
	if t.level != levelNEON {
		scalePortable(dst, x, s)
		return
	}
	whole, rest := wholeVectors(len(x))
	if whole > 0 {
		scaleNEON(&dst[0], &x[0], s, whole)
	}
	if rest > 0 {
		v := pad(x[whole:], 0)
		scaleNEON(&v[0], &v[0], s, neonLanes)
		copy(dst[whole:], v[:])
	}
}

func (t *vecTable) sum(x []float32) float64 {
	if t.level != levelNEON {
		return sumPortable(x)
	}
	whole, rest := wholeVectors(len(x))
	var total float64
	if whole > 0 {
		total = sumNEON(&x[0], whole)
	}
	if rest > 0 {
		total += sumPortable(x[whole:])
	}
	return total
}

// surelyZero is a logit so low that a pixel of 0 under it costs nothing.
const surelyZero = -1e3

func (t *vecTable) bernoulli(logits, x []float32) float64 {
	if t.level != levelNEON {
		return bernoulliPortable(logits, x)
	}
	whole, rest := wholeVectors(len(x))
	var total float64
	if whole > 0 {
		total = bernoulliNEON(&logits[0], &x[0], whole)
	}
	if rest > 0 {
		l, v := pad(logits[whole:], surelyZero), pad(x[whole:], 0)
		total += bernoulliNEON(&l[0], &v[0], neonLanes)
	}
	return total
}

func (t *vecTable) bernoulliGrad(grad, logits, x []float32) float64 {
	if t.level != levelNEON {
		return bernoulliGradPortable(grad, logits, x)
	}
	whole, rest := wholeVectors(len(x))
	var total float64
	if whole > 0 {
		total = bernoulliGradNEON(&grad[0], &logits[0], &x[0], whole)
	}
	if rest > 0 {
		l, v := pad(logits[whole:], surelyZero), pad(x[whole:], 0)
		total += bernoulliGradNEON(&v[0], &l[0], &v[0], neonLanes)
		copy(grad[whole:], v[:])
	}
	return total
}

func (t *vecTable) logisticCell(logs, y, centre, logScale []float32) {
	if t.level != levelNEON {
		logisticCellPortable(logs, y, centre, logScale)
		return
	}
	whole, rest := wholeVectors(len(y))
	if whole > 0 {
		logisticCellNEON(&logs[0], &y[0], &centre[0], &logScale[0], whole)
	}
	if rest > 0 {
		l, v, c, s := pad(logs[whole:], 0), pad(y[whole:], 0), pad(centre[whole:], 0), pad(logScale[whole:], 0)
		logisticCellNEON(&l[0], &v[0], &c[0], &s[0], neonLanes)
		copy(logs[whole:], l[:])
	}
}

func (t *vecTable) logisticCellGrad(logs, dCentre, dLogScale, y, centre, logScale []float32) {
	if t.level != levelNEON {
		logisticCellGradPortable(logs, dCentre, dLogScale, y, centre, logScale)
		return
	}
	whole, rest := wholeVectors(len(y))
	if whole > 0 {
		logisticCellGradNEON(&logs[0], &dCentre[0], &dLogScale[0], &y[0], &centre[0], &logScale[0], whole)
	}
	if rest > 0 {
		l, v, c, s := pad(logs[whole:], 0), pad(y[whole:], 0), pad(centre[whole:], 0), pad(logScale[whole:], 0)
		logisticCellGradNEON(&l[0], &c[0], &s[0], &v[0], &c[0], &s[0], neonLanes)
		copy(logs[whole:], l[:])
		copy(dCentre[whole:], c[:])
		copy(dLogScale[whole:], s[:])
	}
}

func (t *vecTable) adam(w, g, m, v []float32, s adamScalars) {
	if t.level != levelNEON {
		adamPortable(w, g, m, v, s)
		return
	}
	whole, rest := wholeVectors(len(w))
	if whole > 0 {
		adamNEONStep(&w[0], &g[0], &m[0], &v[0], s, whole)
	}
	if rest > 0 {
		wRest, gRest, mRest, vRest := pad(w[whole:], 0), pad(g[whole:], 0), pad(m[whole:], 0), pad(v[whole:], 1)
		adamNEONStep(&wRest[0], &gRest[0], &mRest[0], &vRest[0], s, neonLanes)
		copy(w[whole:], wRest[:])
		copy(m[whole:], mRest[:])
		copy(v[whole:], vRest[:])
	}
}

func adamNEONStep(w, g, m, v *float32, s adamScalars, n int) {
	if s.max {
		adamaxNEON(w, m, v, g, s.keep, s.step, s.beta1, s.gain1, s.beta2, s.eps, n)
		return
	}
	adamNEON(w, m, v, g, s.keep, s.step, s.beta1, s.gain1, s.beta2, s.gain2, s.correction2, s.eps, n)
}

func (t *vecTable) normals(dst []float32) {
	if t.level != levelNEON {
		normalsPortable(dst)
		return
	}
	normalsNEON(&dst[0], len(dst))
}

func (t *vecTable) wordsCall(dst []uint32, s *wordStream, block uint64) {
	if t.level != levelNEON {
		wordsPortable(dst, s.key, block)
		return
	}
	low := s.prepare(block)
	wordsNEON(&dst[0], &s.plan, low, len(dst)/wordGroup)
}

func (t *vecTable) bernoulliBytesCall(dst []float32, src []byte, s *wordStream, block uint64) {
	if t.level != levelNEON {
		bernoulliBytesPortable(dst, src, s.key, block)
		return
	}
	t.wordsCall(asWords(dst), s, block)
	thresholdWords(dst, src)
}

func (t *vecTable) bytesCall(f byteFunction, dst []float32, src []byte) { bytesPortable(f, dst, src) }
