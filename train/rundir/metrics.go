package rundir

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

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

// SeenLoss is the loss over the training images as they were seen that can be compared
// with the evaluated one: what was minimised or, where that is not the negative of the
// bound, the negative ELBO. The importance-weighted bound is
// minimised itself once its warm-up is over.
func (e EpochMetrics) SeenLoss() float64 {
	if e.TrainObjective == "" || e.Objective == vae.IWAE && e.Beta == 1 {
		return e.TrainLoss
	}
	return e.TrainReconstruction + e.TrainKL
}

// Kinds of lines.
const (
	KindStep  = "step"
	KindEpoch = "epoch"
)

// Metrics are the lines of a run's metrics.jsonl.
type Metrics struct {
	Steps  []StepMetrics
	Epochs []EpochMetrics
}

const (
	// longestLine is that of an epoch, with a few numbers for each latent.
	longestLine = 1 << 20 // bytes
	// mostLines is a hundred times what a training of a million steps writes.
	mostLines = 1 << 20
)

// readMetrics reads a run's metrics, none where there is no file. A last line
// that is not whole, as a training under way may show, is left out.
func readMetrics(s source) (Metrics, error) {
	var m Metrics
	f, err := open(s, metricsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.size()), longestLine)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		last := errors.Is(err, io.EOF)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return m, failure(ErrDamaged, "", "run %s: %s:%d: a line longer than %d bytes", s, metricsFile, number, longestLine)
		case err != nil && !last:
			return m, fmt.Errorf("run %s: %s: %w", s, metricsFile, err)
		case number > mostLines:
			return m, failure(ErrDamaged, "", "run %s: %s has more than %d lines", s, metricsFile, mostLines)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := m.parse(line); err != nil && !last {
				return m, failure(ErrDamaged, "", "run %s: %s:%d: %w", s, metricsFile, number, err)
			}
		}
		if last {
			return m, nil
		}
	}
}

func (m *Metrics) parse(line []byte) error {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case KindStep:
		var s StepMetrics
		if err := json.Unmarshal(line, &s); err != nil {
			return err
		}
		m.Steps = append(m.Steps, s)
	case KindEpoch:
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
