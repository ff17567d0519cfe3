// Package e2e drives the explorer in a real browser: the program as users have
// it, Chromium without a window, and hands that drag, draw, click and type.
//
// It is a module of its own, so that the program does not depend on a browser's
// driver. It wants Chromium on the path: apt-get install chromium.
package e2e

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

const (
	image   = `document.querySelector('.run-a .screen canvas').toDataURL()`
	numbers = `[...document.querySelectorAll('.run-a .sliders .value')].map((o) => o.value).join(' ')`
	// whole is true when everything about the runs is there.
	whole = `document.querySelectorAll('.screen canvas').length > 0 && [...document.querySelectorAll('.heads .part')].every((part, i) =>
		document.querySelectorAll('.part-prior')[i].querySelector('.density') && document.querySelectorAll('.part-bench .chip').length > 0
		&& document.querySelectorAll('.part-samples')[i].querySelector('.sample')) && document.querySelector('.panel')`
)

func TestExplorer(t *testing.T) {
	p := build(t)
	p.train("bell", "--epochs", "2", "--latent", "10")
	p.train("flat", "--epochs", "2", "--latent", "2", "--prior", "uniform", "--prior-low", "-1", "--prior-high", "1")
	_, base := p.serve("bell")
	b := open(t, base, "/", 1400, 900, false)
	b.until(whole)

	t.Run("slider", func(t *testing.T) {
		b.t = t
		at := b.place(".run-a .sliders input")
		y := at.Y + at.Height/2
		b.changes(image, func() {
			b.drag([2]float64{at.X + at.Width/2, y}, [2]float64{at.X + at.Width*0.6, y}, [2]float64{at.X + at.Width*0.9, y})
		})
		b.changes(image, func() {
			b.do(chromedp.Focus(".run-a .sliders input", chromedp.ByQuery))
			for range 30 {
				b.key("ArrowLeft")
			}
		})
		t.Logf("from slider to digit: %s", latency(b))
	})

	t.Run("map", func(t *testing.T) {
		b.t = t
		at := b.place(".run-a .map-canvas")
		x, y := at.X+at.Width*0.45, at.Y+at.Height*0.55
		b.do(input.DispatchMouseEvent(input.MouseMoved, x, y))
		b.until(`!document.querySelector('.run-a .tip').hidden && document.querySelector('.run-a .tip canvas')`)
		b.changes(`document.querySelector('.run-a .tip canvas').toDataURL()`, func() {
			b.do(input.DispatchMouseEvent(input.MouseMoved, at.X+at.Width*0.8, at.Y+at.Height*0.5))
		})
		b.changes(numbers, func() { b.drag([2]float64{x, y}) })
		b.changes(image, func() { b.drag([2]float64{at.X + at.Width*0.8, y}) })

		// The same by keys.
		b.do(chromedp.Focus(".run-a .map-canvas", chromedp.ByQuery))
		b.changes(`document.getElementById('says').textContent`, func() {
			for range 4 {
				b.key("ArrowUp")
			}
		})
		b.changes(numbers, func() { b.key("Enter") })

		b.do(chromedp.Click(".run-a .modes button:last-child", chromedp.ByQuery))
		b.until(`document.querySelector('.run-a .modes button:last-child').getAttribute('aria-pressed') === 'true'`)
		b.changes(`document.querySelector('.run-a .map-canvas').toDataURL()`, func() {
			b.do(chromedp.Click(".run-a .modes button:first-child", chromedp.ByQuery))
		})
		b.changes(`document.querySelector('.run-a .map-canvas').toDataURL()`, func() { b.do(chromedp.Click(".run-a .chip", chromedp.ByQuery)) })
		b.do(chromedp.Click(".run-a .chip", chromedp.ByQuery))
	})

	t.Run("draw", func(t *testing.T) {
		b.t = t
		b.drag(zero(b.place(".pad-canvas"))...)
		b.until(`document.querySelectorAll('.run-a .thumbs li').length === 8`)
		b.until(`document.querySelectorAll('.run-a .bars-table tbody tr').length === 8`)
		labels := eval[[]string](b, `[...document.querySelectorAll('.run-a .thumbs span')].map((s) => s.textContent)`)
		if zeros := len(slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return l != "0" })); zeros < 5 {
			t.Errorf("a circle's nearest training images are %v", labels)
		}
		b.changes(numbers, func() { b.do(chromedp.Click(".run-a .pair-words > button", chromedp.ByQuery)) })
		b.do(chromedp.Click(".pad-tools button:nth-child(2)", chromedp.ByQuery))
		b.until(`document.querySelectorAll('.run-a .thumbs li').length === 0`)

		// By keys: a stroke down.
		b.do(chromedp.Focus(".pad-canvas", chromedp.ByQuery))
		b.key(" ")
		for range 8 {
			b.key("ArrowDown")
		}
		b.key(" ")
		b.until(`document.querySelectorAll('.run-a .thumbs li').length === 8`)
		b.do(chromedp.Click(".pad-tools button:last-child", chromedp.ByQuery))
		b.until(`!document.querySelector('.pad-shown').hidden && document.querySelectorAll('.run-a .thumbs li').length === 8`)
	})

	t.Run("samples", func(t *testing.T) {
		b.t = t
		b.changes(`document.querySelector('.run-a .sample canvas').toDataURL()`, func() { b.do(chromedp.Click("#again", chromedp.ByQuery)) })
		b.changes(numbers, func() { b.do(chromedp.Click(".run-a .sample:nth-child(7)", chromedp.ByQuery)) })
	})

	t.Run("side by side", func(t *testing.T) {
		b.t = t
		b.do(chromedp.SetValue("#run-b", "flat", chromedp.ByQuery), chromedp.Evaluate(`document.getElementById('run-b').dispatchEvent(new Event('change'))`, nil))
		b.until(whole)
		b.until(`document.querySelectorAll('.run-b .thumbs li').length === 8`)
		if rows := eval[int](b, `document.querySelectorAll('#settings-table .differs').length`); rows < 2 {
			t.Errorf("%d settings differ", rows)
		}
		if url := eval[string](b, `location.search`); !strings.Contains(url, "run=bell") || !strings.Contains(url, "beside=flat") {
			t.Errorf("the address is %s", url)
		}
		b.shoot("light-wide-two")
	})

	t.Run("by name", func(t *testing.T) {
		b.t = t
		b.checkNames()
	})

	t.Run("by focus", func(t *testing.T) {
		b.t = t
		b.checkFocus()
	})
}

// zero is a circle on the pad.
func zero(at rect) [][2]float64 {
	var points [][2]float64
	for i := range 41 {
		angle := 2 * math.Pi * float64(i) / 40
		points = append(points, [2]float64{at.X + at.Width*(0.5+0.22*math.Sin(angle)), at.Y + at.Height*(0.5-0.33*math.Cos(angle))})
	}
	return points
}

// latency is the time from moving a slider to the image being drawn, of some moves.
func latency(b *browser) string {
	times := eval[[]float64](b, `(async () => {
		const input = document.querySelector('.run-a .sliders input');
		const canvas = document.querySelector('.run-a .screen canvas');
		const times = [];
		for (let i = 0; i < 40; i++) {
			const before = canvas.toDataURL();
			input.value = 20 + ((i * 97) % 360);
			const begun = performance.now();
			input.dispatchEvent(new Event('input', { bubbles: true }));
			while (canvas.toDataURL() === before && performance.now() - begun < 5000) await new Promise((done) => setTimeout(done, 1));
			times.push(performance.now() - begun);
		}
		return times.sort((a, b) => a - b);
	})()`)
	return fmt.Sprintf("median %.1f ms, 90 %% %.1f ms, longest %.1f ms", times[len(times)/2], times[len(times)*9/10], times[len(times)-1])
}

// checkNames wants a name for everything that can be operated.
func (b *browser) checkNames() {
	b.t.Helper()
	// The protocol's own type does not know all that a new browser says.
	var tree struct {
		Nodes []struct {
			Ignored bool  `json:"ignored"`
			Role    value `json:"role"`
			Name    value `json:"name"`
			Node    int   `json:"backendDOMNodeId"`
		} `json:"nodes"`
	}
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
	}))
	checked := 0
	for _, n := range tree.Nodes {
		if n.Ignored || !slices.Contains([]any{"button", "slider", "combobox", "checkbox", "link", "application", "image", "region"}, n.Role.Value) {
			continue
		}
		checked++
		if name, _ := n.Name.Value.(string); strings.TrimSpace(name) == "" {
			b.t.Errorf("a %v has no name: node %d", n.Role.Value, n.Node)
		}
	}
	if checked < 50 {
		b.t.Errorf("%d things were checked", checked)
	}
}

// value is a value of the accessibility tree.
type value struct {
	Value any `json:"value"`
}

// A first run appears in a page that had none, draws its curves while it
// trains, and says when it was interrupted.
func TestLiveRun(t *testing.T) {
	p := build(t)
	server, base := p.serve()
	b := open(t, base, "/", 1200, 900, true)
	b.until(`!document.getElementById('empty').hidden`)
	b.shoot("dark-wide-empty")
	training := p.begin(p.arguments("live", "--epochs", "100000", "--latent", "2")...)
	b.until(`document.getElementById('empty').hidden && document.querySelector('.status-running')`)
	const curve = `document.querySelector('.series.test')?.getAttribute('d') ?? ''`
	b.until(`(` + curve + `).includes('L')`)
	b.changes(curve, func() {})
	b.changes(image, func() {}) // the same z, decoded by a model that has learned
	b.until(whole)
	b.shoot("dark-wide-live")
	if code := training.stop(); code != 130 {
		t.Errorf("the training ended with status %d", code)
	}
	b.until(`document.querySelector('.status-interrupted')`)

	b.expect("ERR_")
	if code := server.stop(); code != 0 {
		t.Errorf("the explorer ended with status %d", code)
	}
	b.until(`!document.getElementById('banner').hidden && document.getElementById('banner').innerText.includes('does not answer')`)
}

// Pages of every kind fit their width and look as they should to whoever looks
// at the pictures.
func TestPages(t *testing.T) {
	p := build(t)
	p.train("bell", "--epochs", "2", "--latent", "10")
	p.train("flat", "--epochs", "2", "--latent", "2", "--prior", "uniform", "--prior-low", "-1", "--prior-high", "1")
	p.train("vamp", "--epochs", "1", "--latent", "4", "--gated", "--prior", "vamp", "--prior-components", "20")
	p.train("two", "--epochs", "1", "--latent", "12", "--upper-latent", "5")
	p.train("line", "--epochs", "1", "--latent", "1")
	_, base := p.serve()
	for _, page := range []struct {
		name, path string
		width      int
		dark       bool
	}{
		{"light-wide", "/?run=bell", 1280, false},
		{"dark-wide", "/?run=flat", 1280, true},
		{"dark-wide-two", "/?run=bell&beside=flat", 1280, true},
		{"light-middle", "/?run=bell", 800, false},
		{"light-phone", "/?run=bell", 390, false},
		{"dark-phone", "/?run=flat&beside=bell", 360, true},
		{"light-vamp-and-two-layers", "/?run=vamp&beside=two", 1280, false},
		{"dark-line", "/?run=line", 1280, true},
	} {
		t.Run(page.name, func(t *testing.T) {
			b := open(t, base, page.path, page.width, 780, page.dark)
			b.until(whole)
			if page.width < 500 {
				b.touch(zero(b.place(".pad-canvas"))...)
			} else {
				b.drag(zero(b.place(".pad-canvas"))...)
			}
			b.until(`document.querySelectorAll('.run-a .thumbs li').length === 8`)
			b.do(chromedp.Evaluate(`scrollTo(0, 0)`, nil), chromedp.Sleep(300*time.Millisecond))
			if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > page.width {
				t.Errorf("the page is %d wide in a window of %d", wide, page.width)
			}
			b.checkLook()
			if odd := eval[[]string](b, `document.getElementById('explorer').innerText.match(/undefined|NaN|Infinity|\[object|^(false|true|null)$/gm) ?? []`); len(odd) > 0 {
				t.Errorf("the page says %v", odd)
			}
			b.shoot(page.name)
		})
	}
}

// The page says so when a run it shows goes, or never was, and goes on with
// what is there.
func TestRunsGo(t *testing.T) {
	p := build(t)
	for _, name := range []string{"first", "second", "third"} {
		p.train(name, "--epochs", "1", "--latent", "3")
	}
	_, base := p.serve("first")
	b := open(t, base, "/?run=never&beside=second", 900, 800, false)
	b.until(`document.getElementById('banner').innerText.includes('Run never is not there') && document.querySelector('.head-name h2')?.textContent === 'first'`)
	b.expect("404")
	b.expect("409")

	b.visit("/?run=third&beside=second")
	b.until(whole)
	if hidden := eval[bool](b, `document.getElementById('banner').hidden`); !hidden {
		t.Error("there is a banner though nothing is wrong")
	}
	p.remove("second")
	b.until(`document.getElementById('banner').innerText.includes('Run second is not there') && document.querySelectorAll('.heads .part').length === 1`)
	p.spoil("third")
	b.until(`document.getElementById('banner').innerText.includes('third') && document.querySelector('.head-name h2').textContent === 'first'`)
	b.shoot("light-run-gone")
	b.until(whole)
	p.remove("first")
	b.until(`!document.getElementById('empty').hidden && document.getElementById('empty').innerText.includes('No run can be read')`)
	b.shoot("light-none-readable")
	p.remove("third")
	b.until(`document.getElementById('empty').innerText.includes('No runs yet')`)
}

// Without its data set a run still has sliders and samples, and the page says
// why there is no map.
func TestWithoutData(t *testing.T) {
	p := build(t)
	p.train("bell", "--epochs", "1", "--latent", "3")
	_, base := p.serve("--dataset", "mnist", "--data-dir", t.TempDir())
	b := open(t, base, "/", 900, 800, false)
	b.expect("409")
	b.until(`document.querySelector('.map .note')?.innerText.includes('There is no map')`)
	b.until(`document.querySelector('.part-prior .note')`)
	b.changes(image, func() {
		b.do(chromedp.Click("#again", chromedp.ByQuery), chromedp.Click(".sample:nth-child(5)", chromedp.ByQuery))
	})
	b.drag(zero(b.place(".pad-canvas"))...)
	b.until(`document.querySelector('.near .note')?.innerText.includes('No nearest training images')`)
	b.shoot("light-without-data")
}
