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
		{"convolutions in bfloat16", python{Torch: "2.9", BLAS: "mkl", FusedAdam: true}, comparison{work: []string{"--conv", "8"}, bf16: true}, 1, nil, []string{
			"torch 2.9, 1 thread, eager, bfloat16, foreach Adam",
			"torch 2.9, 1 thread, eager, bfloat16, fused Adam",
			"torch 2.9, 1 thread, eager, channels last, bfloat16, foreach Adam",
			"torch 2.9, 1 thread, eager, channels last, bfloat16, fused Adam",
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
			for _, s := range torchSettings(test.p, test.row, test.cores, test.types) {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJAXSettings(t *testing.T) {
	for _, test := range []struct {
		p    python
		row  comparison
		want []string
	}{
		{python{JAX: "0.10"}, comparison{}, []string{"JAX 0.10, 1 step a call", "JAX 0.10, 8 steps a call", "JAX 0.10, 50 steps a call"}},
		{python{JAX: "0.10"}, comparison{oneThread: true}, nil},
		{python{JAX: "0.10", CanPin: true}, comparison{oneThread: true}, []string{"JAX 0.10, 1 step a call, on one core", "JAX 0.10, 8 steps a call, on one core", "JAX 0.10, 50 steps a call, on one core"}},
	} {
		var got []string
		for _, s := range jaxSettings(test.p, test.row) {
			got = append(got, s.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Error(diff)
		}
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
		{setting{threads: 2, inside: true, bf16: true, adam: "fused"}, "--threads 2 --channels-last --bf16 --adam fused"},
		{setting{scan: 50}, "--threads 0 --scan 50"},
	}
	for _, test := range tests {
		if got := strings.Join(test.s.flags(), " "); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
