package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// gemmShapes are the products of training steps: of a 784-400-20 autoencoder at batch 128, of a 784-200-200-50 one at
// batch 20, and of decoding many samples with the latter.
func gemmShapes() []Gemm {
	return []Gemm{
		{M: 128, K: 784, N: 400, TransB: true},
		{M: 128, K: 400, N: 40, TransB: true},
		{M: 128, K: 20, N: 400, TransB: true},
		{M: 128, K: 400, N: 784, TransB: true},
		{M: 128, K: 784, N: 400},
		{M: 128, K: 400, N: 20},
		{M: 128, K: 40, N: 400},
		{M: 784, K: 128, N: 400, TransA: true},
		{M: 400, K: 128, N: 20, TransA: true},
		{M: 40, K: 128, N: 400, TransA: true},
		{M: 400, K: 128, N: 784, TransA: true},
		{M: 20, K: 784, N: 200, TransB: true},
		{M: 20, K: 200, N: 200, TransB: true},
		{M: 20, K: 200, N: 784, TransB: true},
		{M: 20, K: 784, N: 200, TransB: true, Unpacked: true},
		{M: 20, K: 200, N: 200, TransB: true, Unpacked: true},
		{M: 20, K: 200, N: 784, TransB: true, Unpacked: true},
		{M: 20, K: 784, N: 200},
		{M: 20, K: 200, N: 200},
		{M: 784, K: 20, N: 200, TransA: true},
		{M: 200, K: 20, N: 200, TransA: true},
		{M: 200, K: 20, N: 784, TransA: true},
		{M: 1000, K: 50, N: 200, TransB: true},
		{M: 1000, K: 200, N: 784, TransB: true},
		{M: 5000, K: 200, N: 784, TransB: true},
	}
}

func (g *Gemm) flops() float64 { return 2 * float64(g.M) * float64(g.N) * float64(g.K) }

// form names the transposes as BLAS does, A's first.
func (g *Gemm) form() string {
	letter := map[bool]string{false: "N", true: "T"}
	form := letter[g.TransA] + letter[g.TransB]
	if g.Unpacked {
		form += "-unpacked"
	}
	return form
}

func BenchmarkGemm(b *testing.B) {
	for _, level := range Supported() {
		for _, threads := range []int{1, 2} {
			for _, g := range gemmShapes() {
				b.Run(fmt.Sprintf("%s/threads=%d/%s/%dx%dx%d", level, threads, g.form(), g.M, g.K, g.N), func(b *testing.B) {
					e := newTestEngine(b, Options{Kernel: level, Threads: threads})
					g.Alpha = 1
					c := newGemmCase(rand.New(rand.NewPCG(1, 1)), g, false)
					e.Gemm(&c.Gemm)
					for b.Loop() {
						e.Gemm(&c.Gemm)
					}
					b.ReportMetric(g.flops()*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				})
			}
		}
	}
}

// The bound that BenchmarkGemm's figures are held against.
func BenchmarkGemmPeak(b *testing.B) {
	for _, level := range Supported() {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", level, threads), func(b *testing.B) {
				e := newTestEngine(b, Options{Kernel: level, Threads: threads})
				best := 0.0
				for b.Loop() {
					best = max(best, e.Peak(time.Millisecond))
				}
				b.ReportMetric(best, "GFLOP/s")
			})
		}
	}
}
