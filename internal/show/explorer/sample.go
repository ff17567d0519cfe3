package explorer

import (
	"math/rand/v2"
	"net/http"
)

// sampleRequest asks for draws from the model: z from the prior, of two
// stochastic layers the lower one given z, and the pixels' means.
type sampleRequest struct {
	Run   string  `json:"run"`
	Count int     `json:"count"`
	Seed  *uint64 `json:"seed"`
	Label *int    `json:"label"` // for a conditional model
}

// samples is the answer to POST /api/sample; its seed gives the same images again.
type samples struct {
	images
	Seed uint64 `json:"seed"`
}

func (e *Explorer) postSample(w http.ResponseWriter, r *http.Request) (any, error) {
	var ask sampleRequest
	if err := readBody(w, r, &ask); err != nil {
		return nil, err
	}
	m, err := e.model(r.Context(), ask.Run)
	if err != nil {
		return nil, err
	}
	if err := m.checkCount("samples (count)", ask.Count); err != nil {
		return nil, err
	}
	labels, err := m.labels(ask.Label, ask.Count)
	if err != nil {
		return nil, err
	}
	// Small enough for every reader of JSON.
	seed := uint64(rand.Uint32())
	if ask.Seed != nil {
		seed = *ask.Seed
	}
	done, err := e.computing(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	drawn, err := m.sample(ask.Count, seed, labels)
	if err != nil {
		return nil, err
	}
	return samples{images: e.images(m, drawn.Z, drawn.Means), Seed: seed}, nil
}
