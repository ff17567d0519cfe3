package memory

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// Of a limit on the address space what is left is available.
func TestAddressSpace(t *testing.T) {
	const limited = "VAECTL_TEST_LIMITED"
	if os.Getenv(limited) != "" {
		_, _ = os.Stdout.WriteString(strconv.FormatFloat(Available(), 'f', 0, 64) + "\n")
		os.Exit(0)
	}
	cmd := exec.Command("sh", "-c", `ulimit -v 4000000 && exec "$0" -test.run '^TestAddressSpace$'`, os.Args[0])
	cmd.Env = append(os.Environ(), limited+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("no limit can be set: %v", err)
	}
	got, err := strconv.ParseFloat(string(out[:max(0, len(out)-1)]), 64)
	if err != nil || got <= 0 || got >= 4e6*1024 {
		t.Errorf("%q bytes of 4000000 KiB are available, %v", out, err)
	}
}
