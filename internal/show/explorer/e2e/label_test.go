package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Of a conditional run the page asks which label to decode and sample with; the
// places to choose at agree, and runs without labels have none. The label of a
// drawing is guessed unless somebody names it.
func TestLabels(t *testing.T) {
	p := build(t)
	p.train("told", "--epochs", "3", "--latent", "2", "--conditional")
	p.train("plain", "--epochs", "1", "--latent", "2")
	_, base := p.serve()
	b := open(t, base, "/?run=told&beside=plain", 1280, 800, false)
	b.until(whole)
	const chosen = `[...document.querySelectorAll('.run-a .label-chooser select')].filter((s) => s.checkVisibility()).map((s) => s.value)`
	if got := eval[[]string](b, chosen); !slices.Equal(got, []string{"0", "", "0"}) {
		t.Fatalf("the labels to begin with are %q", got)
	}
	if there := eval[bool](b, `[...document.querySelectorAll('.run-b .label-chooser')].some((e) => e.checkVisibility())`); there {
		t.Error("a run without labels lets one be chosen")
	}
	const guess = `document.querySelector('.run-a .label-chooser output').textContent`
	b.drag(zero(b.place(".pad-canvas"))...)
	b.until(`document.querySelectorAll('.run-a .thumbs li').length === 8`)
	b.until(`(` + guess + `).startsWith('guessed 0')`)

	const (
		sampled       = `document.querySelector('.run-a .sample canvas').toDataURL()`
		reconstructed = `document.querySelectorAll('.run-a .shot canvas')[1].toDataURL()`
		other         = `document.querySelector('.run-b .screen canvas').toDataURL()`
	)
	before := eval[string](b, other)
	choose := func(part, label string) {
		b.do(chromedp.Evaluate(fmt.Sprintf(`(() => {
			const select = document.querySelector('.part-%s.run-a .label-chooser select');
			select.value = %q;
			select.dispatchEvent(new Event('change'));
		})()`, part, label), nil))
	}
	for label, part := range map[string]string{"3": "bench", "1": "samples"} {
		b.changes(sampled, func() { b.changes(image, func() { choose(part, label) }) })
		if got := eval[[]string](b, chosen); !slices.Equal(got, []string{label, "", label}) {
			t.Errorf("%s is chosen at the %s, and the labels are %q", label, part, got)
		}
	}
	b.changes(reconstructed, func() { choose("posterior", "7") })
	b.until(guess + ` === ''`)
	if eval[string](b, other) != before {
		t.Error("the run without labels was decoded again")
	}
	b.do(chromedp.Click(".pad-tools button:last-child", chromedp.ByQuery))
	choose("posterior", "")
	b.until(`(` + guess + `).endsWith('as in the test set')`)
	at := b.place(".run-a .map-canvas")
	point := func() { b.do(input.DispatchMouseEvent(input.MouseMoved, at.X+at.Width/2, at.Y+at.Height/2)) }
	point()
	b.until(`document.querySelector('.run-a .tip canvas')`)
	b.changes(`document.querySelector('.run-a .tip canvas').toDataURL()`, func() { choose("bench", "4"); point() })
	b.checkLook()
	b.shoot("light-labels")
}
