package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vaectl/train"
	"vaectl/train/rundir"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"vaectl":   main,
		"stubborn": stubborn,
	})
}

// stubborn is a program that has vaectl's signal handling and does not end
// when its context does.
func stubborn() {
	ctx, stop := untilInterrupted(context.Background())
	defer stop()
	if err := os.WriteFile("ready", nil, 0o666); err != nil {
		panic(err)
	}
	<-ctx.Done()
	if err := os.WriteFile("interrupted", nil, 0o666); err != nil {
		panic(err)
	}
	time.Sleep(time.Minute)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "cache"))
			e.Setenv("VAECTL_OFFLINE", "1")
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"digits":        digits,
			"photos":        photos,
			"exits":         exits,
			"hold":          hold,
			"interrupt":     interrupt,
			"slay":          slay,
			"truncate":      truncate,
			"flip":          flip,
			"same":          same,
			"agree":         agree,
			"plain":         plain,
			"selfcontained": selfcontained,
		},
	})
}

const digitSide = 8

// digits DIR [TRAIN [TEST [SIDE]]] writes a small data set of bars as IDX
// files: class c is a bright row c of a SIDE x SIDE image with some noise.
func digits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 4 {
		ts.Fatalf("usage: digits DIR [TRAIN [TEST [SIDE]]]")
	}
	numbers := []int{200, 60, digitSide}
	for i, arg := range args[1:] {
		n, err := strconv.Atoi(arg)
		ts.Check(err)
		numbers[i] = n
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	for split, prefix := range []string{"train", "t10k"} {
		images, labels := bars(numbers[split], numbers[2], split)
		ts.Check(os.WriteFile(filepath.Join(dir, prefix+"-images-idx3-ubyte"), images, 0o666))
		ts.Check(os.WriteFile(filepath.Join(dir, prefix+"-labels-idx1-ubyte"), labels, 0o666))
	}
}

func bars(count, side, salt int) (images, labels []byte) {
	images = binary.BigEndian.AppendUint32(images, 0x803)
	labels = binary.BigEndian.AppendUint32(labels, 0x801)
	for _, n := range []int{count, side, side} {
		images = binary.BigEndian.AppendUint32(images, uint32(n))
	}
	labels = binary.BigEndian.AppendUint32(labels, uint32(count))
	for i := range count {
		class := i % min(side, 10)
		for p := range side * side {
			v := byte((i*31 + p*17 + salt*7) % 40)
			if p/side == class {
				v = 255 - v
			}
			images = append(images, v)
		}
		labels = append(labels, byte(class))
	}
	return images, labels
}

// exits CODE PROGRAM ARGS... runs a program and checks its status; stdout and
// stderr are there for the commands that follow.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%s ended with status %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// hold RUN trains in a run, as far as other processes can tell, until the script ends.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold RUN")
	}
	run, err := train.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = run.Close() })
}

// interrupt N FILE PROGRAM ARGS... starts a program, waits until FILE is
// there, sends N interrupts, the second after the file interrupted is there,
// and checks that the program ends with status 130. Its output goes to the
// files out and err.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: interrupt N FILE PROGRAM ARGS...")
	}
	times, err := strconv.Atoi(args[0])
	ts.Check(err)
	files := []string{ts.MkAbs(args[1]), ts.MkAbs("interrupted")}
	path := ts.Getenv("PATH")
	program, _, _ := strings.Cut(path, string(filepath.ListSeparator))
	// A deadline, so that a program that never ends fails the test.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(program, args[2]), args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "VAECTL_OFFLINE=1")
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	log, err := os.Create(ts.MkAbs("err"))
	ts.Check(err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = out, log
	ts.Check(cmd.Start())
	for i := range times {
		for ctx.Err() == nil {
			if _, err := os.Stat(files[i]); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		ts.Check(cmd.Process.Signal(syscall.SIGINT))
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
		ts.Fatalf("%s: %v, not status %d; stderr:\n%s", args[2], err, exitInterrupted, ts.ReadFile("err"))
	}
}

// slay RUN EPOCH ARGS... trains with the given arguments and ends the process
// with SIGKILL while it is in an epoch after the given one.
func slay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: slay RUN EPOCH ARGS...")
	}
	epoch, err := strconv.Atoi(args[1])
	ts.Check(err)
	program, _, _ := strings.Cut(ts.Getenv("PATH"), string(filepath.ListSeparator))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(program, "vaectl"), args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "VAECTL_OFFLINE=1")
	ts.Check(cmd.Start())
	for ctx.Err() == nil {
		if r, err := rundir.Open(ts.MkAbs(args[0])); err == nil && r.Record.Epoch >= epoch {
			break
		}
		time.Sleep(time.Millisecond)
	}
	ts.Check(cmd.Process.Kill())
	if err := cmd.Wait(); cmd.ProcessState.Exited() {
		ts.Fatalf("the training ended before it could be killed: %v", err)
	}
	r, err := rundir.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	if r.Record.Status != rundir.Killed {
		ts.Fatalf("a killed run says %s", r.Record.Status)
	}
}

// truncate FILE N cuts a file to its first N bytes, or by -N bytes.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	if n < 0 {
		info, err := os.Stat(path)
		ts.Check(err)
		n += int(info.Size())
	}
	ts.Check(os.Truncate(path, int64(n)))
}

// flip FILE N turns all bits of the byte at N.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := []byte(ts.ReadFile(args[0]))
	text[n] ^= 0xff
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o666))
}

// same [!] A B compares two files byte by byte.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same A B")
	}
	if equal := ts.ReadFile(args[0]) == ts.ReadFile(args[1]); equal == neg {
		ts.Fatalf("%s and %s: equal is %v", args[0], args[1], equal)
	}
}

// agree A B KEY compares a number in the last lines of two files of JSON lines.
func agree(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: agree A B KEY")
	}
	a, b := lastNumber(ts, args[0], args[2]), lastNumber(ts, args[1], args[2])
	if (a == b) == neg {
		ts.Fatalf("%s is %v in %s and %v in %s", args[2], a, args[0], b, args[1])
	}
}

func lastNumber(ts *testscript.TestScript, file, key string) float64 {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(file)), "\n")
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &object))
	number, ok := object[key].(float64)
	if !ok {
		ts.Fatalf("%s has no number %q", file, key)
	}
	return number
}

// plain FILE checks that a file, stdout or stderr has neither carriage
// returns nor escape sequences.
func plain(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: plain FILE")
	}
	if i := strings.IndexAny(ts.ReadFile(args[0]), "\r\x1b"); i >= 0 {
		ts.Fatalf("%s has a carriage return or an escape at byte %d", args[0], i)
	}
}
