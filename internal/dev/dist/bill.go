package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// billTool makes bills of materials.
const billTool = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// writeBill writes the bill of materials of a program, in CycloneDX: the modules that
// the Go tool has recorded in it, with their versions and hashes. It has neither a
// serial number nor a time, which would differ between two builds; and the tool, whose
// own hash is in it, is built without paths of the machine.
func writeBill(ctx context.Context, program, to string, from source) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "run", "-trimpath", billTool, "bin", "-json", "-std", "-noserial", "-notimestamp", "-version", from.version, "-output", to, program)
	cmd.Dir = filepath.Dir(program) // outside of any module
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cyclonedx-gomod: %w\n%s", err, out)
	}
	return nil
}
