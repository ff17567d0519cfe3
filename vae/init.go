package vae

import (
	"fmt"
	"math"
	"math/rand/v2"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/vae/arch"
)

// Init draws the initial weights, a pure function of the seed and the model's
// shape. With model.init "torch" weights and biases are uniform in
// ±1/sqrt(in), as PyTorch's nn.Linear draws them; with "glorot" weights are
// uniform in ±sqrt(6/(in+out)) (Glorot & Bengio 2010, equation 16) and biases
// are zero; with "he" weights are N(0, 2/in) (He et al. 2015, equation 10) and
// biases are zero. A head counts as the two maps it is made of, one for the mean and
// one for the log variance. What a layer adds for a label is drawn as its weights
// are, after all others, so that those do not depend on it. What a prior or a
// likelihood learns starts as it says itself.
func (m *Model) Init(seed uint64) error {
	d, err := m.newDrawing(seed)
	if err != nil {
		return err
	}
	for _, tables := range []bool{false, true} {
		for _, p := range m.parameters {
			if (p.Init.Role == arch.Table) != tables {
				continue
			}
			values := make([]float32, p.Size())
			d.start(p.Init, values)
			p.Import(p.Data, values)
		}
	}
	return nil
}

// drawing is the initial weights under way.
type drawing struct {
	engine   *kernel.Engine
	scheme   string
	seed     uint64
	position uint64 // in the stream of weights and biases
	own      uint64 // streams used by parameters that start on their own
}

func (m *Model) newDrawing(seed uint64) (*drawing, error) {
	switch scheme := m.config.Model.Init; scheme {
	case "torch", "glorot", "he":
		return &drawing{engine: m.engine, scheme: scheme, seed: seed}, nil
	default:
		return nil, fmt.Errorf("unknown initialisation %q", scheme)
	}
}

// start writes the initial values of one parameter.
func (d *drawing) start(p arch.Init, values []float32) {
	switch p.Role {
	case arch.Weight, arch.Table:
		d.weights(p, values)
	case arch.Bias:
		if d.scheme == "torch" {
			d.uniform(values, 1/math.Sqrt(float64(p.FanIn)))
		}
	case arch.Constant:
		for i := range values {
			values[i] = p.Value
		}
	case arch.Own:
		d.own++
		p.Draw(values, rand.New(noise.NewSource(noise.Key(d.seed, noise.Init, d.own))))
	}
}

func (d *drawing) weights(p arch.Init, values []float32) {
	switch d.scheme {
	case "torch":
		d.uniform(values, 1/math.Sqrt(float64(p.FanIn)))
	case "glorot":
		d.uniform(values, math.Sqrt(6/float64(p.FanIn+p.FanOut)))
	case "he":
		d.engine.Normal(values, d.key(), d.position)
		d.position += uint64(len(values))
		d.engine.Scale(values, float32(math.Sqrt(2/float64(p.FanIn))), values)
	}
}

// uniform draws from ±limit.
func (d *drawing) uniform(values []float32, limit float64) {
	d.engine.Uniform(values, d.key(), d.position)
	d.position += uint64(len(values))
	for i, v := range values {
		values[i] = float32((2*float64(v) - 1) * limit)
	}
}

func (d *drawing) key() kernel.Key { return noise.Key(d.seed, noise.Init, 0) }

// meanLimit keeps a pixel that is never, or always, set from an infinite bias.
const meanLimit = 0.001

// InitOutputBias starts the decoder at the images of a reader where
// model.output_bias asks for it: the bias of a pixel becomes the output that has
// its mean, for a Bernoulli likelihood the logit, the mean taken into [0.001, 0.999], as in the code of Burda et al.
// (2016). Elsewhere it does nothing. The reader must be that of the training
// images; no others may be seen before the model is evaluated.
func (m *Model) InitOutputBias(r *data.Reader) error {
	if m.config.Model.OutputBias != "data" {
		return nil
	}
	if _, err := m.Images(r); err != nil {
		return err
	}
	means := r.MeanPixels()
	for j, mean := range means {
		means[j] = min(max(mean, meanLimit), 1-meanLimit)
	}
	p := m.parameter(m.network.Levels[0].Down.Last().Name() + ".bias")
	values := p.Export(p.Data)
	if len(values) < m.outputs() {
		means = channelMeans(means, m.Shape()) // one bias for a whole plane
	}
	m.network.Likelihood.OutputsAt(values, means)
	p.Import(p.Data, values)
	return nil
}

// channelMeans averages over each channel of an image.
func channelMeans(means []float64, image data.Shape) []float64 {
	channels := make([]float64, image.Channels)
	for j, mean := range means {
		channels[j/image.Pixels()] += mean / float64(image.Pixels())
	}
	return channels
}
