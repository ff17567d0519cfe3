package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSettings(t *testing.T) {
	old := python{Torch: "1.13", BLAS: "openblas"}
	recent := python{Torch: "2.9", BLAS: "mkl", CanCompile: true, FusedAdam: true}
	tests := []struct {
		name  string
		p     python
		row   comparison
		cores int
		types []string
		want  []string
	}{
		{"recent", recent, comparison{}, 2, []string{"Haswell"}, []string{
			"torch 2.9, 1 thread, eager, foreach Adam",
			"torch 2.9, 1 thread, eager, fused Adam",
			"torch 2.9, 1 thread, compiled, foreach Adam",
			"torch 2.9, 1 thread, compiled, fused Adam",
			"torch 2.9, 2 threads, eager, foreach Adam",
			"torch 2.9, 2 threads, eager, fused Adam",
			"torch 2.9, 2 threads, compiled, foreach Adam",
			"torch 2.9, 2 threads, compiled, fused Adam",
		}},
		{"OpenBLAS", old, comparison{}, 1, []string{"Haswell"}, []string{
			"torch 1.13, 1 thread, eager, single Adam",
			"torch 1.13, 1 thread, eager, foreach Adam",
			"torch 1.13, 1 thread, eager, single Adam, OPENBLAS_NUM_THREADS=1",
			"torch 1.13, 1 thread, eager, foreach Adam, OPENBLAS_NUM_THREADS=1",
			"torch 1.13, 1 thread, eager, single Adam, OPENBLAS_CORETYPE=Haswell",
			"torch 1.13, 1 thread, eager, foreach Adam, OPENBLAS_CORETYPE=Haswell",
			"torch 1.13, 1 thread, eager, single Adam, OPENBLAS_NUM_THREADS=1, OPENBLAS_CORETYPE=Haswell",
			"torch 1.13, 1 thread, eager, foreach Adam, OPENBLAS_NUM_THREADS=1, OPENBLAS_CORETYPE=Haswell",
		}},
		{"OpenBLAS on one thread", old, comparison{oneThread: true}, 4, nil, []string{
			"torch 1.13, 1 thread, eager, single Adam, OPENBLAS_NUM_THREADS=1",
			"torch 1.13, 1 thread, eager, foreach Adam, OPENBLAS_NUM_THREADS=1",
		}},
		{"decoding on one thread", recent, comparison{oneThread: true, decoding: true}, 4, nil, []string{
			"torch 2.9, 1 thread, eager, 250 samples at once",
			"torch 2.9, 1 thread, eager, 1000 samples at once",
			"torch 2.9, 1 thread, eager, 5000 samples at once",
			"torch 2.9, 1 thread, compiled, 250 samples at once",
			"torch 2.9, 1 thread, compiled, 1000 samples at once",
			"torch 2.9, 1 thread, compiled, 5000 samples at once",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, s := range settings(test.p, test.row, test.cores, test.types) {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestThreadCounts(t *testing.T) {
	for cores, want := range map[int][]int{1: {1}, 2: {1, 2}, 3: {1, 2, 3}, 8: {1, 2, 4, 8}, 12: {1, 2, 4, 8, 12}} {
		if diff := cmp.Diff(want, threadCounts(cores)); diff != "" {
			t.Errorf("%d cores: %s", cores, diff)
		}
	}
}

func TestSettingFlags(t *testing.T) {
	tests := []struct {
		s    setting
		want string
	}{
		{setting{threads: 2, adam: "fused", compile: true}, "--threads 2 --compile --adam fused"},
		{setting{threads: 1, chunk: 250}, "--threads 1 --chunk 250"},
	}
	for _, test := range tests {
		if got := strings.Join(test.s.flags(), " "); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
