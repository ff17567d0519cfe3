package source

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/format/idx"
	"vaectl/internal/format/npy"
	"vaectl/internal/printable"
)

// arrays is the source of all arrays of a tree.
func (t *tree) arrays(ctx context.Context, files map[kind][]file, o Options) (*Source, error) {
	var parts []part
	var classes []string
	var kinds []string
	add := func(k kind, more []part, err error) error {
		if len(more) > 0 {
			kinds = append(kinds, string(k)+"s")
		}
		parts = append(parts, more...)
		return err
	}
	bare := slices.Concat(files[kindNPY], files[kindIDX])
	k := kindNPY
	if len(files[kindNPY]) == 0 {
		k = kindIDX
	}
	more, err := bareParts(bare, o)
	if err := add(k, more, err); err != nil {
		return nil, err
	}
	more, classes, err = cifarParts(files[kindCIFAR], files[kindText])
	if err := add(kindCIFAR, more, err); err != nil {
		return nil, err
	}
	more, err = tableParts(files[kindTable], o)
	if err := add(kindTable, more, err); err != nil {
		return nil, err
	}
	return arraySource(ctx, strings.Join(kinds, " and "), parts, classes, o)
}

// bareArray is a file of numbers and their shape.
type bareArray struct {
	name   string
	shape  []int
	number npy.Number
	open   func() (io.ReadCloser, error) // at the first number
}

func (a bareArray) isLabels() bool {
	return len(a.shape) == 1 || len(a.shape) == 2 && a.shape[1] == 1
}

// bareOf reads the header of an NPY or IDX file.
func bareOf(f file) (bareArray, error) {
	r, err := f.open()
	if err != nil {
		return bareArray{}, cannotRead(f.name, err)
	}
	defer r.Close()
	start, err := startOf(r, f.name)
	if err != nil {
		return bareArray{}, err
	}
	if kindOf(start) == kindIDX {
		return idxOf(f)
	}
	return npyOf(f)
}

func npyOf(f file) (bareArray, error) {
	a := bareArray{name: f.name}
	h, err := header(f, npy.ReadHeader)
	if err != nil {
		return a, err
	}
	number, known := npy.NumberOf(h.Type)
	_, small := h.Count()
	switch {
	case !known:
		return a, malformed("save it as uint8 or float32", "%s: numbers of type '%s' are not read", printable.Text(f.name), h.Type)
	case h.Fortran:
		return a, malformed("save numpy.ascontiguousarray(...) of it", "%s: the array is in Fortran order, want C order", printable.Text(f.name))
	case len(h.Shape) == 0 || !small:
		return a, malformed("", "%s: shape %s", printable.Text(f.name), h.ShapeText())
	}
	a.shape, a.number = h.Shape, number
	a.open = after(f, func(r io.Reader) error { _, err := npy.ReadHeader(r); return err })
	return a, nil
}

func idxOf(f file) (bareArray, error) {
	a := bareArray{name: f.name}
	h, err := header(f, idx.ReadHeader)
	if err != nil {
		return a, err
	}
	a.shape = h.Dims
	a.number, _ = h.Number()
	a.open = after(f, func(r io.Reader) error { _, err := idx.ReadHeader(r); return err })
	return a, nil
}

func header[H any](f file, read func(io.Reader) (H, error)) (H, error) {
	var none H
	r, err := f.open()
	if err != nil {
		return none, cannotRead(f.name, err)
	}
	defer r.Close()
	h, err := read(bufio.NewReader(r))
	if err != nil {
		return none, cannotRead(f.name, err)
	}
	return h, nil
}

// after opens a file behind its header.
func after(f file, skip func(io.Reader) error) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		r, err := f.open()
		if err != nil {
			return nil, err
		}
		buffered := bufio.NewReaderSize(r, 1<<18)
		if err := skip(buffered); err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{buffered, r}, nil
	}
}

// bareParts finds the images among bare arrays, and the labels that belong to them.
func bareParts(files []file, o Options) ([]part, error) {
	images, labels := map[Split][]bareArray{}, map[Split][]bareArray{}
	for _, f := range files {
		a, err := bareOf(f)
		if err != nil {
			return nil, err
		}
		split := splitInName(f.name)
		if a.isLabels() {
			labels[split] = append(labels[split], a)
		} else {
			images[split] = append(images[split], a)
		}
	}
	if len(files) > 0 && len(images) == 0 {
		return nil, nothing("put the images beside it", "%s holds labels, and there are no images beside it", printable.Text(files[0].name))
	}
	var parts []part
	for _, split := range []Split{Undecided, Train, Validation, Test} {
		more, err := pair(split, images[split], labels[split], o)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// pair gives arrays of images their labels: in the order of their names, as many as
// there are images, or none.
func pair(split Split, images, labels []bareArray, o Options) ([]part, error) {
	byName := func(a, b bareArray) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(images, byName)
	slices.SortFunc(labels, byName)
	if len(labels) > 0 && len(labels) != len(images) {
		return nil, malformed("keep one array of labels for each array of images",
			"%s and %s of the %s split: %s", counted(len(images), "array")+" of images", counted(len(labels), "array")+" of labels", splitName(split), printable.Text(labels[0].name))
	}
	var parts []part
	for i, a := range images {
		l, err := layoutOf(a.shape, o)
		if err != nil {
			return nil, malformed("", "%s: %w", printable.Text(a.name), err)
		}
		if a.shape[0] == 0 {
			return nil, malformed("", "%s has no images", printable.Text(a.name))
		}
		p := part{name: a.name, split: split, count: a.shape[0], layout: l, wide: !a.number.Float && a.number.Bits >= 16}
		var of []string
		if len(labels) > 0 {
			if of, err = labels[i].labels(a); err != nil {
				return nil, err
			}
		}
		p.each = func(ctx context.Context, yield func(row) error) error { return a.rows(ctx, l.values(), of, yield) }
		parts = append(parts, p)
	}
	return parts, nil
}

func splitName(s Split) string {
	if s == Undecided {
		return "only"
	}
	return string(s)
}

// rows reads the array row by row.
func (a bareArray) rows(ctx context.Context, values int, labels []string, yield func(row) error) error {
	r, err := a.open()
	if err != nil {
		return cannotRead(a.name, err)
	}
	defer r.Close()
	raw := make([]byte, values*a.number.Size)
	one := row{values: make([]float64, values)}
	if !a.number.Float && a.number.Bits == 8 && a.number.Value([]byte{255}) == 255 {
		one = row{bytes: raw}
	}
	for i := range a.shape[0] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.ReadFull(r, raw); err != nil {
			return a.cut(i, err)
		}
		for j := range one.values {
			one.values[j] = a.number.Value(raw[j*a.number.Size:])
		}
		if labels != nil {
			one.label = labels[i]
		}
		if err := yield(one); err != nil {
			return err
		}
	}
	return a.end(r)
}

func (a bareArray) cut(row int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("replace the file by an intact copy", "%s: truncated: it ends in row %d of %d", printable.Text(a.name), row, a.shape[0])
	}
	return cannotRead(a.name, err)
}

func (a bareArray) end(r io.Reader) error {
	var one [1]byte
	switch n, err := io.ReadFull(r, one[:]); {
	case n > 0:
		return malformed("replace the file by an intact copy", "%s goes on after the %d rows of its header", printable.Text(a.name), a.shape[0])
	case !errors.Is(err, io.EOF):
		return cannotRead(a.name, err)
	}
	return nil
}

// maxClass is the largest number of a class.
const maxClass = 65535

// labels reads an array of classes for the images of another one.
func (a bareArray) labels(images bareArray) ([]string, error) {
	if a.shape[0] != images.shape[0] {
		return nil, malformed("", "%s has %d labels, but %s has %d images", printable.Text(a.name), a.shape[0], printable.Text(images.name), images.shape[0])
	}
	var labels []string
	err := a.rows(context.Background(), 1, nil, func(r row) error {
		v := 0.0
		if r.bytes != nil {
			v = float64(r.bytes[0])
		} else {
			v = r.values[0]
		}
		label := int(v)
		if v != float64(label) || label < 0 || label > maxClass {
			return malformed("", "%s: %g is no class, want a whole number from 0 to %d", rowName(a.name, len(labels)), v, maxClass)
		}
		labels = append(labels, strconv.Itoa(label))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return labels, nil
}
