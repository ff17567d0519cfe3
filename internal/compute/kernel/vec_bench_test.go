package kernel

import "testing"

// benchElements fits the first-level cache with three operands.
const benchElements = 2048

// benchEach runs a benchmark on every kernel and reports ns per element.
func benchEach(b *testing.B, name string, elements int, run func(e *Engine)) {
	b.Helper()
	for _, level := range Supported() {
		b.Run(name+"/"+level, func(b *testing.B) {
			e, err := New(Options{Kernel: level, Threads: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			b.ReportAllocs()
			for b.Loop() {
				run(e)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(elements), "ns/element")
		})
	}
}

// spread returns values between low and high, the same ones on every architecture: the conversion keeps the compiler from fusing.
func spread(n int, low, high float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = low + float32((high-low)*uniformOf(Key{}.Word(uint64(i))))
	}
	return x
}

func BenchmarkFunctions(b *testing.B) {
	dst := make([]float32, benchElements)
	x := spread(benchElements, 0.1, 8)
	for _, function := range vectorFunctions() {
		benchEach(b, function.name, benchElements, func(e *Engine) { function.apply(e, dst, x) })
	}
}

func BenchmarkActivateGrad(b *testing.B) {
	dx, dy := make([]float32, benchElements), spread(benchElements, -1, 1)
	y := spread(benchElements, 0, 1)
	for name, a := range namedActivations() {
		benchEach(b, name, benchElements, func(e *Engine) { e.ActivateGrad(a, dx, y, dy) })
	}
}

func namedActivations() map[string]Activation {
	return map[string]Activation{"relu": Relu, "tanh": Tanh, "softplus": Softplus, "elu": Elu, "sigmoid": Sigmoid, "leakyRelu": LeakyRelu}
}

func BenchmarkBernoulli(b *testing.B) {
	const pixels = 784
	grad, logits, x := make([]float32, pixels), spread(pixels, -8, 8), spread(pixels, 0, 1)
	benchEach(b, "value", pixels, func(e *Engine) { e.Bernoulli(nil, logits, x) })
	benchEach(b, "gradient", pixels, func(e *Engine) { e.Bernoulli(grad, logits, x) })
}

func BenchmarkArithmetic(b *testing.B) {
	dst, x, y := make([]float32, benchElements), spread(benchElements, -1, 1), spread(benchElements, -1, 1)
	benchEach(b, "accumulate", benchElements, func(e *Engine) { e.Accumulate(dst, x) })
	benchEach(b, "accumulateScaled", benchElements, func(e *Engine) { e.AccumulateScaled(dst, 1e-9, x) })
	benchEach(b, "scale", benchElements, func(e *Engine) { e.Scale(dst, 2, x) })
	benchEach(b, "mul", benchElements, func(e *Engine) { e.Mul(dst, x, y) })
	benchEach(b, "sum", benchElements, func(e *Engine) { e.Sum(x) })
}

func BenchmarkAdam(b *testing.B) {
	step := AdamStep{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 1, Correction2: 1}
	for name, n := range map[string]int{"cached": benchElements, "model": 1 << 19} {
		w, g, m, v := spread(n, -1, 1), spread(n, -1, 1), make([]float32, n), make([]float32, n)
		benchEach(b, name, n, func(e *Engine) { e.Adam(w, g, m, v, step) })
	}
}

func BenchmarkNoise(b *testing.B) {
	words, floats := make([]uint32, benchElements), make([]float32, benchElements)
	key := Key{Seed: 1, Step: 2, Purpose: 3}
	benchEach(b, "words", benchElements, func(e *Engine) { e.Words(words, key, 0) })
	benchEach(b, "uniform", benchElements, func(e *Engine) { e.Uniform(floats, key, 0) })
	benchEach(b, "normal", benchElements, func(e *Engine) { e.Normal(floats, key, 0) })
	p := spread(benchElements, 0, 1)
	benchEach(b, "bernoulliProbs", benchElements, func(e *Engine) { e.BernoulliProbs(floats, p, key, 0) })
}

func BenchmarkBytes(b *testing.B) {
	dst, src := make([]float32, benchElements), make([]byte, benchElements)
	for i := range src {
		src[i] = byte(Key{}.Word(uint64(i)))
	}
	key := Key{Seed: 1, Step: 2, Purpose: 3}
	benchEach(b, "scale", benchElements, func(e *Engine) { e.ScaleBytes(dst, src) })
	benchEach(b, "threshold", benchElements, func(e *Engine) { e.ThresholdBytes(dst, src) })
	benchEach(b, "bernoulli", benchElements, func(e *Engine) { e.BernoulliBytes(dst, src, key, 0) })
	clear(src[:benchElements/4])
	benchEach(b, "bernoulliQuarterBlank", benchElements, func(e *Engine) { e.BernoulliBytes(dst, src, key, 0) })
	benchEach(b, "bernoulliImage", 784, func(e *Engine) { e.BernoulliBytes(dst[:784], src[784:][:784], key, 784) })
}
