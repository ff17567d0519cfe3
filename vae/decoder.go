package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Decoder turns z into images like [Model.Decode], with a graph compiled once
// and buffers of its own, for callers that decode again and again. It follows
// the model's weights. A Decoder is not safe for concurrent use; several
// Decoders of one model may run at once.
type Decoder struct {
	model  *Model
	rows   int
	output *function
	// eps is the noise of a lower stochastic layer, filled by lowerNoise; nil
	// where there is none or it is left at its mean.
	eps        []float32
	lowerNoise func(first int, dst []float32)
}

// NewDecoder compiles a decoder that computes the given number of rows at a
// time. Fewer cost as much, so a caller of single rows asks for 1.
func (m *Model) NewDecoder(rows int) (*Decoder, error) {
	return m.newDecoder(rows, nil)
}

// newDecoder makes a decoder whose lower layer is drawn by lowerNoise(first,
// dst), which fills the noise of the rows from first on; nil leaves the layer at
// its mean.
func (m *Model) newDecoder(rows int, lowerNoise func(first int, dst []float32)) (*Decoder, error) {
	if rows < 1 {
		return nil, fmt.Errorf("a decoder of %d rows", rows)
	}
	d := &Decoder{model: m, rows: rows, lowerNoise: lowerNoise}
	f, err := m.newFunction(rows, m.Latents(), func(n *network, code *gorgonia.Node) (h *gorgonia.Node, err error) {
		switch {
		case m.second == nil:
			return n.decode(code)
		case lowerNoise == nil:
			h, err = n.lowerMean(code)
		default:
			d.eps = make([]float32, rows*m.config.Model.Latent)
			h, err = n.lowerDraw(code, d.eps)
		}
		if err != nil {
			return nil, err
		}
		return n.decode(h)
	})
	if err != nil {
		return nil, err
	}
	d.output = f
	return d, nil
}

// Decode writes the mean of each pixel, in [0, 1], to means, [rows, pixels],
// for any number of rows of z in the prior's own units. Labels are as those of
// [Model.Decode].
func (d *Decoder) Decode(means []float32, z []float64, labels ...int) error {
	if err := d.outputs(means, z, labels); err != nil {
		return err
	}
	d.model.means(means)
	return nil
}

// outputs writes what the decoder's last layer says, [rows, pixels].
func (d *Decoder) outputs(dst []float32, z []float64, labels []int) error {
	m, f := d.model, d.output
	latents, pixels := m.Latents(), m.Pixels()
	count, err := rowsOf("z", z, latents)
	if err != nil {
		return err
	}
	if len(dst) != count*pixels {
		return fmt.Errorf("%w: room for %d pixels for %d images of %d", errShape, len(dst), count, pixels)
	}
	if err := m.checkLabels(labels, count); err != nil {
		return err
	}
	for first := 0; first < count; first += d.rows {
		m.setLabels(f.labels, labels, first)
		used := min(d.rows, count-first)
		for i := range used * latents {
			f.in[i] = float32(m.frame.CodeOf(i%latents, z[first*latents+i]))
		}
		if d.eps != nil {
			d.lowerNoise(first, d.eps[:used*m.config.Model.Latent])
		}
		f.program.Run()
		copy(dst[first*pixels:], f.out[:used*pixels])
	}
	return nil
}
