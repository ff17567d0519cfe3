package main

import (
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vaectl/data"
)

// maskSides are the halves of an image that may be missing.
func maskSides() []string { return []string{"left", "right", "top", "bottom"} }

// missing says of each pixel of an image of a shape whether the mask covers it.
func (o *completeOptions) missing(shape data.Shape) ([]bool, error) {
	missing := make([]bool, shape.Pixels())
	inside, err := o.covers(shape)
	if err != nil {
		return nil, err
	}
	for i := range missing {
		missing[i] = inside(i%shape.Width, i/shape.Width)
	}
	if !slices.Contains(missing, true) {
		return nil, usagef("--mask %s: covers no pixel", o.mask)
	}
	return missing, nil
}

// covers is the mask as a function of column and row.
func (o *completeOptions) covers(shape data.Shape) (func(x, y int) bool, error) {
	switch o.mask {
	case "left":
		return func(x, _ int) bool { return 2*x+1 < shape.Width }, nil
	case "right":
		return func(x, _ int) bool { return 2*x+1 > shape.Width }, nil
	case "top":
		return func(_, y int) bool { return 2*y+1 < shape.Height }, nil
	case "bottom":
		return func(_, y int) bool { return 2*y+1 > shape.Height }, nil
	}
	if numbers, ok := fourNumbers(o.mask); ok {
		x, y, width, height := numbers[0], numbers[1], numbers[2], numbers[3]
		if x < 0 || y < 0 || width < 1 || height < 1 || width > shape.Width-x || height > shape.Height-y {
			return nil, usagef("--mask %s: the rectangle must lie within the %d columns and %d rows of the model's images", o.mask, shape.Width, shape.Height)
		}
		return func(column, row int) bool {
			return column >= x && column < x+width && row >= y && row < y+height
		}, nil
	}
	return o.maskPicture(shape)
}

// fourNumbers reads a rectangle.
func fourNumbers(text string) (numbers [4]int, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) != len(numbers) {
		return numbers, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return numbers, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// maskPicture is a mask that is a file. It fits an image as the pictures do; what is
// transparent or outside is not missing.
func (o *completeOptions) maskPicture(shape data.Shape) (func(x, y int) bool, error) {
	how := data.Preparation{Fit: data.Crop, Colour: data.GreyColour, Background: color.NRGBA{A: 255}}
	if fit := o.split.settings.flags.Lookup("fit"); fit.Changed {
		how.Fit = data.Fit(fit.Value.String())
	}
	pixels, err := readPicture(o.mask, how, data.Shape{Height: shape.Height, Width: shape.Width, Channels: 1})
	if err != nil {
		return nil, &hintedError{fmt.Errorf("--mask: %w", err), "--mask takes " + strings.Join(maskSides(), ", ") + ", a rectangle x,y,width,height, or a picture file"}
	}
	return func(x, y int) bool { return pixels[y*shape.Width+x] >= 128 }, nil
}

// maskName is the mask as a part of a file's name.
func maskName(mask string) string {
	if _, ok := fourNumbers(mask); ok {
		return strings.NewReplacer(",", "-", " ", "").Replace(mask)
	}
	name := filepath.Base(mask)
	return shorten(strings.TrimSuffix(name, filepath.Ext(name)), longestList)
}
