package main

// A kernel is a program with the streams it runs over. Its function is
//
//	func name(outputs..., inputs... *float32, params... float32, n int) (sum float64)
//
// with the sum only where the program accumulates. An output may be one of the inputs.
type kernel struct {
	name    string
	doc     string
	outputs []stream
	inputs  []stream
	params  []string
	body    func(*program)
	flushes bool // on amd64, numbers too small to be normal are read and written as 0: they take several times as long
	paired  bool // vectors at 0..15 and 16..31 of every 32 elements go together; n is a multiple of 32
}

// A stream is a pointer argument and the elements it starts behind another of the same name.
type stream struct {
	name   string
	offset int // in elements, for streams that share a pointer
}

func streams(names ...string) []stream {
	all := make([]stream, len(names))
	for i, name := range names {
		all[i] = stream{name: name}
	}
	return all
}

// vecKernels lists every kernel that is a program.
func vecKernels() []kernel {
	return append(append(unaryKernels(), gradKernels()...), blockKernels()...)
}

func unaryKernels() []kernel {
	unary := func(name, doc string, f func(*program, value) value) kernel {
		return kernel{name: name, doc: doc, outputs: streams("dst"), inputs: streams("x"),
			body: func(p *program) { p.store(0, f(p, p.load(0))) }}
	}
	return []kernel{
		unary("exp", "dst = e^x", (*program).exp),
		unary("log", "dst = ln x", (*program).log),
		unary("log1p", "dst = ln(1+x)", (*program).log1p),
		unary("sigmoid", "dst = 1/(1+e^-x)", (*program).sigmoid),
		unary("softplus", "dst = ln(1+e^x)", (*program).softplus),
		unary("tanh", "dst = tanh x", (*program).tanh),
		unary("relu", "dst = max(x, 0)", (*program).relu),
		unary("elu", "dst = x for x > 0, else e^x - 1", (*program).elu),
		unary("leakyRelu", "dst = x for x > 0, else x/100", (*program).leakyRelu),
		unary("silu", "dst = x/(1+e^-x)", func(p *program, x value) value { return p.mul(x, p.sigmoid(x)) }),
		unary("uniform", "dst = (x>>8) * 2^-24, x read as words", func(p *program, x value) value {
			return p.mul(p.fromInt(p.shiftRight(x, 8)), p.constant(0x1p-24))
		}),
	}
}

func gradKernels() []kernel {
	grad := func(name, doc string, f func(p *program, y, dy value) value) kernel {
		return kernel{name: name, doc: doc, outputs: streams("dx"), inputs: streams("y", "dy"),
			body: func(p *program) { p.store(0, f(p, p.load(0), p.load(1))) }}
	}
	return []kernel{
		grad("reluGrad", "dx = dy where y > 0, else 0", func(p *program, y, dy value) value {
			zero := p.constant(0)
			return p.selectLess(zero, y, dy, zero)
		}),
		grad("tanhGrad", "dx = dy * (1-y^2)", func(p *program, y, dy value) value {
			return p.mul(dy, p.fnma(y, y, p.constant(1)))
		}),
		grad("softplusGrad", "dx = dy * (1-e^-y)", func(p *program, y, dy value) value {
			return p.fnma(dy, p.expm1Negative(p.negativeAbs(y)), p.constant(0))
		}),
		grad("eluGrad", "dx = dy where y > 0, else dy * (y+1)", func(p *program, y, dy value) value {
			return p.selectLess(p.constant(0), y, dy, p.fma(dy, y, dy))
		}),
		grad("sigmoidGrad", "dx = dy * y*(1-y)", func(p *program, y, dy value) value {
			return p.mul(dy, p.fnma(y, y, y))
		}),
		grad("leakyReluGrad", "dx = dy where y > 0, else dy/100", func(p *program, y, dy value) value {
			return p.selectLess(p.constant(0), y, dy, p.mul(p.constant(leak), dy))
		}),
		grad("siluGrad", "dx = dy * d(x/(1+e^-x))/dx, y being x", func(p *program, x, dy value) value {
			s := p.sigmoid(x)
			return p.mul(dy, p.fma(p.mul(x, s), p.sub(p.constant(1), s), s))
		}),
		grad("mul", "dx = y * dy", (*program).mul),
		grad("accumulate", "dx = y + dy", (*program).add),
		grad("belowProbability", "dx = 1 where uniform(y) < dy, else 0, y read as words", func(p *program, y, dy value) value {
			u := p.mul(p.fromInt(p.shiftRight(y, 8)), p.constant(0x1p-24))
			return p.selectLess(u, dy, p.constant(1), p.constant(0))
		}),
	}
}

func blockKernels() []kernel {
	halves := []stream{{"dst", 0}, {"dst", 16}}
	return []kernel{
		{name: "scale", doc: "dst = s*x", outputs: streams("dst"), inputs: streams("x"), params: []string{"s"},
			body: func(p *program) { p.store(0, p.mul(p.param(0), p.load(0))) }},
		{name: "accumulateScaled", doc: "acc = acc + s*x", outputs: streams("acc"), inputs: streams("acc", "x"), params: []string{"s"},
			body: func(p *program) { p.store(0, p.fma(p.param(0), p.load(1), p.load(0))) }},
		{name: "multiplyAdd", doc: "dst = a*b + c", outputs: streams("dst"), inputs: streams("a", "b", "c"),
			body: func(p *program) { p.store(0, p.fma(p.load(0), p.load(1), p.load(2))) }},
		{name: "sum", doc: "the sum of x", inputs: streams("x"),
			body: func(p *program) { p.accumulateWide(p.load(0)) }},
		{name: "bernoulli", doc: "the sum of -ln p(x | logits)", inputs: streams("logits", "x"),
			body: func(p *program) {
				loss, _ := p.bernoulli(p.load(0), p.load(1), false)
				p.accumulate(loss)
			}},
		{name: "bernoulliGrad", doc: "the sum of -ln p(x | logits); grad = x - sigmoid(logits)", outputs: streams("grad"), inputs: streams("logits", "x"),
			body: func(p *program) {
				loss, gradient := p.bernoulli(p.load(0), p.load(1), true)
				p.store(0, gradient)
				p.accumulate(loss)
			}},
		{name: "logisticCell", doc: "logs = logs + the log mass of the cell at y", outputs: streams("logs"),
			inputs: streams("logs", "y", "centre", "logScale"), body: func(p *program) { p.logisticCell(false) }},
		{name: "logisticCellGrad", doc: "logs = logs + the log mass of the cell at y, and its derivatives", outputs: streams("logs", "dCentre", "dLogScale"),
			inputs: streams("logs", "y", "centre", "logScale"), body: func(p *program) { p.logisticCell(true) }},
		{name: "adam", doc: "one Adam step", outputs: streams("w", "m", "v"), inputs: streams("w", "grad", "m", "v"),
			params:  []string{"keep", "step", "beta1", "gain1", "beta2", "gain2", "correction2", "eps"},
			flushes: true, body: (*program).adam},
		{name: "adamax", doc: "one Adamax step", outputs: streams("w", "m", "v"), inputs: streams("w", "grad", "m", "v"),
			params:  []string{"keep", "step", "beta1", "gain1", "beta2", "eps"},
			flushes: true, body: (*program).adamax},
		{name: "normals", doc: "words to normal draws, in place: the first 16 of every 32 with the second", outputs: halves, inputs: halves, paired: true,
			body: func(p *program) {
				cosine, sine := p.normalPair(p.load(0), p.load(1))
				p.store(0, cosine)
				p.store(1, sine)
			}},
	}
}
