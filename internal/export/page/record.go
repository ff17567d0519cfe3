package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vaectl/loss"
	"vaectl/vae"
)

// recorder asks the explorer about one run.
type recorder struct {
	ctx     context.Context
	handler http.Handler
	run     string
}

// answer is what the explorer says, or the {error, hint} that it refuses with.
type answer = json.RawMessage

// response keeps an answer.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) WriteHeader(status int)      { r.status = status }
func (r *response) Write(p []byte) (int, error) { return r.body.Write(p) }

// ask returns the answer to a request, and whether it is one.
func (r recorder) ask(method, path string, body any) (answer, bool, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, false, err
	}
	request, err := http.NewRequestWithContext(r.ctx, method, "http://localhost"+path, bytes.NewReader(text))
	if err != nil {
		return nil, false, err
	}
	request.Header.Set("Content-Type", "application/json")
	w := &response{header: make(http.Header), status: http.StatusOK}
	r.handler.ServeHTTP(w, request)
	if err := r.ctx.Err(); err != nil {
		return nil, false, err
	}
	if w.status >= http.StatusInternalServerError {
		return nil, false, fmt.Errorf("run %s: %s: %s", r.run, path, strings.TrimSpace(w.body.String()))
	}
	return slices.Clone(w.body.Bytes()), w.status == http.StatusOK, nil
}

func (r recorder) get(path string, query ...string) (answer, bool, error) {
	values := url.Values{"run": {r.run}}
	for i := 0; i < len(query); i += 2 {
		values.Add(query[i], query[i+1])
	}
	return r.ask(http.MethodGet, path+"?"+values.Encode(), nil)
}

// into asks and reads the answer.
func into[T any](a answer, ok bool, err error) (T, bool, error) {
	var value T
	if err != nil || !ok {
		return value, false, err
	}
	return value, true, json.Unmarshal(a, &value)
}

// recordedAnswers is what the page gives as answers.
type recordedAnswers struct {
	Summary map[string]any `json:"summary"`
	Run     answer         `json:"run"`
	Map     any            `json:"map"`
	Prior   answer         `json:"prior"`
	Ranked  answer         `json:"ranked"`
	Metrics answer         `json:"metrics,omitempty"`
}

// withoutSteps leaves out of metrics the steps between epochs, which are shown only
// until there is an epoch.
func withoutSteps(metrics answer) (answer, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(metrics, &all); err != nil {
		return nil, err
	}
	if string(all["epochs"]) != "[]" {
		all["steps"] = json.RawMessage("[]")
	}
	return json.Marshal(all)
}

// worldMap is the explorer's map, as far as it is cut down.
type worldMap struct {
	Run        string    `json:"run"`
	Version    string    `json:"version"`
	Split      string    `json:"split"`
	Dataset    string    `json:"dataset"`
	Note       string    `json:"note"`
	Epoch      int       `json:"epoch"`
	Axes       []string  `json:"axes"`
	X          []float64 `json:"x"`
	Y          []float64 `json:"y"`
	Labels     []int     `json:"labels"`
	ClassNames []string  `json:"class_names"`
	Images     []int     `json:"images"`
	Dark       float64   `json:"dark_share"`
}

// thin keeps at most so many points, evenly.
func (w *worldMap) thin(most int) {
	count := len(w.X)
	if count <= most {
		return
	}
	for i := range most {
		at := i * count / most
		w.X[i], w.Y[i], w.Images[i] = w.X[at], w.Y[at], w.Images[at]
		if len(w.Labels) > 0 {
			w.Labels[i] = w.Labels[at]
		}
	}
	w.X, w.Y, w.Images = w.X[:most], w.Y[:most], w.Images[:most]
	w.Labels = w.Labels[:min(most, len(w.Labels))]
}

// plane is the map as js/local.js lifts places of it to z.
type plane struct {
	// Direct: across and up are z0 and z1, limited to the support.
	Direct  bool       `json:"direct"`
	Support []interval `json:"support,omitempty"`
	// Otherwise u, less mean and divided by std, is center + x across + y up.
	Mean   []float64 `json:"mean,omitempty"`
	Std    []float64 `json:"std,omitempty"`
	Center []float64 `json:"center,omitempty"`
	Across []float64 `json:"across,omitempty"`
	Up     []float64 `json:"up,omitempty"`
}

type interval struct {
	Lowest  *float64 `json:"lowest"`
	Highest *float64 `json:"highest"`
}

// plane finds the map's plane from the z at three places of it.
func (r recorder) plane(m *vae.Model, details runDetails) (*plane, error) {
	if m.Latents() <= 2 {
		p := &plane{Direct: true, Support: make([]interval, m.Latents())}
		for _, l := range details.Model.Latents {
			p.Support[l.Index] = l.interval
		}
		return p, nil
	}
	decoded, ok, err := into[struct{ Z [][]float64 }](r.ask(http.MethodPost, "/api/decode", map[string]any{"run": r.run, "map": [][]float64{{0, 0}, {1, 0}, {0, 1}}}))
	if err != nil || !ok {
		return nil, err
	}
	p := &plane{}
	prior := m.Prior()
	for d := range m.Latents() {
		mean, std := loss.Base(prior, d)
		standard := func(i int) float64 { return (loss.ToBase(prior, d, decoded.Z[i][d]) - mean) / std }
		center := standard(0)
		p.Mean, p.Std, p.Center = append(p.Mean, mean), append(p.Std, std), append(p.Center, center)
		p.Across, p.Up = append(p.Across, standard(1)-center), append(p.Up, standard(2)-center)
	}
	return p, nil
}

// runDetails is what of a run's description decides something here.
type runDetails struct {
	Model *struct {
		Latents []struct {
			Index int `json:"index"`
			interval
		} `json:"latents"`
	} `json:"model"`
	ModelProblem *struct {
		Error string `json:"error"`
	} `json:"model_problem"`
}
