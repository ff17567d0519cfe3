package printable

import (
	"io"
	"unicode/utf8"
)

// Writer passes text on with everything escaped that [Text] escapes, line feeds
// and tabs excepted.
type Writer struct {
	to   io.Writer
	rest []byte // of a character that the last write broke off in
}

// NewWriter returns a writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{to: w} }

// Unwrap is the writer underneath.
func (w *Writer) Unwrap() io.Writer { return w.to }

func (w *Writer) Write(text []byte) (int, error) {
	whole := append(w.rest, text...)
	end := len(whole)
	for start := max(0, end-utf8.UTFMax+1); start < end; start++ {
		if utf8.RuneStart(whole[start]) && !utf8.FullRune(whole[start:]) {
			end = start
			break
		}
	}
	if _, err := io.WriteString(w.to, Lines(string(whole[:end]))); err != nil {
		return 0, err
	}
	w.rest = append([]byte(nil), whole[end:]...)
	return len(text), nil
}
