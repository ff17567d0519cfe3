package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// interpreters answers --check by the program's name; the others have no torch.
func interpreters(checks map[string]string) runner {
	return func(_ context.Context, c command) ([]byte, error) {
		if check, ok := checks[c.name]; ok {
			return []byte(check), nil
		}
		return nil, errors.New("exit status 1: ModuleNotFoundError: No module named 'torch'")
	}
}

func TestFindPythonsNamed(t *testing.T) {
	run := interpreters(map[string]string{
		"a": "a warning\n" + `{"python":"3.12.1","executable":"/usr/bin/a","torch":"2.9.0","blas":"mkl","can_compile":true,"fused_adam":true}` + "\n",
		"b": `{"torch":"1.13"}`,
		"c": "Python 2 greets you",
		"d": `{}`,
	})
	got, failures, err := findPythons(t.Context(), run, "torch_vae.py", []string{"a", "b", "a"})
	if err != nil || len(failures) > 0 {
		t.Fatal(failures, err)
	}
	want := []python{
		{Version: "3.12.1", Executable: "a", Torch: "2.9.0", BLAS: "mkl", CanCompile: true, FusedAdam: true},
		{Executable: "b", Torch: "1.13"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []struct{ program, want string }{
		{"c", "Python 2 greets you"},
		{"d", "named no version"},
		{"e", "No module named 'torch'"},
	} {
		_, err := findRivals(t.Context(), run, t.TempDir(), []string{"a", bad.program}, 2, nil, func(string) {})
		if err == nil || !strings.Contains(err.Error(), bad.want) || !strings.Contains(err.Error(), bad.program+": ") {
			t.Errorf("%s: got error %v, want one with %q", bad.program, err, bad.want)
		}
	}
}

func TestFindPythonsExplainsHowToInstall(t *testing.T) {
	t.Setenv("PYTHON", "mine")
	_, err := findRivals(t.Context(), interpreters(nil), t.TempDir(), nil, 2, nil, func(string) {})
	var missing *noTorchError
	if !errors.As(err, &missing) {
		t.Fatalf("got error %v, want a noTorchError", err)
	}
	for _, want := range []string{"mine: ", "python3: ", "No module named 'torch'", "pip install torch", "make peer PYTHON="} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

// JAX is left out where no Python has it, and said to be.
func TestFindRivalsWithoutJAX(t *testing.T) {
	run := func(_ context.Context, c command) ([]byte, error) {
		if strings.HasSuffix(c.args[0], "torch_vae.py") {
			return []byte(`{"torch":"2.9"}`), nil
		}
		return nil, errors.New("No module named 'jax'")
	}
	var said string
	rivals, err := findRivals(t.Context(), run, t.TempDir(), []string{"a"}, 2, nil, func(s string) { said += s })
	if err != nil {
		t.Fatal(err)
	}
	if len(rivals) != 2 || rivals[0].whyNot(comparison{}) != "" || rivals[1].whyNot(comparison{}) != "not installed" {
		t.Errorf("got %+v", rivals)
	}
	if !strings.Contains(said, "No module named 'jax'") {
		t.Errorf("said %q", said)
	}
}

func TestUsualPythons(t *testing.T) {
	environment := map[string]string{"PYTHON": "one" + string(filepath.ListSeparator) + "two", "VIRTUAL_ENV": filepath.Join(t.TempDir(), "absent")}
	got := usualPythons(func(name string) string { return environment[name] })
	if diff := cmp.Diff([]string{"one", "two", "python3", "python"}, got); diff != "" {
		t.Error(diff)
	}
}
