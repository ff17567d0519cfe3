// Package words writes figures and facts about runs as every command, plot and
// page writes them.
package words

import (
	"fmt"
	"math"
	"strings"
	"time"

	"vaectl/data"
	"vaectl/internal/finite"
)

// None stands where there is nothing to say.
const None = "–"

// OrNone is text, or [None] where it is empty.
func OrNone(text string) string {
	if text == "" {
		return None
	}
	return text
}

// Nats writes a figure in nats: to a hundredth, unless it is absurdly large.
func Nats(x float64) string {
	if math.Abs(x) >= 1e6 {
		return fmt.Sprintf("%.4g", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// Moment writes a mean or a deviation, which not every prior has.
func Moment(x float64) string {
	if !finite.Is(x) {
		return None
	}
	return fmt.Sprintf("%.3f", x)
}

// Counted writes a number and what it counts.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Duration writes seconds to what matters of them.
func Duration(seconds float64) string {
	if seconds < 60 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// Setting writes a setting's value, which may be empty or a list.
func Setting(value string) string {
	if value == "" {
		return "(empty)"
	}
	return strings.ReplaceAll(value, ",", ", ")
}

// Sentence gives a text a capital and a full stop.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// Pixels says what the pixels were that a figure is about: how they were binarised,
// how many channels their images have, and whether they were black and white before.
func Pixels(binarize string, channels int, binary bool) string {
	switch mode := data.Binarization(binarize); {
	case mode == data.Threshold:
		return "binary pixels, cut at one half (binarize threshold)"
	case mode == data.Dynamic:
		return "binary pixels, drawn anew each time (binarize dynamic)"
	case binary:
		return "binary pixels, as the data set has them (static binarisation)"
	case channels > 1:
		return "colour pixels (binarize " + binarize + ")"
	}
	return "grey pixels (binarize " + binarize + ")"
}
