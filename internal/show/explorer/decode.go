package explorer

import (
	"fmt"
	"net/http"

	"vaectl/data"
	"vaectl/loss"
)

// maxRows is the number of images one request may ask for, fewer where they
// are large.
const (
	maxRows   = 512
	maxPixels = 4 << 20
)

// decodeRequest asks for the images at some z, or at some places of the map.
type decodeRequest struct {
	Run string `json:"run"`
	Z   matrix `json:"z"`
	Map matrix `json:"map"`
	// Label is for a conditional model.
	Label *int `json:"label"`
}

// images is the answer to POST /api/decode and POST /api/sample.
type images struct {
	Run     string `json:"run"`
	Version string `json:"version"`
	data.Shape
	Z      []coordinates `json:"z"`
	Images []picture     `json:"images"`
	// Map is where each z lies on the map, null until the map was asked for.
	Map []numbers `json:"map"`
}

func (e *Explorer) postDecode(w http.ResponseWriter, r *http.Request) (any, error) {
	var ask decodeRequest
	if err := readBody(w, r, &ask); err != nil {
		return nil, err
	}
	m, err := e.model(r.Context(), ask.Run)
	if err != nil {
		return nil, err
	}
	if (ask.Z == nil) == (ask.Map == nil) {
		return nil, badRequest("z are coordinates of the latent code, map are places on the map", "give one of z and map")
	}
	var z []float64
	if ask.Map != nil {
		z, err = e.fromMap(r.Context(), m, ask.Map)
	} else {
		z, err = m.latents(ask.Z)
	}
	if err != nil {
		return nil, err
	}
	labels, err := m.labels(ask.Label, len(z)/m.Latents())
	if err != nil {
		return nil, err
	}
	return e.show(r, m, z, labels)
}

// show decodes rows of z for an answer.
func (e *Explorer) show(r *http.Request, m *model, z []float64, labels []int) (any, error) {
	done, err := e.computing(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	means, err := m.decode(z, labels)
	if err != nil {
		return nil, err
	}
	return e.images(m, z, means), nil
}

func (e *Explorer) images(m *model, z []float64, means []float32) images {
	out := images{Run: m.run.name, Version: m.run.version, Shape: m.Shape(), Z: rows(z, m.Latents()), Images: pictures(means, m.Shape())}
	if a, ok := e.atlases.peek(m.run.key()); ok {
		u := make([]float64, m.Latents())
		for _, row := range out.Z {
			for d, v := range row {
				u[d] = loss.ToBase(m.Prior(), d, v)
			}
			out.Map = append(out.Map, a.place(u))
		}
	}
	return out
}

// checkCount refuses to make more images than a request may ask for.
func (m *model) checkCount(what string, count int) error {
	most := max(1, min(maxRows, maxPixels/m.Values()))
	if count < 1 || count > most {
		return badRequest("", "%d %s: must be from 1 to %d", count, what, most)
	}
	return nil
}

// latents checks rows of z and puts them one after the other.
func (m *model) latents(z matrix) ([]float64, error) {
	if err := m.checkCount("rows of z", len(z)); err != nil {
		return nil, err
	}
	flat := make([]float64, 0, len(z)*m.Latents())
	for i, row := range z {
		if len(row) != m.Latents() {
			return nil, badRequest(fmt.Sprintf("run %s has %d latents", m.run.name, m.Latents()), "row %d of z has %d numbers, not %d", i, len(row), m.Latents())
		}
		for d, v := range row {
			if v < m.low[d] || v > m.high[d] {
				return nil, badRequest("", "number %d of row %d of z is %g: the prior lies between %g and %g", d, i, v, m.low[d], m.high[d])
			}
		}
		flat = append(flat, row...)
	}
	return flat, nil
}
