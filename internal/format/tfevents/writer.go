package tfevents

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vaectl/internal/finite"
)

// fileVersion is the first event of every file; TensorBoard reads its number.
const fileVersion = "brain.Event:2"

// Options says where the events come from. The zero value is a run that starts
// at step 0 on this host, now.
type Options struct {
	// FirstStep is the first step that will be written. Where the directory
	// has events of an earlier process from that step on, as after a resumed
	// run, TensorBoard drops those.
	FirstStep int64
	// Host is the host in the file's name; empty asks the system.
	Host string
	// Now gives the time of the events; nil means time.Now.
	Now func() time.Time
}

// Writer appends events to one file. It is not safe for concurrent use. Each
// method returns the first error of writing from then on.
type Writer struct {
	file *os.File
	buf  *bufio.Writer
	now  func() time.Time
}

// Create makes dir, if it is not there, and in it a new file
// events.out.tfevents.<unix seconds>.<host>.<process>.<number>.
func Create(dir string, opt Options) (*Writer, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Host == "" {
		// A machine that does not know its name can still train.
		opt.Host, _ = os.Hostname()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("tfevents: make the directory: %w", err)
	}
	prefix := filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%010d.%s.%d", opt.Now().Unix(), fileSafe(opt.Host), os.Getpid()))
	file, err := createNew(prefix)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, buf: bufio.NewWriter(file), now: opt.Now}
	start := appendBytes(nil, eventSessionLog, appendVarint(nil, sessionLogStatus, sessionStart))
	err = errors.Join(
		w.append(event(w.seconds(), 0, appendBytes(nil, eventFileVersion, fileVersion))),
		w.append(event(w.seconds(), opt.FirstStep, start)),
		w.Flush(),
	)
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return w, nil
}

// createNew opens the first of prefix.0, prefix.1, ... that does not exist.
func createNew(prefix string) (*os.File, error) {
	for n := 0; ; n++ {
		file, err := os.OpenFile(prefix+"."+strconv.Itoa(n), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("tfevents: create an event file: %w", err)
		}
	}
}

func fileSafe(host string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '_'
	}, host)
	if safe == "" {
		return "unknown"
	}
	return safe
}

// Name is the path of the file.
func (w *Writer) Name() string {
	return w.file.Name()
}

// Scalar records a number, in TensorBoard's precision of a float32.
func (w *Writer) Scalar(step int64, tag string, v float64) error {
	return w.value(step, tag, scalarsPlugin, classScalar, floatTensor(float32(v)))
}

// Image records one picture, already encoded as PNG. It returns an error if
// the data does not begin as a PNG does.
func (w *Writer) Image(step int64, tag string, encoded []byte) error {
	size, err := png.DecodeConfig(bytes.NewReader(encoded))
	if err != nil {
		return fmt.Errorf("tfevents: image %q at step %d: %w", tag, step, err)
	}
	width, height := strconv.Itoa(size.Width), strconv.Itoa(size.Height)
	return w.value(step, tag, imagesPlugin, classBlobSequence, stringTensor([]byte(width), []byte(height), encoded))
}

// Histogram records how the values are distributed over 30 buckets of equal
// width between the smallest and the largest. NaN and infinities are left out.
func (w *Writer) Histogram(step int64, tag string, values []float32) error {
	triples := buckets(values)
	return w.value(step, tag, histogramsPlugin, classTensor, doubleTensor(triples, len(triples)/3, 3))
}

func (w *Writer) value(step int64, tag, plugin string, class uint64, tensor []byte) error {
	if tag == "" {
		return fmt.Errorf("tfevents: %s value at step %d has no tag", plugin, step)
	}
	return w.append(event(w.seconds(), step, summary(tag, plugin, class, tensor)))
}

func (w *Writer) append(event []byte) error {
	if _, err := w.buf.Write(appendRecord(nil, event)); err != nil {
		return fmt.Errorf("tfevents: write to %s: %w", w.file.Name(), err)
	}
	return nil
}

// seconds is the time of an event, since 1970, to the microsecond.
func (w *Writer) seconds() float64 {
	return float64(w.now().UnixMicro()) / 1e6
}

// Flush hands all events so far to the operating system, where TensorBoard
// sees them.
func (w *Writer) Flush() error {
	if err := w.buf.Flush(); err != nil {
		return fmt.Errorf("tfevents: write to %s: %w", w.file.Name(), err)
	}
	return nil
}

// Close flushes and closes the file.
func (w *Writer) Close() error {
	return errors.Join(w.Flush(), w.file.Close())
}

const bucketCount = 30

// buckets returns (left edge, right edge, count) for each bucket. Without
// finite values everything is 0; where all are the same, all edges are that
// value and the last bucket holds the count. Both as TensorBoard defines them.
func buckets(values []float32) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if finite.Is(v) {
			low, high = min(low, float64(v)), max(high, float64(v))
		}
	}
	triples := make([]float64, 3*bucketCount)
	if low > high {
		return triples
	}
	for i := range bucketCount {
		triples[3*i] = low + (high-low)*float64(i)/bucketCount
		triples[3*i+1] = low + (high-low)*float64(i+1)/bucketCount
	}
	triples[3*bucketCount-2] = high
	for _, v := range values {
		if !finite.Is(v) {
			continue
		}
		i := bucketCount - 1
		if high > low {
			i = min(int((float64(v)-low)/(high-low)*bucketCount), i)
		}
		triples[3*i+2]++
	}
	return triples
}
