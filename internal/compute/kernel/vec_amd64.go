package kernel

func unaryAVX512(f unary, dst, x *float32, n int) {
	switch f {
	case unaryExp:
		expAVX512(dst, x, n)
	case unaryLog:
		logAVX512(dst, x, n)
	case unaryLog1p:
		log1pAVX512(dst, x, n)
	case unarySigmoid:
		sigmoidAVX512(dst, x, n)
	case unarySoftplus:
		softplusAVX512(dst, x, n)
	case unaryTanh:
		tanhAVX512(dst, x, n)
	case unaryRelu:
		reluAVX512(dst, x, n)
	case unaryElu:
		eluAVX512(dst, x, n)
	case unaryLeakyRelu:
		leakyReluAVX512(dst, x, n)
	case unarySilu:
		siluAVX512(dst, x, n)
	case unaryUniform:
		uniformAVX512(dst, x, n)
	}
}

func binaryAVX512(f binary, dst, a, b *float32, n int) {
	switch f {
	case binaryAdd:
		accumulateAVX512(dst, a, b, n)
	case binaryMul:
		mulAVX512(dst, a, b, n)
	case binaryReluGrad:
		reluGradAVX512(dst, a, b, n)
	case binaryTanhGrad:
		tanhGradAVX512(dst, a, b, n)
	case binarySoftplusGrad:
		softplusGradAVX512(dst, a, b, n)
	case binaryEluGrad:
		eluGradAVX512(dst, a, b, n)
	case binarySigmoidGrad:
		sigmoidGradAVX512(dst, a, b, n)
	case binaryLeakyReluGrad:
		leakyReluGradAVX512(dst, a, b, n)
	case binarySiluGrad:
		siluGradAVX512(dst, a, b, n)
	case binaryBelow:
		belowProbabilityAVX512(dst, a, b, n)
	}
}

func unaryAVX2(f unary, dst, x *float32, n int) {
	switch f {
	case unaryExp:
		expAVX2(dst, x, n)
	case unaryLog:
		logAVX2(dst, x, n)
	case unaryLog1p:
		log1pAVX2(dst, x, n)
	case unarySigmoid:
		sigmoidAVX2(dst, x, n)
	case unarySoftplus:
		softplusAVX2(dst, x, n)
	case unaryTanh:
		tanhAVX2(dst, x, n)
	case unaryRelu:
		reluAVX2(dst, x, n)
	case unaryElu:
		eluAVX2(dst, x, n)
	case unaryLeakyRelu:
		leakyReluAVX2(dst, x, n)
	case unarySilu:
		siluAVX2(dst, x, n)
	case unaryUniform:
		uniformAVX2(dst, x, n)
	}
}

func binaryAVX2(f binary, dst, a, b *float32, n int) {
	switch f {
	case binaryAdd:
		accumulateAVX2(dst, a, b, n)
	case binaryMul:
		mulAVX2(dst, a, b, n)
	case binaryReluGrad:
		reluGradAVX2(dst, a, b, n)
	case binaryTanhGrad:
		tanhGradAVX2(dst, a, b, n)
	case binarySoftplusGrad:
		softplusGradAVX2(dst, a, b, n)
	case binaryEluGrad:
		eluGradAVX2(dst, a, b, n)
	case binarySigmoidGrad:
		sigmoidGradAVX2(dst, a, b, n)
	case binaryLeakyReluGrad:
		leakyReluGradAVX2(dst, a, b, n)
	case binarySiluGrad:
		siluGradAVX2(dst, a, b, n)
	case binaryBelow:
		belowProbabilityAVX2(dst, a, b, n)
	}
}

func (t *vecTable) unaryCall(f unary, dst, x []float32) {
	switch t.level {
	case levelAVX512:
		unaryAVX512(f, &dst[0], &x[0], len(x))
	case levelAVX2:
		unaryAVX2(f, &dst[0], &x[0], len(x))
	default:
		unaryPortable(f, dst, x)
	}
}

func (t *vecTable) binaryCall(f binary, dst, a, b []float32) {
	switch t.level {
	case levelAVX512:
		binaryAVX512(f, &dst[0], &a[0], &b[0], len(a))
	case levelAVX2:
		binaryAVX2(f, &dst[0], &a[0], &b[0], len(a))
	default:
		binaryPortable(f, dst, a, b)
	}
}

func (t *vecTable) accumulateScaled(acc, x []float32, s float32) {
	switch t.level {
	case levelAVX512:
		accumulateScaledAVX512(&acc[0], &x[0], s, len(x))
	case levelAVX2:
		accumulateScaledAVX2(&acc[0], &x[0], s, len(x))
	default:
		accumulateScaledPortable(acc, x, s)
	}
}

func (t *vecTable) multiplyAdd(dst, a, b, c []float32) {
	switch t.level {
	case levelAVX512:
		multiplyAddAVX512(&dst[0], &a[0], &b[0], &c[0], len(a))
	case levelAVX2:
		multiplyAddAVX2(&dst[0], &a[0], &b[0], &c[0], len(a))
	default:
		multiplyAddPortable(dst, a, b, c)
	}
}

func (t *vecTable) scale(dst, x []float32, s float32) {
	switch t.level {
	case levelAVX512:
		scaleAVX512(&dst[0], &x[0], s, len(x))
	case levelAVX2:
		scaleAVX2(&dst[0], &x[0], s, len(x))
	default:
		scalePortable(dst, x, s)
	}
}

func (t *vecTable) sum(x []float32) float64 {
	switch t.level {
	case levelAVX512:
		return sumAVX512(&x[0], len(x))
	case levelAVX2:
		return sumAVX2(&x[0], len(x))
	default:
		return sumPortable(x)
	}
}

func (t *vecTable) bernoulli(logits, x []float32) float64 {
	switch t.level {
	case levelAVX512:
		return bernoulliAVX512(&logits[0], &x[0], len(x))
	case levelAVX2:
		return bernoulliAVX2(&logits[0], &x[0], len(x))
	default:
		return bernoulliPortable(logits, x)
	}
}

func (t *vecTable) bernoulliGrad(grad, logits, x []float32) float64 {
	switch t.level {
	case levelAVX512:
		return bernoulliGradAVX512(&grad[0], &logits[0], &x[0], len(x))
	case levelAVX2:
		return bernoulliGradAVX2(&grad[0], &logits[0], &x[0], len(x))
	default:
		return bernoulliGradPortable(grad, logits, x)
	}
}

func (t *vecTable) logisticCell(logs, y, centre, logScale []float32) {
	switch t.level {
	case levelAVX512:
		logisticCellAVX512(&logs[0], &y[0], &centre[0], &logScale[0], len(y))
	case levelAVX2:
		logisticCellAVX2(&logs[0], &y[0], &centre[0], &logScale[0], len(y))
	default:
		logisticCellPortable(logs, y, centre, logScale)
	}
}

func (t *vecTable) logisticCellGrad(logs, dCentre, dLogScale, y, centre, logScale []float32) {
	switch t.level {
	case levelAVX512:
		logisticCellGradAVX512(&logs[0], &dCentre[0], &dLogScale[0], &y[0], &centre[0], &logScale[0], len(y))
	case levelAVX2:
		logisticCellGradAVX2(&logs[0], &dCentre[0], &dLogScale[0], &y[0], &centre[0], &logScale[0], len(y))
	default:
		logisticCellGradPortable(logs, dCentre, dLogScale, y, centre, logScale)
	}
}

func (t *vecTable) adam(w, g, m, v []float32, s adamScalars) {
	switch {
	case t.level == levelAVX512 && s.max:
		adamaxAVX512(&w[0], &m[0], &v[0], &g[0], s.keep, s.step, s.beta1, s.gain1, s.beta2, s.eps, len(w))
	case t.level == levelAVX512:
		adamAVX512(&w[0], &m[0], &v[0], &g[0], s.keep, s.step, s.beta1, s.gain1, s.beta2, s.gain2, s.correction2, s.eps, len(w))
	case t.level == levelAVX2 && s.max:
		adamaxAVX2(&w[0], &m[0], &v[0], &g[0], s.keep, s.step, s.beta1, s.gain1, s.beta2, s.eps, len(w))
	case t.level == levelAVX2:
		adamAVX2(&w[0], &m[0], &v[0], &g[0], s.keep, s.step, s.beta1, s.gain1, s.beta2, s.gain2, s.correction2, s.eps, len(w))
	default:
		adamPortable(w, g, m, v, s)
	}
}

func (t *vecTable) normals(dst []float32) {
	switch t.level {
	case levelAVX512:
		normalsAVX512(&dst[0], len(dst))
	case levelAVX2:
		normalsAVX2(&dst[0], len(dst))
	default:
		normalsPortable(dst)
	}
}
func (t *vecTable) wordsCall(dst []uint32, s *wordStream, block uint64) {
	switch t.level {
	case levelAVX512:
		low := s.prepare(block)
		wordsAVX512(&dst[0], &s.plan, low, len(dst)/wordGroup)
	case levelAVX2:
		low := s.prepare(block)
		wordsAVX2(&dst[0], &s.plan, low, len(dst)/wordGroup)
	default:
		wordsPortable(dst, s.key, block)
	}
}

func (t *vecTable) bernoulliBytesCall(dst []float32, src []byte, s *wordStream, block uint64) {
	switch t.level {
	case levelAVX512:
		low := s.prepare(block)
		bernoulliBytesAVX512(&dst[0], &src[0], &s.plan, low, len(dst)/wordGroup)
	case levelAVX2:
		low := s.prepare(block)
		bernoulliBytesAVX2(&dst[0], &src[0], &s.plan, low, len(dst)/wordGroup)
	default:
		bernoulliBytesPortable(dst, src, s.key, block)
	}
}

func (t *vecTable) bytesCall(f byteFunction, dst []float32, src []byte) {
	switch {
	case t.level == levelAVX512 && f == byteScale:
		scaleBytesAVX512(&dst[0], &src[0], len(src))
	case t.level == levelAVX512:
		thresholdBytesAVX512(&dst[0], &src[0], len(src))
	case t.level == levelAVX2 && f == byteScale:
		scaleBytesAVX2(&dst[0], &src[0], len(src))
	case t.level == levelAVX2:
		thresholdBytesAVX2(&dst[0], &src[0], len(src))
	default:
		bytesPortable(f, dst, src)
	}
}
