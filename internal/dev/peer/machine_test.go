package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestParseCPUInfo(t *testing.T) {
	tests := []struct{ name, info, want string }{
		{"x86", "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9655: 96-Core\n\nprocessor\t: 1\nmodel name\t: other\n", "AMD EPYC 9655: 96-Core"},
		{"arm64 has none", "processor\t: 0\nCPU part\t: 0xd40\n", ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		if got := parseCPUInfo([]byte(test.info)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestParseLoadAverage(t *testing.T) {
	for text, want := range map[string]float64{
		"0.52 0.58 0.59 1/467 1234\n": 0.52,
		"{ 2.10 1.90 1.75 }\n":        2.1,
		"{2.10 1.90}":                 2.1,
		"":                            -1,
		"{ }":                         -1,
		"busy":                        -1,
	} {
		if got := parseLoadAverage([]byte(text)); got != want {
			t.Errorf("%q: got %g, want %g", text, got, want)
		}
	}
}

func TestParseStat(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"cpu  100 20 30 9999 8888 1 2 47 500 600\ncpu0 1 2 3 4 5 6 7 8 9 10\n": 2 * time.Second,
		"cpu  100 20 30\n":            -1,
		"cpu  1 2 3 4 5 6 7 eight\n":  -1,
		"intr 1 2 3 4 5 6 7 8 9 10\n": -1,
		"":                            -1,
	} {
		if got := parseStat([]byte(text)); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestOthers(t *testing.T) {
	at := func(wall, busy, own int) load {
		return load{at: time.Unix(int64(wall), 0), busy: time.Duration(busy) * time.Second, own: time.Duration(own) * time.Second}
	}
	tests := []struct {
		name     string
		from, to load
		want     float64
	}{
		{"half a core", at(0, 100, 7), at(10, 120, 22), 0.5},
		{"counted in coarser ticks than ours", at(0, 100, 0), at(10, 119, 20), 0},
		{"unknown", load{busy: -1}, load{busy: -1}, -1},
	}
	for _, test := range tests {
		if got := others(test.from, test.to); got != test.want {
			t.Errorf("%s: got %g, want %g", test.name, got, test.want)
		}
	}
}

func TestRunTellsWhatAProgramComplainedOf(t *testing.T) {
	p := newProcesses()
	_, err := p.run(t.Context(), command{name: "go", args: []string{"build", "./absent"}})
	if err == nil || err.Error() == "exit status 1" {
		t.Errorf("got error %v, want the last line of standard error with it", err)
	}
	if p.used <= 0 {
		t.Errorf("the program used %v of CPU time, want more than nothing", p.used)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.run(ctx, command{name: "go", args: []string{"version"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
}
