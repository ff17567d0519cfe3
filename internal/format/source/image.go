package source

import (
	"io"

	"vaectl/internal/format/raster"
)

// Split is the part of a data set that an image belongs to.
type Split string

// The splits. An image of which nobody said is Undecided.
const (
	Undecided  Split = ""
	Train      Split = "train"
	Test       Split = "test"
	Validation Split = "validation"
)

// Image is one image as its source has it.
type Image struct {
	// Name says where it is, for messages and lists: a path below the source's, for
	// rows of an array with the row's number.
	Name  string
	Split Split
	// Class is the name of its class, a number for sources that number them; "" where
	// it has none.
	Class string
	// Open opens the file of a picture. It is nil for a row of an array, which is in
	// Pixels.
	Open   func() (io.ReadCloser, error)
	Pixels raster.Image
}
