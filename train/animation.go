package train

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/train/rundir"
)

const (
	animationPixels = 1 << 26 // of all frames together
	animationTime   = 8 * time.Second
	shortestFrame   = 100 * time.Millisecond
	longestFrame    = 400 * time.Millisecond
)

// animate makes an animation of the samples of the run in dir, in its folder,
// up to the given epoch, whose picture must be there.
func animate(dir, folder string, epoch int) error {
	epochs, err := picturesIn(folder, epoch)
	if err != nil {
		return err
	}
	last, err := readFrame(dir, epoch)
	if err != nil {
		return err
	}
	most := max(1, animationPixels/(last.Bounds().Dx()*last.Bounds().Dy()))
	var frames []image.Image
	for _, e := range spread(epochs, most) {
		frame, err := readFrame(dir, e)
		// A picture of another size, or none at all, was not made by this run.
		if errors.Is(err, errFrame) || errors.Is(err, rundir.ErrDamaged) || err == nil && frame.Bounds() != last.Bounds() {
			continue
		}
		if err != nil {
			return err
		}
		frames = append(frames, frame)
	}
	shown := min(max(animationTime/time.Duration(len(frames)), shortestFrame), longestFrame)
	return atomicfile.WriteFile(filepath.Join(folder, animationName), func(w io.Writer) error {
		return picture.EncodeGIF(w, frames, picture.Timing{Frame: shown})
	})
}

// picturesIn lists the epochs up to the given one that folder has samples of.
func picturesIn(folder string, epoch int) ([]int, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("animation of the samples: %w", err)
	}
	var epochs []int
	for _, entry := range entries {
		digits := strings.TrimSuffix(strings.TrimPrefix(entry.Name(), "epoch-"), ".png")
		e, err := strconv.Atoi(digits)
		if err == nil && e >= 0 && e <= epoch && fmt.Sprintf(samplesName, e) == entry.Name() {
			epochs = append(epochs, e)
		}
	}
	slices.Sort(epochs)
	return epochs, nil
}

// spread picks at most n of the epochs, evenly and with the last.
func spread(epochs []int, n int) []int {
	if len(epochs) <= n {
		return epochs
	}
	picked := make([]int, n)
	for i := range picked {
		picked[i] = epochs[(i+1)*len(epochs)/n-1]
	}
	return picked
}

// errFrame is a file that is no picture of ours.
var errFrame = errors.New("not a picture of samples")

func readFrame(dir string, epoch int) (image.Image, error) {
	name := fmt.Sprintf(samplesName, epoch)
	text, err := rundir.ReadSample(dir, name)
	if err != nil {
		return nil, fmt.Errorf("animation of the samples: %w", err)
	}
	// The size first: a few bytes can promise gigabytes of pixels.
	size, err := png.DecodeConfig(bytes.NewReader(text))
	if err == nil && size.Width*size.Height > animationPixels {
		err = fmt.Errorf("%dx%d pixels", size.Width, size.Height)
	}
	var img image.Image
	if err == nil {
		img, err = png.Decode(bytes.NewReader(text))
	}
	if err != nil {
		return nil, fmt.Errorf("animation of the samples: %s: %w: %w", name, errFrame, err)
	}
	return img, nil
}
