package data

import "fmt"

// Shape is the size of an image: Height rows of Width pixels, each of which is one
// grey value or, with three channels, red, green and blue.
//
// In memory an image is Values() bytes, row after row, with the channels of a pixel
// next to each other (HWC). A row of a model's input, and the weights that read it,
// have one plane after another instead (CHW, PyTorch's order); [Reader] converts.
type Shape struct {
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`
}

// Pixels is the number of pixels, Height*Width.
func (s Shape) Pixels() int { return s.Height * s.Width }

// Values is the number of values, Height*Width*Channels.
func (s Shape) Values() int { return s.Pixels() * s.Channels }

// String is "28x28" for a grey image and "32x32x3" for one in colour, height first.
func (s Shape) String() string {
	if s.Channels == 1 {
		return fmt.Sprintf("%dx%d", s.Height, s.Width)
	}
	return fmt.Sprintf("%dx%dx%d", s.Height, s.Width, s.Channels)
}

// planar writes an image's bytes one channel after another to dst and returns it.
func (s Shape) planar(dst, src []byte) []byte {
	pixels := s.Pixels()
	for c := range s.Channels {
		plane := dst[c*pixels : (c+1)*pixels]
		for i := range plane {
			plane[i] = src[i*s.Channels+c]
		}
	}
	return dst
}
