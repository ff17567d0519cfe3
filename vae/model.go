package vae

import (
	"errors"
	"fmt"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/loss"
	"vaectl/vae/arch"
)

// Model is a variational autoencoder and its weights.
type Model struct {
	config  configs.Config
	engine  *kernel.Engine
	network *arch.Network
	frame   loss.Frame

	weights    []float32 // trained
	buffers    []float32 // running statistics
	parameters []Parameter
}

// Parameter is one array of a model and where it lies in the model's memory, in the
// order of its layout.
type Parameter struct {
	arch.Parameter
	Data []float32
}

// New makes a model for images of the given shape with all weights zero;
// [Model.Init] draws them. The engine must stay open as long as the model is used.
func New(c configs.Config, image data.Shape, e *Engine) (*Model, error) {
	c = c.Settled(image.Channels)
	n, err := arch.New(c, image)
	if err != nil {
		return nil, err
	}
	return assemble(c, n, (*kernel.Engine)(e))
}

// Parts are a prior and a likelihood of the caller's own; nil ones are those that the
// configuration names.
type Parts = arch.Parts

// NewWith is [New] with parts of the caller's own. A [loss.LearnedPrior], or
// likelihood, belongs to one model.
func NewWith(c configs.Config, own Parts, image data.Shape, e *Engine) (*Model, error) {
	c = c.Settled(image.Channels)
	n, err := arch.NewWith(c, own, image)
	if err != nil {
		return nil, err
	}
	return assemble(c, n, (*kernel.Engine)(e))
}

func assemble(c configs.Config, n *arch.Network, e *kernel.Engine) (*Model, error) {
	if _, ok := n.Prior.(loss.DensityPrior); !ok && c.Objective.Name == IWAE {
		return nil, fmt.Errorf("prior %s has no density, which objective.name (--objective) iwae weighs draws by", n.Prior.Name())
	}
	if !loss.HasDensity(n.Prior) && c.Objective.Name != matching {
		return nil, fmt.Errorf("prior %s has no density, which objective.name (--objective) %s takes a KL to: z can be matched to its draws by mmd", n.Prior.Name(), c.Objective.Name)
	}
	if _, mapped := n.Prior.(loss.MappedPrior); mapped {
		if _, explained := n.Prior.(loss.DivergencePrior); !explained {
			return nil, fmt.Errorf("prior %s is a loss.MappedPrior: it must be a loss.DivergencePrior too, since the KL of u is not that of its density of z", n.Prior.Name())
		}
	}
	frame, err := loss.NewFrame(n.Prior, loss.Standardization(c.Prior.Standardize))
	if err != nil {
		return nil, err
	}
	m := &Model{config: c, engine: e, network: n, frame: frame}
	m.layOut()
	return m, nil
}

// layOut gives the parameters consecutive memory, the buffers some of their own,
// and tells prior and likelihood where their weights are.
func (m *Model) layOut() {
	all := m.network.Parameters()
	sizes := map[bool]int{}
	for _, p := range all {
		sizes[p.Buffer] += p.Space()
	}
	m.weights, m.buffers = kernel.Floats(sizes[false]), make([]float32, sizes[true])
	free := map[bool][]float32{false: m.weights, true: m.buffers}
	for _, p := range all {
		n := p.Space()
		m.parameters = append(m.parameters, Parameter{p, free[p.Buffer][:n:n]})
		free[p.Buffer] = free[p.Buffer][n:]
	}
	if p, ok := m.network.Prior.(loss.LearnedPrior); ok {
		p.Bind(m.memory(m.network.PriorParameters()))
	}
	if l, ok := m.network.Likelihood.(loss.LearnedLikelihood); ok {
		l.Bind(m.memory(m.network.LikelihoodParameters()))
	}
}

// memory is where some of the network's parameters lie.
func (m *Model) memory(parameters []arch.Parameter) [][]float32 {
	var values [][]float32
	for _, p := range parameters {
		values = append(values, m.parameter(p.Name).Data)
	}
	return values
}

// parameter finds one by its name. It panics when the model has none of that name.
func (m *Model) parameter(name string) Parameter {
	for _, p := range m.parameters {
		if p.Name == name {
			return p
		}
	}
	panic(fmt.Sprintf("vae: no parameter %s", name))
}

// Config returns the configuration the model was made from.
func (m *Model) Config() configs.Config { return m.config }

// Network returns the description of the model's network.
func (m *Model) Network() *arch.Network { return m.network }

// Prior returns the prior of the latent code. One made with the encoder is that
// of the weights at the last call of Sample, Evaluate or ReadWeights.
func (m *Model) Prior() loss.Prior { return m.network.Prior }

// Likelihood returns the distribution of the pixels given z.
func (m *Model) Likelihood() loss.Likelihood { return m.network.Likelihood }

// Shape is that of the model's images.
func (m *Model) Shape() data.Shape { return m.network.Image }

// Values is the number of values of an image, one a pixel and channel.
func (m *Model) Values() int { return m.network.Image.Values() }

// Latents is the number of dimensions of the latent code z, the one the prior
// is over.
func (m *Model) Latents() int { return m.network.Top().Size }

// Classes is the number of labels of a conditional model, which reads a label with every
// image and every z; 0 for a model that reads none.
func (m *Model) Classes() int { return m.network.Classes }

// Parameters lists the model's arrays: those that are trained in the order of
// [Model.Weights].
func (m *Model) Parameters() []Parameter { return m.parameters }

// Weights is the memory of all parameters that are trained, one after the other.
func (m *Model) Weights() []float32 { return m.weights }

// Buffers is the memory of what is kept and not trained: the running statistics of
// batch normalisation.
func (m *Model) Buffers() []float32 { return m.buffers }

// Twin makes a model with a copy of the weights that shares its buffers with m.
func (m *Model) Twin() (*Model, error) {
	twin, err := New(m.config, m.Shape(), (*Engine)(m.engine))
	if err != nil {
		return nil, err
	}
	copy(twin.weights, m.weights)
	twin.buffers = m.buffers
	for i, p := range m.parameters {
		if p.Buffer {
			twin.parameters[i].Data = p.Data
		}
	}
	return twin, nil
}

// outputs is the number of values that the decoder puts out for an image.
func (m *Model) outputs() int { return m.network.Levels[0].Down.Last().Out().Values() }

// errShape is what callers of the batch functions get for rows that do not fit.
var errShape = errors.New("rows do not fit the model")

// rowsOf counts rows of the given width.
func rowsOf[T any](what string, data []T, width int) (int, error) {
	if len(data)%width != 0 {
		return 0, fmt.Errorf("%w: %d values of %s are not rows of %d", errShape, len(data), what, width)
	}
	return len(data) / width, nil
}
