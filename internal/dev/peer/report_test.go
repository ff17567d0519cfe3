package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteReport(t *testing.T) {
	results := []result{
		{
			comparison: comparison{title: "wide"}, ours: []float64{90_000, 80_000, 100_000}, hops: []float64{60, 70, 350},
			theirs: []theirRates{
				{name: "PyTorch", setting: "torch 2.9, 2 threads", rates: []float64{30_000, 40_000, 45_000}},
				{name: "JAX", setting: "JAX 0.10, 50 steps a call", rates: []float64{60_000, 50_000, 50_000}},
			},
			ofProducts: []float64{0.7, 0.75, 0.8}, kernel: "avx512", threads: 2, averageLoad: 0.25, othersLoad: 0.03,
		},
		{comparison: comparison{title: "forced"}, skipped: "no avx2 here"},
		{
			comparison: comparison{title: "decoding", decoding: true}, ours: []float64{1_000_000, 2_000_000},
			theirs: []theirRates{
				{name: "PyTorch", setting: "torch 2.9, 1 thread", rates: []float64{500_000, 500_000}},
				{name: "JAX", missing: "training only"},
			},
			kernel: "neon", threads: 1, averageLoad: -1, othersLoad: -1,
		},
	}
	var got strings.Builder
	rivals := []rival{
		{name: "PyTorch", pythons: []python{{Version: "3.12.1", Torch: "2.9", BLAS: "mkl"}}},
		{name: "JAX", pythons: []python{{Version: "3.12.1", JAX: "0.10"}}},
	}
	o := options{rounds: 3, seconds: 2.5}
	writeReport(&got, "Some CPU, 2 cores", rivals, o, results)
	want := `Some CPU, 2 cores; PyTorch 2.9 (Python 3.12.1, BLAS mkl), JAX 0.10 (Python 3.12.1).
Medians of 3 runs of 2.5 s, all sides in turn; the lowest and the highest in brackets.
Core to core is the time a word takes to another core and back: beyond 200 ns they share no cache, and all sides are slower.

| step | vaectl | PyTorch | ratio | JAX | ratio | of its own products | kernel | best settings | load | core to core |
|---|---|---|---|---|---|---|---|---|---|---|
| wide | 90,000 (80,000-100,000) images/s | 40,000 (30,000-45,000) images/s | **2.25x** (2.00x-3.00x) | 50,000 (50,000-60,000) images/s | **1.80x** (1.50x-2.00x) | 75 % | avx512, 2 threads | torch 2.9, 2 threads; JAX 0.10, 50 steps a call | 0.2, others 0.03 cores | 70 (60-350) ns |
| decoding | 1,500,000 (1,000,000-2,000,000) samples/s | 500,000 (500,000-500,000) samples/s | **3.00x** (2.00x-4.00x) | training only | - | - | neon, 1 thread | torch 2.9, 1 thread | unknown | - |

Not measured: forced: no avx2 here.
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteReportWarnsOfABusyMachine(t *testing.T) {
	for _, test := range []struct {
		others []float64
		want   string
	}{
		{[]float64{0.05, 0.1}, ""},
		{[]float64{0.05, 1.25, 0.5}, "other programs kept up to 1.25 cores busy"},
		{[]float64{-1}, ""},
	} {
		var results []result
		for _, n := range test.others {
			results = append(results, result{ours: []float64{1}, othersLoad: n})
		}
		var got strings.Builder
		writeReport(&got, "", nil, options{}, results)
		if warned := strings.Contains(got.String(), "not quiet"); warned != (test.want != "") || !strings.Contains(got.String(), test.want) {
			t.Errorf("others %v: want %q in\n%s", test.others, test.want, got.String())
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 100}, 3.5},
	} {
		before := append([]float64(nil), test.values...)
		if got := median(test.values); got != test.want {
			t.Errorf("median of %v is %g, want %g", test.values, got, test.want)
		}
		if diff := cmp.Diff(before, test.values); diff != "" {
			t.Errorf("the values were moved: %s", diff)
		}
	}
}
