package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"vaectl/internal/lines"
)

const (
	plainSize = 15 // pixels per em
	boldSize  = 18
)

// typesetter holds the two faces of a picture: the ones the plots use, so that
// both look like one family in a report.
type typesetter struct {
	plain, bold face
}

// face is a font with its measures in whole pixels.
type face struct {
	font         font.Face
	line, ascent int
}

func newTypesetter() (*typesetter, error) {
	plain, err := newFace(liberationsansregular.TTF, plainSize)
	if err != nil {
		return nil, err
	}
	bold, err := newFace(liberationsansbold.TTF, boldSize)
	if err != nil {
		return nil, err
	}
	return &typesetter{plain: plain, bold: bold}, nil
}

func newFace(ttf []byte, size float64) (face, error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return face{}, fmt.Errorf("picture: read the embedded font: %w", err)
	}
	f, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return face{}, fmt.Errorf("picture: prepare the embedded font at %g pixels: %w", size, err)
	}
	m := f.Metrics()
	return face{font: f, line: m.Height.Ceil() + 2, ascent: m.Ascent.Ceil()}, nil
}

func (f face) width(s string) int {
	return font.MeasureString(f.font, s).Ceil()
}

func (f face) widest(lines []string) int {
	widest := 0
	for _, s := range lines {
		widest = max(widest, f.width(s))
	}
	return widest
}

// widest is the width of the widest label.
func (t *typesetter) widest(labels []string) int {
	return t.plain.widest(labels)
}

// wrap breaks text into lines of at most limit pixels, at spaces; a single
// longer word keeps its line.
func (f face) wrap(text string, limit int) []string {
	return lines.BreakParagraphs(text, func(line string) bool { return f.width(line) <= limit })
}

// write draws s with its top left corner at the point.
func (f face) write(img draw.Image, x, y int, ink color.Gray, s string) {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: f.font, Dot: fixed.P(x, y+f.ascent)}
	d.DrawString(printable)
}

func (p *page) drawText(img draw.Image) {
	if p.typeset == nil {
		return
	}
	plain, bold := p.typeset.plain, p.typeset.bold
	y := margin
	for _, line := range p.title {
		bold.write(img, margin, y, p.theme.title, line)
		y += bold.line
	}
	p.drawColumnLabels(img)
	p.drawRowLabels(img)
	y = p.height - margin - len(p.caption)*plain.line
	for _, line := range p.caption {
		plain.write(img, margin, y, p.theme.text, line)
		y += plain.line
	}
}

func (p *page) drawColumnLabels(img draw.Image) {
	plain := p.typeset.plain
	labels := p.columnLabels[:min(len(p.columnLabels), p.columns)]
	every := stride(plain.widest(labels)+labelSpace/2, p.tileWidth+p.gap)
	for column := 0; column < len(labels); column += every {
		at := p.tile(column)
		x := (at.Min.X + at.Max.X - plain.width(labels[column])) / 2
		plain.write(img, x, p.origin.Y-labelSpace/2-plain.line, p.theme.text, labels[column])
	}
}

func (p *page) drawRowLabels(img draw.Image) {
	plain := p.typeset.plain
	labels := p.rowLabels[:min(len(p.rowLabels), p.rows)]
	every := stride(plain.line, p.tileHeight+p.under+p.gap)
	for row := 0; row < len(labels); row += every {
		at := p.tile(row * p.columns)
		x := p.origin.X - labelSpace - plain.width(labels[row])
		plain.write(img, x, (at.Min.Y+at.Max.Y-plain.line)/2, p.theme.text, labels[row])
	}
}

// stride is how many tiles of the pitch a label of the size takes up, so that
// labels drawn that far apart do not touch.
func stride(size, pitch int) int {
	return max((size+pitch-1)/pitch, 1)
}
