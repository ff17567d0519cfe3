package train

import (
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// What the recorders take of an epoch of the default model: compare with the
// epoch's seconds in metrics.jsonl.
func BenchmarkRecorders(b *testing.B) {
	e := engine(b, 0)
	m, err := vae.New(configs.Default(), data.Shape{Height: 28, Width: 28, Channels: 1}, e)
	if err != nil {
		b.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		b.Fatal(err)
	}
	s := &data.Split{Count: 1000, Shape: data.Shape{Height: 28, Width: 28, Channels: 1}, Bytes: make([]byte, 1000*28*28)}
	for i := range s.Bytes {
		s.Bytes[i] = byte(i * 37 % 251 * (i / 28 % 3))
	}
	r, err := data.NewReader(s, data.Grey, e)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	pictures := NewPictures()
	events := NewEvents(pictures)
	record := EpochRecord{Epoch: 1, Step: 469, Split: rundir.SplitTest}
	for _, recorder := range []Recorder{pictures, events} {
		recorder.Begin(Progress{Model: m, Dir: dir, Epochs: 10, Watched: r})
		recorder.Step(StepRecord{Step: 469, Epoch: 1, Images: 96})
	}
	b.Run("pictures", func(b *testing.B) {
		if err := pictures.Epoch(record); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := pictures.draw(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("events", func(b *testing.B) {
		for b.Loop() {
			if err := events.Epoch(record); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("animation-of-10", func(b *testing.B) {
		for record.Epoch < 10 {
			record.Epoch++
			pictures.evaluated = record.Epoch
			if err := pictures.draw(); err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			if err := pictures.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := events.Close(); err != nil {
		b.Fatal(err)
	}
}
