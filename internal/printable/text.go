// Package printable keeps text of unknown origin from acting on a terminal or from looking like other text.
package printable

import (
	"strconv"
	"strings"
)

// Text returns s with every character that is not printed as itself in the form of a Go escape: control characters, with which a terminal can be
// made to do things, characters that change the direction of writing, such as U+202E, invisible ones, and bytes that are no UTF-8. Spaces other
// than U+0020, line feeds and tabs count as such characters. Text that has none comes back as it is.
func Text(s string) string {
	if isPlain(s) {
		return s
	}
	quoted := strconv.Quote(s)
	// Quote escapes two printable characters as well.
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(quoted[1 : len(quoted)-1])
}

// Lines is [Text] for text of several lines, whose line feeds and tabs stay.
func Lines(s string) string {
	if isPlain(s) {
		return s
	}
	var out strings.Builder
	for rest := s; rest != ""; {
		end := strings.IndexAny(rest, "\n\t")
		if end < 0 {
			out.WriteString(Text(rest))
			break
		}
		out.WriteString(Text(rest[:end]))
		out.WriteByte(rest[end])
		rest = rest[end+1:]
	}
	return out.String()
}

func isPlain(s string) bool {
	for _, r := range s {
		if r == '\uFFFD' || !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
