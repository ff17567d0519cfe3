package e2e

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

//go:embed look.js
var look string

// checkLook wants text that can be read and things that can be hit.
func (b *browser) checkLook() {
	b.t.Helper()
	for _, complaint := range eval[[]string](b, look) {
		b.t.Error(complaint)
	}
}

// checkFocus wants everything that takes the focus to show it: with the focus
// it must not look as it does without. One of each kind is tried.
func (b *browser) checkFocus() {
	b.t.Helper()
	const all = `[...document.querySelectorAll('button, select, input, a, summary, [tabindex="0"]')]
		.filter((e) => e.checkVisibility() && !e.disabled && !e.closest('.skip'))`
	kinds := eval[[]string](b, `(() => {
		window.kinds = new Map(`+all+`.map((e) => [e.tagName + ' ' + e.className + ' ' + (e.type ?? '') + ' ' + e.parentElement.className, e]));
		return [...window.kinds.keys()];
	})()`)
	if len(kinds) < 15 {
		b.t.Errorf("%d kinds of things take the focus: %q", len(kinds), kinds)
	}
	for _, kind := range kinds {
		at := eval[rect](b, fmt.Sprintf(`(() => {
			document.activeElement.blur();
			const e = window.kinds.get(%q);
			e.scrollIntoView({ block: 'center', behavior: 'instant' });
			const { x, y, width, height } = e.getBoundingClientRect();
			return { x: x + scrollX, y: y + scrollY, width, height };
		})()`, kind))
		without := b.clip(at)
		b.do(chromedp.Evaluate(fmt.Sprintf(`window.kinds.get(%q).focus({ focusVisible: true, preventScroll: true })`, kind), nil))
		if bytes.Equal(without, b.clip(at)) {
			b.t.Errorf("%s looks the same with the focus", kind)
		}
	}
	b.do(chromedp.Evaluate(`document.activeElement.blur()`, nil))
}

// clip is a picture of a part of the page and a little around it.
func (b *browser) clip(at rect) (picture []byte) {
	b.t.Helper()
	const around = 8
	shot := page.CaptureScreenshot().WithCaptureBeyondViewport(true).
		WithClip(&page.Viewport{X: max(0, at.X-around), Y: max(0, at.Y-around), Width: at.Width + 2*around, Height: at.Height + 2*around, Scale: 1})
	eval[bool](b, `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))`)
	b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = shot.Do(ctx)
		return err
	}))
	return picture
}
