package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"vaectl/internal/compute/kernel"
)

func newEngine(t testing.TB, level string, threads int) *kernel.Engine {
	t.Helper()
	e, err := kernel.New(kernel.Options{Kernel: level, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func random(r *rand.Rand, n int, scale float64) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64() * scale)
	}
	return s
}

// randomParams draws parameters so that values stay of ordinary size.
func randomParams(r *rand.Rand, n *Net) [][]float32 {
	var params [][]float32
	for _, p := range n.Parameters() {
		scale := 0.3
		if p.Kind == Weight {
			scale = 1 / math.Sqrt(float64(p.Shape.perOut()))
		}
		params = append(params, random(r, p.Size, scale))
	}
	return params
}

// collected keeps gradients, and counts how often each was given.
type collected struct {
	mu     sync.Mutex
	values [][]float32
	times  [][]int
}

func newCollected(n *Net) *collected {
	c := &collected{}
	for _, p := range n.Parameters() {
		c.values = append(c.values, make([]float32, p.Size))
		c.times = append(c.times, make([]int, p.Size))
	}
	return c
}

func (c *collected) Gradient(parameter, from int, g []float32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	copy(c.values[parameter][from:], g)
	for i := range g {
		c.times[parameter][from+i]++
	}
}

// failer is a test, of package testing or of rapid.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// near fails where two vectors differ by more than rounding explains, the errors measured against the largest of sizes.
func near(t failer, what string, got []float32, want, sizes []float64) {
	t.Helper()
	size := 1e-3
	for _, v := range sizes {
		size = max(size, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= 2e-5*size) {
			t.Fatalf("%s: element %d is %v, want %v (the largest is %v)", what, i, got[i], v, size)
		}
	}
}

// quadratic judges an output by a weighted sum of its elements.
type quadratic struct {
	size int
	dout []float32
	out  []float32
}

func (q *quadratic) Judge(image int, output, grad []float32) {
	copy(q.out[image*q.size:], output)
	if grad != nil {
		copy(grad, q.dout[image*q.size:][:q.size])
	}
}

// checkNet compares a net with the reference in every way it can be run.
func checkNet(t failer, e *kernel.Engine, n *Net, output Value, images int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	params := randomParams(r, n)
	h, w, c := n.Dims(n.Input())
	in := random(r, images*h*w*c, 1)
	h, w, c = n.Dims(output)
	size := h * w * c
	dout := random(r, images*size, 1)

	ref := newReference(n, params)
	var wantOut, wantIn []float64
	for i := range images {
		wantOut = append(wantOut, ref.forward(in[i*len(in)/images:][:len(in)/images])...)
		wantIn = append(wantIn, ref.backward(doubles(dout[i*size:][:size]))...)
	}
	check := func(way string, out, din []float32, g *collected) {
		t.Helper()
		near(t, way+": output", out, wantOut, wantOut)
		if g == nil {
			return
		}
		near(t, way+": gradient of the input", din, wantIn, wantIn)
		for i, p := range n.Parameters() {
			want := ref.dparam[i]
			if p.Kind == Weight {
				packed := make([]float64, len(want))
				p.Shape.each(func(memory, order int) { packed[memory] = want[order] })
				want = packed
			}
			near(t, fmt.Sprintf("%s: gradient of parameter %d", way, i), g.values[i], want, ref.size[i])
			if slices.Min(g.times[i]) != 1 || slices.Max(g.times[i]) != 1 {
				t.Fatalf("%s: elements of the gradient of parameter %d were given %d to %d times", way, i, slices.Min(g.times[i]), slices.Max(g.times[i]))
			}
		}
	}
	stack := func(o Options) *Stack {
		o.Images, o.Output = images, output
		s, err := NewStack(e, n, o)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return s
	}
	out, din := make([]float32, images*size), make([]float32, len(in))
	stack(Options{}).Forward(out, in, params)
	check("evaluation", out, nil, nil)

	s, g := stack(Options{Train: true, InputGradient: true}), newCollected(n)
	clear(out)
	for range 2 { // the second run must not see the first
		g = newCollected(n)
		s.Forward(out, in, params)
		s.Backward(din, dout, g)
	}
	check("training", out, din, g)

	q := &quadratic{size: size, dout: dout, out: make([]float32, len(out))}
	clear(din)
	g = newCollected(n)
	stack(Options{Judged: true, InputGradient: true}).Judge(din, in, params, q, g)
	check("judged", q.out, din, g)
}

// drawWindow draws a window that fits a map.
func drawWindow(t *rapid.T, height, width int) Window {
	k := rapid.IntRange(1, 5).Draw(t, "kernel")
	w := Window{Kernel: k, Stride: rapid.IntRange(1, 3).Draw(t, "stride"), Padding: rapid.IntRange(0, k-1).Draw(t, "padding")}
	for min(height, width)+2*w.Padding < w.Kernel {
		w.Padding++
		if w.Padding >= w.Kernel {
			return Window{1, 1, 0}
		}
	}
	return w
}

func drawChannels(t *rapid.T) int {
	return rapid.OneOf(rapid.SampledFrom([]int{1, 2, 3, 16, 32}), rapid.IntRange(1, 40)).Draw(t, "channels")
}

// Any chain of convolutions, transposed convolutions, activations and sums.
func TestStackAgainstFloat64(t *testing.T) {
	for _, level := range kernel.Supported() {
		t.Run(level, func(t *testing.T) {
			e := newEngine(t, level, 2)
			rapid.Check(t, func(t *rapid.T) {
				n := NewNet(rapid.IntRange(1, 7).Draw(t, "height"), rapid.IntRange(1, 7).Draw(t, "width"), drawChannels(t))
				x := n.Input()
				for range rapid.IntRange(1, 2).Draw(t, "operations") {
					h, w, _ := n.Dims(x)
					switch rapid.IntRange(0, 3).Draw(t, "operation") {
					case 0, 1:
						x = n.Convolution(x, drawWindow(t, h, w), drawChannels(t))
					case 2:
						window := drawWindow(t, 1+h, 1+w)
						if (min(h, w)-1)*window.Stride-2*window.Padding+window.Kernel >= 1 {
							x = n.Transposed(x, window, rapid.IntRange(0, window.Stride-1).Draw(t, "output padding"), drawChannels(t))
						}
					case 3:
						_, _, c := n.Dims(x)
						x = n.Add(x, n.Activate(n.Convolution(x, Window{3, 1, 1}, c), kernel.Relu))
					}
					x = n.Activate(x, rapid.SampledFrom([]kernel.Activation{kernel.Identity, kernel.Relu, kernel.LeakyRelu, kernel.Tanh, kernel.Softplus}).Draw(t, "activation"))
				}
				if len(n.operations) == 0 {
					return
				}
				checkNet(t, e, n, x, rapid.IntRange(1, 17).Draw(t, "images"), rapid.Uint64().Draw(t, "seed"))
			})
		})
	}
}

// The stacks that people use, at the sizes at which every way of making tiles is taken.
func TestStackOfKnownNetworks(t *testing.T) {
	type network struct {
		name   string
		build  func() (*Net, Value)
		images int
	}
	window := Window{4, 2, 1}
	encoder := func(side, channels int, widths ...int) func() (*Net, Value) {
		return func() (*Net, Value) {
			n := NewNet(side, side, channels)
			x := n.Input()
			for _, w := range widths {
				x = n.Activate(n.Convolution(x, window, w), kernel.Relu)
			}
			return n, x
		}
	}
	decoder := func(side, channels int, widths []int, paddings []int) func() (*Net, Value) {
		return func() (*Net, Value) {
			n := NewNet(side, side, channels)
			x := n.Input()
			for i, w := range widths {
				x = n.Transposed(x, window, paddings[i], w)
				if i < len(widths)-1 {
					x = n.Activate(x, kernel.Relu)
				}
			}
			return n, x
		}
	}
	for _, c := range []network{
		{"28x28", encoder(28, 1, 32, 64), 17},
		{"28x28 back", decoder(7, 64, []int{32, 1}, []int{0, 0}), 17},
		{"64x64x3", encoder(32, 3, 32, 32, 32), 9},
		{"64x64x3 back", decoder(4, 32, []int{32, 32, 3}, []int{0, 0, 0}), 9},
		{"to 1x1", encoder(7, 32, 64, 130), 33},
		{"from 1x1", decoder(1, 130, []int{64, 32}, []int{1, 1}), 33},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, level := range kernel.Supported() {
				n, out := c.build()
				checkNet(t, newEngine(t, level, 2), n, out, c.images, 1)
			}
		})
	}
}

func TestPackIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Shape{Height: 9, Width: 9, In: drawChannels(t), Out: drawChannels(t), Window: Window{rapid.IntRange(1, 5).Draw(t, "kernel"), 1, 0}}
		torch := make([]float32, s.Weights())
		for i := range torch {
			torch[i] = float32(i)
		}
		memory, back := make([]float32, len(torch)), make([]float32, len(torch))
		s.Pack(memory, torch)
		s.Unpack(back, memory)
		if !slices.Equal(back, torch) {
			t.Fatalf("%+v: packed and unpacked, weights are %v", s, back)
		}
		sorted := slices.Sorted(slices.Values(memory))
		if !slices.Equal(sorted, torch) {
			t.Fatalf("%+v: memory holds other weights than were packed", s)
		}
	})
}

// mnistEncoder is the encoder of 28x28 pixels with layers of the given channels.
func mnistEncoder(widths ...int) (*Net, Value) {
	n := NewNet(28, 28, 1)
	x := n.Input()
	for _, w := range widths {
		x = n.Activate(n.Convolution(x, Window{4, 2, 1}, w), kernel.Relu)
	}
	return n, x
}

func TestStackSameBitsForAnyThreads(t *testing.T) {
	for _, level := range kernel.Supported() {
		t.Run(level, func(t *testing.T) {
			const images = 21
			n, output := mnistEncoder(16, 35)
			r := rand.New(rand.NewPCG(1, 2))
			params, in := randomParams(r, n), random(r, images*28*28, 1)
			dout := random(r, images*7*7*35, 1)
			var want [][]float32
			for _, threads := range []int{1, 2, 3, 8} {
				s, err := NewStack(newEngine(t, level, threads), n, Options{Images: images, Output: output, Train: true, InputGradient: true})
				if err != nil {
					t.Fatal(err)
				}
				out, din, g := make([]float32, len(dout)), make([]float32, len(in)), newCollected(n)
				s.Forward(out, in, params)
				s.Backward(din, dout, g)
				got := append([][]float32{out, din}, g.values...)
				if want == nil {
					want = got
				}
				for i := range got {
					if !slices.EqualFunc(got[i], want[i], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
						t.Errorf("result %d differs between 1 and %d threads", i, threads)
					}
				}
			}
		})
	}
}

// An image's output has the same bits in any batch.
func TestStackSameBitsInAnyBatch(t *testing.T) {
	n, output := mnistEncoder(16, 32, 32)
	r := rand.New(rand.NewPCG(1, 2))
	e := newEngine(t, "", 2)
	const images, size = 33, 3 * 3 * 32
	params, in := randomParams(r, n), random(r, images*28*28, 1)
	run := func(images int) []float32 {
		s, err := NewStack(e, n, Options{Images: images, Output: output})
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, images*size)
		s.Forward(out, in[:images*28*28], params)
		return out
	}
	all := run(images)
	for _, few := range []int{1, 5, 16} {
		if !slices.Equal(run(few), all[:few*size]) {
			t.Errorf("%d images alone give other bits than among %d", few, images)
		}
	}
}

// discarded takes gradients and forgets them.
type discarded struct{}

func (discarded) Gradient(int, int, []float32) {}

func TestStackAllocatesNothing(t *testing.T) {
	n, output := mnistEncoder(16, 32)
	const images = 9
	e := newEngine(t, "", 2)
	r := rand.New(rand.NewPCG(1, 2))
	params, in, out := randomParams(r, n), random(r, images*28*28, 1), make([]float32, images*7*7*32)
	train, err := NewStack(e, n, Options{Images: images, Output: output, Train: true})
	if err != nil {
		t.Fatal(err)
	}
	judged, err := NewStack(e, n, Options{Images: images, Output: output, Judged: true})
	if err != nil {
		t.Fatal(err)
	}
	q := &quadratic{size: 7 * 7 * 32, dout: out, out: make([]float32, len(out))}
	to := Gradients(discarded{})
	if allocated := testing.AllocsPerRun(5, func() {
		train.Forward(out, in, params)
		train.Backward(nil, out, to)
		judged.Judge(nil, in, params, q, to)
	}); allocated != 0 {
		t.Errorf("%v allocations a step", allocated)
	}
}
