package page

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"vaectl/data"
	"vaectl/vae"
)

// ErrUnsupported: a model has a part that a page cannot express.
var ErrUnsupported = errors.New("a page cannot express this model")

// cannot is an error about a part that a page cannot express.
func cannot(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

//go:embed page.html
var pages embed.FS

// Run is a run to put on a page.
type Run struct {
	Name     string
	Model    *vae.Model
	Explorer http.Handler // the interface of package explorer, which knows the run by its name
	Data     *data.Set    // nil where it is not there: then there is no map
}

// Options say what a page holds beside the models.
type Options struct {
	Title   string
	Version string      // of the program
	Bits    int         // for weights, from 8 to 16; 0 for the fewest that cost next to nothing
	Images  int         // test images of each run on the map
	Engine  *vae.Engine // that the models compute on
}

// MostRuns is the number of runs that a page shows side by side.
const MostRuns = 4

// Write writes a page. What rounding the weights costs is returned for each run.
func Write(ctx context.Context, w io.Writer, runs []Run, o Options) ([]Cost, error) {
	if len(runs) < 1 || len(runs) > MostRuns {
		return nil, fmt.Errorf("%d runs: a page holds 1 to %d", len(runs), MostRuns)
	}
	if o.Bits != 0 && (o.Bits < fewestBits || o.Bits > mostBits) {
		return nil, fmt.Errorf("%d bits: must be from %d to %d", o.Bits, fewestBits, mostBits)
	}
	a := newArchive()
	var described []any
	var costs []Cost
	for i, run := range runs {
		one, cost, err := describeRun(ctx, a, fmt.Sprintf("r%d", i), run, o)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", run.Name, err)
		}
		described, costs = append(described, one), append(costs, cost)
	}
	packed, err := a.pack(map[string]any{"title": o.Title, "program_version": o.Version, "runs": described})
	if err != nil {
		return nil, err
	}
	template, err := pages.ReadFile("page.html")
	if err != nil {
		return nil, err
	}
	text := strings.NewReplacer("{{title}}", html.EscapeString(o.Title), "{{archive}}", packed).Replace(string(template))
	_, err = io.WriteString(w, text)
	return costs, err
}

// describeRun puts a run into the archive and returns its part of the header.
func describeRun(ctx context.Context, a *archive, key string, run Run, o Options) (map[string]any, Cost, error) {
	described, err := describeModel(run.Model, func(name string, values []float32, shape ...int) { a.addFloats(key+"/"+name, values, shape...) })
	if err != nil {
		return nil, Cost{}, err
	}
	j, err := newJudge(ctx, run.Model, run.Data, o.Engine)
	if err != nil {
		return nil, Cost{}, err
	}
	bits, cost, err := j.find(ctx, o.Bits)
	if err != nil {
		return nil, cost, err
	}
	cost.Run = run.Name
	addWeights(a, key, run.Model, bits)
	r := recorder{ctx, run.Explorer, run.Name}
	answers, lie, held, err := r.record(run, o.Images)
	if err != nil {
		return nil, cost, err
	}
	if len(held) > 0 {
		addImages(a, key, run.Data, held)
	}
	return map[string]any{"name": run.Name, "key": key, "model": described, "recorded": answers, "plane": lie, "held": held}, cost, nil
}

func addImages(a *archive, key string, set *data.Set, held []int) {
	var all []byte
	for _, i := range held {
		all = append(all, set.Test.Image(i)...)
	}
	a.addBytes(key+"/images", all, len(held), set.Test.Values())
}

// record asks the explorer for everything that the page shows of a run, with the
// plane of its map and the images on it.
func (r recorder) record(run Run, images int) (recordedAnswers, *plane, []int, error) {
	var out recordedAnswers
	var ok bool
	var err error
	if out.Run, ok, err = r.ask(http.MethodGet, "/api/runs/"+url.PathEscape(r.run), nil); err != nil || !ok {
		return out, nil, nil, errors.Join(err, refusal(out.Run))
	}
	var details runDetails
	if err := errors.Join(json.Unmarshal(out.Run, &details), json.Unmarshal(out.Run, &out.Summary)); err != nil {
		return out, nil, nil, err
	}
	if out.Run, err = withoutPaths(out.Run); err != nil {
		return out, nil, nil, err
	}
	if details.Model == nil {
		return out, nil, nil, fmt.Errorf("the explorer has no model of it: %s", details.ModelProblem.Error)
	}
	for key := range out.Summary {
		switch key {
		case "name", "status", "prior", "dataset", "epoch", "epochs", "started", "loss_nats", "version":
		default:
			delete(out.Summary, key)
		}
	}
	if out.Prior, _, err = r.get("/api/prior", "latents", strconv.Itoa(min(64, run.Model.Latents()))); err != nil {
		return out, nil, nil, err
	}
	if out.Ranked, _, err = r.get("/api/ranked", "count", "10"); err != nil {
		return out, nil, nil, err
	}
	if out.Metrics, ok, err = r.get("/api/metrics"); err != nil {
		return out, nil, nil, err
	}
	if !ok {
		out.Metrics = nil
	} else if out.Metrics, err = withoutSteps(out.Metrics); err != nil {
		return out, nil, nil, err
	}
	refused, ok, err := r.get("/api/map")
	out.Map = refused
	world, ok, err := into[worldMap](refused, ok, err)
	if err != nil || !ok {
		return out, nil, nil, err
	}
	world.thin(images)
	out.Map = world
	lie, err := r.plane(run.Model, details)
	return out, lie, world.Images, err
}

// withoutPaths leaves out of a run's settings where files lie on this machine: a
// page goes to others.
func withoutPaths(run answer) (answer, error) {
	var all map[string]any
	if err := json.Unmarshal(run, &all); err != nil {
		return nil, err
	}
	settings, _ := all["settings"].([]any)
	for _, s := range settings {
		if one, ok := s.(map[string]any); ok {
			if value, _ := one["value"].(string); strings.ContainsAny(value, `/\`) {
				one["value"] = path.Base(strings.ReplaceAll(value, `\`, "/"))
			}
		}
	}
	return json.Marshal(all)
}

// refusal is what the explorer answered in place of an answer.
func refusal(a answer) error {
	var told struct{ Error string }
	if json.Unmarshal(a, &told) != nil || told.Error == "" {
		return nil
	}
	return errors.New(told.Error)
}
