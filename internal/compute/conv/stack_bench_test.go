package conv

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// known is a network that people use: the convolutions of its encoder, which the decoder mirrors.
type known struct {
	name           string
	side, channels int
	widths         []int
	batch          int
	norm           bool
}

func knownNetworks() []known {
	return []known{
		{"conv-mnist", 28, 1, []int{32, 64}, 128, false},
		{"burgess32", 32, 1, []int{32, 32, 32}, 64, false},
		{"burgess64", 64, 1, []int{32, 32, 32, 32}, 64, false},
		{"burgess64x3", 64, 3, []int{32, 32, 32, 32}, 64, false},
		{"pythae-mnist", 28, 1, []int{128, 256, 512, 1024}, 64, true},
	}
}

// activated ends a layer.
func (k known) activated(n *Net, x Value) Value {
	if k.norm {
		x = n.BatchNorm(x, 1e-5, 0.1)
	}
	return n.Activate(x, kernel.Relu)
}

func (k known) encoder() (*Net, Value) {
	n := NewNet(k.side, k.side, k.channels)
	x := n.Input()
	for _, w := range k.widths {
		x = k.activated(n, n.Convolution(x, Window{4, 2, 1}, w))
	}
	return n, x
}

func (k known) decoder() (*Net, Value) {
	sides := []int{k.side}
	for range k.widths {
		sides = append(sides, sides[len(sides)-1]/2)
	}
	last := len(k.widths) - 1
	n := NewNet(sides[last+1], sides[last+1], k.widths[last])
	x := n.Input()
	for i := last; i > 0; i-- {
		x = k.activated(n, n.Transposed(x, Window{4, 2, 1}, sides[i]%2, k.widths[i-1]))
	}
	return n, n.Transposed(x, Window{4, 2, 1}, sides[0]%2, k.channels)
}

// bernoulliJudge is the likelihood of a decoder's benchmark.
type bernoulliJudge struct {
	engine *kernel.Engine
	x      []float32
	loss   []float64
}

func (b *bernoulliJudge) Judge(image int, output, grad []float32) {
	n := len(output)
	b.loss[image] = b.engine.Bernoulli(grad, output, b.x[image*n:][:n])
	b.engine.Scale(grad, -1/float32(len(b.loss)), grad)
}

func BenchmarkStack(b *testing.B) {
	for _, k := range knownNetworks() {
		for _, threads := range []int{2, 1} {
			e := testkit.Engine(b, "", threads)
			r := rand.New(rand.NewPCG(1, 2))
			pixels := k.side * k.side * k.channels
			x := random(r, k.batch*pixels, 0)
			for i := range x {
				x[i] = r.Float32()
			}
			report := func(b *testing.B, flops float64) {
				b.ReportMetric(flops*float64(k.batch)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				b.ReportMetric(float64(k.batch)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
			}
			stack := func(n *Net, o Options) (*Stack, [][]float32) {
				o.Images = k.batch
				s, err := NewStack(e, n, o)
				if err != nil {
					b.Fatal(err)
				}
				return s, randomParams(r, n)
			}
			b.Run(fmt.Sprintf("%s/encoder/threads=%d", k.name, threads), func(b *testing.B) {
				n, output := k.encoder()
				s, params := stack(n, Options{Output: output, Train: true})
				out := make([]float32, k.batch*s.outputSize)
				dout := random(r, len(out), 1)
				for b.Loop() {
					s.Forward(out, x, params)
					s.Backward(nil, dout, discarded{})
				}
				report(b, 3*n.FLOPs()-n.operations[0].shape.FLOPs())
				b.ReportMetric(float64(s.Bytes())/1e6, "MB")
			})
			b.Run(fmt.Sprintf("%s/decoder/threads=%d", k.name, threads), func(b *testing.B) {
				n, output := k.decoder()
				wide := k.widths[len(k.widths)-1] > 512
				s, params := stack(n, Options{Output: output, Judged: !wide, Train: wide, InputGradient: true})
				in := random(r, k.batch*s.inputSize, 1)
				din := make([]float32, len(in))
				j := &bernoulliJudge{e, x, make([]float64, k.batch)}
				out := make([]float32, len(x))
				for b.Loop() {
					if wide {
						s.Forward(out, in, params)
						s.Backward(din, out, discarded{})
						continue
					}
					s.Judge(din, in, params, j)
					s.HandOn(discarded{})
				}
				report(b, 3*n.FLOPs())
				b.ReportMetric(float64(s.Bytes())/1e6, "MB")
			})
		}
	}
}
