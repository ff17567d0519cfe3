// Package vae is the model: an encoder, a latent code drawn by
// reparameterisation, and a decoder, built as a Gorgonia graph.
//
// A [Model] owns its weights. [Model.NewStep] makes the graph of a training
// step for one batch size, with gradients; [Model.Evaluate], [Model.Encode],
// [Model.Decode] and [Model.Sample] run graphs without. All of them read the
// same weights, so a model must not be used while another goroutine trains it.
//
// Images are rows of pixels in [0, 1]. Losses are sums over pixels and latent
// dimensions and means over images, in nats per image.
package vae

import (
	"errors"
	"fmt"
	"slices"

	"vaectl/configs"
	"vaectl/internal/compute/kernel"
	"vaectl/loss"
)

// Model is a variational autoencoder and its weights.
type Model struct {
	config configs.Config
	engine *kernel.Engine
	prior  loss.Prior
	frame  loss.Frame
	pixels loss.Likelihood

	height, width int
	encoder       []*layer
	head          *layer
	second        *secondLayer // nil where there is one stochastic layer
	decoder       []*layer
	output        *layer
	learnedPrior  *learned
	// learnedLikelihood, as learnedPrior, is nil where nothing is learned.
	learnedLikelihood *learned

	flat       []float32
	parameters []Parameter

	// label is what images and codes have that come without one of their own,
	// where isGiven.
	label   int
	isGiven bool
}

// Parameter is one weight or bias: shaped as PyTorch's nn.Linear has it,
// weight [out, in] and bias [out], row-major. A layer that reads the label has
// label.weight too, [classes, out] as nn.Embedding: what it adds before the
// activation. Data is the model's own memory.
type Parameter struct {
	Name  string
	Shape []int
	Data  []float32
}

// layer is one affine map and the places of its parameters in the model.
type layer struct {
	name         string
	in, out      int
	weight, bias int
	// gate is the map whose sigmoid this layer's outputs are multiplied by, in
	// place of an activation; nil where there is none.
	gate *layer
	// classes is the number of labels that the layer reads beside its input, a
	// row of the parameter at table each; 0 where it reads none.
	classes, table int
	// pair says that the outputs are two maps side by side, one for means and
	// one for log variances.
	pair bool
}

// New makes a model for images of height x width pixels with all weights zero;
// [Model.Init] draws them. The engine must stay open as long as the model is used.
func New(c configs.Config, height, width int, e *kernel.Engine) (*Model, error) {
	if height < 1 || width < 1 {
		return nil, fmt.Errorf("images of %dx%d pixels", height, width)
	}
	prior, err := loss.NewPrior(c.Prior, c.Model.Code())
	if err != nil {
		return nil, err
	}
	return NewWithPrior(c, prior, height, width, e)
}

// NewWithPrior is [New] with a prior of the caller's own in place of the one
// the configuration names. A [loss.Learned] prior belongs to one model.
func NewWithPrior(c configs.Config, prior loss.Prior, height, width int, e *kernel.Engine) (*Model, error) {
	if prior.Latents() != c.Model.Code() {
		return nil, fmt.Errorf("prior %s has %d dimensions, the model has %d", prior.Name(), prior.Latents(), c.Model.Code())
	}
	if _, ok := prior.(loss.Density); !ok && c.Objective.Name == IWAE {
		return nil, fmt.Errorf("prior %s has no density, which objective.name (--objective) iwae weighs draws by", prior.Name())
	}
	if !loss.HasDensity(prior) && c.Objective.Name != matching {
		return nil, fmt.Errorf("prior %s has no density, which objective.name (--objective) %s takes a KL to: z can be matched to its draws by mmd", prior.Name(), c.Objective.Name)
	}
	if _, err := activation(c.Model.Activation); err != nil {
		return nil, err
	}
	if _, ok := prior.(loss.Encoded); ok && c.Model.Conditional {
		return nil, fmt.Errorf("prior %s encodes images without labels, which a conditional model cannot", prior.Name())
	}
	if c.Model.Conditional && c.Model.Classes < 1 {
		return nil, fmt.Errorf("a conditional model of %d labels (model.classes, --classes)", c.Model.Classes)
	}
	frame, err := loss.NewFrame(prior, loss.Standardization(c.Prior.Standardize))
	if err != nil {
		return nil, err
	}
	pixels, err := loss.NewLikelihood(c.Model)
	if err != nil {
		return nil, err
	}
	m := &Model{config: c, engine: e, prior: prior, frame: frame, pixels: pixels, height: height, width: width}
	if p, ok := prior.(loss.Encoded); ok {
		p.Fit(m.Pixels())
	}
	m.layOut()
	return m, nil
}

// layOut names the layers and gives their parameters consecutive memory.
func (m *Model) layOut() {
	width := m.Pixels()
	for i, hidden := range m.config.Model.Hidden {
		m.encoder = append(m.encoder, &layer{name: fmt.Sprintf("encoder.%d", i), in: width, out: hidden})
		width = hidden
	}
	m.head = &layer{name: "head", in: width, out: 2 * m.config.Model.Latent, pair: true}
	if m.config.Model.UpperLatent > 0 {
		m.second = newSecondLayer(m.config.Model)
	}
	width = m.config.Model.Latent
	for i, hidden := range slices.Backward(m.config.Model.Hidden) {
		index := len(m.config.Model.Hidden) - 1 - i
		m.decoder = append(m.decoder, &layer{name: fmt.Sprintf("decoder.%d", index), in: width, out: hidden})
		width = hidden
	}
	m.output = &layer{name: "output", in: width, out: m.Pixels()}
	if m.config.Model.Gated {
		m.addGates()
	}
	m.readLabelsFirst()

	m.learnedPrior = learnedPrior(m.prior)
	m.learnedLikelihood = learnedLikelihood(m.pixels)

	size := 0
	for _, l := range m.layers() {
		size += l.out * (l.in + 1 + l.classes)
	}
	for _, part := range m.parts() {
		size += part.size()
	}
	m.flat = make([]float32, size)
	offset := 0
	take := func(name string, shape ...int) int {
		n := 1
		for _, d := range shape {
			n *= d
		}
		m.parameters = append(m.parameters, Parameter{Name: name, Shape: shape, Data: m.flat[offset : offset+n : offset+n]})
		offset += n
		return len(m.parameters) - 1
	}
	for _, l := range m.layers() {
		l.weight = take(l.name+".weight", l.out, l.in)
		l.bias = take(l.name+".bias", l.out)
		if l.classes > 0 {
			l.table = take(l.name+".label.weight", l.classes, l.out)
		}
	}
	for _, part := range m.parts() {
		for _, w := range part.weights {
			part.places = append(part.places, take(part.prefix+w.Name, w.Shape...))
		}
	}
	m.bindLearned()
}

// addGates gives every hidden layer a gate of its own shape.
func (m *Model) addGates() {
	hidden := slices.Concat(m.encoder, m.decoder)
	if m.second != nil {
		hidden = slices.Concat(hidden, m.second.encoder, m.second.decoder)
	}
	for _, l := range hidden {
		l.gate = &layer{name: l.name + ".gate", in: l.in, out: l.out}
	}
}

// readLabelsFirst lets the first layers of encoder and decoder, and their gates,
// read the label in a conditional model.
func (m *Model) readLabelsFirst() {
	for _, stack := range [][]*layer{append(slices.Clone(m.encoder), m.head), append(slices.Clone(m.decoder), m.output)} {
		for _, l := range withGates(stack[:1]) {
			l.classes = m.Classes()
		}
	}
}

// layers lists all affine maps in the order of memory.
func (m *Model) layers() []*layer {
	all := append(slices.Clone(m.encoder), m.head)
	if m.second != nil {
		all = append(all, m.second.layers()...)
	}
	return withGates(append(append(all, m.decoder...), m.output))
}

// withGates puts each layer's gate, where it has one, behind it.
func withGates(layers []*layer) []*layer {
	var all []*layer
	for _, l := range layers {
		if all = append(all, l); l.gate != nil {
			all = append(all, l.gate)
		}
	}
	return all
}

// Config returns the configuration the model was made from.
func (m *Model) Config() configs.Config { return m.config }

// Prior returns the prior of the latent code. One made with the encoder is that
// of the weights at the last call of Sample, Evaluate or ReadWeights.
func (m *Model) Prior() loss.Prior { return m.prior }

// Likelihood returns the distribution of the pixels given z.
func (m *Model) Likelihood() loss.Likelihood { return m.pixels }

// Size returns the height and width of the model's images in pixels.
func (m *Model) Size() (height, width int) { return m.height, m.width }

// Pixels is the number of pixels of an image.
func (m *Model) Pixels() int { return m.height * m.width }

// Latents is the number of dimensions of the latent code z, the one the prior
// is over.
func (m *Model) Latents() int { return m.config.Model.Code() }

// stochastic is the sizes of the stochastic layers, the lower first.
func (m *Model) stochastic() []int {
	if m.second != nil {
		return []int{m.config.Model.Latent, m.config.Model.UpperLatent}
	}
	return []int{m.config.Model.Latent}
}

// Parameters lists the weights and biases in the order of [Model.Weights].
func (m *Model) Parameters() []Parameter { return m.parameters }

// Weights is the memory of all parameters, one after the other.
func (m *Model) Weights() []float32 { return m.flat }

// errShape is what callers of the batch functions get for rows that do not fit.
var errShape = errors.New("rows do not fit the model")

// rowsOf counts rows of the given width.
func rowsOf[T any](what string, data []T, width int) (int, error) {
	if len(data)%width != 0 {
		return 0, fmt.Errorf("%w: %d values of %s are not rows of %d", errShape, len(data), what, width)
	}
	return len(data) / width, nil
}

func activation(name string) (kernel.Activation, error) {
	switch name {
	case "relu":
		return kernel.Relu, nil
	case "tanh":
		return kernel.Tanh, nil
	case "softplus":
		return kernel.Softplus, nil
	case "elu":
		return kernel.Elu, nil
	}
	return kernel.Identity, fmt.Errorf("unknown activation %q", name)
}
