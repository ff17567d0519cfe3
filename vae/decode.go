package vae

import (
	"fmt"
	"math"
	"math/rand/v2"

	"vaectl/internal/graph"
	"vaectl/internal/noise"
)

// Encoding is the posterior of some images: means and standard deviations of
// the Gaussian variable u, [images, latents], and the z that belongs to each
// mean. For a prior on the whole line u is z.
type Encoding struct {
	Mean, Std []float64
	Z         []float64
}

// Encode computes the posterior of rows of pixels in [0, 1].
func (m *Model) Encode(pixels []float32) (Encoding, error) {
	count, err := rowsOf("pixels", pixels, m.Pixels())
	if err != nil || count == 0 {
		return Encoding{}, err
	}
	rows := min(evalRows, count)
	encoder, err := m.newEncoder(rows)
	if err != nil {
		return Encoding{}, err
	}
	d := m.Latents()
	e := Encoding{Mean: make([]float64, count*d), Std: make([]float64, count*d), Z: make([]float64, count*d)}
	in, out := encoder.x, encoder.params
	for first := 0; first < count; first += rows {
		used := copy(in, pixels[first*m.Pixels():]) / m.Pixels()
		encoder.program.Run()
		for r := range used {
			for i := range d {
				at := (first+r)*d + i
				e.Mean[at] = float64(out[r*2*d+i])
				e.Std[at] = math.Exp(0.5 * float64(out[r*2*d+d+i]))
				e.Z[at] = m.prior.FromBase(i, e.Mean[at])
			}
		}
	}
	return e, nil
}

// encoder is the graph from pixels to the parameters of q(u|x).
type encoder struct {
	program   *graph.Program
	x, params []float32
}

func (m *Model) newEncoder(images int) (*encoder, error) {
	n, err := m.network()
	if err != nil {
		return nil, err
	}
	x, err := n.graph.Input("x", images, m.Pixels())
	if err != nil {
		return nil, err
	}
	params, err := n.encode(x)
	if err != nil {
		return nil, err
	}
	program, err := n.graph.Compile(nil, params)
	if err != nil {
		return nil, err
	}
	return &encoder{program: program, x: n.graph.Data(x), params: program.Value(params)}, nil
}

// Decode computes the mean of each pixel, in [0, 1], for rows of z in the
// prior's own units.
func (m *Model) Decode(z []float64) ([]float32, error) {
	count, err := rowsOf("z", z, m.Latents())
	if err != nil || count == 0 {
		return nil, err
	}
	rows := min(evalRows, count)
	n, err := m.network()
	if err != nil {
		return nil, err
	}
	code, err := n.graph.Input("code", rows, m.Latents())
	if err != nil {
		return nil, err
	}
	logits, err := n.decode(code)
	if err != nil {
		return nil, err
	}
	program, err := n.graph.Compile(nil, logits)
	if err != nil {
		return nil, err
	}
	in, out := n.graph.Data(code), program.Value(logits)
	means := make([]float32, count*m.Pixels())
	for first := 0; first < count; first += rows {
		used := min(rows, count-first)
		for i := range used * m.Latents() {
			in[i] = float32(m.frame.CodeOf(i%m.Latents(), z[first*m.Latents()+i]))
		}
		program.Run()
		m.engine.Sigmoid(means[first*m.Pixels():(first+used)*m.Pixels()], out[:used*m.Pixels()])
	}
	return means, nil
}

// Samples are draws from the model: z from the prior, [count, latents], and
// the mean of each pixel given z, [count, pixels].
type Samples struct {
	Z     []float64
	Means []float32
}

// Sample draws from the prior and decodes. Sample i is a pure function of the
// weights, the seed and i.
func (m *Model) Sample(count int, seed uint64) (Samples, error) {
	if count < 1 {
		return Samples{}, fmt.Errorf("%d samples", count)
	}
	z := make([]float64, count*m.Latents())
	for i := range count {
		rng := rand.New(noise.NewSource(noise.Key(seed, noise.Sample, uint64(i))))
		m.prior.Sample(z[i*m.Latents():(i+1)*m.Latents()], rng)
	}
	means, err := m.Decode(z)
	return Samples{Z: z, Means: means}, err
}

// DrawPixels turns means into black and white pixels, each 1 with the
// probability of its mean. Pixel j of image i depends on the seed, i and j.
func (m *Model) DrawPixels(means []float32, seed uint64) []float32 {
	drawn := make([]float32, len(means))
	m.engine.BernoulliProbs(drawn, means, noise.Key(seed, noise.SamplePixels, 0), 0)
	return drawn
}
