package page_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/diagnosis"
	"vaectl/internal/dev/exporttest"
	"vaectl/internal/dev/testkit"
	"vaectl/internal/dev/testkit/small"
	"vaectl/internal/export/page"
	"vaectl/internal/show/explorer"
	"vaectl/loss"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// studio trains runs and makes pages of them.
type studio struct {
	t      *testing.T
	root   string
	engine *vae.Engine
	sets   map[string]*data.Set // by run
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	return &studio{t: t, root: t.TempDir(), engine: small.Engine(t, "", 2), sets: make(map[string]*data.Set)}
}

// train makes a run of settings such as "model.latent=3".
func (s *studio) train(name string, settings ...string) page.Run {
	s.t.Helper()
	c := testkit.Config(s.t, append([]string{"model.hidden=24", "model.latent=3", "train.epochs=4", "train.batch_size=50", "train.lr=0.01"}, settings...)...)
	set := small.Blots(data.Shape{Height: 6, Width: 6, Channels: 1}, 300, 120)
	training, err := train.Begin(s.t.Context(), train.Job{Root: s.root, Name: name, Config: c, Engine: s.engine,
		Load: func(context.Context, configs.Data) (*data.Set, error) { return set, nil }})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := training.Train(s.t.Context(), train.Options{}); err != nil {
		s.t.Fatal(err)
	}
	if err := training.Close(); err != nil {
		s.t.Fatal(err)
	}
	return s.open(name, set)
}

// open makes a run ready for a page.
func (s *studio) open(name string, set *data.Set) page.Run {
	s.t.Helper()
	run, err := rundir.Open(filepath.Join(s.root, name))
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := run.Checkpoint(rundir.Last, s.engine)
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := explorer.New(explorer.Options{Runs: s.root, Engine: s.engine, Version: "test",
		Data: func(context.Context, rundir.Record, configs.Data) (*data.Set, error) {
			if set == nil {
				return nil, data.ErrMissing
			}
			return set, nil
		}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(e.Close)
	return page.Run{Name: name, Model: c.Model, Explorer: e, Data: set}
}

// write writes a page.
func (s *studio) write(o page.Options, runs ...page.Run) (string, []page.Cost) {
	s.t.Helper()
	o.Engine = s.engine
	if o.Images == 0 {
		o.Images = 50
	}
	var text bytes.Buffer
	costs, err := page.Write(s.t.Context(), &text, runs, o)
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), "page.html")
	if err := os.WriteFile(path, text.Bytes(), 0o666); err != nil {
		s.t.Fatal(err)
	}
	return path, costs
}

type question struct {
	What string `json:"what"`
	Args []any  `json:"args"`
}

type told struct {
	Trouble   string
	Images    [][]int
	Z         json.RawMessage // rows of an answer, or the z of a posterior
	Map       json.RawMessage
	Mean, Std []float64
	KL        []*float64 `json:"kl_nats"`
	Label     *int
	Chances   []float64 `json:"label_chances"`
	Unusual   []struct{ Index int }
}

// ask puts questions to the page's backend, in Node.
func ask(t *testing.T, path string, questions ...question) []told {
	t.Helper()
	var answers []told
	if out := raw(t, path, questions...); json.Unmarshal(out, &answers) != nil {
		t.Fatalf("the page answers %.300s", out)
	}
	return answers
}

// raw returns the answers as they come.
func raw(t *testing.T, path string, questions ...question) []byte {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on the path")
	}
	text, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/ask.mjs", path)
	cmd.Stdin = bytes.NewReader(text)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, complaints.String())
	}
	return out
}

// adopt makes a run of the model of a case.
func (s *studio) adopt(c exporttest.Case) page.Run {
	s.t.Helper()
	m, err := c.Model(s.engine)
	if err != nil {
		s.t.Fatal(err)
	}
	var weights bytes.Buffer
	if err := m.Write(&weights, nil); err != nil {
		s.t.Fatal(err)
	}
	set := small.Blots(c.Image, 300, 120)
	_, err = train.Import(s.t.Context(), train.Job{Root: s.root, Name: c.Name, Config: m.Config(), Engine: s.engine,
		Load: func(context.Context, configs.Data) (*data.Set, error) { return set, nil }},
		train.Weights{Content: bytes.NewReader(weights.Bytes()), Size: int64(weights.Len())}, train.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.open(c.Name, set)
}

// A page decodes to the pixels that vaectl decodes to, within one 255th, encodes to
// the same posterior up to what rounding costs, and draws from the same prior: every
// architecture, likelihood and prior.
func TestPageComputesWhatTheModelComputes(t *testing.T) {
	differences := make(map[string]exporttest.Difference)
	for _, c := range exporttest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			if c.Preset != "" && !exporttest.Tabulated() {
				t.Skip("presets are as large as they are, and take minutes: make exports tries them")
			}
			s := newStudio(t)
			run := s.adopt(c)
			path, costs := s.write(page.Options{Title: c.Name}, run)
			// Half a 255th of a pixel, and of the loss 6e-5 nats for each of an image's values.
			if cost := costs[0]; cost.Pixels > 0.5 || cost.Loss == nil || math.Abs(*cost.Loss-*cost.RoundedLoss) > 6e-5*float64(c.Image.Values()) {
				t.Errorf("the page costs %v", cost)
			}
			samples := 200 // which take their time in Node
			if strings.HasPrefix(c.Name, "prior-") {
				samples = 4000
			}
			differences[c.Name] = exporttest.Difference{"pixels": checkPage(t, s, run, path, samples)}
		})
	}
	// The page rounds to bytes, which is half a 255th more.
	exporttest.Report(t, exporttest.Page, differences, 1)
}

// checkPage puts questions to a page, for so many samples too, and returns how far its
// pixels are off.
func checkPage(t *testing.T, s *studio, run page.Run, path string, samples int) float64 {
	t.Helper()
	m := run.Model
	const draws = 64
	labels := m.SameLabel(2, draws)
	drawn, err := m.Sample(draws, 3, labels)
	if err != nil {
		t.Fatal(err)
	}
	means, err := m.Decode(drawn.Codes)
	if err != nil {
		t.Fatal(err)
	}
	image := run.Data.Test.Image(7)
	var pixels []int
	for _, v := range image {
		pixels = append(pixels, int(v))
	}
	var z [][]float64
	for i := range draws {
		z = append(z, drawn.Z[i*m.Latents():(i+1)*m.Latents()])
	}
	var label any
	if labels != nil {
		label = 2
	}
	answers := ask(t, path,
		question{"decode", []any{run.Name, map[string]any{"z": z}, label}},
		question{"encode", []any{run.Name, pixels, map[string]any{"label": label}}},
		question{"sample", []any{run.Name, samples, 5, label}},
		question{"decode", []any{run.Name, map[string]any{"map": [][]float64{{0.3, -0.2}}}, label}},
		question{"encode", []any{run.Name, pixels, map[string]any{"guess": true}}},
	)
	checkPosterior(t, answers[1], m, image, labels)
	checkSamples(t, answers[2], m)
	checkMap(t, answers[3], s, run, label)
	checkGuess(t, answers[4], m)
	return pixelsOff(t, answers[0], means, m.Shape())
}

// pixelsOff is the largest difference of a pixel from a mean, in 255ths.
func pixelsOff(t *testing.T, got told, means []float32, shape data.Shape) float64 {
	t.Helper()
	worst := 0.0
	plane := shape.Pixels()
	if len(got.Images)*shape.Values() != len(means) {
		t.Fatalf("%d images %s", len(got.Images), got.Trouble)
	}
	for i, image := range got.Images {
		for p := range plane {
			for c := range shape.Channels {
				want := 255 * float64(means[i*shape.Values()+c*plane+p])
				worst = max(worst, math.Abs(float64(image[p*shape.Channels+c])-want))
			}
		}
	}
	return worst
}

func checkPosterior(t *testing.T, got told, m *vae.Model, image []byte, labels []int) {
	t.Helper()
	shape := m.Shape()
	pixels := make([]float32, len(image))
	for p := range shape.Pixels() {
		for c := range shape.Channels {
			v := float32(image[p*shape.Channels+c]) / 255
			if m.Config().Data.Binarize != "none" {
				v = float32(math.Round(float64(v)))
			}
			pixels[c*shape.Pixels()+p] = v
		}
	}
	q, err := m.Encode(vae.Batch{Pixels: pixels, Labels: labels[:min(1, len(labels))]})
	if err != nil {
		t.Fatal(err)
	}
	for d, mean := range q.Mean {
		_, std := loss.Base(m.Prior(), d)
		if math.Abs(got.Mean[d]-mean) > 0.05*std || math.Abs(got.Std[d]/q.Std[d]-1) > 0.03 {
			t.Errorf("latent %d: %g and %g, the model says %g and %g", d, got.Mean[d], got.Std[d], mean, q.Std[d])
		}
		if !loss.HasDensity(m.Prior()) || m.Prior().Name() == "flow" {
			continue
		}
		want := loss.DivergenceOf(m.Prior(), d, got.Mean[d], got.Std[d]).KL
		if math.Abs(*got.KL[d]-want) > 1e-3*max(1, want) {
			t.Errorf("latent %d: KL %g, the prior says %g", d, *got.KL[d], want)
		}
	}
}

// checkSamples compares z drawn by the page with the prior, one dimension after the
// other.
func checkSamples(t *testing.T, got told, m *vae.Model) {
	t.Helper()
	var z [][]float64
	if err := json.Unmarshal(got.Z, &z); err != nil {
		t.Fatal(err)
	}
	for d := range m.Latents() {
		var one []float64
		for _, row := range z {
			one = append(one, row[d])
		}
		slices.Sort(one)
		// 2/sqrt(n) is passed once in 1500 times.
		if ks := diagnosis.KolmogorovSmirnov(one, m.Prior().Marginal(d).CDF); ks > 2/math.Sqrt(float64(len(one)))+0.01 {
			t.Errorf("latent %d of %d samples is %.4f from the prior", d, len(one), ks)
		}
	}
}

// checkMap wants the z at a place of the map to be the explorer's.
func checkMap(t *testing.T, got told, s *studio, run page.Run, label any) {
	t.Helper()
	var z [][]float64
	var place [][]float64
	if err := errors.Join(json.Unmarshal(got.Z, &z), json.Unmarshal(got.Map, &place)); err != nil {
		t.Fatalf("%v: %s", err, got.Trouble)
	}
	if len(z[0]) > 1 && (math.Abs(place[0][0]-0.3) > 1e-4 || math.Abs(place[0][1]+0.2) > 1e-4) {
		t.Errorf("the z at 0.3, -0.2 lies at %v", place[0])
	}
	want := post[struct{ Z [][]float64 }](t, run, "/api/decode", map[string]any{"run": run.Name, "map": []float64{0.3, -0.2}, "label": label})
	for d, v := range want.Z[0] {
		if math.Abs(z[0][d]-v) > 1e-5*max(1, math.Abs(v)) {
			t.Errorf("z%d at 0.3, -0.2 is %g, the explorer says %g", d, z[0][d], v)
		}
	}
}

func checkGuess(t *testing.T, got told, m *vae.Model) {
	t.Helper()
	switch {
	case m.Classes() == 0:
	case m.Likelihood().Name() == "logistic-mixture":
		if !strings.Contains(got.Trouble, "cannot be guessed with the likelihood logistic-mixture") {
			t.Errorf("the guess is %+v", got)
		}
	case got.Trouble != "" || got.Label == nil || len(got.Chances) != m.Classes():
		t.Errorf("the guess is %+v", got)
	}
}
