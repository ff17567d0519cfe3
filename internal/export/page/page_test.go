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
	engine, err := vae.NewEngine("", 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	return &studio{t: t, root: t.TempDir(), engine: engine, sets: make(map[string]*data.Set)}
}

const side = 6

// blots are images with a blot in one of four corners, which is the label.
func blots(channels int) *data.Set {
	split := func(count, salt int) data.Split {
		s := data.Split{Shape: data.Shape{Height: side, Width: side, Channels: channels}, Count: count, Bytes: make([]byte, count*side*side*channels)}
		for i := range count {
			label := (i*7 + salt) % 4
			s.Labels = append(s.Labels, label)
			image := s.Image(i)
			for y := range 3 {
				for x := range 3 {
					at := (y+3*(label/2))*side + x + 3*(label%2)
					for c := range channels {
						image[at*channels+c] = byte(60 + (i*31+x*17+y*29+salt+c*53)%196)
					}
				}
			}
		}
		return s
	}
	return &data.Set{Name: "blots", Source: "made here", Digest: "f00d", Train: split(300, 0), Test: split(120, 1)}
}

// train makes a run of settings such as "model.latent=3".
func (s *studio) train(name string, settings ...string) page.Run {
	s.t.Helper()
	c := configs.Default()
	channels := 1
	for _, one := range append([]string{"model.hidden=24", "model.latent=3", "train.epochs=4", "train.batch_size=50", "train.lr=0.01"}, settings...) {
		key, value, _ := strings.Cut(one, "=")
		if key == "channels" {
			channels = 3
			continue
		}
		if err := c.Set(key, value); err != nil {
			s.t.Fatal(err)
		}
	}
	set := blots(channels)
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

// models are settings that try every part that a page can express.
func models() map[string][]string {
	return map[string][]string{
		"default":       {},
		"plane":         {"model.latent=2", "prior.mean=0.5", "prior.std=0.1"},
		"line":          {"model.latent=1"},
		"plain":         {"prior.mean=0.5", "prior.std=0.1", "prior.standardize=none"},
		"uniform":       {"prior.name=uniform", "prior.low=-1", "prior.high=2"},
		"uniform-full":  {"prior.name=uniform", "prior.standardize=full"},
		"laplace":       {"prior.name=laplace", "prior.location=1", "model.activation=tanh"},
		"logistic-full": {"prior.name=logistic", "prior.standardize=full", "model.activation=elu"},
		"student":       {"prior.name=student-t", "prior.dof=5", "model.activation=softplus"},
		"student-full":  {"prior.name=student-t", "prior.dof=1.5", "prior.standardize=full"},
		"mixture":       {"prior.name=mixture", "prior.weights=1,3"},
		"mixture-full":  {"prior.name=mixture", "prior.standardize=full"},
		"learned":       {"prior.name=mixture", "prior.learned=true", "prior.components=4"},
		"vamp":          {"prior.name=vamp", "prior.components=5", "model.gated=true"},
		"flow":          {"prior.name=flow", "prior.flow_hidden=6"},
		"sphere":        {"prior.name=sphere", "objective.name=mmd", "prior.radius=2"},
		"told":          {"model.conditional=true"},
		"two-levels":    {"model.latent=5", "model.upper_latent=3", "model.upper_hidden=10", "model.conditional=true", "model.gated=true"},
		"binary":        {"data.binarize=dynamic"},
		"gaussian":      {"model.likelihood=gaussian", "channels=3"},
		"continuous":    {"model.likelihood=continuous-bernoulli"},
		"levels":        {"model.likelihood=logistic", "model.pixel_std_learned=true"},
		"silu":          {"model.activation=silu"},
		"conv":          {"model.network=conv", "model.conv=4,6", "model.hidden=", "channels=3", "model.likelihood=gaussian"},
		"conv-batch":    {"model.network=conv", "model.conv=4,6", "model.norm=batch", "model.blocks=1", "model.activation=leaky-relu", "model.conditional=true"},
		"conv-group":    {"model.network=conv", "model.conv=4,8k3s3p0", "model.norm=group", "model.upsampling=nearest", "model.activation=silu"},
		"conv-gated":    {"model.network=conv", "model.conv=4", "model.gated=true", "model.norm=batch"},
		"colour":        {"model.likelihood=logistic-mixture", "model.likelihood_components=3", "channels=3"},
	}
}

// A page decodes to the pixels that vaectl decodes to, within one 255th, encodes to
// the same posterior up to what rounding costs, and draws from the same prior.
func TestPageComputesWhatTheModelComputes(t *testing.T) {
	for name, settings := range models() {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			run := s.train(name, settings...)
			path, costs := s.write(page.Options{Title: name}, run)
			if c := costs[0]; c.Pixels > 0.5 || c.Loss == nil || math.Abs(*c.Loss-*c.RoundedLoss) > 0.01 {
				t.Errorf("the page costs %v", c)
			}
			m := run.Model
			const draws = 300
			labels := m.SameLabel(2, draws)
			samples, err := m.Sample(draws, 3, labels)
			if err != nil {
				t.Fatal(err)
			}
			means, err := m.Decode(samples.Codes)
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
				z = append(z, samples.Z[i*m.Latents():(i+1)*m.Latents()])
			}
			var label any
			if labels != nil {
				label = 2
			}
			answers := ask(t, path,
				question{"decode", []any{name, map[string]any{"z": z}, label}},
				question{"encode", []any{name, pixels, map[string]any{"label": label}}},
				question{"sample", []any{name, 4000, 5, label}},
				question{"decode", []any{name, map[string]any{"map": [][]float64{{0.3, -0.2}}}, label}},
				question{"encode", []any{name, pixels, map[string]any{"guess": true}}},
			)
			checkPixels(t, answers[0], means, m.Shape())
			checkPosterior(t, answers[1], m, image, labels)
			checkSamples(t, answers[2], m)
			checkMap(t, answers[3], s, run, label)
			checkGuess(t, answers[4], m)
		})
	}
}

func checkPixels(t *testing.T, got told, means []float32, shape data.Shape) {
	t.Helper()
	worst := 0.0
	plane := shape.Pixels()
	for i, image := range got.Images {
		for p := range plane {
			for c := range shape.Channels {
				want := 255 * float64(means[i*shape.Values()+c*plane+p])
				worst = max(worst, math.Abs(float64(image[p*shape.Channels+c])-want))
			}
		}
	}
	// The page rounds to bytes, which is half a 255th more.
	if len(got.Images)*shape.Values() != len(means) || worst > 1 {
		t.Errorf("%d images %s, and pixels differ by %.3f/255", len(got.Images), got.Trouble, worst)
	}
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
	case got.Trouble != "" || got.Label == nil || len(got.Chances) != m.Classes():
		t.Errorf("the guess is %+v", got)
	}
}
