package explorer

import (
	"math"
	"net/http"
	"slices"
	"testing"
)

// The ranked images are those of the highest and the lowest loss, and the mean
// over all is the figure of the evaluation.
func TestRanked(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	w.train("told", "model.conditional=true")
	for _, name := range []string{"first", "told"} {
		var d details
		w.get("/api/runs/"+name, &d)
		var all, few rankingAnswer
		w.get("/api/ranked?count=40&run="+name, &all)
		w.get("/api/ranked?count=3&run="+name, &few)
		if all.Images != w.set.Test.Count || math.Abs(all.Mean-float64(d.Figures.NegELBO)) > 1e-3 {
			t.Errorf("%s: %d images have a mean of %g, the evaluation found %g", name, all.Images, all.Mean, d.Figures.NegELBO)
		}
		seen := make(map[int]bool)
		total := 0.0
		for _, one := range slices.Concat(all.Unusual, all.Typical) {
			seen[one.Index] = true
			total += one.NegELBO
			if math.Abs(one.NegELBO-one.Reconstruction-one.KL) > 1e-3*one.NegELBO || *one.Label != int(w.set.Test.Labels[one.Index]) {
				t.Errorf("%s: image %d: %g is not %g and %g, or %d is not its label", name, one.Index, one.NegELBO, one.Reconstruction, one.KL, *one.Label)
			}
			if !slices.Equal(one.Image, w.set.Test.Image(one.Index)) {
				t.Errorf("%s: image %d is another one", name, one.Index)
			}
		}
		if len(seen) != 80 || math.Abs(total/80-all.Mean) > 1e-3 {
			t.Errorf("%s: the two halves hold %d images with a mean of %g", name, len(seen), total/80)
		}
		falls := func(a, b scoredAnswer) int { return int(1e6 * (b.NegELBO - a.NegELBO)) }
		typical := slices.Clone(all.Typical)
		slices.Reverse(typical)
		if !slices.IsSortedFunc(slices.Concat(all.Unusual, typical), falls) {
			t.Errorf("%s: the order is not that of the loss", name)
		}
		if len(few.Unusual) != 3 || few.Unusual[2].Index != all.Unusual[2].Index || few.Typical[0].Index != all.Typical[0].Index {
			t.Errorf("%s: three of them are others", name)
		}
	}
}

type scoredAnswer struct {
	Index          int
	Label          *int
	NegELBO        float64 `json:"neg_elbo_nats"`
	Reconstruction float64 `json:"reconstruction_nats"`
	KL             float64 `json:"kl_nats"`
	Image          []byte
}

type rankingAnswer struct {
	Images           int
	Mean             float64 `json:"mean_neg_elbo_nats"`
	Unusual, Typical []scoredAnswer
}

func TestImagesOfADataSet(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	var got struct {
		Height, Width, Channels int
		Labels                  []int
		Images                  [][]byte
	}
	w.get("/api/images?run=first&split=train&index=5&index=0&index=299", &got)
	if got.Height != side || got.Width != side || got.Channels != 1 || len(got.Images) != 3 {
		t.Fatalf("%d images of %dx%dx%d", len(got.Images), got.Height, got.Width, got.Channels)
	}
	for i, index := range []int{5, 0, 299} {
		if !slices.Equal(got.Images[i], w.set.Train.Image(index)) || got.Labels[i] != int(w.set.Train.Labels[index]) {
			t.Errorf("image %d is %v, a %d", index, got.Images[i], got.Labels[i])
		}
	}
	for path, status := range map[string]int{
		"/api/images?run=first&split=test":            http.StatusBadRequest,
		"/api/images?run=first&split=test&index=":     http.StatusBadRequest,
		"/api/images?run=first&split=test&index=-1":   http.StatusBadRequest,
		"/api/images?run=first&split=all&index=1":     http.StatusBadRequest,
		"/api/images?run=first&split=test&index=80":   http.StatusNotFound,
		"/api/images?run=other&split=test&index=0":    http.StatusNotFound,
		"/api/ranked?run=first&count=0":               http.StatusBadRequest,
		"/api/ranked?run=first&count=49":              http.StatusBadRequest,
		"/api/ranked?run=other":                       http.StatusNotFound,
		"/api/images?run=first&split=test&index=1e3x": http.StatusBadRequest,
	} {
		w.refused(w.request(http.MethodGet, path, ""), status)
	}
}

// A drawing of a conditional model gets the label under which it is likeliest.
func TestLabelsAreGuessed(t *testing.T) {
	w := newWorld(t, nil)
	w.train("told", "model.conditional=true", "train.epochs=30", "model.latent=2")
	w.train("plain")
	right := 0
	for i := range 40 {
		var p struct {
			Label   *int
			Chances []float64 `json:"label_chances"`
			Mean    []float64
		}
		image := w.set.Test.Image(i)
		w.post("/api/encode", map[string]any{"run": "told", "pixels": image, "guess": true}, &p)
		if p.Label == nil || len(p.Chances) != 4 {
			t.Fatalf("the guess is %v of %v", p.Label, p.Chances)
		}
		sum := 0.0
		for _, chance := range p.Chances {
			sum += chance
		}
		if math.Abs(sum-1) > 1e-4 || slices.Max(p.Chances) != p.Chances[*p.Label] {
			t.Errorf("label %d of %v", *p.Label, p.Chances)
		}
		if *p.Label == int(w.set.Test.Labels[i]) {
			right++
		}
		var named struct{ Mean []float64 }
		w.post("/api/encode", map[string]any{"run": "told", "pixels": image, "label": *p.Label}, &named)
		if !slices.Equal(named.Mean, p.Mean) {
			t.Errorf("the posterior %v is not that of label %d, %v", p.Mean, *p.Label, named.Mean)
		}
	}
	if right < 36 {
		t.Errorf("%d of 40 labels are guessed right", right)
	}
	body := `{"run":"told","pixels":[` + zeros(side*side) + `],"guess":true,"label":1}`
	w.refused(w.request(http.MethodPost, "/api/encode", body), http.StatusBadRequest)
	body = `{"run":"plain","pixels":[` + zeros(side*side) + `],"guess":true}`
	w.refused(w.request(http.MethodPost, "/api/encode", body), http.StatusBadRequest)
}

func zeros(n int) string {
	text := "0"
	for range n - 1 {
		text += ",0"
	}
	return text
}
