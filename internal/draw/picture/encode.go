package picture

import (
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"
	"time"
)

// EncodePNG writes the picture as PNG. The bytes depend on nothing but the
// pixels and the version of Go.
func EncodePNG(w io.Writer, img image.Image) error {
	// Magnified tiles are so regular that the fast setting costs few bytes and
	// saves most of the time, which is taken from training.
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(w, img); err != nil {
		return fmt.Errorf("picture: write PNG: %w", err)
	}
	return nil
}

// Timing says how fast an animation runs. The zero value shows each frame for
// 0.4 s and the last for 2 s. GIF counts in hundredths of a second.
type Timing struct {
	Frame, Last time.Duration
}

const (
	defaultFrame = 400 * time.Millisecond
	defaultLast  = 2 * time.Second
)

// EncodeGIF writes the frames, all of one size, as an animation that repeats
// for ever, in one palette: of 64 greys where all frames are [image.Gray], otherwise
// of the 256 colours that suit the frames best.
//
// It returns an error if there is no frame, if the sizes differ, or if a
// duration is negative or longer than the 655.35 s GIF can say.
func EncodeGIF(w io.Writer, frames []image.Image, timing Timing) error {
	if timing.Frame == 0 {
		timing.Frame = defaultFrame
	}
	if timing.Last == 0 {
		timing.Last = defaultLast
	}
	if limit := 65535 * 10 * time.Millisecond; min(timing.Frame, timing.Last) < 0 || max(timing.Frame, timing.Last) > limit {
		return fmt.Errorf("picture: frame times %v and %v are not between 0 and %v", timing.Frame, timing.Last, limit)
	}
	if len(frames) == 0 {
		return fmt.Errorf("picture: an animation needs at least one frame")
	}
	size := frames[0].Bounds().Size()
	for i, frame := range frames {
		if frame.Bounds().Size() != size {
			return fmt.Errorf("picture: frame %d is %v pixels and the first is %v", i, frame.Bounds().Size(), size)
		}
	}
	inks := inksOf(frames)
	animation := gif.GIF{Config: image.Config{ColorModel: inks.palette, Width: size.X, Height: size.Y}}
	for i, frame := range frames {
		shown := timing.Frame
		if i == len(frames)-1 {
			shown = timing.Last
		}
		animation.Image = append(animation.Image, inks.quantise(frame))
		animation.Delay = append(animation.Delay, int(shown/(10*time.Millisecond)))
	}
	if err := gif.EncodeAll(w, &animation); err != nil {
		return fmt.Errorf("picture: write GIF: %w", err)
	}
	return nil
}
