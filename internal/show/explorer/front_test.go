package explorer

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// The front end's own tests, under testdata/js, want Node.
func TestFrontEnd(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on the path")
	}
	files, err := filepath.Glob("testdata/js/*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of the front end: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), node, append([]string{"--test"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("node --test: %v\n%s", err, out)
	}
}
