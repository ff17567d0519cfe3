package explorer

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"vaectl/vae"
)

// A conditional run answers for the label that is asked for, and for the first
// where none is.
func TestConditionalRun(t *testing.T) {
	w := newWorld(t, nil)
	w.train("told", "model.conditional=true", "train.epochs=6")
	w.train("plain")
	m := w.model("told")
	var d details
	w.get("/api/runs/told", &d)
	if d.Model == nil || d.Model.Classes != 4 {
		t.Fatalf("model %+v", d.Model)
	}
	z := []float64{0.3, -0.4, 1}
	var seen [][]byte
	for label := range 4 {
		means, err := m.Decode(vae.Codes{Z: z, Labels: []int{label}})
		if err != nil {
			t.Fatal(err)
		}
		var one imagesAnswer
		w.post("/api/decode", map[string]any{"run": "told", "z": z, "label": label}, &one)
		if !nearly(one.Images[0], bytesOf(means)) {
			t.Errorf("label %d decodes to %v", label, one.Images[0])
		}
		if slices.ContainsFunc(seen, func(other []byte) bool { return slices.Equal(other, one.Images[0]) }) {
			t.Errorf("label %d decodes to the image of another", label)
		}
		seen = append(seen, one.Images[0])

		want, err := m.Sample(3, 11, m.SameLabel(label, 3))
		if err != nil {
			t.Fatal(err)
		}
		var drawn imagesAnswer
		w.post("/api/sample", map[string]any{"run": "told", "count": 3, "seed": 11, "label": label}, &drawn)
		if !nearly(drawn.Images[2], bytesOf(want.Means[2*side*side:])) {
			t.Errorf("label %d samples %v", label, drawn.Images[2])
		}
		q, err := m.Encode(vae.Batch{Pixels: greyOf(w.set.Test.Image(2)), Labels: []int{label}})
		if err != nil {
			t.Fatal(err)
		}
		var p posteriorAnswer
		w.post("/api/encode", map[string]any{"run": "told", "pixels": w.set.Test.Image(2), "label": label}, &p)
		if diff := p.Mean[0] - q.Mean[0]; diff > 1e-5 || diff < -1e-5 {
			t.Errorf("label %d encodes to %v, want %v", label, p.Mean, q.Mean)
		}
	}
	var first imagesAnswer
	w.post("/api/decode", map[string]any{"run": "told", "z": z}, &first)
	if !slices.Equal(first.Images[0], seen[0]) {
		t.Error("without a label the image is not that of the first")
	}
	for body, want := range map[string]string{
		`{"run":"told","z":[0,0,0],"label":4}`:   "label 4",
		`{"run":"told","z":[0,0,0],"label":-1}`:  "label -1",
		`{"run":"told","z":[0,0,0],"label":"7"}`: "label",
		`{"run":"plain","z":[0,0,0],"label":0}`:  "run plain is not conditional",
	} {
		if told := w.refused(w.request(http.MethodPost, "/api/decode", body), http.StatusBadRequest); !strings.Contains(told.Error, want) {
			t.Errorf("%s: %q", body, told.Error)
		}
	}
}

// greyOf is an image as a model reads grey pixels.
func greyOf(image []byte) []float32 {
	pixels := make([]float32, len(image))
	for i, b := range image {
		pixels[i] = float32(b) / 255
	}
	return pixels
}
