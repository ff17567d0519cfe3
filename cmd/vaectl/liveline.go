package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	linePeriod = 10 * time.Second       // between plain lines
	barPeriod  = 100 * time.Millisecond // between two states of a live line
)

// liveLine is how everything that takes a while says on stderr how far it is: on
// a terminal one line, or a block of lines, that is drawn again and again, elsewhere
// a plain line now and then.
type liveLine struct {
	out      io.Writer
	now      func() time.Time
	width    func() int
	terminal bool

	drawn int   // columns of the line on the screen
	block []int // columns of each line of the block on the screen
	last  time.Time
}

func newLiveLine(env environment) liveLine {
	return liveLine{
		out: unfiltered(env.stderr), now: env.now, terminal: env.isTerminal(env.stderr),
		width: func() int { return env.width(env.stderr) },
	}
}

// period is how long one state of the line stays.
func (l *liveLine) period() time.Duration {
	if l.terminal {
		return barPeriod
	}
	return linePeriod
}

// due reports whether the last state has stood for long enough.
func (l *liveLine) due() bool { return l.now().Sub(l.last) >= l.period() }

// show shows where things stand, the most important parts first. On a narrow
// terminal parts are left out.
func (l *liveLine) show(parts []string) {
	l.last = l.now()
	if !l.terminal {
		l.line("%s", strings.Join(parts, "  "))
		return
	}
	// The last column stays free: some terminals begin a new line after it.
	l.draw(fit(parts, l.width()-1))
}

// draw puts text in the place of the line. A terminal that has become narrower
// has broken the old one into several, which go.
func (l *liveLine) draw(text string) {
	if width := l.width(); l.drawn > width && width > 0 {
		_, _ = fmt.Fprintf(l.out, "\x1b[%dA\r\x1b[J", (l.drawn-1)/width)
		l.drawn = 0
	}
	columns := utf8.RuneCountInString(text)
	_, _ = fmt.Fprintf(l.out, "\r%s%s", text, strings.Repeat(" ", max(0, l.drawn-columns)))
	l.drawn = columns
}

// showBlock puts lines in the place of the block. A line that is too long is cut:
// one that wrapped would be two.
func (l *liveLine) showBlock(lines []string) {
	l.clear()
	var text strings.Builder
	for _, line := range lines {
		line = fit([]string{line}, l.width()-1)
		text.WriteString(line + "\n")
		l.block = append(l.block, utf8.RuneCountInString(line))
	}
	_, _ = io.WriteString(l.out, text.String())
}

// clearBlock erases the block and everything below it. A terminal that has become
// narrower has broken its lines into several.
func (l *liveLine) clearBlock() {
	if len(l.block) == 0 {
		return
	}
	rows := 0
	for _, columns := range l.block {
		rows += 1 + max(0, columns-1)/max(1, l.width())
	}
	_, _ = fmt.Fprintf(l.out, "\x1b[%dA\x1b[J", rows)
	l.block = nil
}

// clear takes the line and the block away before something else is written.
func (l *liveLine) clear() {
	l.clearBlock()
	if l.drawn > 0 {
		l.draw("")
		_, _ = io.WriteString(l.out, "\r")
	}
}

// line writes a line that stays. Work goes on when nobody can hear of it.
func (l *liveLine) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if l.terminal {
		text = foldLine(text, l.width())
	}
	_, _ = io.WriteString(l.out, text+"\n")
}

// fit joins as many parts as go into width columns; a part that is too long is
// left out and the ones after it are tried. The first part is cut.
func fit(parts []string, width int) string {
	line := ""
	for i, part := range parts {
		switch {
		case i == 0:
			line = string([]rune(part)[:max(0, min(utf8.RuneCountInString(part), width))])
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(part) <= width:
			line += " " + part
		}
	}
	return line
}
