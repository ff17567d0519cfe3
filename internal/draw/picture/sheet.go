package picture

import (
	"fmt"
	"image"
	"slices"

	"vaectl/data"
)

// Card is versions of one image beside each other, and lines of text under them.
type Card struct {
	// Images are the versions, one after the other.
	Images []float32
	// Lines are cut off where they are wider than the images.
	Lines []string
}

// Section is cards under each other's heading: the label stands left of their first row.
type Section struct {
	Label string
	Cards []Card
}

// Sheet draws a contact sheet: sections one below the other, each of cards in rows. All
// cards have as many images as the first one. Options.Columns counts cards; 0 chooses as
// many as make rows of about ten images.
//
// Options.RowLabels and Options.Group have no effect. It returns an error if cards differ in
// size, and for everything Grid refuses.
func Sheet(sections []Section, image data.Shape, opt Options) (image.Image, error) {
	versions, most, err := measure(sections, image)
	if err != nil {
		return nil, err
	}
	if opt.Columns <= 0 {
		rows := ceil(most, max(1, sheetImages/versions))
		opt.Columns = ceil(most, rows)
	}
	cards := opt.Columns
	s := sheet{image: image, cards: cards, versions: versions}
	opt.RowLabels, opt.Group = nil, 0
	for _, section := range sections {
		s.starts = append(s.starts, s.rows)
		opt.RowLabels = append(opt.RowLabels, section.Label)
		rows := ceil(len(section.Cards), cards)
		for range rows - 1 {
			opt.RowLabels = append(opt.RowLabels, "")
		}
		s.rows += rows
		for _, c := range section.Cards {
			opt.under = max(opt.under, len(c.Lines))
		}
	}
	if !slices.ContainsFunc(opt.RowLabels, func(label string) bool { return label != "" }) {
		opt.RowLabels = nil
	}
	opt.Columns, opt.beside = cards*versions, versions
	if opt.under > 0 {
		opt.wide = ceil(readableCard, versions)
	}
	if s.page, err = newPage(s.rows*opt.Columns, image.Width, image.Height, opt); err != nil {
		return nil, err
	}
	return s.draw(sections), nil
}

// readableCard is the width in pixels under which lines of text find little room.
const readableCard = 100

// sheetImages is how many images stand in a row unless options say otherwise.
const sheetImages = 12

// ceil is how many rows of so many hold count.
func ceil(count, each int) int { return (count + each - 1) / each }

// measure counts the versions of an image on each card, and the cards of the longest
// section.
func measure(sections []Section, image data.Shape) (versions, most int, err error) {
	for _, section := range sections {
		most = max(most, len(section.Cards))
		for _, c := range section.Cards {
			n, err := countImages(c.Images, image)
			if err != nil {
				return 0, 0, err
			}
			if versions > 0 && n != versions {
				return 0, 0, fmt.Errorf("picture: one card has %d images and another %d", versions, n)
			}
			versions = n
		}
	}
	if most == 0 {
		return 0, 0, fmt.Errorf("picture: a sheet without cards")
	}
	return versions, most, nil
}

// sheet is where sections and cards go on a page.
type sheet struct {
	page            *page
	image           data.Shape
	cards, versions int // in a row, on a card
	starts          []int
	rows            int
}

func (s *sheet) draw(sections []Section) image.Image {
	canvas := s.page.blank(s.image.Channels)
	size := s.image.Values()
	for i, section := range sections {
		for j, card := range section.Cards {
			first := ((s.starts[i]+j/s.cards)*s.cards + j%s.cards) * s.versions
			for v := range s.versions {
				canvas.tile(s.page.tile(first+v), card.Images[v*size:(v+1)*size], s.image, s.page.scale)
			}
			s.write(canvas, s.page.tile(first).Union(s.page.tile(first+s.versions-1)), card.Lines)
		}
	}
	s.page.drawText(canvas)
	return canvas.Image
}

// write centres lines under a card.
func (s *sheet) write(c canvas, at image.Rectangle, lines []string) {
	for i, line := range lines {
		plain := s.page.typeset.plain
		line = plain.cut(line, at.Dx())
		plain.write(c, (at.Min.X+at.Max.X-plain.width(line))/2, at.Max.Y+i*plain.line, s.page.theme.text, line)
	}
}

// cut shortens a line to a width; three dots stand for what is lost.
func (f face) cut(line string, width int) string {
	runes := []rune(line)
	for n := len(runes); f.width(line) > width && n > 0; {
		n--
		line = string(runes[:n]) + "…"
	}
	return line
}
