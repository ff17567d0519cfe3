package explorer

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"vaectl/data"
)

// maxImages is the number of images of a data set that one request may ask for.
const maxImages = 256

// dataImages is the answer to GET /api/images.
type dataImages struct {
	Run   string `json:"run"`
	Split string `json:"split"`
	data.Shape
	Labels []*int    `json:"labels"`
	Images []picture `json:"images"`
}

// getImages answers with several images of a run's data set at once.
func (e *Explorer) getImages(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := newQuery(r)
	name, which := q.text("run"), q.text("split")
	indices := q.list("index", maxImages)
	if err := q.done(); err != nil {
		return nil, err
	}
	m, set, split, err := e.modelWithSplit(r.Context(), name, which)
	if err != nil {
		return nil, err
	}
	if err := m.checkCount("images (index)", len(indices)); err != nil {
		return nil, err
	}
	out := dataImages{Run: m.run.name, Split: which, Shape: m.Shape()}
	for _, text := range indices {
		index, err := strconv.Atoi(text)
		if err != nil || index < 0 {
			return nil, badRequest("", "index %q: must be a whole number from 0", shortened(text))
		}
		if err := checkIndex(set, split, which, index); err != nil {
			return nil, err
		}
		out.Labels = append(out.Labels, labelOf(split, index))
		out.Images = append(out.Images, split.Image(index))
	}
	return out, nil
}

// modelWithSplit finds a run's model, its data and the split of them that a request names.
func (e *Explorer) modelWithSplit(ctx context.Context, name, which string) (*model, *data.Set, *data.Split, error) {
	m, set, err := e.modelWithData(ctx, name)
	if err != nil {
		return nil, nil, nil, err
	}
	split, err := splitOf(set, which)
	return m, set, split, err
}

// splitOf finds a split by the name that requests have for it.
func splitOf(set *data.Set, which string) (*data.Split, error) {
	switch which {
	case "train":
		return &set.Train, nil
	case "test":
		return &set.Test, nil
	}
	return nil, badRequest("", "split %q: must be train or test", shortened(which))
}

func checkIndex(set *data.Set, split *data.Split, which string, index int) error {
	if index < split.Count {
		return nil
	}
	return &problem{
		status: http.StatusNotFound,
		text:   fmt.Sprintf("the %s split of %s has no image %d", which, set.Name, index),
		hint:   fmt.Sprintf("its images are 0 to %d", split.Count-1),
	}
}
