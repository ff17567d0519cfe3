package picture

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

const (
	greys   = 64 // on a digit indistinguishable from 256, and the file is a third smaller
	colours = 256
	depth   = 5 // bits of a channel that colours are told apart by
)

// inks is a palette and which of its colours stands for a pixel.
type inks struct {
	palette color.Palette
	grey    bool
	nearest []uint8 // by the leading bits of red, green and blue
}

// inksOf chooses the colours for frames.
func inksOf(frames []image.Image) inks {
	if !slices.ContainsFunc(frames, func(f image.Image) bool { _, grey := f.(*image.Gray); return !grey }) {
		return inks{palette: greyPalette(), grey: true}
	}
	return medianCut(histogramOf(frames))
}

func greyPalette() color.Palette {
	palette := make(color.Palette, greys)
	for i := range palette {
		palette[i] = color.Gray{Y: uint8(i * 255 / (greys - 1))}
	}
	return palette
}

// quantise gives every pixel its ink.
func (k inks) quantise(frame image.Image) *image.Paletted {
	bounds := frame.Bounds()
	out := image.NewPaletted(image.Rectangle{Max: bounds.Size()}, k.palette)
	for y := range bounds.Dy() {
		row := out.Pix[y*out.Stride:][:bounds.Dx()]
		for x := range row {
			c := pixelAt(frame, bounds.Min.X+x, bounds.Min.Y+y)
			if k.grey {
				row[x] = uint8((int(c.G)*(greys-1) + 127) / 255)
			} else {
				row[x] = k.nearest[cell(c)]
			}
		}
	}
	return out
}

// pixelAt is a pixel of a picture of ours, which is opaque.
func pixelAt(img image.Image, x, y int) color.RGBA {
	switch m := img.(type) {
	case *image.Gray:
		v := m.Pix[m.PixOffset(x, y)]
		return color.RGBA{v, v, v, 255}
	case *image.RGBA:
		p := m.Pix[m.PixOffset(x, y):]
		return color.RGBA{p[0], p[1], p[2], 255}
	}
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

// cell is the leading bits of a colour.
func cell(c color.RGBA) int {
	const drop = 8 - depth
	return int(c.R>>drop)<<(2*depth) | int(c.G>>drop)<<depth | int(c.B>>drop)
}

// shades is how often colours of a cell come up, and the sum of their channels.
type shades struct {
	cell  int
	count int
	sum   [3]int
}

func histogramOf(frames []image.Image) []shades {
	all := make([]shades, 1<<(3*depth))
	for _, frame := range frames {
		bounds := frame.Bounds()
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			for x := bounds.Min.X; x < bounds.Max.X; x++ {
				c := pixelAt(frame, x, y)
				s := &all[cell(c)]
				s.cell = cell(c)
				s.count++
				s.sum[0], s.sum[1], s.sum[2] = s.sum[0]+int(c.R), s.sum[1]+int(c.G), s.sum[2]+int(c.B)
			}
		}
	}
	return slices.DeleteFunc(all, func(s shades) bool { return s.count == 0 })
}

// channel is the leading bits of one channel of a cell.
func channel(cell, i int) int { return cell >> ((2 - i) * depth) & (1<<depth - 1) }

// medianCut divides the colours into boxes of equally many pixels, the longest one
// first, and takes the mean of each (Heckbert 1982).
func medianCut(all []shades) inks {
	boxes := [][]shades{all}
	for len(boxes) < colours {
		widest, side, at := 0, 0, -1
		for i, box := range boxes {
			if n, axis := longest(box); n > widest {
				widest, side, at = n, axis, i
			}
		}
		if at < 0 {
			break
		}
		box := boxes[at]
		slices.SortFunc(box, func(a, b shades) int {
			return cmp.Or(channel(a.cell, side)-channel(b.cell, side), a.cell-b.cell)
		})
		half := middle(box)
		boxes[at] = box[:half]
		boxes = append(boxes, box[half:])
	}
	k := inks{nearest: make([]uint8, 1<<(3*depth))}
	for i, box := range boxes {
		var count int
		var sum [3]int
		for _, s := range box {
			count += s.count
			for j := range sum {
				sum[j] += s.sum[j]
			}
			k.nearest[s.cell] = uint8(i)
		}
		k.palette = append(k.palette, color.RGBA{uint8(sum[0] / count), uint8(sum[1] / count), uint8(sum[2] / count), 255})
	}
	return k
}

// longest is the length of a box's longest side, weighted by how many pixels are in
// it, and which side that is. A box of one cell has none.
func longest(box []shades) (length, side int) {
	count := 0
	low, high := [3]int{1 << depth, 1 << depth, 1 << depth}, [3]int{-1, -1, -1}
	for _, s := range box {
		count += s.count
		for i := range low {
			low[i], high[i] = min(low[i], channel(s.cell, i)), max(high[i], channel(s.cell, i))
		}
	}
	for i := range low {
		if n := (high[i] - low[i]) * count; n > length {
			length, side = n, i
		}
	}
	return length, side
}

// middle is where half of a box's pixels come before, at least one cell on either
// side.
func middle(box []shades) int {
	total, before := 0, 0
	for _, s := range box {
		total += s.count
	}
	for i, s := range box[:len(box)-1] {
		if before += s.count; 2*before >= total {
			return i + 1
		}
	}
	return len(box) - 1
}
