package diagnosis

import (
	"math"

	"vaectl/internal/compute/kernel"
)

const (
	screenRows    = 256
	screenColumns = 4096
	screenChunk   = 8 // rows of a chunk
	// closeEnough is the error, in nats, up to which a log density in float32
	// is taken as it is: errors of many densities cancel.
	closeEnough = 1e-3
)

// screen computes all log densities of some draws under some posteriors at once,
// in float32 by one matrix product: the exponent is
//
//	-sum_d h z^2 + sum_d 2 h m z - sum_d h m^2
//
// with means m and half inverse variances h. Where posteriors are so narrow that
// the three cancel too much, what may count is computed again in float64.
type screen struct {
	*pairs
	draws      []float32 // z^2 and z, [images, 2*dim]
	posteriors []float32 // -h and 2hm, [images, 2*dim]
	constants  []float64 // what does not depend on z
	margins    []float64 // the largest error under a posterior

	first, end, block, blockEnd int
	out                         []float32
	sums                        []logSum
}

func newScreen(p *pairs) *screen {
	s := &screen{pairs: p, out: make([]float32, screenRows*screenColumns)}
	s.draws, s.posteriors = make([]float32, 2*len(p.z)), make([]float32, 2*len(p.z))
	s.constants, s.margins = make([]float64, p.images), make([]float64, p.images)
	farthest := make([]float64, p.dim)
	for at, z := range p.z {
		farthest[at%p.dim] = max(farthest[at%p.dim], z*z)
	}
	for i := range p.images {
		s.constants[i] = p.constants[i]
		var size float64
		for d := range p.dim {
			at, to := i*p.dim+d, i*2*p.dim+d
			z, m, h := p.z[at], p.means[at], p.precisions[at]
			s.draws[to], s.draws[to+p.dim] = float32(z*z), float32(z)
			s.posteriors[to], s.posteriors[to+p.dim] = float32(-h), float32(2*h*m)
			s.constants[i] -= h * m * m
			size += 2 * h * (farthest[d] + m*m)
		}
		// Each term and each sum is rounded; that they all err alike does not
		// happen.
		const rounding = 8 * 0x1p-24
		s.margins[i] = rounding * size
		if size > math.MaxFloat32/8 {
			s.margins[i] = math.Inf(1)
		}
	}
	return s
}

// run adds the densities of draws first to end under posteriors block to
// blockEnd.
func (s *screen) run(e *kernel.Engine, first, end, block, blockEnd int, sums []logSum) {
	s.first, s.end, s.block, s.blockEnd, s.sums = first, end, block, blockEnd, sums
	width := 2 * s.dim
	e.Gemm(&kernel.Gemm{
		TransB: true, M: end - first, N: blockEnd - block, K: width, Alpha: 1,
		A: s.draws[first*width : end*width], LDA: width, B: s.posteriors[block*width : blockEnd*width], LDB: width,
		C: s.out, LDC: screenColumns,
	})
	e.Run((end-first+screenChunk-1)/screenChunk, s)
}

// Chunk adds what counts of some rows.
func (s *screen) Chunk(i int) {
	from := s.first + i*screenChunk
	for row := from; row < min(from+screenChunk, s.end); row++ {
		least := s.own[row] - negligible
		out := s.out[(row-s.first)*screenColumns:][:s.blockEnd-s.block]
		constants := s.constants[s.block:s.blockEnd][:len(out)]
		margins := s.margins[s.block:s.blockEnd][:len(out)]
		sum := s.sums[row]
		for k, v := range out {
			density := float64(v) + constants[k]
			// What float32 cannot hold has a margin without end, and is not below.
			if density+margins[k] < least {
				continue
			}
			if margins[k] <= closeEnough && s.block+k != row {
				sum.add(density)
			} else if exact, counts := s.logDensity(row, s.block+k, s.pairs.constants[s.block+k]-least); counts {
				sum.add(exact)
			}
		}
		s.sums[row] = sum
	}
}
