package vectors

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonReader reads a JSON value a line: an array of the numbers, or an object
// that has them under a key and those beside them under keys of their own.
type jsonReader struct {
	name, key string
	width     int
	beside    []string
	lines     *bufio.Scanner
	line      int
}

func newJSONReader(r io.Reader, name, key string, width int, beside []string) *jsonReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, bufferBytes), maxLine)
	return &jsonReader{name: name, key: key, width: width, beside: beside, lines: lines}
}

// Read implements Reader.
func (j *jsonReader) Read(dst []float64) error {
	j.line++
	more := j.lines.Scan()
	// A line that an error cut off is there too.
	switch err := j.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return j.errorf("%w", errLong)
	case err != nil:
		return fmt.Errorf("read %s: %w", j.name, err)
	case !more:
		return io.EOF
	}
	values, err := j.values(j.lines.Bytes())
	if err != nil {
		return err
	}
	if want := j.width + len(j.beside); len(values) != want {
		return j.errorf("%d values, want %d", len(values), want)
	}
	for i, v := range values {
		if v == nil {
			return j.errorf("%s%d: null is not a number", j.key, i)
		}
		dst[i] = *v
	}
	return nil
}

// values are the numbers of a line; null is none.
func (j *jsonReader) values(line []byte) ([]*float64, error) {
	var values []*float64
	if len(line) == 0 || line[0] != '{' {
		if err := json.Unmarshal(line, &values); err != nil {
			return nil, j.errorf("want an array of numbers or an object: %w", err)
		}
		return values, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return nil, j.errorf("%w", err)
	}
	raw, ok := object[j.key]
	if !ok {
		return nil, j.errorf("no key %q", j.key)
	}
	if err := json.Unmarshal(raw, &values); err != nil {
		return nil, j.errorf("key %q: %w", j.key, err)
	}
	if len(values) != j.width {
		return nil, j.errorf("key %q: %d values, want %d", j.key, len(values), j.width)
	}
	for _, name := range j.beside {
		var value *float64
		raw, ok := object[name]
		if !ok {
			return nil, j.errorf("no key %q", name)
		}
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, j.errorf("key %q: %w", name, err)
		}
		values = append(values, value)
	}
	return values, nil
}

func (j *jsonReader) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: %s, line %d: %w", ErrFormat, j.name, j.line, fmt.Errorf(format, args...))
}
