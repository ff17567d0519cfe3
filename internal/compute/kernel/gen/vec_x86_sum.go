package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// zeroSums prepares the sums of an accumulating program.
func (f *x86Function) zeroSums(p *program, copies int) {
	n := 0
	switch p.sums() {
	case opAccumulate:
		n = copies
	case opAccumulateWide:
		n = 2 * copies
	}
	for range n {
		sum := f.vector()
		VXORPS(sum, sum, sum)
		f.sums = append(f.sums, sum)
	}
}

// accumulate adds a vector to its copy's float32 sum; lanes past the end do not count.
func (f *x86Function) accumulate(in instruction) {
	sum, term := f.sums[in.copy], f.register(in.args[0])
	switch {
	case !f.masked:
		VADDPS(term, sum, sum)
	case f.isa == avx512:
		VADDPS(term, sum, f.maskK, sum)
	default:
		counted := YMM()
		VANDPS(term, f.maskY, counted)
		VADDPS(counted, sum, sum)
	}
}

// accumulateWide adds a vector, loaded with zeros past the end, to its copy's two float64 sums.
func (f *x86Function) accumulateWide(in instruction) {
	low, high := f.widen(f.register(in.args[0]))
	VADDPD(low, f.sums[2*in.copy], f.sums[2*in.copy])
	VADDPD(high, f.sums[2*in.copy+1], f.sums[2*in.copy+1])
}

// widen converts a vector of float32 to two of float64.
func (f *x86Function) widen(v reg.VecVirtual) (low, high reg.VecVirtual) {
	low, high = f.vector(), f.vector()
	if f.isa == avx512 {
		half := YMM()
		VEXTRACTF64X4(Imm(1), v, half)
		VCVTPS2PD(v.AsY(), low)
		VCVTPS2PD(half, high)
		return low, high
	}
	half := XMM()
	VEXTRACTF128(Imm(1), v, half)
	VCVTPS2PD(v.AsX(), low)
	VCVTPS2PD(half, high)
	return low, high
}

// returnSum returns the total of all sums as float64.
func (f *x86Function) returnSum(p *program) {
	if p.sums() == opConst {
		return
	}
	total := f.vector()
	VXORPS(total, total, total)
	for _, sum := range f.sums {
		if p.sums() == opAccumulateWide {
			VADDPD(sum, total, total)
			continue
		}
		low, high := f.widen(sum)
		VADDPD(low, total, total)
		VADDPD(high, total, total)
	}
	if f.isa == avx512 {
		half := YMM()
		VEXTRACTF64X4(Imm(1), total, half)
		VADDPD(half, total.AsY(), total.AsY())
	}
	half := XMM()
	VEXTRACTF128(Imm(1), total.AsY(), half)
	VADDPD(half, total.AsX(), total.AsX())
	VPERMILPD(Imm(1), total.AsX(), half)
	VADDSD(half, total.AsX(), total.AsX())
	Store(total.AsX(), ReturnIndex(0))
}
