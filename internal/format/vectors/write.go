package vectors

import (
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"vaectl/internal/format/npy"
)

// Field is a part of a row: a text, or numbers. A vector's columns have names
// with a number at their end; anything else is one column.
type Field struct {
	Name   string
	Text   string    // where there are no Values
	Values []float64 // finite
	Vector bool
}

// Writer writes rows, all of fields with the same names and widths.
type Writer interface {
	Write(row []Field) error
	// Close writes what is left; it does not close what is written to.
	Close() error
}

// errText: NPY holds numbers only.
var errText = errors.New("NPY holds no texts")

// NewWriter writes rows. NPY must know how many there will be.
func NewWriter(w io.Writer, format Format, rows int) (Writer, error) {
	switch format {
	case CSV:
		return &csvWriter{csv: csv.NewWriter(w)}, nil
	case JSONL:
		return &jsonWriter{w: w}, nil
	case NPY:
		return &npyWriter{w: w, rows: rows}, nil
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// check refuses numbers that the readers would not read again.
func check(row []Field) error {
	for _, f := range row {
		for i, v := range f.Values {
			if err := checkFinite(v); err != nil {
				return fmt.Errorf("%s%d: %w", f.Name, i, err)
			}
		}
	}
	return nil
}

// columns are the names of a row's columns.
func columns(row []Field) []string {
	var names []string
	for _, f := range row {
		if !f.Vector {
			names = append(names, f.Name)
			continue
		}
		for i := range f.Values {
			names = append(names, f.Name+strconv.Itoa(i))
		}
	}
	return names
}

// appendNumber writes the shortest text that reads as the same number.
func appendNumber(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'g', -1, 64) }

// csvWriter writes a header and the rows.
type csvWriter struct {
	csv    *csv.Writer
	begun  bool
	record []string
}

func (c *csvWriter) Write(row []Field) error {
	if err := check(row); err != nil {
		return err
	}
	if !c.begun {
		c.begun = true
		if err := c.csv.Write(columns(row)); err != nil {
			return err
		}
	}
	c.record = c.record[:0]
	for _, f := range row {
		if f.Values == nil {
			c.record = append(c.record, f.Text)
		}
		for _, v := range f.Values {
			c.record = append(c.record, string(appendNumber(nil, v)))
		}
	}
	return c.csv.Write(c.record)
}

func (c *csvWriter) Close() error {
	c.csv.Flush()
	return c.csv.Error()
}

// jsonWriter writes an object a line.
type jsonWriter struct {
	w    io.Writer
	line []byte
}

func (j *jsonWriter) Write(row []Field) error {
	if err := check(row); err != nil {
		return err
	}
	j.line = append(j.line[:0], '{')
	for i, f := range row {
		if i > 0 {
			j.line = append(j.line, ',')
		}
		j.line = append(strconv.AppendQuote(j.line, f.Name), ':')
		switch {
		case f.Vector:
			j.line = append(j.line, '[')
			for k, v := range f.Values {
				if k > 0 {
					j.line = append(j.line, ',')
				}
				j.line = appendNumber(j.line, v)
			}
			j.line = append(j.line, ']')
		case len(f.Values) > 0:
			j.line = appendNumber(j.line, f.Values[0])
		default:
			text, err := json.Marshal(f.Text)
			if err != nil {
				return err
			}
			j.line = append(j.line, text...)
		}
	}
	j.line = append(j.line, '}', '\n')
	_, err := j.w.Write(j.line)
	return err
}

func (j *jsonWriter) Close() error { return nil }

// npyWriter writes float64 in the order of the fields.
type npyWriter struct {
	w             io.Writer
	rows, written int
	row           []byte
}

func (n *npyWriter) Write(row []Field) error {
	if err := check(row); err != nil {
		return err
	}
	n.row = n.row[:0]
	for _, f := range row {
		if f.Values == nil {
			return fmt.Errorf("%s: %w", f.Name, errText)
		}
		for _, v := range f.Values {
			n.row = binary.LittleEndian.AppendUint64(n.row, math.Float64bits(v))
		}
	}
	if n.written == 0 {
		if err := npy.WriteHeader(n.w, npy.Header{Type: "<f8", Shape: []int{n.rows, len(n.row) / 8}}); err != nil {
			return err
		}
	}
	n.written++
	_, err := n.w.Write(n.row)
	return err
}

func (n *npyWriter) Close() error {
	if n.written != n.rows {
		return fmt.Errorf("%d rows of an NPY file of %d", n.written, n.rows)
	}
	return nil
}
