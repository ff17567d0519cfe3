package e2e

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Pictures of the explorer for a text about it, of runs that are there. They
// are taken only where VAECTL_PICTURES names the folder to write them to and
// VAECTL_RUNS that of the runs: plane, of two latents, and another.
func TestPictures(t *testing.T) {
	folder, runs := os.Getenv("VAECTL_PICTURES"), os.Getenv("VAECTL_RUNS")
	if folder == "" || runs == "" {
		t.Skip("VAECTL_PICTURES and VAECTL_RUNS say where to and of which runs")
	}
	p := build(t)
	var err error
	if p.runs, err = filepath.Abs(runs); err != nil {
		t.Fatal(err)
	}
	_, base := p.serve("plane")

	b := open(t, base, "/?run=plane", 1180, 820, false)
	b.until(whole)
	at := b.place(".run-a .map-canvas")
	b.drag([2]float64{at.X + at.Width*0.55, at.Y + at.Height*0.7})
	b.do(input.DispatchMouseEvent(input.MouseMoved, at.X+at.Width*0.42, at.Y+at.Height*0.25))
	b.until(`!document.querySelector('.run-a .tip').hidden && document.querySelector('.run-a .tip canvas')`)
	b.do(chromedp.Evaluate(`document.getElementById('latents').scrollIntoView({ behavior: 'instant' })`, nil))
	b.picture(filepath.Join(folder, "explorer-light.png"))

	b = open(t, base, "/?run=normal", 1180, 720, true)
	b.until(whole)
	b.drag(three(b.place(".pad-canvas"))...)
	b.until(`document.querySelectorAll('.run-a .thumbs li').length === 8`)
	b.do(chromedp.Evaluate(`document.getElementById('draw').scrollIntoView({ behavior: 'instant' })`, nil))
	b.picture(filepath.Join(folder, "explorer-dark.png"))
}

// three is a digit on the pad.
func three(at rect) (points [][2]float64) {
	for _, p := range [][2]float64{
		{0.32, 0.30}, {0.40, 0.21}, {0.52, 0.18}, {0.63, 0.23}, {0.66, 0.33}, {0.59, 0.43}, {0.47, 0.48},
		{0.60, 0.51}, {0.69, 0.61}, {0.66, 0.73}, {0.54, 0.80}, {0.40, 0.79}, {0.31, 0.71},
	} {
		points = append(points, [2]float64{at.X + at.Width*p[0], at.Y + at.Height*p[1]})
	}
	return points
}

// picture writes what the window shows, packed as small as PNG goes.
func (b *browser) picture(path string) {
	b.t.Helper()
	var shot []byte
	eval[bool](b, `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))`)
	b.do(chromedp.CaptureScreenshot(&shot))
	decoded, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.t.Fatal(err)
	}
	var packed bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&packed, decoded); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o666); err != nil {
		b.t.Fatal(err)
	}
	b.t.Logf("%s, %d bytes", path, packed.Len())
}
