package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/printable"
)

const (
	// maxLine bounds a line of a table: an image of 1,000x1,000 in three channels, with
	// three digits and a comma a number, takes 12 MB.
	maxLine = 16 << 20
	// lookedAt is how many rows are read to find the column of labels.
	lookedAt = 100
	// fewest is the number of columns from which lines of numbers are taken for images.
	fewest = 5
)

// lines reads a text line by line.
type lines struct {
	name   string
	file   io.Closer
	reader *bufio.Reader
	number int
	long   []byte
}

func openLines(f file) (*lines, error) {
	r, err := f.open()
	if err != nil {
		return nil, cannotRead(f.name, err)
	}
	return &lines{name: f.name, file: r, reader: bufio.NewReaderSize(r, 1<<18)}, nil
}

// next is the next line that is not empty, without its end; io.EOF after the last. It
// is valid until the next call.
func (l *lines) next() ([]byte, error) {
	for {
		l.number++
		line, err := l.reader.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.rest(line)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, cannotRead(l.name, err)
		}
		if line = bytes.TrimRight(line, "\r\n\t "); len(line) > 0 {
			return line, nil
		}
		if err != nil {
			return nil, io.EOF
		}
	}
}

// rest reads a line that is longer than the buffer.
func (l *lines) rest(line []byte) ([]byte, error) {
	l.long = append(l.long[:0], line...)
	for {
		more, err := l.reader.ReadSlice('\n')
		l.long = append(l.long, more...)
		switch {
		case len(l.long) > maxLine:
			return nil, fmt.Errorf("line %d has more than %d bytes", l.number, maxLine)
		case !errors.Is(err, bufio.ErrBufferFull):
			return l.long, err
		}
	}
}

// table is a text file of a row of numbers for each image, with or without names for
// its columns, and with or without a column of labels.
type table struct {
	file      file
	separator byte // a blank stands for any number of blanks
	header    bool
	columns   int
	label     int // column, or -1
	ignored   []int
}

// isTable reports whether a text begins like a table of numbers.
func isTable(f file) bool {
	_, ok := tableOf(f)
	return ok
}

// tableOf looks at the first lines: names of the columns or numbers, then numbers.
func tableOf(f file) (table, bool) {
	l, err := openLines(f)
	if err != nil {
		return table{}, false
	}
	defer l.file.Close()
	line, err := l.next()
	if err != nil {
		return table{}, false
	}
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	t := table{file: f, separator: separatorOf(line), label: -1}
	first := t.split(line, nil)
	if t.columns = len(first); t.columns < fewest {
		return table{}, false
	}
	t.header = words(first) > 1
	if !t.header {
		return t, true
	}
	if first, line = cloned(first), nil; len(first) == 0 {
		return table{}, false
	}
	if line, err = l.next(); err != nil {
		return table{}, false
	}
	second := t.split(line, nil)
	if len(second) != t.columns {
		return table{}, false
	}
	for i, name := range first {
		switch {
		case isLabelName(string(name)):
			t.label = i
		case isIgnoredName(string(name)):
			t.ignored = append(t.ignored, i)
		}
	}
	return t, words(second) <= 1+len(t.ignored)
}

func cloned(fields [][]byte) [][]byte {
	var c [][]byte
	for _, f := range fields {
		c = append(c, bytes.Clone(f))
	}
	return c
}

// words is the number of fields that are no numbers.
func words(fields [][]byte) int {
	n := 0
	for _, f := range fields {
		if _, err := number(f); err != nil {
			n++
		}
	}
	return n
}

func separatorOf(line []byte) byte {
	for _, s := range []byte{',', ';', '\t'} {
		if bytes.IndexByte(line, s) >= 0 {
			return s
		}
	}
	return ' '
}

func isLabelName(name string) bool {
	return slices.Contains([]string{"label", "labels", "class", "target", "category", "digit", "y"}, strings.ToLower(name))
}

func isIgnoredName(name string) bool {
	return slices.Contains([]string{"", "id", "index", "unnamed: 0", "file", "filename", "path", "usage"}, strings.ToLower(name))
}

// split appends the fields of a line, without blanks and quotes around them.
func (t table) split(line []byte, fields [][]byte) [][]byte {
	if t.separator == ' ' {
		return append(fields, bytes.Fields(line)...)
	}
	for {
		field, rest, more := bytes.Cut(line, []byte{t.separator})
		fields = append(fields, bytes.Trim(bytes.TrimSpace(field), `"`))
		if !more {
			return fields
		}
		line = rest
	}
}

// number reads a field.
func number(field []byte) (float64, error) {
	if n := len(field); 0 < n && n <= 3 {
		v := 0
		for _, c := range field {
			if c < '0' || c > '9' {
				v = -1
				break
			}
			v = 10*v + int(c-'0')
		}
		if v >= 0 {
			return float64(v), nil
		}
	}
	return strconv.ParseFloat(string(field), 64)
}

// tableParts are the images of tables.
func tableParts(files []file, o Options) ([]part, error) {
	var parts []part
	for _, f := range files {
		t, _ := tableOf(f)
		l, err := t.findLabel(o)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{
			name: f.name, split: splitInName(f.name), count: -1, layout: l,
			each: func(ctx context.Context, yield func(row) error) error { return t.each(ctx, l.values(), yield) },
		})
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, nil
}

// findLabel decides which column has the labels, and what the other ones are.
func (t *table) findLabel(o Options) (layout, error) {
	pixels := t.columns - len(t.ignored)
	if t.label >= 0 {
		return t.flat(pixels-1, o)
	}
	l, err := t.flat(pixels, o)
	if err == nil {
		return l, nil
	}
	if l, oneLess := t.flat(pixels-1, o); oneLess == nil {
		t.label, err = t.likelyLabel()
		return l, err
	}
	return layout{}, err
}

func (t *table) flat(n int, o Options) (layout, error) {
	l, err := flat(n, o)
	if err != nil {
		return l, malformed("name the column of labels \"label\"", "%s: %w", printable.Text(t.file.name), err)
	}
	return l, nil
}

// likelyLabel is the first or the last column: one with a word, or else with more
// than one value, which the corner of an image seldom has.
func (t *table) likelyLabel() (int, error) {
	l, err := openLines(t.file)
	if err != nil {
		return 0, err
	}
	defer l.file.Close()
	candidates := []int{0, t.columns - 1}
	seen := map[int]map[string]bool{}
	for _, c := range candidates {
		seen[c] = map[string]bool{}
	}
	var fields [][]byte
	for i := range lookedAt {
		line, err := l.next()
		if err != nil {
			break
		}
		if fields = t.split(line, fields[:0]); len(fields) != t.columns || i == 0 && t.header {
			continue
		}
		for _, c := range candidates {
			if _, err := number(fields[c]); err != nil {
				return c, nil
			}
			seen[c][string(fields[c])] = true
		}
	}
	if len(seen[candidates[0]]) == 1 && len(seen[candidates[1]]) > 1 {
		return candidates[1], nil
	}
	return candidates[0], nil
}

// each reads the table row by row.
func (t table) each(ctx context.Context, values int, yield func(row) error) error {
	l, err := openLines(t.file)
	if err != nil {
		return err
	}
	defer l.file.Close()
	one := row{values: make([]float64, values)}
	var fields [][]byte
	for first := true; ; first = false {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if first && t.header {
			continue
		}
		if first {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if fields = t.split(line, fields[:0]); len(fields) != t.columns {
			return malformed("", "%s, line %d: %d columns, but the first line has %d", printable.Text(t.file.name), l.number, len(fields), t.columns)
		}
		if err := t.fill(&one, fields, l.number); err != nil {
			return err
		}
		if err := yield(one); err != nil {
			return err
		}
	}
}

func (t table) fill(one *row, fields [][]byte, line int) error {
	i := 0
	for column, field := range fields {
		switch {
		case column == t.label:
			if one.label = label(field); one.label == "" {
				return malformed("", "%s, line %d: the label is empty", printable.Text(t.file.name), line)
			}
			continue
		case slices.Contains(t.ignored, column):
			continue
		}
		v, err := number(field)
		if err != nil {
			return malformed("", "%s, line %d, column %d: %q is not a number", printable.Text(t.file.name), line, column+1, field)
		}
		one.values[i] = v
		i++
	}
	return nil
}

// label is a class as it is called: a whole number without a fraction of zeros.
func label(field []byte) string {
	if v, err := number(field); err == nil && v == float64(int(v)) {
		return strconv.Itoa(int(v))
	}
	return string(field)
}
