package explorer

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

func TestRunsAreListed(t *testing.T) {
	w := newWorld(t, nil)
	var none runList
	w.get("/api/runs", &none)
	if len(none.Runs) != 0 || none.Selected != "" || none.Folder != w.root {
		t.Errorf("an empty folder lists %+v", none)
	}
	w.train("old")
	w.train("new", "prior.name=uniform")
	w.rewrite("bad", "run.json", "{")
	w.rewrite("stray", "notes.txt", "no run")
	time.Sleep(listFor)
	var list runList
	w.get("/api/runs", &list)
	var names []string
	for _, r := range list.Runs {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"new", "old", "bad"}) || list.Selected != "new" {
		t.Errorf("runs %v, selected %s", names, list.Selected)
	}
	first, bad := list.Runs[0], list.Runs[2]
	if first.Prior != "uniform(low -1, high 1)" || first.Status != rundir.Finished || first.Epoch != 2 || first.Version == "" || first.Loss == nil || *first.Loss <= 0 {
		t.Errorf("%+v", first)
	}
	if bad.Status != statusBroken || bad.Problem == nil || bad.Problem.Error == "" {
		t.Errorf("a damaged record is listed as %+v", bad)
	}

	chosen := newWorld(t, func(o *Options) { o.Runs, o.Run = w.root, "old" })
	chosen.get("/api/runs", &list)
	if list.Selected != "old" {
		t.Errorf("selected %s, asked for old", list.Selected)
	}
}

func TestRunIsDescribed(t *testing.T) {
	w := newWorld(t, nil)
	w.train("a run ü", "model.latent=4", "prior.mean=0.5", "prior.std=0.1")
	var d details
	w.get("/api/runs/a%20run%20%C3%BC", &d)
	record, err := readRecord(filepath.Join(w.root, "a run ü"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Figures == nil || math.Abs(float64(d.Figures.Loss)-record.Figures.NegELBO) > 1e-3 || d.Figures.Objective != "elbo" {
		t.Errorf("figures %+v, the record says %+v", d.Figures, record.Figures)
	}
	if d.Model == nil || d.Model.Height != side || d.Model.Width != side || len(d.Model.Latents) != 4 {
		t.Fatalf("model %+v", d.Model)
	}
	last := math.Inf(1)
	seen := make(map[int]bool)
	for _, l := range d.Model.Latents {
		seen[l.Index] = true
		if float64(*l.KL) > last || math.Abs(float64(*l.KL)-record.Figures.KLPerDim[l.Index]) > 1e-5*last {
			t.Errorf("latent %d has KL %g after %g, the record says %g", l.Index, *l.KL, last, record.Figures.KLPerDim[l.Index])
		}
		last = float64(*l.KL)
		// The normal quantile at 0.995 is 2.5758.
		if math.Abs(float64(l.Low)-(0.5-0.25758)) > 1e-4 || math.Abs(float64(l.High)-(0.5+0.25758)) > 1e-4 || float64(l.Middle) != 0.5 {
			t.Errorf("latent %d ranges from %g over %g to %g", l.Index, l.Low, l.Middle, l.High)
		}
	}
	if len(seen) != 4 {
		t.Errorf("latents %v", seen)
	}
	values := make(map[string]string)
	for _, s := range d.Settings {
		values[s.Key] = s.Value
	}
	effect := make(map[string]bool)
	for _, s := range d.Settings {
		effect[s.Key] = s.Effect
	}
	if !effect["prior.std"] || effect["prior.low"] {
		t.Errorf("of a normal prior std has an effect: %t, low has one: %t", effect["prior.std"], effect["prior.low"])
	}
	if values["model.latent"] != "4" || values["prior.std"] != "0.1" || len(values) != len(configs.Keys()) {
		t.Errorf("settings %v", values)
	}

	w.train("flat", "prior.name=uniform", "prior.low=-2", "prior.high=0.3333333333333333")
	w.get("/api/runs/flat", &d)
	for _, l := range d.Model.Latents {
		if l.Low != -2 || math.Abs(float64(l.High)-1.0/3) > 1e-12 {
			t.Errorf("a uniform latent ranges from %g to %v", l.Low, l.High)
		}
	}
	// The ends of the range are part of the prior.
	high := float64(d.Model.Latents[0].High)
	w.post("/api/decode", map[string]any{"run": "flat", "z": []float64{high, -2, high}}, &imagesAnswer{})
}

// A prior whose KL is one figure still has its latents in order: by how much
// the posterior's mean varies.
func TestLatentsOfAPriorWithoutKLAreOrdered(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first", "prior.name=vamp", "prior.components=5", "model.latent=6")
	record, err := readRecord(filepath.Join(w.root, "first"))
	if err != nil {
		t.Fatal(err)
	}
	activity := record.Figures.ActivityPerDim
	if len(record.Figures.KLPerDim) != 0 || len(activity) != 6 || slices.IsSortedFunc(activity, func(a, b float64) int { return cmp.Compare(b, a) }) {
		t.Fatalf("KL %v and activity %v do not try the order", record.Figures.KLPerDim, activity)
	}
	var d details
	w.get("/api/runs/first", &d)
	last := math.Inf(1)
	for _, l := range d.Model.Latents {
		if l.KL != nil || float64(*l.Activity) > last || math.Abs(float64(*l.Activity)-activity[l.Index]) > 1e-5 {
			t.Errorf("latent %d: KL %v, activity %v after %g, the record says %g", l.Index, l.KL, *l.Activity, last, activity[l.Index])
		}
		last = float64(*l.Activity)
	}
	var match priorAnswer
	w.get("/api/prior?run=first", &match)
	for i, l := range match.Latents {
		if l.Index != d.Model.Latents[i].Index {
			t.Errorf("place %d is latent %d in the prior plot and latent %d at the sliders", i, l.Index, d.Model.Latents[i].Index)
		}
	}
}

func TestRunWithoutModel(t *testing.T) {
	w := newWorld(t, nil)
	w.train("begun")
	if err := os.Remove(filepath.Join(w.root, "begun", "checkpoints", "last.safetensors")); err != nil {
		t.Fatal(err)
	}
	var d details
	w.get("/api/runs/begun", &d)
	if d.Model != nil || d.ModelProblem == nil || d.Version != "" {
		t.Errorf("model %+v, problem %+v", d.Model, d.ModelProblem)
	}
	for _, path := range []string{"/api/map?run=begun", "/api/prior?run=begun", "/api/image?run=begun&split=test&index=0"} {
		if said := w.refused(w.request(http.MethodGet, path, ""), http.StatusConflict); said.Hint == "" {
			t.Errorf("%s: no hint: %s", path, said.Error)
		}
	}
	w.refused(w.request(http.MethodPost, "/api/decode", `{"run":"begun","z":[0,0,0]}`), http.StatusConflict)

	w.rewrite("begun", "checkpoints/last.safetensors", "no weights at all")
	w.get("/api/runs/begun", &d)
	if d.Model != nil || d.ModelProblem == nil {
		t.Errorf("damaged weights give model %+v, problem %+v", d.Model, d.ModelProblem)
	}
	w.refused(w.request(http.MethodPost, "/api/sample", `{"run":"begun","count":1}`), http.StatusConflict)
}

func TestDecode(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	m := w.model("first")
	z := make([][]float64, 70)
	var flat []float64
	for i := range z {
		z[i] = []float64{float64(i)/35 - 1, 0.5, -float64(i) / 70}
		flat = append(flat, z[i]...)
	}
	means, err := m.Decode(vae.Codes{Z: flat})
	if err != nil {
		t.Fatal(err)
	}
	var many, one imagesAnswer
	w.post("/api/decode", map[string]any{"run": "first", "z": z}, &many)
	if many.Run != "first" || many.Height != side || many.Width != side || len(many.Images) != len(z) || many.Map != nil {
		t.Fatalf("%s %dx%d, %d images, map %v", many.Run, many.Height, many.Width, len(many.Images), many.Map)
	}
	for i := range z {
		if want := bytesOf(means[i*side*side : (i+1)*side*side]); !nearly(many.Images[i], want) || !slices.Equal(many.Z[i], z[i]) {
			t.Fatalf("image %d at %v is %v, want %v at %v", i, many.Z[i], many.Images[i], want, z[i])
		}
	}
	w.post("/api/decode", map[string]any{"run": "first", "z": z[3]}, &one)
	if len(one.Images) != 1 || !nearly(one.Images[0], many.Images[3]) {
		t.Errorf("one row alone decodes to %v, among others to %v", one.Images, many.Images[3])
	}
	if slices.Equal(many.Images[0], many.Images[69]) {
		t.Error("two z decode to the same image")
	}
}

func TestSample(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	want, err := w.model("first").Sample(5, 11, nil)
	if err != nil {
		t.Fatal(err)
	}
	var a, b, c imagesAnswer
	w.post("/api/sample", map[string]any{"run": "first", "count": 5, "seed": 11}, &a)
	for i := range 5 {
		if !slices.Equal(a.Z[i], want.Z[3*i:3*i+3]) || !nearly(a.Images[i], bytesOf(want.Means[i*side*side:(i+1)*side*side])) {
			t.Errorf("sample %d is %v at %v", i, a.Images[i], a.Z[i])
		}
	}
	w.post("/api/sample", map[string]any{"run": "first", "count": 5}, &b)
	w.post("/api/sample", map[string]any{"run": "first", "count": 5, "seed": b.Seed}, &c)
	if slices.Equal(a.Z[0], b.Z[0]) || !slices.Equal(b.Z[0], c.Z[0]) {
		t.Errorf("z %v, without a seed %v, with the seed it told %v", a.Z[0], b.Z[0], c.Z[0])
	}
}

// With two stochastic layers samples are draws of the lower layer too, as those
// of `vaectl sample` are, while sliders show its mean.
func TestSampleDrawsTheLowerLayer(t *testing.T) {
	w := newWorld(t, nil)
	w.train("two", "model.upper_latent=2", "model.upper_hidden=6")
	want, err := w.model("two").Sample(40, 11, nil)
	if err != nil {
		t.Fatal(err)
	}
	var drawn, decoded imagesAnswer
	var d details
	w.get("/api/runs/two", &d)
	if len(d.Model.Latents) != 2 || d.Model.LowerLatents != 3 {
		t.Errorf("%d latents above %d, want 2 above 3", len(d.Model.Latents), d.Model.LowerLatents)
	}
	w.post("/api/sample", map[string]any{"run": "two", "count": 40, "seed": 11}, &drawn)
	w.post("/api/decode", map[string]any{"run": "two", "z": drawn.Z}, &decoded)
	for i := range drawn.Images {
		if !nearly(drawn.Images[i], bytesOf(want.Means[i*side*side:(i+1)*side*side])) {
			t.Errorf("sample %d is %v", i, drawn.Images[i])
		}
		if slices.Equal(drawn.Images[i], decoded.Images[i]) {
			t.Errorf("sample %d is what its z decodes to", i)
		}
	}
}

type posteriorAnswer struct {
	Mean, Std, Z, Map     []float64
	Low                   []float64 `json:"z_low"`
	High                  []float64 `json:"z_high"`
	KL                    []float64 `json:"kl_nats"`
	Input, Reconstruction []byte
	Neighbours            []struct {
		Index, Label int
		Distance     float64
		Image        []byte
	}
	NeighboursProblem *problemJSON `json:"neighbours_problem"`
}

func TestEncode(t *testing.T) {
	for _, prior := range []string{"normal", "uniform"} {
		t.Run(prior, func(t *testing.T) {
			w := newWorld(t, nil)
			w.train("first", "prior.name="+prior)
			m := w.model("first")
			image := w.set.Train.Image(17)
			pixels := make([]float32, len(image))
			list := make([]float64, len(image))
			for i, b := range image {
				pixels[i], list[i] = float32(b)/255, float64(b)/255
			}
			want, err := m.Encode(vae.Batch{Pixels: pixels})
			if err != nil {
				t.Fatal(err)
			}
			var got, same posteriorAnswer
			w.post("/api/encode", map[string]any{"run": "first", "pixels": image, "neighbours": 3}, &got)
			w.post("/api/encode", map[string]any{"run": "first", "pixels": list}, &same)
			for d := range 3 {
				kl := loss.DivergenceOf(m.Prior(), d, want.Mean[d], want.Std[d]).KL
				for what, pair := range map[string][2]float64{
					"mean": {got.Mean[d], want.Mean[d]}, "std": {got.Std[d], want.Std[d]}, "z": {got.Z[d], want.Z[d]}, "kl": {got.KL[d], kl},
					"low":  {got.Low[d], loss.FromBase(m.Prior(), d, want.Mean[d]-want.Std[d])},
					"high": {got.High[d], loss.FromBase(m.Prior(), d, want.Mean[d]+want.Std[d])},
					"list": {same.Mean[d], want.Mean[d]},
				} {
					if math.Abs(pair[0]-pair[1]) > 1e-4*(1+math.Abs(pair[1])) {
						t.Errorf("%s of latent %d is %g, want %g", what, d, pair[0], pair[1])
					}
				}
			}
			means, err := m.Decode(vae.Codes{Z: want.Z})
			if err != nil {
				t.Fatal(err)
			}
			if !nearly(got.Reconstruction, bytesOf(means)) || !bytes.Equal(got.Input, image) {
				t.Errorf("input %v, reconstruction %v, want %v", got.Input, got.Reconstruction, bytesOf(means))
			}
			if len(got.Neighbours) != 3 || got.Neighbours[0].Index != 17 || got.Neighbours[0].Distance != 0 || !bytes.Equal(got.Neighbours[0].Image, image) {
				t.Fatalf("neighbours of training image 17: %+v", got.Neighbours)
			}
			next := got.Neighbours[1]
			square := 0.0
			for i, b := range w.set.Train.Image(next.Index) {
				d := (float64(b) - float64(image[i])) / 255
				square += d * d / float64(len(image))
			}
			if math.Abs(next.Distance-math.Sqrt(square)) > 1e-5 || next.Label != int(w.set.Train.Labels[next.Index]) {
				t.Errorf("second neighbour %+v, its distance is %g", next, math.Sqrt(square))
			}
			if len(same.Neighbours) != 0 {
				t.Errorf("%d neighbours without asking", len(same.Neighbours))
			}
		})
	}
}

// A model that was trained on black and white reads a grey drawing cut in two.
func TestEncodeForABinaryModel(t *testing.T) {
	for _, mode := range []string{"threshold", "dynamic"} {
		w := newWorld(t, nil)
		w.train("first", "data.binarize="+mode)
		image := make([]byte, side*side)
		want := make([]byte, side*side)
		for i := range image {
			image[i] = byte(i * 7)
			if image[i] >= 128 {
				want[i] = 255
			}
		}
		var got posteriorAnswer
		w.post("/api/encode", map[string]any{"run": "first", "pixels": image}, &got)
		if !bytes.Equal(got.Input, want) {
			t.Errorf("%s: the model reads %v, want %v", mode, got.Input, want)
		}
	}
}

type mapAnswer struct {
	Axes           []string
	X, Y           []float64
	Labels, Images []int
	Note           string
}

func TestMapOfTwoLatentsIsZ(t *testing.T) {
	w := newWorld(t, nil)
	w.train("flat", "model.latent=2", "prior.name=uniform")
	m := w.model("flat")
	var got mapAnswer
	w.get("/api/map?run=flat", &got)
	pixels := make([]float32, len(w.set.Test.Bytes))
	(*kernel.Engine)(w.engine).ScaleBytes(pixels, w.set.Test.Bytes)
	want, err := m.Encode(vae.Batch{Pixels: pixels})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.X) != w.set.Test.Count || !slices.Equal(got.Axes, []string{"z0", "z1"}) || got.Note != "" {
		t.Fatalf("%d points, axes %v, note %q", len(got.X), got.Axes, got.Note)
	}
	for i := range got.X {
		if math.Abs(got.X[i]-want.Z[2*i]) > 1e-4 || math.Abs(got.Y[i]-want.Z[2*i+1]) > 1e-4 || got.Images[i] != i || got.Labels[i] != int(w.set.Test.Labels[i]) {
			t.Fatalf("image %d, a %d, lies at %g, %g; want %v", got.Images[i], got.Labels[i], got.X[i], got.Y[i], want.Z[2*i:2*i+2])
		}
	}
	// Beyond the interval the map ends; within it a place is its own z.
	var images imagesAnswer
	w.post("/api/decode", map[string]any{"run": "flat", "map": [][]float64{{0.25, -0.5}, {7, -7}}}, &images)
	if fmt.Sprint(images.Z) != "[[0.25 -0.5] [1 -1]]" || math.Abs(images.Map[0][0]-0.25) > 1e-5 || math.Abs(images.Map[0][1]+0.5) > 1e-5 {
		t.Errorf("z %v at %v", images.Z, images.Map)
	}
}

func TestMapOfMoreLatentsIsTheirPlane(t *testing.T) {
	for _, prior := range []string{"normal", "uniform"} {
		w := newWorld(t, nil)
		w.train("deep", "model.latent=5", "prior.name="+prior, "prior.mean=0.5", "prior.std=0.1")
		var got mapAnswer
		w.get("/api/map?run=deep", &got)
		across, up := stat.Variance(got.X, nil), stat.Variance(got.Y, nil)
		if across < up || math.Abs(stat.Mean(got.X, nil)) > 1e-3 || math.Abs(stat.Correlation(got.X, got.Y, nil)) > 1e-3 {
			t.Errorf("%s: variances %g and %g, mean %g, correlation %g", prior, across, up, stat.Mean(got.X, nil), stat.Correlation(got.X, got.Y, nil))
		}
		// What the map decodes at a place lies at that place.
		places := [][]float64{{0, 0}, {1, -0.5}, {-0.25, 0.75}}
		var images imagesAnswer
		w.post("/api/decode", map[string]any{"run": "deep", "map": places}, &images)
		for i, p := range places {
			if math.Hypot(images.Map[i][0]-p[0], images.Map[i][1]-p[1]) > 1e-3 {
				t.Errorf("%s: what was decoded at %v lies at %v", prior, p, images.Map[i])
			}
		}
		// And the z it gives is one that may be sent back.
		w.post("/api/decode", map[string]any{"run": "deep", "z": images.Z}, &images)
		w.post("/api/decode", map[string]any{"run": "deep", "map": []float64{40, -40}}, &images)
		w.post("/api/decode", map[string]any{"run": "deep", "z": images.Z}, &images)

		var q posteriorAnswer
		w.post("/api/encode", map[string]any{"run": "deep", "pixels": w.set.Test.Image(9)}, &q)
		if math.Hypot(q.Map[0]-got.X[9], q.Map[1]-got.Y[9]) > 1e-3 {
			t.Errorf("%s: test image 9 lies at %g, %g and is encoded to %v", prior, got.X[9], got.Y[9], q.Map)
		}
	}
}

func TestMapOfOneLatentIsALine(t *testing.T) {
	w := newWorld(t, nil)
	w.train("line", "model.latent=1")
	var got mapAnswer
	w.get("/api/map?run=line", &got)
	if len(got.X) != w.set.Test.Count || slices.Max(got.Y) != 0 || slices.Min(got.Y) != 0 || slices.Max(got.X) == slices.Min(got.X) {
		t.Errorf("x from %g to %g, y from %g to %g", slices.Min(got.X), slices.Max(got.X), slices.Min(got.Y), slices.Max(got.Y))
	}
	var images imagesAnswer
	w.post("/api/decode", map[string]any{"run": "line", "map": []float64{0.5, 3}}, &images)
	if len(images.Z[0]) != 1 || images.Z[0][0] != 0.5 {
		t.Errorf("z %v", images.Z)
	}
}

type priorAnswer struct {
	Prior   string
	Images  int
	Total   int `json:"total_latents"`
	All     *aggregateAnswer
	Latents []aggregateAnswer
}

type aggregateAnswer struct {
	Index               int
	Mean, Std, KS       float64
	PriorStd            *float64 `json:"prior_std"`
	Low, High           float64
	Heights, X, Density []float64
}

func TestPriorMatch(t *testing.T) {
	w := newWorld(t, nil)
	w.train("flat", "model.latent=4", "prior.name=uniform", "prior.low=2", "prior.high=4")
	w.train("bell", "model.latent=2")
	w.train("mixed", "model.latent=2", "prior.mean=0,5")
	var flat, bell, mixed priorAnswer
	w.get("/api/prior?run=flat&latents=3", &flat)
	if len(flat.Latents) != 3 || flat.Total != 4 || flat.All == nil || flat.Images != 80 || flat.Prior != "uniform(low 2, high 4)" {
		t.Fatalf("%d of %d latents, %d images, %s", len(flat.Latents), flat.Total, flat.Images, flat.Prior)
	}
	for _, g := range append(flat.Latents, *flat.All) {
		if g.X[0] != 2 || g.X[len(g.X)-1] != 4 || slices.Max(g.Density) != 0.5 || slices.Min(g.Density) != 0.5 || math.Abs(*g.PriorStd-math.Sqrt(1./3)) > 1e-5 {
			t.Errorf("density %g to %g on %g to %g", slices.Min(g.Density), slices.Max(g.Density), g.X[0], g.X[len(g.X)-1])
		}
		area := 0.0
		for _, v := range g.Heights {
			area += v * (g.High - g.Low) / float64(len(g.Heights))
		}
		if math.Abs(area-1) > 1e-3 || g.Mean < 2 || g.Mean > 4 {
			t.Errorf("latent %d: bars hold %g, mean %g", g.Index, area, g.Mean)
		}
	}
	w.get("/api/prior?run=bell", &bell)
	peak := slices.Max(bell.All.Density)
	if math.Abs(peak-1/math.Sqrt(2*math.Pi)) > 1e-4 || len(bell.Latents) != 2 {
		t.Errorf("the normal's density peaks at %g", peak)
	}
	w.get("/api/prior?run=mixed", &mixed)
	if mixed.All != nil {
		t.Error("latents of different priors are pooled")
	}
}

// Its figures are those of an evaluation, whose draws it makes again.
func TestPriorMatchAgreesWithTheEvaluation(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first", "prior.name=uniform")
	record, err := readRecord(filepath.Join(w.root, "first"))
	if err != nil {
		t.Fatal(err)
	}
	var got priorAnswer
	w.get("/api/prior?run=first", &got)
	for _, g := range got.Latents {
		if mean, std := record.Figures.AggregateMean[g.Index], record.Figures.AggregateStd[g.Index]; math.Abs(g.Mean-mean) > 1e-4 || math.Abs(g.Std-std) > 1e-4 {
			t.Errorf("latent %d: mean %g, std %g; the evaluation says %g, %g", g.Index, g.Mean, g.Std, mean, std)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first", "train.epochs=3")
	metrics, err := readMetrics(filepath.Join(w.root, "first"))
	if err != nil {
		t.Fatal(err)
	}
	var got curves
	w.get("/api/metrics?run=first", &got)
	if len(got.Epochs) != 3 || len(got.Steps) != len(metrics.Steps) || math.Abs(float64(got.Epochs[2].Loss)-metrics.Epochs[2].NegELBO) > 1e-3 {
		t.Errorf("%d epochs, %d steps, %+v", len(got.Epochs), len(got.Steps), got.Epochs)
	}
	for i, want := range metrics.Epochs {
		e := got.Epochs[i]
		for _, pair := range [][2]float64{
			{float64(e.TrainLoss), want.TrainLoss}, {float64(e.TrainReconstruction), want.TrainReconstruction}, {float64(e.TrainKL), want.TrainKL},
			{float64(e.Reconstruction), want.Reconstruction}, {float64(e.KL), want.KL},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-3 {
				t.Errorf("epoch %d: %+v, the metrics say %+v", e.Epoch, e, want)
			}
		}
	}
	w.addLines("first", "metrics.jsonl", `{"kind":"surprise"}`)
	w.refused(w.request(http.MethodGet, "/api/metrics?run=first", ""), http.StatusConflict)
}

func TestLongMetricsAreThinned(t *testing.T) {
	points := make([]int, 3*mostPoints+5)
	for i := range points {
		points[i] = i
	}
	out := thin(points)
	if len(out) != mostPoints || out[0] != 0 || out[len(out)-1] != len(points)-1 || !slices.IsSorted(out) {
		t.Errorf("%d points from %d to %d", len(out), out[0], out[len(out)-1])
	}
	if few := thin(points[:7]); len(few) != 7 {
		t.Errorf("7 points become %d", len(few))
	}
}

func TestImage(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	for split, images := range map[string]*data.Split{"train": &w.set.Train, "test": &w.set.Test} {
		got := w.answer(w.request(http.MethodGet, "/api/image?run=first&index=3&split="+split, ""))
		picture, err := png.Decode(got.Body)
		if err != nil || got.Header().Get("Content-Type") != "image/png" {
			t.Fatalf("status %d, type %s: %v", got.Code, got.Header().Get("Content-Type"), err)
		}
		for i, want := range images.Image(3) {
			if grey, _, _, _ := picture.At(i%side, i/side).RGBA(); byte(grey>>8) != want {
				t.Fatalf("%s: pixel %d is %d, want %d", split, i, grey>>8, want)
			}
		}
	}
	w.refused(w.request(http.MethodGet, "/api/image?run=first&split=test&index=80", ""), http.StatusNotFound)
}

// Without the data set the model still answers, and what needs images says why not.
func TestDataSetIsMissing(t *testing.T) {
	var loads int
	w := newWorld(t, func(o *Options) {
		o.Data = func(context.Context, rundir.Record, configs.Data) (*data.Set, error) {
			loads++
			return nil, fmt.Errorf("%w: no files in /nowhere", data.ErrMissing)
		}
	})
	w.train("first")
	var d details
	w.get("/api/runs/first", &d)
	w.post("/api/decode", map[string]any{"run": "first", "z": []float64{0, 0, 0}}, &imagesAnswer{})
	var q posteriorAnswer
	w.post("/api/encode", map[string]any{"run": "first", "pixels": make([]byte, side*side), "neighbours": 4}, &q)
	if q.NeighboursProblem == nil || len(q.Neighbours) != 0 || len(q.Map) != 0 {
		t.Errorf("neighbours %v, problem %v", q.Neighbours, q.NeighboursProblem)
	}
	if said := w.refused(w.request(http.MethodGet, "/api/map?run=first", ""), http.StatusConflict); said.Error == "" {
		t.Error("no reason")
	}
	if loads != 2 {
		t.Errorf("looked for %d times, want once a request that needs it", loads)
	}
	w.refused(w.request(http.MethodPost, "/api/decode", `{"run":"first","map":[0,0]}`), http.StatusConflict)

	without := newWorld(t, func(o *Options) { o.Runs, o.Data = w.root, nil })
	without.refused(without.request(http.MethodGet, "/api/map?run=first", ""), http.StatusConflict)
}

func TestOtherData(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	other := *w.set
	other.Digest, other.Name = "beef", "others"
	w.set = &other
	var got mapAnswer
	w.get("/api/map?run=first", &got)
	if got.Note == "" {
		t.Error("a map of other images does not say so")
	}
	large := data.Set{Name: "large", Train: blobs(5, 9), Test: blobs(5, 9)}
	misfit := newWorld(t, func(o *Options) {
		o.Runs = w.root
		o.Data = func(context.Context, rundir.Record, configs.Data) (*data.Set, error) { return &large, nil }
	})
	if said := misfit.refused(misfit.request(http.MethodGet, "/api/map?run=first", ""), http.StatusConflict); said.Hint == "" {
		t.Errorf("no hint: %s", said.Error)
	}
}

// A training replaces the checkpoint; the next answer is of the new weights.
func TestNewWeightsAreRead(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first", "train.seed=1")
	ask := map[string]any{"run": "first", "z": []float64{0.1, 0.2, 0.3}}
	var before, after imagesAnswer
	w.post("/api/decode", ask, &before)
	w.get("/api/map?run=first", &mapAnswer{})
	w.train("first", "train.seed=2")
	w.post("/api/decode", ask, &after)
	if before.Version == after.Version || slices.Equal(before.Images[0], after.Images[0]) {
		t.Errorf("versions %s and %s", before.Version, after.Version)
	}
	if n := len(w.explorer.models.entries); n != 1 {
		t.Errorf("%d models of one run are kept", n)
	}
	if n := len(w.explorer.atlases.entries); n != 0 {
		t.Errorf("%d maps of former weights are kept", n)
	}
}

func TestCheckpointIsChosen(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Checkpoint = rundir.Best })
	w.train("first")
	if err := os.Remove(filepath.Join(w.root, "first", "checkpoints", "last.safetensors")); err != nil {
		t.Fatal(err)
	}
	w.post("/api/sample", map[string]any{"run": "first", "count": 1}, &imagesAnswer{})
	if _, err := New(Options{Checkpoint: "worst", Runs: w.root}); err == nil {
		t.Error("an unknown checkpoint was accepted")
	}
	if _, err := New(Options{Runs: filepath.Join(w.root, "first", "run.json")}); err == nil {
		t.Error("a file was accepted as the folder of runs")
	}
}

// What fails inside is told to the log, not to the client.
func TestFailureIsNotTold(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Data = func(context.Context, rundir.Record, configs.Data) (*data.Set, error) {
			return nil, errors.New("secret /etc/shadow")
		}
	})
	w.train("first")
	if said := w.refused(w.request(http.MethodGet, "/api/map?run=first", ""), http.StatusInternalServerError); said.Error != "the explorer failed" {
		t.Errorf("told %q", said.Error)
	}
}

func TestNumbersInAnswers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", math.Copysign(0, -1): "0", 1.0 / 3: "0.333333", -1e300: "-1e+300", math.Inf(1): "null", math.NaN(): "null"} {
		if got, err := number(v).MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
	if got, err := coordinate(1.0 / 3).MarshalJSON(); err != nil || string(got) != "0.3333333333333333" {
		t.Errorf("a coordinate is written %s", got)
	}
	if got := pictures([]float32{-1, 0, 0.5, 2}, data.Shape{Height: 2, Width: 2, Channels: 1})[0]; !slices.Equal(got, picture{0, 0, 128, 255}) {
		t.Errorf("grey pixels are %v", got)
	}
	// A model sees one channel after the other; clients see pixels.
	if got := pictures([]float32{0, 1, 0.2, 0.4, 0.6, 0.8}, data.Shape{Height: 1, Width: 2, Channels: 3})[0]; !slices.Equal(got, picture{0, 51, 153, 255, 102, 204}) {
		t.Errorf("coloured pixels are %v", got)
	}
}

// Whatever the prior, everything about a run can be shown.
func TestEveryPrior(t *testing.T) {
	for name, settings := range map[string][]string{
		"laplace":        {"prior.name=laplace"},
		"logistic":       {"prior.name=logistic", "prior.location=3"},
		"student-t":      {"prior.name=student-t", "prior.dof=1.5", "prior.standardize=full"},
		"mixture":        {"prior.name=mixture"},
		"learned":        {"prior.name=mixture", "prior.learned=true", "prior.components=4"},
		"vamp":           {"prior.name=vamp", "prior.components=5"},
		"full uniform":   {"prior.name=uniform", "prior.standardize=full"},
		"plain uniform":  {"prior.name=uniform", "prior.standardize=none"},
		"flow":           {"prior.name=flow", "prior.flow_layers=2", "prior.flow_hidden=8"},
		"two layers":     {"model.upper_latent=2"},
		"conditional":    {"model.conditional=true"},
		"dense and grey": {"model.hidden=", "data.binarize=dynamic"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.train("first", settings...)
			var d details
			w.get("/api/runs/first", &d)
			latents := len(d.Model.Latents)
			middle := make([]float64, latents)
			for _, l := range d.Model.Latents {
				middle[l.Index] = float64(l.Middle)
				if !(l.Low < l.Middle && l.Middle < l.High) {
					t.Errorf("latent %d ranges from %g over %g to %g", l.Index, l.Low, l.Middle, l.High)
				}
			}
			var images imagesAnswer
			w.post("/api/decode", map[string]any{"run": "first", "z": middle}, &images)
			w.post("/api/sample", map[string]any{"run": "first", "count": 4}, &images)
			w.post("/api/decode", map[string]any{"run": "first", "z": images.Z}, &images)
			var points mapAnswer
			w.get("/api/map?run=first", &points)
			w.post("/api/decode", map[string]any{"run": "first", "map": []float64{points.X[2], points.Y[2]}}, &images)
			var match priorAnswer
			w.get("/api/prior?run=first", &match)
			if len(match.Latents) != latents {
				t.Errorf("the prior plot has %d latents of %d", len(match.Latents), latents)
			}
			var q posteriorAnswer
			w.post("/api/encode", map[string]any{"run": "first", "pixels": w.set.Test.Image(2), "neighbours": 1}, &q)
			if len(q.Mean) != latents || len(q.KL) != latents {
				t.Errorf("%d means and %d KLs of %d latents", len(q.Mean), len(q.KL), latents)
			}
		})
	}
}
