package vae

import (
	"fmt"
	"math"
)

// Encoder computes posteriors like [Model.Encode], with a graph compiled once
// and buffers of its own, for callers that encode again and again. It follows
// the model's weights. An Encoder is not safe for concurrent use; several
// Encoders of one model may run at once.
type Encoder struct {
	model     *Model
	rows      int
	posterior *function
}

// NewEncoder compiles an encoder that computes the given number of images at a
// time. Fewer cost as much, so a caller of single images asks for 1.
func (m *Model) NewEncoder(rows int) (*Encoder, error) {
	if rows < 1 {
		return nil, fmt.Errorf("an encoder of %d rows", rows)
	}
	f, err := m.newFunction(rows, m.Pixels(), (*network).posterior)
	if err != nil {
		return nil, err
	}
	return &Encoder{model: m, rows: rows, posterior: f}, nil
}

// Encode computes the posterior of any number of rows of pixels in [0, 1]. Labels
// are as those of [Model.Encode].
func (e *Encoder) Encode(pixels []float32, labels ...int) (Encoding, error) {
	m, f := e.model, e.posterior
	count, err := rowsOf("pixels", pixels, m.Pixels())
	if err != nil || count == 0 {
		return Encoding{}, err
	}
	if err := m.checkLabels(labels, count); err != nil {
		return Encoding{}, err
	}
	d := m.Latents()
	q := Encoding{Mean: make([]float64, count*d), Std: make([]float64, count*d), Z: make([]float64, count*d)}
	for first := 0; first < count; first += e.rows {
		m.setLabels(f.labels, labels, first)
		used := copy(f.in, pixels[first*m.Pixels():]) / m.Pixels()
		f.program.Run()
		for r := range used {
			for i := range d {
				at := (first+r)*d + i
				q.Mean[at] = float64(f.out[r*2*d+i])
				q.Std[at] = math.Exp(0.5 * float64(f.out[r*2*d+d+i]))
				q.Z[at] = m.prior.FromBase(i, q.Mean[at])
			}
		}
	}
	return q, nil
}
