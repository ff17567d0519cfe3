package exporttest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"vaectl/vae"
)

// Python finds one that has some modules: the one that the environment variable PYTHON
// names, or python3. Without one the test is skipped.
func Python(t *testing.T, modules string) string {
	t.Helper()
	name := os.Getenv("PYTHON")
	if name == "" {
		name = "python3"
	}
	if out, err := exec.CommandContext(t.Context(), name, "-c", "import "+modules).CombinedOutput(); err != nil {
		t.Skipf("%s with %s is not here (PYTHON names one that has them): %v %.200s", name, modules, err, out)
	}
	return name
}

// Differences runs a script on a folder of cases and reads what it prints: for each
// case the differences.
func Differences(t *testing.T, python, script, dir string) map[string]Difference {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, script, dir)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	var all map[string]Difference
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatalf("%s says %.500s", script, out)
	}
	return all
}

// Prepare makes a case's model and a folder with the arrays to compare it with.
func Prepare(t *testing.T, e *vae.Engine, c Case, dir string) *vae.Model {
	t.Helper()
	m, err := c.Model(e)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	references, err := Compute(m, e)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if err := references.Write(dir); err != nil {
		t.Fatal(err)
	}
	return m
}
