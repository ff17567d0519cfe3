package conv

import (
	"fmt"

	"vaectl/internal/compute/kernel"
)

// plan is a net prepared for running: which operations are joined, what is kept and how large maps are.
type plan struct {
	net        *Net
	operations []step
	values     []value
	group      int // images that go through all operations together
	input      bool
	// broad says that all images go through one operation after the other: where one asks for the statistics of the batch,
	// or has so many weights that threads divide its channels among them and not the images.
	broad bool
}

// step is an operation with what is joined to it.
type step struct {
	operation
	joined kernel.Activation // that the product applies
	relu   bool
	slope  float32 // of relu below 0
	narrow bool    // a transposed convolution toward few channels
	wide   bool    // threads divide its channels among them
}

// wideWeights is the number of weights from which on every thread reading all of them, and having sums for all of their
// gradients, costs more than it gains.
const wideWeights = 1 << 18

// isNorm reports whether the step is a normalisation.
func (o *operation) isNorm() bool { return o.kind == batchNorm || o.kind == groupNorm }

// endsInActivation reports whether an operation other than a product applies the activation after it.
func (o *operation) endsInActivation() bool { return o.isNorm() || o.kind == labelling }

// value is what the plan says of a feature map.
type value struct {
	featureMap            // without memory
	kept       featureMap // all images, where they are needed later
	keptD      featureMap // their gradients, where all images go through one operation after the other
	producer   int        // step; -1 for the input
	consumers  []int      // steps
	again      bool       // computed a second time in place of being kept
	closed     bool       // whatever computes its gradient applies the slope of its activation and sums its channels
}

// elements of one image, without the border.
func (v *value) elements() int { return v.height * v.width * v.channels }

func newPlan(n *Net, o Options) (*plan, error) {
	if int(o.Output) < 0 || int(o.Output) >= len(n.dims) {
		return nil, fmt.Errorf("a net of %d maps has no map %d", len(n.dims), o.Output)
	}
	p := &plan{net: n, input: o.InputGradient}
	for _, d := range n.dims {
		v := value{producer: -1}
		v.height, v.width, v.channels = d.height, d.width, d.channels
		p.values = append(p.values, v)
	}
	p.join(o.Output)
	if err := p.connect(o.Output); err != nil {
		return nil, err
	}
	p.closeGradients(o.Output)
	p.group = p.groupOf(o)
	p.divide(o)
	switch {
	case p.broad:
		p.keepAll(o)
	case o.Train:
		p.keep(o)
	}
	return p, nil
}

// join lists the operations and makes activations part of the product before them where it can apply them.
func (p *plan) join(output Value) {
	consumers := make([]int, len(p.values))
	for _, o := range p.net.operations {
		for _, v := range o.inputs() {
			consumers[v]++
		}
	}
	producer := map[Value]int{}
	for _, o := range p.net.operations {
		if at, ok := producer[o.in[0]]; ok && o.kind == activation {
			before := &p.operations[at]
			if slope, ok := joinable(o.act); ok && consumers[o.in[0]] == 1 && o.in[0] != output && !before.narrow {
				before.joined, before.relu, before.slope, before.out = o.act, true, slope, o.out
				continue
			}
		}
		s := step{operation: o, narrow: o.kind == transposed && o.shape.In <= narrowChannels}
		if o.isProduct() || o.endsInActivation() {
			producer[o.out] = len(p.operations)
		}
		s.wide = o.isProduct() && !s.narrow && o.shape.In > narrowChannels && o.shape.Weights() >= wideWeights
		p.operations = append(p.operations, s)
	}
}

// joinable says whether the kernels apply an activation, and its slope below 0.
func joinable(a kernel.Activation) (slope float32, ok bool) {
	switch a {
	case kernel.Relu:
		return 0, true
	case kernel.LeakyRelu:
		return kernel.Leak, true
	}
	return 0, false
}

// connect notes who makes and who reads each value, and what border it needs.
func (p *plan) connect(output Value) error {
	for i := range p.operations {
		o := &p.operations[i]
		p.values[o.out].producer = i
		for _, in := range o.inputs() {
			p.values[in].consumers = append(p.values[in].consumers, i)
		}
		if o.isProduct() {
			large, small := o.shape.borders()
			in, out := &p.values[o.in[0]], &p.values[o.out]
			if o.kind == transposed {
				large, small = small, large
			}
			in.border, out.border = max(in.border, large), max(out.border, small)
		}
	}
	for i := range p.operations {
		if v := p.operations[i].out; len(p.values[v].consumers) == 0 && v != output {
			return fmt.Errorf("map %d of the net is computed but not used", v)
		}
	}
	if len(p.values[output].consumers) > 0 {
		return fmt.Errorf("map %d is the output but not the end of the net", output)
	}
	return nil
}

// channelsForward is the number of channels that a product computes, channelsBackward that of its input.
func (p *plan) channelsForward(i int) int  { return p.values[p.operations[i].out].channels }
func (p *plan) channelsBackward(i int) int { return p.values[p.operations[i].in[0]].channels }

// wideParameter reports whether the gradient of a parameter is handed on panel by panel, and not summed over parts.
func (p *plan) wideParameter(i int) bool {
	for k := range p.operations {
		if o := &p.operations[k]; o.wide && o.params == i {
			return true
		}
	}
	return false
}

// wanted reports whether the gradient of a value is computed.
func (p *plan) wanted(v Value) bool { return v != 0 || p.input }

// closeGradients finds the values whose gradient comes from one product alone, which can apply the slope of the activation
// before it.
func (p *plan) closeGradients(output Value) {
	for i := range p.values {
		v := &p.values[i]
		if v.producer < 0 || Value(i) == output || len(v.consumers) != 1 {
			continue
		}
		before := &p.operations[v.producer]
		v.closed = (before.isProduct() || before.endsInActivation()) && p.operations[v.consumers[0]].isProduct()
	}
}

// divide decides between groups of images and operations.
func (p *plan) divide(o Options) {
	for i := range p.operations {
		s := &p.operations[i]
		if s.wide || s.kind == batchNorm && (o.Train || o.Judged) {
			p.broad = true
		}
	}
}

// isWide reports whether an operation has so many weights that threads divide its channels.
func (p *plan) isWide() bool {
	for i := range p.operations {
		if p.operations[i].wide {
			return true
		}
	}
	return false
}

// keepAll gives every value, and every gradient, memory for all images.
func (p *plan) keepAll(o Options) {
	used := make([]bool, len(p.values))
	used[0] = true
	for i := range p.operations {
		used[p.operations[i].out] = true
	}
	for i := range p.values {
		v := &p.values[i]
		if !used[i] {
			continue
		}
		v.kept = v.featureMap
		v.kept.allocate(o.Images)
		if (o.Train || o.Judged) && p.wanted(Value(i)) {
			v.keptD = v.featureMap
			v.keptD.allocate(o.Images)
		}
	}
}

// groupBytes is how much memory of one group of images a thread goes through, about twice its second-level cache.
const groupBytes = 2 << 20

// groupOf is the number of images of a group: a constant of the shapes.
func (p *plan) groupOf(o Options) int {
	const most = 8
	size := 0
	for i := range p.values {
		size += 4 * p.values[i].size(1)
	}
	if o.Train || o.Judged {
		size *= 2
	}
	n := 1
	for n < most && 2*n*size <= groupBytes {
		n *= 2
	}
	return n
}

// keep decides which values all images are kept of.
func (p *plan) keep(o Options) {
	for i := range p.values {
		v := &p.values[i]
		if v.producer < 0 || Value(i) == o.Output || !p.read(Value(i)) {
			continue
		}
		from := &p.operations[v.producer]
		if from.isProduct() && from.in[0] == 0 && from.shape.perOut() <= cheapTerms {
			v.again = true
			continue
		}
		v.kept = v.featureMap
		v.kept.allocate(o.Images)
	}
}

// cheapTerms is the number of terms of a sum up to which it costs less to compute it again than to keep it.
const cheapTerms = 64

// read reports whether Backward reads a value.
func (p *plan) read(v Value) bool {
	if p.reads(v) {
		return true
	}
	for _, i := range p.values[v].consumers {
		if p.operations[i].readsInput() {
			return true
		}
	}
	return false
}
