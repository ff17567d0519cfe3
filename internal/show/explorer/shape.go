package explorer

import (
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"

	"vaectl/data"
)

// interleave writes planes of channels, which is how a model sees an image, as
// pixels, which is how everybody else does.
func interleave[T any](dst, planes []T, channels int) {
	plane := len(planes) / channels
	for c := range channels {
		for i, v := range planes[c*plane : (c+1)*plane] {
			dst[i*channels+c] = v
		}
	}
}

// separate is the inverse of interleave.
func separate[T any](dst, pixels []T, channels int) {
	plane := len(pixels) / channels
	for i := range plane {
		for c := range channels {
			dst[c*plane+i] = pixels[i*channels+c]
		}
	}
}

// picture is an image in an answer, in base64.
type picture []byte

// MarshalJSON writes the pixels.
func (p picture) MarshalJSON() ([]byte, error) {
	return json.Marshal(base64.StdEncoding.EncodeToString(p))
}

// pictures cuts means of pixels in [0, 1], as a model gives them, into images.
func pictures(means []float32, s data.Shape) []picture {
	n := s.Values()
	out := make([]picture, len(means)/n)
	planes := make([]byte, n)
	for i := range out {
		for j, v := range means[i*n : (i+1)*n] {
			planes[j] = byte(min(max(v, 0), 1)*255 + 0.5)
		}
		out[i] = make(picture, n)
		interleave(out[i], planes, s.Channels)
	}
	return out
}

// paint makes a picture that can be encoded as a file.
func paint(pixels []byte, s data.Shape) image.Image {
	bounds := image.Rect(0, 0, s.Width, s.Height)
	if s.Channels == 1 {
		return &image.Gray{Pix: pixels, Stride: s.Width, Rect: bounds}
	}
	out := image.NewNRGBA(bounds)
	for i := range s.Width * s.Height {
		p := pixels[i*s.Channels:]
		out.SetNRGBA(i%s.Width, i/s.Width, color.NRGBA{R: p[0], G: p[1], B: p[2], A: 255})
	}
	return out
}
