package explorer

import (
	"context"
	"fmt"
	"net/http"

	"vaectl/data"
	"vaectl/loss"
	"vaectl/vae"
)

// maxNeighbours is the number of training images one request may ask for.
const maxNeighbours = 24

// encodeRequest asks what the model makes of an image.
type encodeRequest struct {
	Run        string `json:"run"`
	Pixels     pixels `json:"pixels"`
	Neighbours int    `json:"neighbours"`
	Label      *int   `json:"label"` // for a conditional model
	Guess      bool   `json:"guess"` // of a conditional model: take the likeliest label
}

// posterior is the answer to POST /api/encode.
type posterior struct {
	Run     string `json:"run"`
	Version string `json:"version"`
	data.Shape
	// Mean and Std are of the Gaussian variable that z is a function of.
	Mean numbers `json:"mean"`
	Std  numbers `json:"std"`
	// Z belongs to the mean, Low and High to one standard deviation below and
	// above it, in the prior's own units.
	Z    coordinates `json:"z"`
	Low  numbers     `json:"z_low"`
	High numbers     `json:"z_high"`
	KL   numbers     `json:"kl_nats"`

	Input          picture `json:"input"` // as the model reads it
	Reconstruction picture `json:"reconstruction"`
	Map            numbers `json:"map"` // where it lies on the map; empty without one

	// Label is the one that was given or guessed, null where the model reads
	// none. Chances are the probabilities of the labels where one was guessed.
	Label   *int    `json:"label"`
	Chances numbers `json:"label_chances"`

	Neighbours        []neighbour  `json:"neighbours"`
	NeighboursProblem *problemJSON `json:"neighbours_problem,omitempty"`
}

func (e *Explorer) postEncode(w http.ResponseWriter, r *http.Request) (any, error) {
	var ask encodeRequest
	if err := readBody(w, r, &ask); err != nil {
		return nil, err
	}
	m, err := e.model(r.Context(), ask.Run)
	if err != nil {
		return nil, err
	}
	if len(ask.Pixels) != m.Values() {
		s := m.Shape()
		return nil, badRequest(fmt.Sprintf("images of run %s are %d high and %d wide, with %d values for each pixel", m.run.name, s.Height, s.Width, s.Channels),
			"%d values, not %d", len(ask.Pixels), m.Values())
	}
	if ask.Neighbours < 0 || ask.Neighbours > maxNeighbours {
		return nil, badRequest("", "neighbours %d: must be from 0 to %d", ask.Neighbours, maxNeighbours)
	}
	if ask.Guess && ask.Label != nil {
		return nil, badRequest("", "give one of label and guess")
	}
	var chances []float64
	if ask.Guess {
		label := 0
		if label, chances, err = e.guess(r.Context(), m, ask.Pixels); err != nil {
			return nil, err
		}
		ask.Label = &label
	}
	labels, err := m.labels(ask.Label, 1)
	if err != nil {
		return nil, err
	}
	answer, err := e.posterior(r.Context(), m, ask.Pixels, labels)
	if err != nil {
		return nil, err
	}
	answer.Label, answer.Chances = ask.Label, chances
	answer.Neighbours, answer.NeighboursProblem, err = e.nearest(r.Context(), m, ask.Pixels, ask.Neighbours)
	return answer, err
}

// posterior encodes an image and decodes the mean.
func (e *Explorer) posterior(ctx context.Context, m *model, image []byte, labels []int) (*posterior, error) {
	done, err := e.computing(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	input := m.seen(image)
	q, err := m.encode(input, labels)
	if err != nil {
		return nil, err
	}
	means, err := m.decode(q.Z, labels)
	if err != nil {
		return nil, err
	}
	answer := describePosterior(m, q)
	answer.Input = pictures(input, m.Shape())[0]
	answer.Reconstruction = pictures(means, m.Shape())[0]
	if a, ok := e.atlases.peek(m.run.key()); ok {
		answer.Map = a.place(q.Mean)
	}
	return answer, nil
}

func describePosterior(m *model, q vae.Encoding) *posterior {
	p := &posterior{Run: m.run.name, Version: m.run.version, Mean: q.Mean, Std: q.Std, Z: q.Z, Neighbours: []neighbour{}}
	p.Shape = m.Shape()
	for d, mean := range q.Mean {
		low, high := loss.FromBase(m.Prior(), d, mean-q.Std[d]), loss.FromBase(m.Prior(), d, mean+q.Std[d])
		p.Low, p.High = append(p.Low, min(low, high)), append(p.High, max(low, high))
		p.KL = append(p.KL, loss.DivergenceOf(m.Prior(), d, mean, q.Std[d]).KL)
	}
	return p
}
