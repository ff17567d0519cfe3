// Package lines breaks text into lines, and lines up the columns of tables.
package lines

import "strings"

// Break breaks text at white space into lines that fit. A word that does not fit has a
// line of its own. There is one line at least, which may be empty.
func Break(text string, fits func(line string) bool) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case fits(line + " " + word):
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// BreakParagraphs does so for every line of text; of empty text there are none.
func BreakParagraphs(text string, fits func(line string) bool) []string {
	if text == "" {
		return nil
	}
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, Break(paragraph, fits)...)
	}
	return lines
}
