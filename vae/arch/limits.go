package arch

import (
	"fmt"

	"vaectl/data"
)

// MaxSide is the largest height and width of an image, and MaxChannels the most
// values a pixel has. They hold for training and for reading weights alike, so what
// was trained can be read.
const (
	MaxSide     = 4096
	MaxChannels = 64
)

// checkImage refuses images that no network is made for.
func checkImage(s data.Shape) error {
	if s.Height < 1 || s.Width < 1 || s.Channels < 1 || s.Height > MaxSide || s.Width > MaxSide || s.Channels > MaxChannels {
		return fmt.Errorf("images of %v: height and width must be from 1 to %d, channels from 1 to %d", s, MaxSide, MaxChannels)
	}
	return nil
}
