package explorer

import (
	"context"
	"net/http"

	"vaectl/data"
	"vaectl/internal/finite"
)

// worldMap is the answer to GET /api/map: the test images as points.
type worldMap struct {
	Run     string `json:"run"`
	Version string `json:"version"`
	Split   string `json:"split"`
	Dataset string `json:"dataset"`
	// Note says how these images are not those of the training, "" if they are.
	Note  string    `json:"note"`
	Epoch int       `json:"epoch"` // of the model, the last one evaluated
	Axes  [2]string `json:"axes"`
	X     numbers   `json:"x"`
	Y     numbers   `json:"y"`
	// Labels are the classes, empty where the images have none.
	Labels []int `json:"labels"`
	// ClassNames are the names of the classes, empty where they have none.
	ClassNames []string `json:"class_names"`
	Images     []int32  `json:"images"` // indices in the split
	// Dark is the share of values of these images that are nearly black, which
	// tells strokes on nothing from photographs.
	Dark number `json:"dark_share"`
}

func (e *Explorer) getMap(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := newQuery(r)
	name := q.text("run")
	if err := q.done(); err != nil {
		return nil, err
	}
	m, set, err := e.modelWithData(r.Context(), name)
	if err != nil {
		return nil, err
	}
	a, err := e.atlas(r.Context(), m)
	if err != nil {
		return nil, err
	}
	answer := worldMap{
		Run: m.run.name, Version: m.run.version, Split: "test", Dataset: set.Name, Note: otherData(m.record.Dataset, set), Epoch: m.record.Epoch,
		Axes: a.plane.axes(), X: a.x, Y: a.y, Labels: []int{}, ClassNames: namesOf(set), Images: a.images, Dark: number(a.dark),
	}
	if a.split.Labels != nil {
		for _, i := range a.images {
			answer.Labels = append(answer.Labels, a.split.Labels[i])
		}
	}
	return answer, nil
}

// namesOf are the names of the classes of a data set, empty where they have none.
func namesOf(set *data.Set) []string {
	if set.Classes == nil {
		return []string{}
	}
	return set.Classes
}

// fromMap finds the z at places of the map.
func (e *Explorer) fromMap(ctx context.Context, m *model, places matrix) ([]float64, error) {
	if err := m.checkCount("places of the map", len(places)); err != nil {
		return nil, err
	}
	for i, place := range places {
		if len(place) != 2 {
			return nil, badRequest("a place is [x, y]", "place %d of the map has %d numbers, not 2", i, len(place))
		}
	}
	a, err := e.atlas(ctx, m)
	if err != nil {
		return nil, err
	}
	latents := m.Latents()
	z := make([]float64, len(places)*latents)
	for i, place := range places {
		row := z[i*latents : (i+1)*latents]
		a.plane.lift(row, place[0], place[1])
		for d, v := range row {
			if !finite.Is(v) {
				return nil, badRequest("", "place %d of the map is too far out: latent %d is %g there", i, d, v)
			}
		}
	}
	return z, nil
}
