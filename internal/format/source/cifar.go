package source

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/printable"
)

// cifar describes a version of CIFAR's binary files (A. Krizhevsky, "Learning
// Multiple Layers of Features from Tiny Images", 2009): records of labels, the last of
// which is the class, and 32x32 pixels in three planes.
type cifar struct {
	labels  int // bytes
	classes []byte
}

const (
	cifarSide   = 32
	cifarPixels = 3 * cifarSide * cifarSide
)

func cifarVersions() []cifar {
	return []cifar{{1, []byte{10}}, {2, []byte{20, 100}}}
}

func (c cifar) record() int { return c.labels + cifarPixels }

// isCIFAR reports whether a file is nothing but records of CIFAR.
func isCIFAR(f file) bool {
	_, ok := cifarOf(f)
	return ok
}

func cifarOf(f file) (cifar, bool) {
	for _, c := range cifarVersions() {
		if f.size > 0 && f.size%int64(c.record()) != 0 {
			continue
		}
		n := 0
		err := c.each(f, func([]byte) error { n++; return nil })
		if err == nil && n > 0 {
			return c, true
		}
	}
	return cifar{}, false
}

// each reads the records of a file. Labels are checked.
func (c cifar) each(f file, yield func(record []byte) error) error {
	r, err := f.open()
	if err != nil {
		return cannotRead(f.name, err)
	}
	defer r.Close()
	buffered := bufio.NewReaderSize(r, 1<<18)
	record := make([]byte, c.record())
	for i := 0; ; i++ {
		_, err := io.ReadFull(buffered, record)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cannotRead(f.name, err)
		}
		for j, classes := range c.classes {
			if record[j] >= classes {
				return malformed("", "%s: record %d has the class %d of %d", printable.Text(f.name), i, record[j], classes)
			}
		}
		if err := yield(record); err != nil {
			return err
		}
	}
}

// cifarParts are the batches, and the names of the classes where they are beside
// them.
func cifarParts(files, texts []file) (parts []part, classes []string, err error) {
	for _, f := range files {
		c, _ := cifarOf(f)
		split := splitInName(f.name)
		p := part{name: f.name, split: split, count: -1, layout: layout{cifarSide, cifarSide, 3, true}}
		if f.size > 0 {
			p.count = int(f.size / int64(c.record()))
		}
		p.each = func(_ context.Context, yield func(row) error) error {
			return c.each(f, func(record []byte) error {
				return yield(row{bytes: record[c.labels:], label: strconv.Itoa(int(record[c.labels-1]))})
			})
		}
		parts = append(parts, p)
		if classes == nil {
			classes = classNames(texts, int(c.classes[len(c.classes)-1]))
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, classes, nil
}

// classNames finds a text of as many lines as there are classes.
func classNames(texts []file, n int) []string {
	const long = 1 << 16
	for _, f := range texts {
		r, err := f.open()
		if err != nil {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(r, long))
		r.Close()
		if lines := strings.Fields(string(b)); err == nil && len(lines) == n {
			return lines
		}
	}
	return nil
}
