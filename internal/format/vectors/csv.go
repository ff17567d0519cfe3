package vectors

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vaectl/internal/finite"
)

// csvReader reads numbers separated by commas, semicolons or tabs. A first row that is not all numbers
// is a header, which says in which columns the numbers wanted are; without one
// the rows are the numbers and nothing else.
type csvReader struct {
	name, column string
	width        int
	beside       []string
	csv          *csv.Reader
	limit        *recordLimit
	places       []int // of the numbers in a record; nil before the first
}

// separatorOf finds the separator in the first line: a
// comma unless there is none, or unless the line is numbers with decimal commas
// between semicolons, as spreadsheets write them in many countries.
func separatorOf(r *bufio.Reader) rune {
	line := strings.TrimRight(firstLine(r), "\r\n")
	switch {
	case strings.Contains(line, ";") && (!strings.Contains(line, ",") || hasDecimalCommas(line)):
		return ';'
	case strings.Contains(line, "\t") && !strings.Contains(line, ","):
		return '\t'
	}
	return ','
}

// firstLine peeks at the first line, waiting for no more than that. What keeps
// it from being read is for the first record to say.
func firstLine(r *bufio.Reader) string {
	for n := 1; ; n = r.Buffered() + 1 {
		start, err := r.Peek(n)
		start, _ = r.Peek(max(len(start), r.Buffered()))
		line, _, ended := strings.Cut(string(start), "\n")
		if ended || err != nil {
			return line
		}
	}
}

func hasDecimalCommas(line string) bool {
	for field := range strings.SplitSeq(line, ";") {
		if _, err := number(strings.Replace(field, ",", ".", 1)); err != nil {
			return false
		}
	}
	return true
}

func newCSVReader(r io.Reader, separator rune, name, column string, width int, beside []string) *csvReader {
	limit := &recordLimit{reader: r}
	c := &csvReader{name: name, column: column, width: width, beside: beside, limit: limit, csv: csv.NewReader(limit)}
	c.csv.ReuseRecord, c.csv.Comma = true, separator
	return c
}

// recordLimit fails when one record takes more than maxLine: a quote that is
// never closed would otherwise take the whole input.
type recordLimit struct {
	reader io.Reader
	since  int
}

var errLong = fmt.Errorf("a row of more than %d bytes", maxLine)

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.since > maxLine {
		return 0, errLong
	}
	n, err := l.reader.Read(p)
	l.since += n
	return n, err
}

// Read implements Reader.
func (c *csvReader) Read(dst []float64) error {
	record, err := c.record()
	if err != nil {
		return err
	}
	if c.places == nil {
		header, err := c.begin(record)
		if err != nil {
			return err
		}
		if header {
			if record, err = c.record(); err != nil {
				return err
			}
		}
	}
	for i, place := range c.places {
		v, err := number(c.decimal(record[place]))
		if err != nil {
			line, _ := c.csv.FieldPos(place)
			return fmt.Errorf("%w: %s, line %d, %s: %w", ErrFormat, c.name, line, c.columnName(i), err)
		}
		dst[i] = v
	}
	return nil
}

// decimal writes a number with a decimal comma, which it can have between
// semicolons only, with a point.
func (c *csvReader) decimal(text string) string {
	if c.csv.Comma == ';' {
		return strings.Replace(text, ",", ".", 1)
	}
	return text
}

// record is the next record.
func (c *csvReader) record() ([]string, error) {
	c.limit.since = 0
	record, err := c.csv.Read()
	var parse *csv.ParseError
	switch {
	case err == nil:
		return record, nil
	case errors.As(err, &parse):
		return nil, fmt.Errorf("%w: %s, line %d: %w", ErrFormat, c.name, parse.Line, parse.Err)
	case errors.Is(err, errLong):
		line, _ := c.csv.FieldPos(0)
		return nil, fmt.Errorf("%w: %s, after line %d: %w", ErrFormat, c.name, line, err)
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	}
	return nil, fmt.Errorf("read %s: %w", c.name, err)
}

// begin finds out from the first record where the numbers are, and whether it
// is a header.
func (c *csvReader) begin(record []string) (header bool, err error) {
	line, _ := c.csv.FieldPos(0)
	for _, field := range record {
		if _, err := strconv.ParseFloat(c.decimal(field), 64); errors.Is(err, strconv.ErrSyntax) {
			header = true
		}
	}
	if !header {
		if want := c.width + len(c.beside); len(record) != want {
			return false, fmt.Errorf("%w: %s, line %d: %d values, want %d", ErrFormat, c.name, line, len(record), want)
		}
		for i := range record {
			c.places = append(c.places, i)
		}
		return false, nil
	}
	where := make(map[string]int)
	for i, field := range record {
		if _, twice := where[field]; twice && field != "" {
			return false, fmt.Errorf("%w: %s, line %d: two columns %q", ErrFormat, c.name, line, field)
		}
		where[field] = i
	}
	var places []int
	for i := range c.width {
		place, ok := where[c.column+strconv.Itoa(i)]
		if !ok {
			return false, fmt.Errorf("%w: %s, line %d: no column %s%d, and %s0 to %[4]s%d are wanted", ErrFormat, c.name, line, c.column, i, c.column, c.width-1)
		}
		places = append(places, place)
	}
	if _, more := where[c.column+strconv.Itoa(c.width)]; more {
		return false, fmt.Errorf("%w: %s, line %d: a column %s%d, and %[4]s0 to %[4]s%[6]d are all there should be", ErrFormat, c.name, line, c.column, c.width, c.width-1)
	}
	for _, name := range c.beside {
		place, ok := where[name]
		if !ok {
			return false, fmt.Errorf("%w: %s, line %d: no column %s", ErrFormat, c.name, line, name)
		}
		places = append(places, place)
	}
	c.places = places
	return true, nil
}

// columnName names the i-th number of a row.
func (c *csvReader) columnName(i int) string {
	if i >= c.width {
		return c.beside[i-c.width]
	}
	return c.column + strconv.Itoa(i)
}

// number reads a finite number.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%q is out of range", text)
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return v, checkFinite(v)
}

func checkFinite(v float64) error {
	if !finite.Is(v) {
		return fmt.Errorf("%g is not a finite number", v)
	}
	return nil
}
