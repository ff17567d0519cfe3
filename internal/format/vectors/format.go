package vectors

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"vaectl/internal/format/npy"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
	NPY   Format = "npy"
)

// Formats lists them.
func Formats() []Format { return []Format{CSV, JSONL, NPY} }

// FormatOf returns the format that the ending of a path names, in any case.
func FormatOf(path string) (Format, bool) {
	return FormatNamed(strings.TrimPrefix(filepath.Ext(path), "."))
}

// FormatNamed returns the format of a name, in any case.
func FormatNamed(name string) (Format, bool) {
	for _, f := range Formats() {
		if strings.EqualFold(name, string(f)) {
			return f, true
		}
	}
	return "", false
}

// ErrFormat: what is read is not what it should be.
var ErrFormat = errors.New("malformed input")

// Reader reads rows of a width that was told to its maker.
type Reader interface {
	// Read fills dst, which has the width and the numbers beside it, with the
	// next row. It returns io.EOF after the last one.
	Read(dst []float64) error
}

// NewReader reads rows of the given width. name stands for the input in errors.
// column names the numbers wanted where the input names its columns: z for the
// columns z0, z1, ... of CSV with a header, or the key z of JSON objects. An
// empty format tells them apart by the first byte. Beside names single numbers
// that are wanted too, a column or a key each, and after the others where the
// input has no names.
func NewReader(r io.Reader, name string, format Format, column string, width int, beside ...string) (Reader, error) {
	buffered := bufio.NewReaderSize(r, bufferBytes)
	if err := skipMark(buffered, name); err != nil {
		return nil, err
	}
	if format == "" {
		start, err := buffered.Peek(1)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		format = sniff(start)
	}
	switch format {
	case CSV:
		return newCSVReader(buffered, separatorOf(buffered), name, column, width, beside), nil
	case JSONL:
		return newJSONReader(buffered, name, column, width, beside), nil
	case NPY:
		return newNPYReader(buffered, name, width+len(beside))
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

const (
	bufferBytes = 1 << 16
	// maxLine bounds what one row of text may take: 4,096 numbers with all their
	// digits are a tenth of it.
	maxLine = 1 << 20
)

// skipMark skips the mark that some programs put before UTF-8 text.
func skipMark(r *bufio.Reader, name string) error {
	const mark = "\ufeff"
	// No more is waited for than the first byte of what may be a mark.
	start, err := r.Peek(1)
	if err == nil && start[0] == mark[0] {
		start, err = r.Peek(len(mark))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if string(start) == mark {
		_, err = r.Discard(len(mark))
		return err
	}
	return nil
}

func sniff(start []byte) Format {
	switch {
	case bytes.HasPrefix(start, []byte(npy.Magic[:1])):
		return NPY
	case bytes.HasPrefix(start, []byte("{")), bytes.HasPrefix(start, []byte("[")):
		return JSONL
	}
	return CSV
}
