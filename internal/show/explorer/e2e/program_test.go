package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// program is vaectl as users have it, and a folder of runs.
type program struct {
	t      *testing.T
	binary string
	runs   string
}

func build(t *testing.T) *program {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "vaectl")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/vaectl")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return &program{t: t, binary: binary, runs: filepath.Join(t.TempDir(), "runs")}
}

// arguments of a training on the digits at hand: MNIST where its directory is
// named, the built-in set elsewhere.
func (p *program) arguments(name string, more ...string) []string {
	args := []string{"train", "--quiet", "--out", p.runs, "--name", name, "--hidden", "100"}
	if dir := os.Getenv("VAECTL_TEST_MNIST"); dir != "" {
		args = append(args, "--data-dir", dir)
	} else {
		args = append(args, "--dataset", "strokes")
	}
	return append(args, more...)
}

func (p *program) train(name string, more ...string) {
	p.t.Helper()
	if out, err := exec.CommandContext(p.t.Context(), p.binary, p.arguments(name, more...)...).CombinedOutput(); err != nil {
		p.t.Fatalf("train %s: %v\n%s", name, err, out)
	}
}

// remove takes a run away, and spoil makes its record unreadable.
func (p *program) remove(name string) {
	p.t.Helper()
	if err := os.RemoveAll(filepath.Join(p.runs, name)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) spoil(name string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.runs, name, "run.json"), []byte("{"), 0o666); err != nil {
		p.t.Fatal(err)
	}
}

// begin starts a program that stop interrupts.
func (p *program) begin(args ...string) *process {
	p.t.Helper()
	one := &process{t: p.t, cmd: exec.Command(p.binary, args...)}
	one.cmd.Stderr = &one.log
	out, err := one.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	one.out = bufio.NewReader(out)
	if err := one.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { one.stop() })
	return one
}

type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	out     *bufio.Reader
	log     bytes.Buffer
	stopped bool
}

// stop interrupts the program and returns its status.
func (o *process) stop() int {
	o.t.Helper()
	if o.stopped {
		return o.cmd.ProcessState.ExitCode()
	}
	o.stopped = true
	if err := o.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		o.t.Errorf("interrupt: %v", err)
	}
	var status *exec.ExitError
	if err := o.cmd.Wait(); err != nil && !errors.As(err, &status) {
		o.t.Errorf("%v: %v\n%s", o.cmd.Args, err, o.log.String())
	}
	return o.cmd.ProcessState.ExitCode()
}

// serve starts the explorer and returns where it is.
func (p *program) serve(more ...string) (*process, string) {
	p.t.Helper()
	server := p.begin(append([]string{"serve", "--json", "--addr", "127.0.0.1:0", "--out", p.runs}, more...)...)
	line, err := server.out.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("serve: %v\n%s", err, server.log.String())
	}
	var served struct{ URL string }
	if err := json.Unmarshal(line, &served); err != nil {
		p.t.Fatalf("serve wrote %s: %v", line, err)
	}
	return server, served.URL
}
