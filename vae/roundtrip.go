package vae

import "vaectl/internal/compute/graph"

// roundTrip is a graph from images to what the decoder puts out at one draw from the
// posterior of each.
type roundTrip struct {
	leaves
	program *graph.Program
	images  int
	outputs []float32 // [images, outputs]
}

func (m *Model) newRoundTrip(images int) (*roundTrip, error) {
	b, err := m.newBatch(purpose{images: images, samples: 1})
	if err != nil {
		return nil, err
	}
	t := &roundTrip{leaves: b.leaves, images: images}
	if t.program, err = b.graph.Compile(b.output); err != nil {
		return nil, err
	}
	t.outputs = t.program.Value(b.output)
	return t, nil
}
