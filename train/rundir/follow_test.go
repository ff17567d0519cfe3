package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// appendText adds text to a file as a training does, without replacing it.
func appendText(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func stepLine(step int) string {
	return fmt.Sprintf(`{"kind":"step","step":%d,"epoch":1,"loss":%d.5}`+"\n", step, step)
}

// steps calls Next until nothing more is there and returns the steps it saw.
func (f *Follower) steps(t *testing.T) (steps []uint64, restarted bool) {
	t.Helper()
	for {
		m, again, more, err := f.Next()
		if err != nil {
			t.Fatal(err)
		}
		if again {
			steps, restarted = nil, true
		}
		for _, s := range m.Steps {
			steps = append(steps, s.Step)
		}
		if !more {
			return steps, restarted
		}
	}
}

func TestFollowerSeesWholeLinesOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, metricsFile)
	f := Follow(dir)
	defer f.Close()
	expect := func(what string, restarted bool, want ...uint64) {
		t.Helper()
		got, again := f.steps(t)
		if fmt.Sprint(got) != fmt.Sprint(want) || again != restarted {
			t.Fatalf("%s: steps %v restarted %v, want %v %v", what, got, again, want, restarted)
		}
	}
	expect("no file yet", false)
	appendText(t, path, stepLine(1)+stepLine(2))
	expect("two lines", false, 1, 2)
	expect("nothing new", false)
	half := stepLine(3)
	appendText(t, path, half[:20])
	expect("half a line", false)
	appendText(t, path, half[20:]+"\n"+stepLine(4))
	expect("the other half and one more", false, 3, 4)

	// A resumed training replaces the file, here by one that is longer.
	if err := os.WriteFile(path+".new", []byte(strings.Repeat(stepLine(7), 6)), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	expect("replaced", true, 7, 7, 7, 7, 7, 7)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	expect("cut off", true)
	appendText(t, path, stepLine(1))
	expect("written again", false, 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("removed", true)
}

func TestFollowerTakesALongFileInPieces(t *testing.T) {
	dir := t.TempDir()
	const lines = 3 * maxFollowed / 50
	var text strings.Builder
	for i := range lines {
		text.WriteString(stepLine(i + 1))
	}
	appendText(t, filepath.Join(dir, metricsFile), text.String())
	f := Follow(dir)
	defer f.Close()
	first, _, more, err := f.Next()
	if err != nil || !more || len(first.Steps) >= lines {
		t.Fatalf("first piece: %d of %d lines, more %v, %v", len(first.Steps), lines, more, err)
	}
	rest, _ := f.steps(t)
	if len(first.Steps)+len(rest) != lines || rest[len(rest)-1] != lines {
		t.Errorf("%d and %d lines, want %d in all", len(first.Steps), len(rest), lines)
	}
}

func TestFollowerRefusesWhatIsNoMetrics(t *testing.T) {
	for _, text := range []string{"{}\n", "null\n", "{\"kind\":\"step\"\n", strings.Repeat("x", maxFollowed)} {
		dir := t.TempDir()
		appendText(t, filepath.Join(dir, metricsFile), text)
		f := Follow(dir)
		_, _, _, err := f.Next()
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%.20q: %v", text, err)
		}
		f.Close()
	}
}

// Who follows a training sees its steps while an epoch lasts, not after it.
func TestStepsAreWrittenWhileAnEpochLasts(t *testing.T) {
	dir := makeRun(t, t.TempDir(), "run")
	w, err := Store{}.Continue(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	synctest.Test(t, func(t *testing.T) {
		l, err := w.Metrics(State{})
		if err != nil {
			t.Fatal(err)
		}
		f := Follow(dir)
		defer f.Close()
		var seen int
		for step := range 60 {
			l.Step(StepMetrics{Kind: KindStep, Step: uint64(step + 1), Epoch: 1})
			time.Sleep(100 * time.Millisecond)
			found, _ := f.steps(t)
			seen += len(found)
			if late := step + 1 - seen; late > 11 {
				t.Fatalf("after step %d, %d steps are not to be seen", step+1, late)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if rest, _ := f.steps(t); seen+len(rest) != 60 {
			t.Errorf("%d steps and %d at the end, of 60", seen, len(rest))
		}
	})
}

// A write that fails between flushes is told by the next one.
func TestFailedWriteIsTold(t *testing.T) {
	w, err := Store{}.Continue(makeRun(t, t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	l, err := w.Metrics(State{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.file.Close(); err != nil {
		t.Fatal(err)
	}
	l.Step(StepMetrics{Kind: KindStep, Step: 1, Epoch: 1})
	l.Step(StepMetrics{Kind: KindStep, Step: 2, Epoch: 1})
	if err := l.Flush(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("flush: %v", err)
	}
}
