package main

import (
	"io"
	"strings"
	"unicode/utf8"
)

// foldingWriter writes text for people to a terminal: a line that is wider is
// broken between words, where the terminal would break it within them.
type foldingWriter struct {
	to      io.Writer
	width   func() int
	midLine bool // what was written last did not end its line
}

// Unwrap is the writer underneath.
func (w *foldingWriter) Unwrap() io.Writer { return w.to }

// verbatim is the stream for what a program reads, or a person copies: its lines
// stay as they are.
func verbatim(w io.Writer) io.Writer {
	if f, ok := w.(*foldingWriter); ok {
		return f.to
	}
	return w
}

func (w *foldingWriter) Write(text []byte) (int, error) {
	width := w.width()
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		content, ends := strings.CutSuffix(line, "\n")
		if ends && !w.midLine {
			content = foldLine(content, width)
		}
		out.WriteString(content)
		if ends {
			out.WriteByte('\n')
		}
		w.midLine = !ends
	}
	if _, err := io.WriteString(w.to, out.String()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// foldLine breaks a line into lines of at most width columns, unless a word is
// longer. All but the first begin below what follows the label of the first, such as
// "loss  ", or below the text of a comment.
func foldLine(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	indent := hangingIndent(line, width)
	from := 0 // where the line may be broken
	if strings.HasPrefix(line, indent) {
		from = utf8.RuneCountInString(indent)
	}
	var out strings.Builder
	rest := []rune(line)
	for {
		at := breakBefore(rest, from, width)
		if at < 0 {
			out.WriteString(string(rest))
			return out.String()
		}
		out.WriteString(strings.TrimRight(string(rest[:at]), " ") + "\n")
		rest = []rune(indent + strings.TrimLeft(string(rest[at:]), " "))
		from = utf8.RuneCountInString(indent)
	}
}

// breakBefore is the place of the last space at which a line of at most width
// columns can end, or else of the first one behind it; -1 where the line fits or
// there is none.
func breakBefore(line []rune, from, width int) int {
	if len(line) <= width {
		return -1
	}
	seen := false // something but spaces
	last := -1
	for i := from; i < len(line); i++ {
		switch {
		case line[i] != ' ':
			seen = true
		case seen && (i <= width || last < 0):
			last = i
		}
		if i > width && last >= 0 {
			break
		}
	}
	return last
}

// hangingIndent is what continued lines begin with.
func hangingIndent(line string, width int) string {
	text := strings.TrimLeft(line, " ")
	margin := line[:len(line)-len(text)]
	if strings.HasPrefix(text, "# ") {
		return margin + "# "
	}
	if label, after, found := strings.Cut(text, "  "); found {
		column := utf8.RuneCountInString(margin+label) + 2 + len(after) - len(strings.TrimLeft(after, " "))
		if column <= width/2 {
			return strings.Repeat(" ", column)
		}
	}
	return margin + "  "
}
