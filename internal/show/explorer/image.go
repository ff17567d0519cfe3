package explorer

import (
	"bytes"
	"net/http"

	drawing "vaectl/internal/draw/picture"
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
	m, set, split, err := e.modelWithSplit(r.Context(), name, which)
	if err != nil {
		return nil, err
	}
	if index < 0 {
		return nil, badRequest("", "index is missing")
	}
	if err := checkIndex(set, split, which, index); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = drawing.EncodePNG(&text, paint(split.Image(index), m.Shape()))
	return text.Bytes(), err
}
