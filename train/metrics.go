package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vaectl/internal/format/atomicfile"
	"vaectl/vae"
)

// StepMetrics is a step's line of metrics.jsonl. Losses are batch means in
// nats per image.
type StepMetrics struct {
	Kind           string  `json:"kind"` // "step"
	Step           uint64  `json:"step"`
	Epoch          int     `json:"epoch"`
	Loss           float64 `json:"loss"`
	Reconstruction float64 `json:"reconstruction_nats"`
	KL             float64 `json:"kl_nats"`
	Beta           float64 `json:"beta"`
	Capacity       float64 `json:"capacity_nats,omitempty"`
	Rate           float64 `json:"lr"`
	GradientNorm   float64 `json:"gradient_norm,omitempty"` // before clipping; not measured without
}

// EpochMetrics is an epoch's line of metrics.jsonl: means over the training
// images as they were seen, and the evaluation after the epoch.
type EpochMetrics struct {
	Kind                string  `json:"kind"` // "epoch"
	Step                uint64  `json:"step"`
	Epoch               int     `json:"epoch"`
	TrainLoss           float64 `json:"train_loss"`
	TrainObjective      string  `json:"train_objective,omitempty"` // what that is the mean of, where it is not the negative of the bound
	TrainReconstruction float64 `json:"train_reconstruction_nats"`
	TrainKL             float64 `json:"train_kl_nats"`
	Split               string  `json:"split"`
	Measures
	Beta     float64 `json:"beta"` // of the epoch's last step
	Capacity float64 `json:"capacity_nats,omitempty"`
	Rate     float64 `json:"lr"`
	Best     bool    `json:"best"`
	Seconds  float64 `json:"seconds"`
}

// SeenLoss is the loss over the training images as they were seen that can be
// set beside the evaluated one: what was minimised or, where that is not the
// negative of the bound, the negative ELBO. The importance-weighted bound is
// minimised itself once its warm-up is over.
func (e EpochMetrics) SeenLoss() float64 {
	if e.TrainObjective == "" || e.Objective == vae.IWAE && e.Beta == 1 {
		return e.TrainLoss
	}
	return e.TrainReconstruction + e.TrainKL
}

const (
	kindStep  = "step"
	kindEpoch = "epoch"

	// The first steps are all kept, because that is where runs are compared
	// bit by bit; later ones are thinned.
	denseSteps = 100
	sparseStep = 100
)

// Metrics are the lines of a run's metrics.jsonl.
type Metrics struct {
	Steps  []StepMetrics
	Epochs []EpochMetrics
}

// ReadMetrics reads a run's metrics. A last line that is not whole, as a
// training under way may show, is left out.
func ReadMetrics(dir string) (Metrics, error) {
	var m Metrics
	path := filepath.Join(dir, metricsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("metrics: %w", err)
	}
	for number, line := range bytes.Split(text, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		if err := m.parse(line); err != nil {
			if isLast := bytes.HasSuffix(text, line); isLast {
				break
			}
			return m, failure(ErrCheckpoint, "", "%s:%d: %w", path, number+1, err)
		}
	}
	return m, nil
}

func (m *Metrics) parse(line []byte) error {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case kindStep:
		var s StepMetrics
		if err := json.Unmarshal(line, &s); err != nil {
			return err
		}
		m.Steps = append(m.Steps, s)
	case kindEpoch:
		var e EpochMetrics
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		m.Epochs = append(m.Epochs, e)
	default:
		return fmt.Errorf("unknown kind %q", kind.Kind)
	}
	return nil
}

// metricsLog is the Recorder that appends to metrics.jsonl. The lines of steps
// wait in memory for a moment and reach the disk with those of their epoch or
// before a checkpoint; each write is whole lines.
type metricsLog struct {
	file     *os.File
	pending  bytes.Buffer
	written  time.Time
	unsynced bool
	failed   error // of a write nobody could be told of yet
}

// writeEvery is how long lines wait at most, for whoever follows the training,
// as long as it takes steps.
const writeEvery = time.Second

// openMetrics opens a run's metrics for appending, after taking out what lies
// beyond the checkpoint that training continues from.
func openMetrics(dir string, s state) (*metricsLog, error) {
	path := filepath.Join(dir, metricsFile)
	old, err := ReadMetrics(dir)
	if err != nil {
		return nil, err
	}
	err = atomicfile.WriteFile(path, func(w io.Writer) error { return old.writeUpTo(w, s) })
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &metricsLog{file: file}, nil
}

// writeUpTo writes the lines that belong to a state, in the order they came.
func (m Metrics) writeUpTo(w io.Writer, s state) error {
	out := bufio.NewWriter(w)
	encode := json.NewEncoder(out)
	steps := m.Steps
	flush := func(upTo uint64) error {
		for len(steps) > 0 && steps[0].Step <= upTo {
			if err := encode.Encode(steps[0]); err != nil {
				return err
			}
			steps = steps[1:]
		}
		return nil
	}
	for _, e := range m.Epochs {
		if e.Epoch > s.Evaluated {
			break
		}
		if err := flush(e.Step); err != nil {
			return err
		}
		if err := encode.Encode(e); err != nil {
			return err
		}
	}
	if err := flush(s.Step); err != nil {
		return err
	}
	return out.Flush()
}

func (l *metricsLog) Begin(Progress) {}

// isKept says whether a step has a line, counted from 1.
func isKept(step uint64) bool { return step <= denseSteps || step%sparseStep == 0 }

func (l *metricsLog) Step(r StepRecord) {
	if !isKept(r.Step) {
		return
	}
	l.line(StepMetrics{
		Kind: kindStep, Step: r.Step, Epoch: r.Epoch, Loss: r.Loss, Reconstruction: r.Reconstruction,
		KL: r.KL, Beta: r.Beta, Capacity: r.Capacity, Rate: r.Rate, GradientNorm: r.GradientNorm,
	})
	if time.Since(l.written) >= writeEvery {
		l.write()
	}
}

func (l *metricsLog) Epoch(r EpochRecord) error {
	l.line(r.Metrics())
	return l.flush()
}

// Metrics is the record as a line of metrics.jsonl.
func (r EpochRecord) Metrics() EpochMetrics {
	e := r.Evaluation
	return EpochMetrics{
		Kind: kindEpoch, Step: r.Step, Epoch: r.Epoch,
		TrainLoss: r.Train.Loss, TrainObjective: r.Minimised, TrainReconstruction: r.Train.Reconstruction, TrainKL: r.Train.KL,
		Split: r.Split, Measures: NewMeasures(e),
		Beta: r.Beta, Capacity: r.Capacity, Rate: r.Rate, Best: r.Best, Seconds: r.Seconds,
	}
}

// line queues a record. Its types always marshal: their numbers were checked
// to be finite.
func (l *metricsLog) line(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("train: metrics line: %v", err))
	}
	l.pending.Write(append(text, '\n'))
}

// write hands the lines to the system. The next flush tells what went wrong.
func (l *metricsLog) write() {
	l.written = time.Now()
	if l.pending.Len() == 0 || l.failed != nil {
		return
	}
	_, l.failed = l.file.Write(l.pending.Bytes())
	l.pending.Reset()
	l.unsynced = true
}

// flush brings all lines to the disk.
func (l *metricsLog) flush() error {
	l.write()
	err := l.failed
	if err == nil && l.unsynced {
		err = l.file.Sync()
		l.unsynced = err != nil
	}
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

func (l *metricsLog) close() error {
	return errors.Join(l.flush(), l.file.Close())
}
