package plots

import (
	"image/color"
	"strings"
	"unicode"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/lines"
)

// Sizes in points.
const (
	titleSize   vg.Length = 15
	headSize    vg.Length = 11.5 // panel titles
	textSize    vg.Length = 10.5 // subtitle, legend, axis labels
	tickSize    vg.Length = 9.5
	captionSize vg.Length = 9.5
	lineGap     vg.Length = 1.35 // of the size, from line to line
	margin      vg.Length = 18
)

func ink() color.Color     { return color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff} }
func muted() color.Color   { return color.NRGBA{R: 0x59, G: 0x59, B: 0x59, A: 0xff} }
func axisGrey() color.Gray { return color.Gray{Y: 0x8c} }
func gridGrey() color.Gray { return color.Gray{Y: 0xe4} }

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

// tint mixes the colour with the white page: share 1 is the colour itself. It
// is opaque, so that it looks the same in both formats.
func tint(c color.NRGBA, share float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(255 - share*(255-float64(v)) + 0.5) }
	return color.NRGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xff}
}

// seriesColors are Okabe and Ito's, without the yellow that fades on white,
// ordered so that neighbours differ in lightness too.
func seriesColors() []color.NRGBA {
	return []color.NRGBA{rgb(0x0072b2), rgb(0xe69f00), rgb(0x009e73), rgb(0xd55e00), rgb(0x56b4e9), rgb(0xcc79a7), rgb(0x000000)}
}

// classColors are Tol's nine muted colours and black.
func classColors() []color.NRGBA {
	return []color.NRGBA{
		rgb(0x332288), rgb(0xddcc77), rgb(0x117733), rgb(0xcc6677), rgb(0x88ccee),
		rgb(0x882255), rgb(0x999933), rgb(0x44aa99), rgb(0xaa4499), rgb(0x000000),
	}
}

func textStyle(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YTop,
		Handler: plot.DefaultTextHandler,
	}
}

func boldStyle(size vg.Length, c color.Color) text.Style {
	s := textStyle(size, c)
	s.Font.Weight = xfont.WeightBold
	return s
}

// newPlot returns a plot with the common look and no title: pale horizontal
// lines instead of an axis at the left, a thin axis below.
func newPlot(xLabel, yLabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font = textStyle(tickSize, nil).Font
		axis.Tick.Label.Color = muted()
		axis.Tick.Marker = niceTicks{count: 7}
		axis.Label.TextStyle.Font = textStyle(textSize, nil).Font
		axis.Label.TextStyle.Color = muted()
		axis.Label.Padding = 4
		axis.LineStyle = draw.LineStyle{Color: axisGrey(), Width: 0.75}
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = 3
		axis.Padding = 0
	}
	p.X.Label.Text, p.Y.Label.Text = clean(xLabel), clean(yLabel)
	p.Y.LineStyle.Width = 0
	p.Y.Tick.LineStyle.Width = 0
	p.Y.Padding = 4
	return p
}

func gridLine() draw.LineStyle {
	return draw.LineStyle{Color: gridGrey(), Width: 0.75}
}

// clean makes text one printable line: names of runs come from directories,
// and neither XML nor a font has a place for control characters.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\ufffe' || r == '\uffff' {
			return ' '
		}
		return r
	}, s)
}

// shorten cuts text that is wider than the width and ends it in an ellipsis.
func shorten(s string, style text.Style, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && style.Width(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// wrap breaks text at spaces into lines no wider than the width; line feeds
// are kept.
func wrap(s string, style text.Style, width vg.Length) []string {
	paragraphs := strings.Split(s, "\n")
	for i, p := range paragraphs {
		paragraphs[i] = clean(p)
	}
	broken := lines.BreakParagraphs(strings.Join(paragraphs, "\n"), func(line string) bool { return style.Width(line) <= width })
	for i, line := range broken {
		broken[i] = shorten(line, style, width)
	}
	return broken
}
