package explorer

import (
	"net/http"

	"vaectl/train/rundir"
)

// mostPoints is the number of points of a curve in an answer: more than a
// screen has columns.
const mostPoints = 2000

// curves is the answer to GET /api/metrics, and the data of the event metrics.
type curves struct {
	Run    string       `json:"run"`
	Reset  bool         `json:"reset"` // whether earlier points are void
	Steps  []stepPoint  `json:"steps"`
	Epochs []epochPoint `json:"epochs"`
}

// stepPoint is a step of the training, in nats per image of its batch.
type stepPoint struct {
	Step           uint64 `json:"step"`
	Epoch          int    `json:"epoch"`
	Loss           number `json:"loss"`
	Reconstruction number `json:"reconstruction_nats"`
	KL             number `json:"kl_nats"`
}

// epochPoint is the evaluation after an epoch, in nats per image.
type epochPoint struct {
	Epoch int    `json:"epoch"`
	Step  uint64 `json:"step"`
	// Of the training images as they were seen.
	TrainLoss           number `json:"train_loss"`
	TrainReconstruction number `json:"train_reconstruction_nats"`
	TrainKL             number `json:"train_kl_nats"`

	Loss           number `json:"loss"`
	Reconstruction number `json:"reconstruction_nats"`
	KL             number `json:"kl_nats"`
	ActiveUnits    int    `json:"active_units"`
	Seconds        number `json:"seconds"`
}

func (e *Explorer) getMetrics(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := newQuery(r)
	name := q.text("run")
	if err := q.done(); err != nil {
		return nil, err
	}
	found, err := e.find(name)
	if err != nil {
		return nil, err
	}
	if _, err := found.open(); err != nil {
		return nil, err
	}
	w := newWatch(found)
	defer w.close()
	return w.whole()
}

// add appends the points of some metrics.
func (c *curves) add(m rundir.Metrics) {
	for _, s := range m.Steps {
		c.Steps = append(c.Steps, stepPoint{
			Step: s.Step, Epoch: s.Epoch, Loss: number(s.Loss), Reconstruction: number(s.Reconstruction), KL: number(s.KL),
		})
	}
	for _, p := range m.Epochs {
		c.Epochs = append(c.Epochs, epochPoint{
			Epoch: p.Epoch, Step: p.Step, TrainLoss: number(p.SeenLoss()), TrainReconstruction: number(p.TrainReconstruction), TrainKL: number(p.TrainKL),
			Loss:           number(p.Loss()),
			Reconstruction: number(p.Reconstruction), KL: number(p.KL), ActiveUnits: p.ActiveUnits, Seconds: number(p.Seconds),
		})
	}
}

// thin leaves out points evenly until few enough are left. The last stays.
func thin[T any](points []T) []T {
	if len(points) <= mostPoints {
		return points
	}
	out := make([]T, 0, mostPoints)
	for i := range mostPoints {
		out = append(out, points[i*(len(points)-1)/(mostPoints-1)])
	}
	return out
}

// watch reads a run's metrics as they grow.
type watch struct {
	run      run
	follower *rundir.Follower
}

func newWatch(r run) *watch { return &watch{run: r, follower: rundir.Follow(r.dir)} }

// whole returns all that is new.
func (w *watch) whole() (curves, error) {
	c := curves{Run: w.run.name, Steps: []stepPoint{}, Epochs: []epochPoint{}}
	for {
		m, restarted, more, err := w.follower.Next()
		if err != nil {
			return curves{}, err
		}
		if restarted {
			c = curves{Run: w.run.name, Reset: true, Steps: []stepPoint{}, Epochs: []epochPoint{}}
		}
		c.add(m)
		if !more {
			c.Steps, c.Epochs = thin(c.Steps), thin(c.Epochs)
			return c, nil
		}
	}
}

func (w *watch) close() { _ = w.follower.Close() } // it was only read
