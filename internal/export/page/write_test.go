package page_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vaectl/internal/export/page"
	"vaectl/loss"
	"vaectl/vae"
)

// post asks the explorer of a run.
func post[T any](t *testing.T, run page.Run, path string, body any) T {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	run.Explorer.ServeHTTP(w, r)
	var value T
	if err := json.Unmarshal(w.Body.Bytes(), &value); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", path, w.Code, err, w.Body)
	}
	return value
}

// Several runs go into one page, each with its own numbers.
func TestSeveralRuns(t *testing.T) {
	s := newStudio(t)
	runs := []page.Run{s.train("first"), s.train("second", "prior.name=uniform"), s.train("third", "model.latent=2")}
	path, costs := s.write(page.Options{Title: `three "priors" & <b>`, Bits: 16, Images: 30}, runs...)
	if len(costs) != 3 || costs[1].EncoderBits != 16 || costs[1].DecoderBits != 16 || costs[1].Pixels > 0.1 {
		t.Errorf("costs %v", costs)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "<title>three &#34;priors&#34; &amp; &lt;b&gt;</title>") {
		t.Error("the title is not the page's")
	}
	var maps []struct{ X []float64 }
	if err := json.Unmarshal(raw(t, path, question{"map", []any{"first"}}, question{"map", []any{"third"}}), &maps); err != nil {
		t.Fatal(err)
	}
	var ranked []struct{ Unusual []struct{ Index int } }
	if err := json.Unmarshal(raw(t, path, question{"ranked", []any{"second", 8}}), &ranked); err != nil {
		t.Fatal(err)
	}
	answers := ask(t, path,
		question{"images", []any{"third", "test", []int{0}}}, question{"images", []any{"third", "test", []int{1}}}, question{"run", []any{"fourth"}})
	if len(maps[0].X) != 30 || len(maps[1].X) != 30 || slices.Equal(maps[0].X, maps[1].X) {
		t.Errorf("maps of %d and %d points", len(maps[0].X), len(maps[1].X))
	}
	if len(ranked[0].Unusual) != 10 {
		t.Errorf("%d unusual images", len(ranked[0].Unusual))
	}
	for i, v := range runs[2].Data.Test.Image(0) {
		if answers[0].Images[0][i] != int(v) {
			t.Fatalf("image 0 is %v", answers[0].Images[0])
		}
	}
	if answers[1].Trouble == "" || answers[2].Trouble == "" {
		t.Error("what the page does not hold is no trouble")
	}
}

// A page asks nobody for anything, and tells nobody where its runs lay.
func TestPageKeepsToItself(t *testing.T) {
	s := newStudio(t)
	path, _ := s.write(page.Options{Title: "alone"}, s.train("first", "data.dir=/home/somebody/digits"))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, reference := range regexp.MustCompile(`(?:src|href)="([^"]*)"|url\(([^)]*)\)|@import`).FindAllStringSubmatch(string(text), -1) {
		if target := reference[1] + reference[2]; !strings.HasPrefix(target, "data:") && !strings.HasPrefix(target, "#") {
			t.Errorf("the page refers to %q", target)
		}
	}
	for _, answer := range ask(t, path, question{"run", []any{"first"}}) {
		if answer.Trouble != "" {
			t.Error(answer.Trouble)
		}
	}
	recorded := recordedOf(t, path)
	for _, foreign := range []string{"/home/somebody", s.root} {
		if strings.Contains(recorded, foreign) {
			t.Errorf("the page holds %s", foreign)
		}
	}
}

// recordedOf is everything that the page gives as an answer about a run.
func recordedOf(t *testing.T, path string) string {
	t.Helper()
	var all []string
	for _, what := range []string{"run", "map", "prior", "ranked"} {
		all = append(all, string(raw(t, path, question{what, []any{"first"}})))
	}
	return strings.Join(all, "\n")
}

// Without its data set a run still decodes; the page says why it has no map.
func TestWithoutData(t *testing.T) {
	s := newStudio(t)
	s.train("first")
	path, costs := s.write(page.Options{Title: "none"}, s.open("first", nil))
	if costs[0].Loss != nil || !strings.Contains(costs[0].String(), "not measured") {
		t.Errorf("the cost is %v", costs[0])
	}
	answers := ask(t, path,
		question{"decode", []any{"first", map[string]any{"z": []float64{0, 1, 0}}}},
		question{"map", []any{"first"}},
		question{"decode", []any{"first", map[string]any{"map": [][]float64{{0, 0}}}}})
	if len(answers[0].Images) != 1 || answers[1].Trouble == "" || answers[2].Trouble == "" {
		t.Errorf("%d images, map %q, place %q", len(answers[0].Images), answers[1].Trouble, answers[2].Trouble)
	}
}

// strange is a prior that nobody has heard of.
type strange struct{ loss.Prior }

func (strange) Name() string { return "strange" }

func TestWhatAPageCannotExpressIsNamed(t *testing.T) {
	s := newStudio(t)
	run := s.train("first")
	prior, err := loss.NewNormal(3, []float64{0}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	if run.Model, err = vae.NewWith(run.Model.Config(), vae.Parts{Prior: strange{prior}}, run.Model.Shape(), s.engine); err != nil {
		t.Fatal(err)
	}
	_, err = page.Write(t.Context(), &bytes.Buffer{}, []page.Run{run}, page.Options{Engine: s.engine})
	if !errors.Is(err, page.ErrUnsupported) || !strings.Contains(err.Error(), "prior strange") || !strings.Contains(err.Error(), "run first") {
		t.Errorf("the error is %v", err)
	}
	if _, err := page.Write(t.Context(), &bytes.Buffer{}, nil, page.Options{}); err == nil {
		t.Error("a page of no runs")
	}
	if _, err := page.Write(t.Context(), &bytes.Buffer{}, []page.Run{run}, page.Options{Bits: 7}); err == nil {
		t.Error("a page of 7 bits")
	}
}
