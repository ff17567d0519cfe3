package vae

import (
	"fmt"
	"math"

	"vaectl/loss"
)

// Encoder computes posteriors like [Model.Encode], with a graph compiled once
// and buffers of its own, for callers that encode again and again. It follows
// the model's weights. An Encoder is not safe for concurrent use; several
// Encoders of one model may run at once.
type Encoder struct {
	model *Model
	graph *encoderGraph
}

// NewEncoder compiles an encoder that computes the given number of images at a
// time. Fewer cost as much, so ask for 1 where images come one by one.
func (m *Model) NewEncoder(rows int) (*Encoder, error) {
	if rows < 1 {
		return nil, fmt.Errorf("an encoder of %d rows", rows)
	}
	g, err := m.newEncoderGraph(rows, (*network).posterior)
	if err != nil {
		return nil, err
	}
	return &Encoder{model: m, graph: g}, nil
}

// Encode computes the posterior of any number of images.
func (e *Encoder) Encode(b Batch) (Encoding, error) {
	m, g := e.model, e.graph
	count, err := m.checkBatch(b)
	if err != nil || count == 0 {
		return Encoding{}, err
	}
	d := m.Latents()
	q := Encoding{Mean: make([]float64, count*d), Std: make([]float64, count*d), Z: make([]float64, count*d)}
	for first := 0; first < count; {
		used := g.set(b, first, m.Values())
		g.program.Run()
		for r := range used {
			for i := range d {
				at := (first+r)*d + i
				q.Mean[at] = float64(g.out[r*2*d+i])
				q.Std[at] = math.Exp(0.5 * float64(g.out[r*2*d+d+i]))
				q.Z[at] = loss.FromBase(m.network.Prior, i, q.Mean[at])
			}
		}
		first += used
	}
	return q, nil
}
