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
	"vaectl/internal/dev/testkit"
)

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
	size := 0.5
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

// netCase is a net with a batch and what the reference makes of them.
type netCase struct {
	net          *Net
	output       Value
	images, size int
	params       [][]float32
	in, dout     []float32
	labels       []float32 // nil where the net reads none
	trained      *reference
	out, din     []float64
	evaluated    []float64
}

func newNetCase(n *Net, output Value, images int, seed uint64) *netCase {
	r := rand.New(rand.NewPCG(seed, 1))
	c := &netCase{net: n, output: output, images: images, params: randomParams(r, n)}
	height, width, channels := n.Dims(n.Input())
	c.in = random(r, images*height*width*channels, 1)
	height, width, channels = n.Dims(output)
	c.size = height * width * channels
	c.dout = random(r, images*c.size, 1)

	c.labels = c.drawLabels(r)
	c.trained = newReference(n, images, c.params)
	c.trained.labels = c.labels
	c.trained.moved = doubleState(c.state())
	c.out, c.din = c.trained.forward(c.in), c.trained.backward(c.dout)
	c.evaluated = c.out
	if len(n.States()) > 0 {
		evaluated := newReference(n, images, c.params)
		evaluated.labels = c.labels
		evaluated.state = doubleState(c.state())
		c.evaluated = evaluated.forward(c.in)
	}
	return c
}

// drawLabels draws those of the images, where possible one for two or three of them.
func (c *netCase) drawLabels(r *rand.Rand) (labels []float32) {
	i := slices.IndexFunc(c.net.operations, func(o operation) bool { return o.kind == labelling })
	if i < 0 {
		return nil
	}
	o := c.net.operations[i]
	classes := c.net.parameters[o.params].Size / c.net.dims[o.out].channels
	perLabel := 1
	for _, several := range []int{2, 3} {
		if c.images%several == 0 {
			perLabel = several
		}
	}
	for range c.images / perLabel {
		labels = append(labels, float32(r.IntN(classes)))
	}
	return labels
}

// state is where running statistics begin.
func (c *netCase) state() (state [][]float32) {
	for i, n := range c.net.States() {
		s := make([]float32, n)
		for k := range s {
			s[k] = 0.3 + 0.1*float32(i%2) + 0.01*float32(k)
		}
		state = append(state, s)
	}
	return state
}

func doubleState(state [][]float32) (d [][]float64) {
	for _, s := range state {
		d = append(d, doubles(s))
	}
	return d
}

func (c *netCase) stack(t failer, e *kernel.Engine, o Options) *Stack {
	t.Helper()
	o.Images, o.Output = c.images, c.output
	s, err := NewStack(e, c.net, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if c.labels != nil {
		s.UseLabels(c.labels, c.images/len(c.labels))
	}
	return s
}

// check compares the net with the reference in every way it can be run.
func (c *netCase) check(t failer, e *kernel.Engine) {
	t.Helper()
	out, din := make([]float32, len(c.out)), make([]float32, len(c.in))
	s := c.stack(t, e, Options{})
	s.UseState(c.state())
	s.Forward(out, c.in, c.params)
	near(t, "evaluation: output", out, c.evaluated, c.evaluated)

	s = c.stack(t, e, Options{Train: true, InputGradient: true})
	clear(out)
	s.Forward(out, c.in, c.params) // what follows must not see this run
	s.Backward(din, c.dout, discarded{})
	state := c.state()
	s.UseState(state)
	g := newCollected(c.net)
	s.Forward(out, c.in, c.params)
	s.Backward(din, c.dout, g)
	c.checkTrained(t, "training", out, din, g)
	for i, want := range c.trained.moved {
		near(t, fmt.Sprintf("running statistics %d", i), state[i], want, want)
	}

	if s.plan.isWide() {
		return
	}
	q := &quadratic{size: c.size, dout: c.dout, out: make([]float32, len(out))}
	clear(din)
	g = newCollected(c.net)
	s = c.stack(t, e, Options{Judged: true, InputGradient: true})
	s.Judge(din, c.in, c.params, q)
	s.HandOn(g)
	c.checkTrained(t, "judged", q.out, din, g)
}

func (c *netCase) checkTrained(t failer, way string, out, din []float32, g *collected) {
	t.Helper()
	near(t, way+": output", out, c.out, c.out)
	near(t, way+": gradient of the input", din, c.din, c.din)
	for i, p := range c.net.Parameters() {
		want := c.trained.dparam[i]
		if p.Kind == Weight {
			packed := make([]float64, len(want))
			p.Shape.each(func(memory, order int) { packed[memory] = want[order] })
			want = packed
		}
		near(t, fmt.Sprintf("%s: gradient of parameter %d", way, i), g.values[i], want, c.trained.size[i])
		if slices.Min(g.times[i]) != 1 || slices.Max(g.times[i]) != 1 {
			t.Fatalf("%s: elements of the gradient of parameter %d were given %d to %d times", way, i, slices.Min(g.times[i]), slices.Max(g.times[i]))
		}
	}
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

// Any chain of operations.
func TestStackAgainstFloat64(t *testing.T) {
	for _, level := range kernel.Supported() {
		t.Run(level, func(t *testing.T) {
			e := testkit.Engine(t, level, 2)
			rapid.Check(t, func(t *rapid.T) {
				n := NewNet(rapid.IntRange(1, 7).Draw(t, "height"), rapid.IntRange(1, 7).Draw(t, "width"), drawChannels(t))
				x := n.Input()
				for range rapid.IntRange(1, 2).Draw(t, "operations") {
					h, w, _ := n.Dims(x)
					_, _, c := n.Dims(x)
					switch rapid.IntRange(0, 9).Draw(t, "operation") {
					case 0, 1:
						x = n.Convolution(x, drawWindow(t, h, w), drawChannels(t))
					case 2:
						window := drawWindow(t, 1+h, 1+w)
						if (min(h, w)-1)*window.Stride-2*window.Padding+window.Kernel >= 1 {
							x = n.Transposed(x, window, rapid.IntRange(0, window.Stride-1).Draw(t, "output padding"), drawChannels(t))
						}
					case 3:
						x = n.Silu(x)
					case 4:
						x = n.Gate(n.Convolution(x, Window{3, 1, 1}, c), n.Convolution(x, Window{1, 1, 0}, c))
					case 5:
						x = n.BatchNorm(n.Convolution(x, drawWindow(t, h, w), c), 0.01, 0.1)
					case 6:
						groups := rapid.IntRange(1, c).Draw(t, "groups")
						for c%groups != 0 {
							groups--
						}
						x = n.GroupNorm(x, groups, 0.01)
					case 7:
						x = n.Add(x, n.Activate(n.Convolution(x, Window{3, 1, 1}, c), kernel.Relu))
					case 8:
						x = n.Convolution(n.Upsample(x, rapid.IntRange(1, 3).Draw(t, "factor")), Window{3, 1, 1}, c)
					case 9:
						x = n.Label(n.Convolution(x, drawWindow(t, h, w), c), 3)
					}
					x = n.Activate(x, rapid.SampledFrom([]kernel.Activation{kernel.Identity, kernel.Relu, kernel.LeakyRelu, kernel.Tanh, kernel.Softplus}).Draw(t, "activation"))
				}
				if len(n.operations) == 0 {
					return
				}
				newNetCase(n, x, rapid.IntRange(1, 17).Draw(t, "images"), rapid.Uint64().Draw(t, "seed")).check(t, e)
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
	wide := func(normed bool) func() (*Net, Value) {
		return func() (*Net, Value) {
			n := NewNet(5, 4, 64)
			norm := func(x Value) Value {
				if normed {
					x = n.BatchNorm(x, 1e-5, 0.1)
				}
				return n.Activate(x, kernel.Relu)
			}
			x := norm(n.Convolution(n.Input(), window, 256))
			x = norm(n.Transposed(x, window, 0, 64))
			return n, n.Transposed(x, window, 1, 1)
		}
	}
	labelled := func() (*Net, Value) {
		n := NewNet(5, 4, 64)
		x := n.Activate(n.Label(n.Convolution(n.Input(), window, 256), 3), kernel.Relu)
		x = n.Silu(n.BatchNorm(n.Label(n.Transposed(x, window, 0, 64), 3), 1e-5, 0.1))
		return n, n.Convolution(n.Upsample(x, 2), Window{3, 1, 1}, 2)
	}
	for _, c := range []network{
		{"wide", wide(false), 9},
		{"wide, normalised", wide(true), 17},
		{"wide, labelled, enlarged", labelled, 18},
		{"28x28", encoder(28, 1, 32, 64), 17},
		{"28x28 back", decoder(7, 64, []int{32, 1}, []int{0, 0}), 17},
		{"64x64x3", encoder(32, 3, 32, 32, 32), 9},
		{"64x64x3 back", decoder(4, 32, []int{32, 32, 3}, []int{0, 0, 0}), 9},
		{"to 1x1", encoder(7, 32, 64, 130), 33},
		{"from 1x1", decoder(1, 130, []int{64, 32}, []int{1, 1}), 33},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, out := c.build()
			expected := newNetCase(n, out, c.images, 1)
			for _, level := range kernel.Supported() {
				expected.check(t, testkit.Engine(t, level, 2))
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
			output = n.BatchNorm(output, 1e-5, 0.1)
			r := rand.New(rand.NewPCG(1, 2))
			params, in := randomParams(r, n), random(r, images*28*28, 1)
			dout := random(r, images*7*7*35, 1)
			var want [][]float32
			for _, threads := range []int{1, 2, 3, 8} {
				s, err := NewStack(testkit.Engine(t, level, threads), n, Options{Images: images, Output: output, Train: true, InputGradient: true})
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
	e := testkit.Engine(t, "", 2)
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
	t.Run("group by group", func(t *testing.T) { testAllocations(t, false) })
	t.Run("layer by layer", func(t *testing.T) { testAllocations(t, true) })
}

func testAllocations(t *testing.T, normed bool) {
	n, output := mnistEncoder(16, 32)
	output = n.Label(n.Upsample(output, 2), 2)
	if normed {
		output = n.BatchNorm(output, 1e-5, 0.1)
	}
	const images = 9
	e := testkit.Engine(t, "", 2)
	r := rand.New(rand.NewPCG(1, 2))
	params, in, out := randomParams(r, n), random(r, images*28*28, 1), make([]float32, images*14*14*32)
	labels := make([]float32, images)
	train, err := NewStack(e, n, Options{Images: images, Output: output, Train: true})
	if err != nil {
		t.Fatal(err)
	}
	judged, err := NewStack(e, n, Options{Images: images, Output: output, Judged: true})
	if err != nil {
		t.Fatal(err)
	}
	train.UseLabels(labels, 1)
	judged.UseLabels(labels, 1)
	q := &quadratic{size: 14 * 14 * 32, dout: out, out: make([]float32, len(out))}
	to := Gradients(discarded{})
	if allocated := testing.AllocsPerRun(5, func() {
		train.Forward(out, in, params)
		train.Backward(nil, out, to)
		judged.Judge(nil, in, params, q)
		judged.HandOn(to)
	}); allocated != 0 {
		t.Errorf("%v allocations a step", allocated)
	}
}
