package memory

import (
	"runtime"
	"testing"
)

func TestAvailable(t *testing.T) {
	got := Available()
	if runtime.GOOS == "linux" && (got < 1<<24 || got > 1<<50) {
		t.Errorf("%g bytes", got)
	}
}

func TestText(t *testing.T) {
	for bytes, want := range map[float64]string{6.81e9: "6.8 GB", 2e12: "2.0 TB", 1.5e6: "1.5 MB", 4000: "4 kB"} {
		if got := Text(bytes); got != want {
			t.Errorf("%g is %s, want %s", bytes, got, want)
		}
	}
}
