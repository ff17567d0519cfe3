package vae

import (
	"fmt"
	"math"

	"vaectl/data"
	"vaectl/internal/compute/noise"
)

// Init draws the initial weights, a pure function of the seed and the model's
// shape. With model.init "torch" weights and biases are uniform in
// ±1/sqrt(in), as PyTorch's nn.Linear draws them; with "glorot" weights are
// uniform in ±sqrt(6/(in+out)) (Glorot & Bengio 2010, equation 16) and biases
// are zero; with "he" weights are N(0, 2/in) (He et al. 2015, equation 10) and
// biases are zero. A head counts as the two maps it is made of, one for the mean and
// one for the log variance. What a layer adds for a label is drawn as its weights
// are, after all others, so that those do not depend on it. What a prior learns
// starts as it says itself.
func (m *Model) Init(seed uint64) error {
	var position uint64
	key := noise.Key(seed, noise.Init, 0)
	draw := func(data []float32, limit float64) {
		m.engine.Uniform(data, key, position)
		position += uint64(len(data))
		for i, v := range data {
			data[i] = float32((2*float64(v) - 1) * limit)
		}
	}
	weights := func(l *layer, weight []float32) error {
		switch m.config.Model.Init {
		case "torch":
			draw(weight, 1/math.Sqrt(float64(l.in)))
		case "glorot":
			out := l.out
			if l.pair {
				out /= 2
			}
			draw(weight, math.Sqrt(6/float64(l.in+out)))
		case "he":
			m.engine.Normal(weight, key, position)
			position += uint64(len(weight))
			m.engine.Scale(weight, float32(math.Sqrt(2/float64(l.in))), weight)
		default:
			return fmt.Errorf("unknown initialisation %q", m.config.Model.Init)
		}
		return nil
	}
	for _, l := range m.layers() {
		if err := weights(l, m.parameters[l.weight].Data); err != nil {
			return err
		}
		bias := m.parameters[l.bias].Data
		clear(bias)
		if m.config.Model.Init == "torch" {
			draw(bias, 1/math.Sqrt(float64(l.in)))
		}
	}
	for _, l := range m.layers() {
		if l.classes == 0 {
			continue
		}
		if err := weights(l, m.parameters[l.table].Data); err != nil {
			return err
		}
	}
	m.initLearned(seed)
	return nil
}

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
	if err := m.checkImages(r.Split()); err != nil {
		return err
	}
	bias := m.parameters[m.output.bias].Data
	for j, mean := range r.MeanPixels() {
		p := min(max(mean, meanLimit), 1-meanLimit)
		bias[j] = float32(m.pixels.Output(p))
	}
	return nil
}
