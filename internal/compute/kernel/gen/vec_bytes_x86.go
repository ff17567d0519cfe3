package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bytesPerTurn is what the conversions of bytes take at once.
const bytesPerTurn = 16

// emitBytes emits the conversions of bytes to pixels.
func emitBytes(i isa, pool *constantPool) {
	emitBytesLoop(i, pool, "scaleBytes", "b/255, correctly rounded", func(f *x86Function, from Mem) reg.VecVirtual {
		// 1/255 in two parts: the sum is rounded once, and for all 256 bytes to the correct quotient.
		high := float32(1.0 / 255)
		low := float32(1.0/255 - float64(high))
		b, pixel := f.vector(), f.vector()
		VPMOVZXBD(from, b)
		VCVTDQ2PS(b, b)
		VMULPS(f.broadcast(math.Float32bits(low)), b, pixel)
		VFMADD231PS(f.broadcast(math.Float32bits(high)), b, pixel)
		return pixel
	})
	emitBytesLoop(i, pool, "thresholdBytes", "1 where b >= 128, else 0", func(f *x86Function, from Mem) reg.VecVirtual {
		pixel := f.vector()
		VPMOVSXBD(from, pixel)
		VPSRAD(Imm(31), pixel, pixel)
		VANDPS(f.broadcast(math.Float32bits(1)), pixel, pixel)
		return pixel
	})
}

// broadcast loads a constant into a register.
func (f *x86Function) broadcast(bits uint32) reg.VecVirtual {
	r := f.vector()
	VBROADCASTSS(f.pool.address(bits), r)
	return r
}

// emitBytesLoop emits a loop that converts a vector's worth of bytes at a time.
func emitBytesLoop(i isa, pool *constantPool, name, doc string, convert func(*x86Function, Mem) reg.VecVirtual) {
	TEXT(name+i.suffix(), NOSPLIT, "func(dst *float32, src *byte, n int)")
	Doc(fmt.Sprintf("%s%s computes dst = %s. n is a multiple of %d.", name, i.suffix(), doc, bytesPerTurn))
	Pragma("noescape")
	f := &x86Function{isa: i, pool: pool}
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	Label("loop")
	TESTQ(n, n)
	JLE(LabelRef("done"))
	for at := 0; at < bytesPerTurn; at += i.lanes() {
		VMOVUPS(convert(f, Mem{Base: src, Disp: at}), Mem{Base: dst, Disp: 4 * at})
	}
	ADDQ(U32(4*bytesPerTurn), dst)
	ADDQ(U32(bytesPerTurn), src)
	SUBQ(U32(bytesPerTurn), n)
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}
