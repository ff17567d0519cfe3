package e2e

import (
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// export writes a page of runs and returns its address.
func (p *program) export(name string, runs ...string) string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), name)
	args := append([]string{"export", "--runs", p.runs, "--format", "page", "-o", path}, runs...)
	if out, err := exec.CommandContext(p.t.Context(), p.binary, args...).CombinedOutput(); err != nil {
		p.t.Fatalf("export: %v\n%s", err, out)
	}
	return path
}

// A page with its models inside works from a file: sliders, map, pad and samples
// compute with nobody to ask.
func TestExportedPage(t *testing.T) {
	p := build(t)
	p.train("plane", "--epochs", "2", "--latent", "2")
	path := p.export("plane.html", "plane")
	for _, page := range []struct {
		name  string
		width int
		dark  bool
	}{{"page-light-wide", 1280, false}, {"page-dark-phone", 390, true}} {
		t.Run(page.name, func(t *testing.T) {
			b := open(t, "file://", path, page.width, 800, page.dark)
			b.until(whole)
			at := b.place(".run-a .sliders input")
			b.changes(image, func() {
				y := at.Y + at.Height/2
				b.drag([2]float64{at.X + at.Width/2, y}, [2]float64{at.X + at.Width*0.9, y})
			})
			b.typeZ("0.5", "-1")
			b.checkDecoded(p, "plane", 0.5, -1)

			at = b.place(".run-a .map-canvas")
			if page.width < 500 {
				b.touch([2]float64{at.X + at.Width*0.6, at.Y + at.Height*0.4})
			} else {
				b.do(input.DispatchMouseEvent(input.MouseMoved, at.X+at.Width*0.6, at.Y+at.Height*0.4))
				b.until(`!document.querySelector('.run-a .tip').hidden`)
				b.changes(numbers, func() { b.drag([2]float64{at.X + at.Width*0.4, at.Y + at.Height*0.5}) })
			}
			// By keys alone: zoom until images stand in place of dots, and take a place.
			b.do(chromedp.Focus(".run-a .map-canvas", chromedp.ByQuery))
			b.changes(`document.querySelector('.run-a .map-canvas').toDataURL()`, func() {
				for range 4 {
					b.key("+")
				}
			})
			b.key("ArrowLeft")
			b.changes(numbers, func() { b.key("Enter") })
			b.do(chromedp.Click(".run-a .modes button:last-child", chromedp.ByQuery))
			b.until(`document.querySelector('.run-a .legend').hidden`)

			b.changes(`document.querySelector('.run-a .sample canvas').toDataURL()`, func() { b.do(chromedp.Click("#again", chromedp.ByQuery)) })
			if page.width < 500 {
				b.touch(zero(b.place(".pad-canvas"))...)
			} else {
				b.drag(zero(b.place(".pad-canvas"))...)
			}
			b.until(`document.querySelectorAll('.run-a .bars-table tbody tr').length === 2`)
			if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > page.width {
				t.Errorf("the page is %d wide in a window of %d", wide, page.width)
			}
			b.checkLook()
			b.shoot(page.name)
		})
	}
}

// typeZ types numbers into the fields beside the sliders.
func (b *browser) typeZ(values ...string) {
	b.t.Helper()
	for i, v := range values {
		eval[bool](b, `(() => {
			const field = document.querySelectorAll('.run-a .sliders .value')[`+strconv.Itoa(i)+`];
			field.value = '`+v+`';
			field.dispatchEvent(new Event('change'));
			return true;
		})()`)
	}
}

// checkDecoded wants the picture to be what vaectl decode makes of z, to a 255th.
func (b *browser) checkDecoded(p *program, run string, z ...float64) {
	b.t.Helper()
	words := make([]string, len(z))
	for i, v := range z {
		words[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	cmd := exec.CommandContext(b.t.Context(), p.binary, "decode", run, "--runs", p.runs, "--format", "csv")
	cmd.Stdin = strings.NewReader(strings.Join(words, ",") + "\n")
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("decode: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var want []float64
	for _, word := range strings.Split(lines[len(lines)-1], ",") {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			b.t.Fatalf("decode wrote %q", word)
		}
		want = append(want, 255*v)
	}
	// Ink is opacity.
	worst := math.Inf(1)
	for range 50 {
		got := eval[[]float64](b, `(() => {
			const canvas = document.querySelector('.run-a .screen canvas');
			const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
			return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]);
		})()`)
		if len(got) != len(want) {
			b.t.Fatalf("%d pixels, decode wrote %d", len(got), len(want))
		}
		worst = 0
		for i := range got {
			worst = max(worst, math.Abs(got[i]-want[i]))
		}
		if worst <= 1 {
			return
		}
	}
	b.t.Errorf("the picture at %v is %.2f/255 from what decode makes", z, worst)
}

// Three priors stand side by side on one page.
func TestExportedPriors(t *testing.T) {
	p := build(t)
	p.train("standard", "--epochs", "1", "--latent", "4")
	p.train("narrow", "--epochs", "1", "--latent", "4", "--prior-mean", "0.5", "--prior-std", "0.1")
	p.train("flat", "--epochs", "1", "--latent", "4", "--prior", "uniform")
	b := open(t, "file://", p.export("priors.html", "standard", "narrow", "flat"), 1400, 900, false)
	b.until(whole)
	if parts := eval[int](b, `document.querySelectorAll('.heads .part').length`); parts != 3 {
		t.Errorf("%d runs are shown", parts)
	}
	b.drag(zero(b.place(".pad-canvas"))...)
	for _, run := range []string{"a", "b", "c"} {
		b.until(`document.querySelectorAll('.run-` + run + ` .shot canvas').length === 2`)
	}
	b.shoot("page-three-priors")
}
