package explorer

import (
	"bytes"
	"fmt"
	"image"
	"net/http"

	"vaectl/data"
	"vaectl/internal/draw/picture"
)

// getImage answers with an image of a run's data set as PNG.
func (e *Explorer) getImage(w http.ResponseWriter, r *http.Request) {
	text, err := e.image(r)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(text) // a client that is gone has nobody to tell
}

func (e *Explorer) image(r *http.Request) ([]byte, error) {
	q := newQuery(r)
	name, which := q.text("run"), q.text("split")
	index := q.whole("index", -1, 0, 1<<31-1)
	if err := q.done(); err != nil {
		return nil, err
	}
	_, set, err := e.modelWithData(r.Context(), name)
	if err != nil {
		return nil, err
	}
	var split *data.Split
	switch which {
	case "train":
		split = &set.Train
	case "test":
		split = &set.Test
	default:
		return nil, badRequest("", "split %q: must be train or test", shortened(which))
	}
	if index < 0 {
		return nil, badRequest("", "index is missing")
	}
	if index >= split.Count {
		return nil, &problem{
			status: http.StatusNotFound,
			text:   fmt.Sprintf("the %s split of %s has no image %d", which, set.Name, index),
			hint:   fmt.Sprintf("its images are 0 to %d", split.Count-1),
		}
	}
	var text bytes.Buffer
	err = picture.EncodePNG(&text, &image.Gray{Pix: split.Image(index), Stride: split.Width, Rect: image.Rect(0, 0, split.Width, split.Height)})
	return text.Bytes(), err
}
