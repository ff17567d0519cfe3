package main

import (
	"strings"
	"unicode/utf8"

	"vaectl/internal/lines"
)

// breakLines breaks text into lines of at most width columns, between words only: a
// longer word has a line of its own. Line breaks in text are kept as spaces.
func breakLines(text string, width int) []string {
	return lines.Break(text, func(line string) bool { return utf8.RuneCountInString(line) <= width })
}

// paragraphs wraps text whose paragraphs are separated by empty lines. A
// paragraph that begins with a space is an example: its lines stay lines.
func paragraphs(text string, width int) string {
	var out []string
	for _, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if !strings.HasPrefix(p, " ") {
			out = append(out, strings.Join(breakLines(p, width), "\n"))
			continue
		}
		var lines []string
		for line := range strings.Lines(p) {
			lines = append(lines, exampleLine(strings.TrimRight(line, "\n"), width)...)
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return strings.Join(out, "\n\n")
}

// exampleLine takes the comment at the end of a line of a file to lines of its
// own, above, where the line would be too wide.
func exampleLine(line string, width int) []string {
	content, comment, found := strings.Cut(line, " # ")
	if utf8.RuneCountInString(line) <= width || !found {
		return []string{line}
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var lines []string
	for _, part := range breakLines(comment, width-len(indent)-2) {
		lines = append(lines, indent+"# "+part)
	}
	return append(lines, strings.TrimRight(content, " "))
}

// hanging puts text to the right of a label in a column of the given width, or
// below the label where that is longer than the column.
func hanging(label, text string, column, width int) string {
	indent := strings.Repeat(" ", column)
	lines := breakLines(text, width-column)
	if utf8.RuneCountInString(label)+2 > column {
		return label + "\n" + indent + strings.Join(lines, "\n"+indent) + "\n"
	}
	return label + indent[utf8.RuneCountInString(label):] + strings.Join(lines, "\n"+indent) + "\n"
}

// shellLines breaks a command that is wider than width as a shell reads it.
func shellLines(command string, width int) string {
	trimmed := strings.TrimLeft(command, " ")
	indent := command[:len(command)-len(trimmed)]
	lines := breakLines(trimmed, width-len(indent)-4)
	return indent + strings.Join(lines, " \\\n"+indent+"  ")
}
