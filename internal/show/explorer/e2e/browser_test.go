package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// deadline bounds a whole test, so that a page that hangs fails it.
const deadline = 3 * time.Minute

// browser is a page in a headless Chromium of its own.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
	path string // that was opened first

	mu       sync.Mutex
	expected []string // parts of complaints that are in order
	wrong    []string
}

// open starts Chromium at a path of the explorer.
func open(t *testing.T, base, path string, width, height int, dark bool) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(profile(t)),
		chromedp.WindowSize(width, height),
		chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	if _, err := exec.LookPath("chromium"); err == nil {
		options = append(options, chromedp.ExecPath("chromium"))
	}
	page := start(t, options)
	ctx, cancel := context.WithTimeout(page, deadline)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, base: base, path: path}
	chromedp.ListenTarget(ctx, b.listen)
	t.Cleanup(func() { b.checkComplaints(t) })
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.do(
		runtime.Enable(), log.Enable(), network.Enable(),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		emulation.SetDeviceMetricsOverride(int64(width), int64(height), 1, width < 500),
		emulation.SetTouchEmulationEnabled(width < 500),
	)
	b.visit(path)
	return b
}

// start starts Chromium, which on a busy machine does not always come up.
func start(t *testing.T, options []chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	var err error
	for range 3 {
		// Not the test's context, which ends before the clean-up.
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		// The protocol has events newer than the library; it says so in its log.
		page, end := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
		up := make(chan error, 1)
		go func() { up <- chromedp.Run(page) }()
		select {
		case err = <-up:
		case <-time.After(40 * time.Second):
			err = errors.New("it does not come up")
		}
		if err == nil {
			t.Cleanup(func() {
				end()
				stop()
				chromedp.FromContext(page).Allocator.Wait()
			})
			return page
		}
		end()
		stop()
	}
	t.Fatalf("Chromium: %v", err)
	return nil
}

// profile is a directory for a browser, whose processes write to it for a
// moment after they were ended.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vaectl-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("the browser's directory stays: %v", err)
	})
	return dir
}

// listen collects what must not happen: exceptions, complaints of the browser
// and requests to anybody but the explorer.
func (b *browser) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			for _, a := range e.Args {
				complaint += fmt.Sprintf("console: %s %s", a.Value, a.Description)
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			complaint = fmt.Sprintf("log: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Scheme != "data" && u.Scheme != "blob" && (u.Scheme+"://"+u.Host != b.base || b.base == "file://" && u.Path != b.path) {
			complaint = "request to " + e.Request.URL
		}
	}
	if complaint != "" {
		b.mu.Lock()
		b.wrong = append(b.wrong, complaint)
		b.mu.Unlock()
	}
}

// expect makes complaints that hold text part of the test.
func (b *browser) expect(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, text)
}

func (b *browser) checkComplaints(t *testing.T) {
	b.mu.Lock()
	defer b.mu.Unlock()
next:
	for _, w := range b.wrong {
		for _, e := range b.expected {
			if strings.Contains(w, e) {
				continue next
			}
		}
		t.Errorf("the browser complains: %s", w)
	}
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// eval is the value of an expression in the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	var value T
	if err := chromedp.Run(b.ctx, chromedp.Evaluate(expression, &value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits for a condition in the page.
func (b *browser) until(condition string) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Poll(condition, nil, chromedp.WithPollingTimeout(60*time.Second))); err != nil {
		b.t.Fatalf("waiting for %s: %v\nbanner: %s", condition, err, eval[string](b, `document.getElementById('banner').innerText`))
	}
}

// changes does something and waits until an expression has another value.
func (b *browser) changes(expression string, do func()) {
	b.t.Helper()
	before := eval[string](b, expression)
	do()
	b.until(fmt.Sprintf("(%s) !== %q", expression, before))
}

type rect struct{ X, Y, Width, Height float64 }

// place is where an element is in the window, after it was scrolled there.
func (b *browser) place(selector string) rect {
	b.t.Helper()
	return eval[rect](b, fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		element.scrollIntoView({ block: 'center', behavior: 'instant' });
		const { x, y, width, height } = element.getBoundingClientRect();
		return { x, y, width, height };
	})()`, selector))
}

func (b *browser) mouse(kind input.MouseType, x, y float64) {
	b.t.Helper()
	event := input.DispatchMouseEvent(kind, x, y).WithButton(input.Left).WithClickCount(1)
	if kind == input.MouseMoved {
		event = input.DispatchMouseEvent(kind, x, y).WithButton(input.Left).WithButtons(1)
	}
	b.do(event)
}

// drag moves the pressed mouse along points.
func (b *browser) drag(points ...[2]float64) {
	b.t.Helper()
	b.mouse(input.MousePressed, points[0][0], points[0][1])
	for _, p := range points[1:] {
		b.mouse(input.MouseMoved, p[0], p[1])
	}
	last := points[len(points)-1]
	b.mouse(input.MouseReleased, last[0], last[1])
}

// touch moves a finger along points.
func (b *browser) touch(points ...[2]float64) {
	b.t.Helper()
	at := func(p [2]float64) []*input.TouchPoint { return []*input.TouchPoint{{X: p[0], Y: p[1]}} }
	b.do(input.DispatchTouchEvent(input.TouchStart, at(points[0])))
	for _, p := range points[1:] {
		b.do(input.DispatchTouchEvent(input.TouchMove, at(p)))
	}
	b.do(input.DispatchTouchEvent(input.TouchEnd, nil))
}

// key presses a key with the given DOM name.
func (b *browser) key(name string) {
	b.t.Helper()
	codes := map[string]int64{"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, " ": 32, "Tab": 9, "Escape": 27, "Backspace": 8, "+": 187}
	for _, kind := range []input.KeyType{input.KeyRawDown, input.KeyUp} {
		b.do(input.DispatchKeyEvent(kind).WithKey(name).WithWindowsVirtualKeyCode(codes[name]))
	}
}

// shots is where screenshots go: VAECTL_SHOTS, or a directory of this run.
func shots(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("VAECTL_SHOTS"); dir != "" {
		return dir
	}
	dir := filepath.Join(os.TempDir(), "vaectl-explorer")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shoot writes a picture of the whole page.
func (b *browser) shoot(name string) {
	b.t.Helper()
	var picture []byte
	b.do(chromedp.Evaluate(`scrollTo(0, 0)`, nil))
	b.do(chromedp.FullScreenshot(&picture, 100))
	path := filepath.Join(shots(b.t), name+".png")
	if err := os.WriteFile(path, picture, 0o666); err != nil {
		b.t.Fatal(err)
	}
	b.t.Logf("%s", path)
}
