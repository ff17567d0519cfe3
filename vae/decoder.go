package vae

import (
	"fmt"

	"vaectl/internal/compute/graph"
	"vaectl/loss"
)

// Decoder turns z into images like [Model.Decode], with a graph compiled once
// and buffers of its own, for callers that decode again and again. It follows
// the model's weights. A Decoder is not safe for concurrent use; several
// Decoders of one model may run at once.
type Decoder struct {
	model *Model
	rows  int
	leaves
	z       []float32 // what the decoder reads of it
	program *graph.Program
	out     []float32
	// below is the noise of the levels below z's; none where they are left at their
	// means.
	below noiseInput
}

// NewDecoder compiles a decoder that computes the given number of codes at a
// time. Fewer cost as much, so ask for 1 where codes come one by one.
func (m *Model) NewDecoder(rows int) (*Decoder, error) { return m.newDecoder(rows, false) }

// newDecoder makes a decoder that draws the levels below z's with the noise in
// below, or leaves them at their means.
func (m *Model) newDecoder(rows int, draws bool) (*Decoder, error) {
	if rows < 1 {
		return nil, fmt.Errorf("a decoder of %d rows", rows)
	}
	n, err := m.newNetwork()
	if err != nil {
		return nil, err
	}
	d := &Decoder{model: m, rows: rows}
	z, err := n.graph.Input("z", rows, m.Latents())
	if err != nil {
		return nil, err
	}
	d.z = n.graph.Data(z)
	if err := d.addLabels(n.graph, m, rows); err != nil {
		return nil, err
	}
	n.layers.Labels = d.labels
	if draws {
		sizes := m.network.Sizes()
		d.below = newNoiseInput(rows, sizes[:len(sizes)-1])
	}
	input, err := n.fall(z, d.below.levels)
	if err != nil {
		return nil, err
	}
	out, err := n.decode(input)
	if err != nil {
		return nil, err
	}
	if d.program, err = n.graph.Compile(out); err != nil {
		return nil, err
	}
	d.out = d.program.Value(out)
	return d, nil
}

// Decode writes the mean of each value of the images, in [0, 1], to means, [codes,
// values].
func (d *Decoder) Decode(means []float32, c Codes) error {
	values := d.model.Values()
	return d.decode(len(means), c, nil, func(first int, outputs []float32) {
		to := means[first*values:]
		d.model.means(to[:len(outputs)/d.model.outputs()*values], outputs)
	})
}

// means writes those of images given the decoder's outputs for them.
func (m *Model) means(dst, outputs []float32) {
	m.network.Likelihood.Means(loss.NewMath((*Engine)(m.engine)), dst, outputs)
}

// decode hands over what the decoder puts out, [codes, outputs], some rows at a time;
// draw, unless nil, fills the noise of the levels below for the rows from first on.
// room is the number of values that the caller has a place for.
func (d *Decoder) decode(room int, c Codes, draw func(first, rows int), use func(first int, outputs []float32)) error {
	m, latents := d.model, d.model.Latents()
	count, err := m.checkCodes(c)
	if err != nil {
		return err
	}
	if room != count*m.Values() {
		return fmt.Errorf("%w: room for %d values for %d images of %d", errShape, room, count, m.Values())
	}
	for first := 0; first < count; first += d.rows {
		used := min(d.rows, count-first)
		d.label(c.Labels, first)
		for i := range used * latents {
			d.z[i] = float32(m.frame.InputOf(i%latents, c.Z[first*latents+i]))
		}
		if draw != nil {
			draw(first, used)
		}
		d.program.Run()
		use(first, d.out[:used*m.outputs()])
	}
	return nil
}
