//go:build torture

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// The torture kills trainings, has calls to the system fail, and flips bits in
// what they have written, at random, but the same for one seed. Every run must
// end finished, with the bits of one left alone, and every flip must be noticed:
//
//	make torture TORTUREFLAGS='-seed 2 -kills 1000 -errors 400 -flips 4000'
//
// Kills and errors at chosen calls want strace.
var (
	tortureSeed   = flag.Uint64("seed", 1, "of the torture")
	tortureKills  = flag.Int("kills", 500, "that must hit a training")
	tortureErrors = flag.Int("errors", 200, "of the system that must reach a training")
	tortureFlips  = flag.Int("flips", 2000, "of bits in weights and optimiser state")
)

// tracedCalls are those that change files, and those that lead there.
const tracedCalls = "openat,write,fsync,renameat,renameat2,unlinkat,mkdirat,close"

// chamber is where the torture takes place.
type chamber struct {
	t       *testing.T
	rng     *rand.Rand
	program string
	dir     string        // the working directory
	took    time.Duration // by a training left alone
	calls   int           // that the busiest thread of such a training makes
	runs    int           // so far
}

func newChamber(t *testing.T, stream uint64) *chamber {
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("all is kept in %s", dir)
			return
		}
		_ = os.RemoveAll(dir)
	})
	c := &chamber{t: t, rng: rand.New(rand.NewPCG(*tortureSeed, stream)), dir: dir}
	c.program = filepath.Join(c.dir, "vaectl")
	if out, err := exec.Command("go", "build", "-o", c.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for split, prefix := range []string{"train", "t10k"} {
		images, labels := bars(160, digitSide, split)
		err := errors.Join(os.WriteFile(filepath.Join(c.dir, prefix+"-images-idx3-ubyte"), images, 0o666),
			os.WriteFile(filepath.Join(c.dir, prefix+"-labels-idx1-ubyte"), labels, 0o666))
		if err != nil {
			t.Fatal(err)
		}
	}
	config := "model: {hidden: [16], latent: 2}\n" +
		"train: {batch_size: 40, epochs: 3, ema: 0.9, checkpoint_every: 1e-9, threads: 2}\n" +
		"data: {binarize: dynamic, validation: 40}\n"
	if err := os.WriteFile(filepath.Join(c.dir, "c.yaml"), []byte(config), 0o666); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if out, err := c.command("train", c.arguments("whole")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c.took = time.Since(began)
	return c
}

// arguments begin a run.
func (c *chamber) arguments(name string) []string {
	return []string{"--dataset", ".", "--config", "c.yaml", "--quiet", "--name", name}
}

func (c *chamber) command(name string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(c.program, append([]string{name}, arguments...)...)
	cmd.Dir = c.dir
	return cmd
}

// next begins a run, or goes on with it.
func (c *chamber) next(name string) []string {
	if _, err := os.Stat(filepath.Join(c.dir, "runs", name)); errors.Is(err, fs.ErrNotExist) {
		return append([]string{"train"}, c.arguments(name)...)
	}
	return []string{"train", "--resume", name, "--quiet"}
}

// fault starts a training, does something to it, and says whether that hit.
type fault func(arguments []string) (hit bool)

// suffer lets a run meet a fault or two, and completes it. It returns how many
// hit.
func (c *chamber) suffer(f fault) int {
	c.runs++
	name := fmt.Sprintf("run-%d", c.runs)
	hits := 0
	for range 1 + c.rng.IntN(2) {
		if f(c.next(name)) {
			hits++
		}
	}
	arguments := c.next(name)
	out, err := c.command(arguments[0], arguments[1:]...).CombinedOutput()
	if err != nil && !bytes.Contains(out, []byte("has had its 3 epochs")) {
		c.t.Errorf("%s: %v: %s", name, err, out)
		return hits
	}
	c.check(name)
	if c.t.Failed() {
		c.t.FailNow()
	}
	if err := os.RemoveAll(filepath.Join(c.dir, "runs", name)); err != nil {
		c.t.Fatal(err)
	}
	return hits
}

// check compares a run with the one left alone.
func (c *chamber) check(name string) {
	c.t.Helper()
	dir, whole := filepath.Join(c.dir, "runs", name), filepath.Join(c.dir, "runs", "whole")
	r, err := rundir.Open(dir)
	if err != nil {
		c.t.Error(err)
		return
	}
	if r.Record.Status != rundir.Finished || r.Record.Test == nil {
		c.t.Errorf("%s is %s: %s", name, r.Record.Status, r.Record.Error)
	}
	files, err := filepath.Glob(filepath.Join(whole, "checkpoints", "*"))
	if err != nil || len(files) != 4 {
		c.t.Fatalf("checkpoints %v, %v", files, err)
	}
	for _, file := range files {
		want, errWant := os.ReadFile(file)
		got, err := os.ReadFile(filepath.Join(dir, "checkpoints", filepath.Base(file)))
		if err := errors.Join(errWant, err); err != nil || !bytes.Equal(got, want) {
			c.t.Errorf("%s: %s differs (%v)", name, filepath.Base(file), err)
		}
	}
	want, got := withoutSeconds(c.t, whole), withoutSeconds(c.t, dir)
	if want != got {
		c.t.Errorf("%s: the metrics differ:\n%s\nnot\n%s", name, got, want)
	}
	// A picture that could not be made is a warning in the record.
	warned := slices.ContainsFunc(r.Record.Warnings, func(w rundir.Warning) bool { return w.Code == train.WarnPictures })
	if _, err := os.Stat(filepath.Join(dir, "samples", "training.gif")); err != nil && !warned {
		c.t.Error(err)
	}
	for _, pattern := range []string{".new-*", ".old-*", name + "/.tmp-*", name + "/checkpoints/.tmp-*"} {
		if left, _ := filepath.Glob(filepath.Join(c.dir, "runs", pattern)); len(left) > 0 {
			c.t.Errorf("%s: %v is left", name, left)
		}
	}
}

// withoutSeconds is a run's metrics without what a clock measured.
func withoutSeconds(t *testing.T, dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Error(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		head, _, _ := strings.Cut(line, `,"seconds"`)
		kept = append(kept, strings.TrimSpace(head))
	}
	return strings.Join(kept, "\n")
}

// ends waits for a process that was to be killed and says whether it was.
func ends(cmd *exec.Cmd) (killed bool) {
	_ = cmd.Wait()
	return !cmd.ProcessState.Exited() || cmd.ProcessState.ExitCode() == 137 // strace dies as its tracee did
}

// killAtRandom kills a training at any time.
func (c *chamber) killAtRandom(arguments []string) bool {
	cmd := c.command(arguments[0], arguments[1:]...)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	time.Sleep(time.Duration(c.rng.Int64N(int64(c.took))))
	_ = cmd.Process.Kill()
	return ends(cmd)
}

// killAtTemporary kills a training while it is writing a file.
func (c *chamber) killAtTemporary(arguments []string) bool {
	cmd := c.command(arguments[0], arguments[1:]...)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	done := make(chan bool, 1)
	go func() { done <- ends(cmd) }()
	seen := map[string]bool{}
	for wanted := 1 + c.rng.IntN(12); ; {
		select {
		case killed := <-done:
			return killed
		default:
		}
		for _, pattern := range []string{"*/.tmp-*", "*/*/.tmp-*", ".new-*/.tmp-*", ".new-*/*/.tmp-*"} {
			found, _ := filepath.Glob(filepath.Join(c.dir, "runs", pattern))
			for _, file := range found {
				seen[filepath.Base(file)] = true
			}
		}
		if len(seen) >= wanted {
			_ = cmd.Process.Kill()
			return <-done
		}
	}
}

// count finds out how many calls a thread of a training left alone makes.
func (c *chamber) count() {
	if c.calls > 0 {
		return
	}
	log := filepath.Join(c.dir, "trace")
	cmd := exec.Command("strace", append([]string{"-f", "-qq", "-e", "trace=" + tracedCalls, "-o", log, c.program, "train"}, c.arguments("counted")...)...)
	cmd.Dir = c.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		c.t.Fatal(err)
	}
	threads := map[string]int{}
	for line := range strings.Lines(string(text)) {
		thread, _, _ := strings.Cut(line, " ")
		threads[thread]++
		c.calls = max(c.calls, threads[thread])
	}
}

// inject runs a training under strace, which does something at its n-th call.
// Calls are counted in each thread.
func (c *chamber) inject(arguments []string, what string) *exec.Cmd {
	c.count()
	n := 1 + c.rng.IntN(c.calls)
	cmd := exec.Command("strace", append([]string{
		"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + tracedCalls,
		"-e", fmt.Sprintf("inject=%s:%s:when=%d", tracedCalls, what, n), c.program,
	}, arguments...)...)
	cmd.Dir = c.dir
	return cmd
}

// killAtCall kills a training at a call to the system.
func (c *chamber) killAtCall(arguments []string) bool {
	cmd := c.inject(arguments, "signal=SIGKILL")
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	return ends(cmd)
}

// failCall has a call to the system fail.
func (c *chamber) failCall(arguments []string) bool {
	cause := []string{"error=ENOSPC", "error=EIO", "error=EDQUOT"}[c.rng.IntN(3)]
	out, err := c.inject(arguments, cause).CombinedOutput()
	if bytes.Contains(out, []byte("panic:")) {
		c.t.Errorf("%s: %s", cause, out)
	}
	// One that is ridden out, as a failure to remove what is stale, says nothing.
	return err != nil && !bytes.Contains(out, []byte("has had its 3 epochs"))
}

func TestTortureByKills(t *testing.T) {
	c := newChamber(t, 1)
	ways := []fault{c.killAtRandom, c.killAtTemporary, c.killAtCall}
	if _, err := exec.LookPath("strace"); err != nil {
		t.Log("no strace: no kills at chosen calls")
		ways = ways[:2]
	}
	hits := make([]int, len(ways))
	total := 0
	for i := 0; total < *tortureKills; i++ {
		n := c.suffer(ways[i%len(ways)])
		hits[i%len(ways)] += n
		total += n
	}
	t.Logf("%d kills of %d runs (at random, at temporary files, at calls: %v): all ended with the bits of one left alone", total, c.runs, hits)
}

func TestTortureByErrors(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("no strace")
	}
	c := newChamber(t, 2)
	total := 0
	for total < *tortureErrors {
		total += c.suffer(c.failCall)
	}
	t.Logf("%d errors that ended a training, in %d runs: all ended with the bits of one left alone", total, c.runs)
}

func TestTortureByFlips(t *testing.T) {
	c := newChamber(t, 3)
	e, err := vae.NewEngine("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dir := filepath.Join(c.dir, "runs", "whole")
	weights := filepath.Join(dir, "checkpoints", "last.safetensors")
	states, err := filepath.Glob(filepath.Join(dir, "checkpoints", "last-*"))
	if err != nil || len(states) != 1 {
		t.Fatalf("optimiser states %v, %v", states, err)
	}
	read := func() error {
		r, err := rundir.Open(dir)
		if err != nil {
			return err
		}
		checkpoint, err := r.Checkpoint(rundir.Last, e)
		if err != nil {
			return err
		}
		_, err = r.Optimizer(checkpoint)
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	for i := range *tortureFlips {
		path := []string{weights, states[0]}[i%2]
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bit := c.rng.IntN(8 * len(text))
		text[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := read(); !errors.Is(err, rundir.ErrDamaged) {
			t.Errorf("bit %d of %s flipped: %v", bit, filepath.Base(path), err)
		}
		if i%100 < 2 {
			if out, err := c.command("train", "--resume", "whole", "--epochs", "4").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("vaectl: error: ")) {
				t.Errorf("bit %d of %s flipped: train --resume: %v: %s", bit, filepath.Base(path), err, out)
			}
		}
		text[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d flipped bits: all noticed", *tortureFlips)
}
