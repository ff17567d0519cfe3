// Package small has models and data sets that a test makes in no time.
package small

import (
	"testing"

	"vaectl/data"
	"vaectl/internal/dev/testkit"
	"vaectl/vae"
)

// Engine is [testkit.Engine] for callers of package vae.
func Engine(t testing.TB, level string, threads int) *vae.Engine {
	t.Helper()
	return (*vae.Engine)(testkit.Engine(t, level, threads))
}

// Model is an untrained model with weights drawn by the seed. Settings are those of
// [testkit.Config].
func Model(t testing.TB, e *vae.Engine, image data.Shape, seed uint64, settings ...string) *vae.Model {
	t.Helper()
	m, err := vae.New(testkit.Config(t, settings...), image, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Init(seed); err != nil {
		t.Fatal(err)
	}
	return m
}

// Reader reads a split's grey pixels as they are.
func Reader(t testing.TB, e *vae.Engine, s *data.Split) *data.Reader {
	t.Helper()
	r, err := data.NewReader(s, data.Grey, e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Blots is a data set of images with a blot in one of four corners, which is the label.
func Blots(image data.Shape, training, test int) *data.Set {
	split := func(count, salt int) data.Split {
		s := data.Split{Shape: image, Count: count, Bytes: make([]byte, count*image.Values())}
		height, width := image.Height/2, image.Width/2
		for i := range count {
			label := (i*7 + salt) % 4
			s.Labels = append(s.Labels, label)
			pixels := s.Image(i)
			for y := range height {
				for x := range width {
					at := (y+height*(label/2))*image.Width + x + width*(label%2)
					for c := range image.Channels {
						pixels[at*image.Channels+c] = byte(60 + (i*31+x*17+y*29+salt+c*53)%196)
					}
				}
			}
		}
		return s
	}
	return &data.Set{Name: "blots", Source: "made here", Digest: "f00d", Train: split(training, 0), Test: split(test, 1)}
}
