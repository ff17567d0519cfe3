package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vaectl/train"
	"vaectl/vae"
)

// watched is a progress whose clock and stream a test holds.
type watched struct {
	*trainProgress
	text  *bytes.Buffer
	clock time.Time
}

func watch(terminal bool, width int) *watched {
	w := &watched{text: new(bytes.Buffer), clock: time.Unix(0, 0)}
	w.trainProgress = newTrainProgress(environment{
		stderr:     w.text,
		now:        func() time.Time { return w.clock },
		isTerminal: func(io.Writer) bool { return terminal },
		width:      func(io.Writer) int { return width },
	})
	return w
}

// epoch plays an epoch of steps that take a second each.
func (w *watched) epoch(t *testing.T, number, steps int) {
	t.Helper()
	for i := range steps {
		w.clock = w.clock.Add(time.Second)
		w.Step(train.StepRecord{Step: uint64((number-1)*steps + i + 1), Epoch: number, Images: 100, Loss: 30, Reconstruction: 20, KL: 10, Beta: 1})
	}
	err := w.Epoch(train.EpochRecord{Epoch: number, Split: "test", Best: true, Evaluation: vae.Evaluation{NegELBO: 25, Reconstruction: 20, KL: 5, KLPerDim: []float64{5}, AggregateMean: []float64{0}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestProgressIsRateLimitedOffTerminal(t *testing.T) {
	w := watch(false, 80)
	w.Begin(train.Progress{TotalSteps: 80, StepsPerEpoch: 40, Epochs: 2})
	w.epoch(t, 1, 40)
	w.epoch(t, 2, 40)
	if strings.ContainsAny(w.text.String(), "\r\x1b") {
		t.Errorf("carriage return or escape off a terminal:\n%q", w.text)
	}
	lines := strings.Split(strings.TrimSpace(w.text.String()), "\n")
	// One at the first step, one every ten seconds, one an epoch.
	if len(lines) < 8 || len(lines) > 10 {
		t.Errorf("%d lines for 80 seconds:\n%s", len(lines), w.text)
	}
	if want := "epoch 1/2  step 1/80  loss 30.00  ETA 1m19s  100 images/s  reconstruction 20.00  KL 10.00  beta 1"; lines[0] != want {
		t.Errorf("first line %q, want %q", lines[0], want)
	}
	if want := "epoch 2/2  train loss 0.00  test loss 25.00 = reconstruction 20.00 + KL 5.00  active 0/1  0.0 s  best so far"; lines[len(lines)-1] != want {
		t.Errorf("last line %q, want %q", lines[len(lines)-1], want)
	}
}

func TestProgressFitsTheTerminal(t *testing.T) {
	for _, width := range []int{20, 40, 80, 200} {
		w := watch(true, width)
		w.Begin(train.Progress{TotalSteps: 40, StepsPerEpoch: 40, Epochs: 1})
		w.epoch(t, 1, 40)
		w.clear()
		text, final, _ := strings.Cut(w.text.String(), "\repoch 1/1  train")
		updates := strings.Split(text, "\r")
		if len(updates) < 40 {
			t.Errorf("width %d: %d updates in 40 steps", width, len(updates))
		}
		for _, line := range updates {
			if utf8.RuneCountInString(line) >= width {
				t.Errorf("width %d: line of %d columns: %q", width, len(line), line)
			}
		}
		// The line is wiped before the one that stays.
		if last := updates[len(updates)-1]; strings.TrimSpace(last) != "" {
			t.Errorf("width %d: the epoch's line is written over %q", width, last)
		}
		if strings.Contains(final, "\r") {
			t.Errorf("width %d: an empty line is wiped again: %q", width, final)
		}
	}
}

// A terminal that becomes narrower breaks the line on it into two; none of it
// stays.
func TestLiveLineAfterAResize(t *testing.T) {
	width := 80
	var text bytes.Buffer
	l := liveLine{out: &text, now: time.Now, terminal: true, width: func() int { return width }}
	l.draw(strings.Repeat("x", 79))
	width = 30
	text.Reset()
	l.draw("short")
	if got, want := text.String(), "\x1b[2A\r\x1b[J\rshort"; got != want {
		t.Errorf("drawn over three rows: %q, want %q", got, want)
	}
	width = 200
	text.Reset()
	l.draw("")
	if got, want := text.String(), "\r     "; got != want {
		t.Errorf("after it became wider: %q, want %q", got, want)
	}
}

func TestProgressCountsOnlyThisProcess(t *testing.T) {
	w := watch(false, 80)
	w.Begin(train.Progress{FirstStep: 60, TotalSteps: 80, StepsPerEpoch: 40, Epochs: 2})
	w.clock = w.clock.Add(time.Second)
	w.Step(train.StepRecord{Step: 61, Epoch: 2, Images: 100})
	if !strings.Contains(w.text.String(), "going on at step 60 of 80\n") || !strings.Contains(w.text.String(), "ETA 19s") {
		t.Errorf("19 steps of one second are left, got:\n%s", w.text)
	}
}

func TestFit(t *testing.T) {
	parts := []string{"epoch 1/2", "loss 3", "reconstruction 2", "KL 1"}
	cases := map[int]string{
		100: "epoch 1/2 loss 3 reconstruction 2 KL 1",
		38:  "epoch 1/2 loss 3 reconstruction 2 KL 1",
		37:  "epoch 1/2 loss 3 reconstruction 2",
		32:  "epoch 1/2 loss 3 KL 1",
		12:  "epoch 1/2",
		9:   "epoch 1/2",
		5:   "epoch",
		0:   "",
		-3:  "",
	}
	for width, want := range cases {
		if got := fit(parts, width); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
}

// A block goes as a whole, also from a terminal that has become narrower and has
// broken its lines.
func TestBlockLeavesNothingBehind(t *testing.T) {
	var text strings.Builder
	width := 21
	l := liveLine{out: &text, now: time.Now, terminal: true, width: func() int { return width }}
	l.showBlock([]string{strings.Repeat("a", 30), "short"})
	if want := strings.Repeat("a", 20) + "\nshort\n"; text.String() != want {
		t.Errorf("drew %q, want %q", text.String(), want)
	}
	text.Reset()
	width = 8 // 20 columns are 3 rows
	l.clear()
	if want := "\x1b[4A\x1b[J"; text.String() != want {
		t.Errorf("cleared with %q, want %q", text.String(), want)
	}
	text.Reset()
	l.clear()
	if text.Len() > 0 {
		t.Errorf("cleared nothing with %q", text.String())
	}
}
