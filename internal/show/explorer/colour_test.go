package explorer

import (
	"bytes"
	"image/png"
	"net/http"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/vae"
)

// coloured is blots with blots of a colour for each corner.
func coloured() *data.Set {
	grey := blots()
	split := func(s data.Split) data.Split {
		out := data.Split{Shape: data.Shape{Height: side, Width: side, Channels: 3}, Count: s.Count, Labels: s.Labels}
		for i := range s.Count {
			for _, v := range s.Image(i) {
				pixel := [3]byte{0, 0, v / 4}
				pixel[s.Labels[i]%3] = v
				out.Bytes = append(out.Bytes, pixel[:]...)
			}
		}
		return out
	}
	return &data.Set{
		Name: "blots", Title: "coloured blots", Source: "made here", Digest: "c010", Train: split(grey.Train), Test: split(grey.Test),
		Classes: []string{"top & left", "", "bottom left", "bottom right"},
	}
}

// Colours keep their places, whatever the order in which a model holds them.
func TestColour(t *testing.T) {
	w := newWorld(t, nil)
	w.set = coloured()
	w.train("first", "model.likelihood=gaussian")
	m := w.model("first")
	var d details
	w.get("/api/runs/first", &d)
	if d.Model.Shape != w.set.Train.Shape {
		t.Fatalf("the model has images of %v", d.Model.Shape)
	}
	z := []float64{0.5, -1, 0.2}
	means, err := m.Decode(vae.Codes{Z: z})
	if err != nil {
		t.Fatal(err)
	}
	var decoded struct {
		Channels int
		Images   [][]byte
	}
	w.post("/api/decode", map[string]any{"run": "first", "z": z}, &decoded)
	if decoded.Channels != 3 {
		t.Fatalf("%d channels", decoded.Channels)
	}
	planes := bytesOf(means)
	for i := range side * side {
		pixel := []byte{planes[i], planes[side*side+i], planes[2*side*side+i]}
		if got := decoded.Images[0][3*i : 3*i+3]; !nearly(got, pixel) {
			t.Fatalf("pixel %d is %v, the model says %v", i, got, pixel)
		}
	}
	image := w.set.Test.Image(4)
	var p struct{ Input []byte }
	w.post("/api/encode", map[string]any{"run": "first", "pixels": image, "neighbours": 1}, &p)
	if !slices.Equal(p.Input, image) {
		t.Errorf("the model reads %v of %v", p.Input, image)
	}
	got := w.answer(w.request(http.MethodGet, "/api/image?run=first&split=test&index=4", ""))
	file, err := png.Decode(bytes.NewReader(got.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range side * side {
		r, g, b, _ := file.At(i%side, i/side).RGBA()
		if pixel := []byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}; !slices.Equal(pixel, image[3*i:3*i+3]) {
			t.Fatalf("pixel %d of the file is %v, not %v", i, pixel, image[3*i:3*i+3])
		}
	}
	var world worldMap
	w.get("/api/map?run=first", &world)
	if !slices.Equal(world.ClassNames, w.set.Classes) {
		t.Errorf("the classes are called %q", world.ClassNames)
	}
	w.get("/api/ranked?run=first", &rankingAnswer{})
	w.refused(w.request(http.MethodPost, "/api/encode", `{"run":"first","pixels":[`+zeros(side*side)+`]}`), http.StatusBadRequest)
}
