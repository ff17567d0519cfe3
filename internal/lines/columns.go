package lines

import (
	"strings"
	"text/tabwriter"
)

// Columns lines up the cells of text, which tabs separate, two spaces apart.
func Columns(text string) string { return align(text, 0) }

// RightColumns lines up the right ends of the cells, each of which a tab ends; what
// stands behind the last tab of a line is left as it is.
func RightColumns(text string) string { return align(text, tabwriter.AlignRight) }

func align(text string, flags uint) string {
	var aligned, out strings.Builder
	t := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', flags)
	// They fail only where the builder does, which is never.
	_, _ = t.Write([]byte(text))
	_ = t.Flush()
	for line := range strings.Lines(aligned.String()) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return out.String()
}
