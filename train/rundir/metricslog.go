package rundir

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// MetricsLog appends to metrics.jsonl. The lines of steps wait in memory for a
// moment and reach the disk with those of their epoch or before a checkpoint;
// each write is whole lines.
type MetricsLog struct {
	// Before are the lines that were there when the log was opened.
	Before Metrics

	file     File
	pending  bytes.Buffer
	written  time.Time
	unsynced bool
	failed   error // of a write nobody could be told of yet
}

// writeEvery is how long lines wait at most, for whoever follows the training,
// as long as it takes steps.
const writeEvery = time.Second

// Metrics opens the run's metrics for appending, after taking out what lies
// beyond the state that training continues from.
func (w *Writer) Metrics(s State) (*MetricsLog, error) {
	old, err := readMetrics(w.reading)
	if err != nil {
		return nil, err
	}
	l := &MetricsLog{Before: old.upTo(s)}
	if err := w.replace(metricsFile, l.Before.write); err != nil {
		return nil, err
	}
	if l.file, err = w.disk.Append(metricsFile); err != nil {
		return nil, fmt.Errorf("run %s: metrics: %w", w.dir, err)
	}
	return l, nil
}

// upTo are the lines that belong to a state.
func (m Metrics) upTo(s State) Metrics {
	var kept Metrics
	for _, e := range m.Epochs {
		if e.Epoch > s.Evaluated {
			break
		}
		kept.Epochs = append(kept.Epochs, e)
	}
	for _, step := range m.Steps {
		if step.Step > s.Step {
			break
		}
		kept.Steps = append(kept.Steps, step)
	}
	return kept
}

// write writes the lines in the order they came: an epoch's after those of its
// steps.
func (m Metrics) write(w io.Writer) error {
	out := bufio.NewWriter(w)
	encode := json.NewEncoder(out)
	steps := m.Steps
	flush := func(isDue func(StepMetrics) bool) error {
		for len(steps) > 0 && isDue(steps[0]) {
			if err := encode.Encode(steps[0]); err != nil {
				return err
			}
			steps = steps[1:]
		}
		return nil
	}
	for _, e := range m.Epochs {
		if err := flush(func(s StepMetrics) bool { return s.Step <= e.Step }); err != nil {
			return err
		}
		if err := encode.Encode(e); err != nil {
			return err
		}
	}
	if err := flush(func(StepMetrics) bool { return true }); err != nil {
		return err
	}
	return out.Flush()
}

// Step queues the line of a step.
func (l *MetricsLog) Step(s StepMetrics) {
	l.line(s)
	if time.Since(l.written) >= writeEvery {
		l.write()
	}
}

// Epoch writes the line of an epoch.
func (l *MetricsLog) Epoch(e EpochMetrics) error {
	l.line(e)
	return l.Flush()
}

// line queues a record. Its types always marshal: their numbers were checked
// to be finite.
func (l *MetricsLog) line(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("rundir: metrics line: %v", err))
	}
	l.pending.Write(append(text, '\n'))
}

// write hands the lines to the system. The next flush tells what went wrong.
func (l *MetricsLog) write() {
	l.written = time.Now()
	if l.pending.Len() == 0 || l.failed != nil {
		return
	}
	_, l.failed = l.file.Write(l.pending.Bytes())
	l.pending.Reset()
	l.unsynced = true
}

// Flush brings all lines to the disk.
func (l *MetricsLog) Flush() error {
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

// Close flushes and ends the log.
func (l *MetricsLog) Close() error {
	return errors.Join(l.Flush(), l.file.Close())
}
