package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A pixelCompare draws pixels from words and bytes.
type pixelCompare struct {
	*philoxFunction
	ones     reg.VecVirtual // integer 1 in every lane
	unit     reg.VecVirtual // 1.0 in every lane
	spread   reg.VecVirtual // VPSHUFB's table that copies each of 4 bytes to a lane's 4
	byteOnes reg.VecVirtual
}

func newPixelCompare(f *philoxFunction) *pixelCompare {
	c := &pixelCompare{philoxFunction: f, ones: f.vector(), unit: f.vector(), spread: f.vector(), byteOnes: f.vector()}
	VPBROADCASTD(f.pool.address(1), c.ones)
	VPBROADCASTD(f.pool.address(0x3f800000), c.unit)
	VPBROADCASTD(f.pool.address(0x01010101), c.byteOnes)
	lanes := make([]uint32, f.isa.lanes())
	for i := range lanes {
		lanes[i] = 0x01010101 * uint32(i%16)
	}
	VMOVUPS(f.pool.table(lanes), c.spread)
	return c
}

// draw stores 1 where max(word, 1) <= the byte four times over, else 0: so 0 never becomes 1, and the others lose nothing,
// as their bound is above 1.
func (c *pixelCompare) draw(words reg.VecVirtual, from, to Mem) {
	bounds := c.vector()
	if c.isa == avx512 {
		const lessOrEqual = 2
		VBROADCASTI32X4(from, bounds)
		VPSHUFB(c.spread, bounds, bounds)
		VPMAXUD(c.ones, words, words)
		k := K()
		VPCMPUD(Imm(lessOrEqual), bounds, words, k)
		pixels := c.vector()
		VMOVAPS_Z(c.unit, k, pixels)
		VMOVUPS(pixels, to)
		return
	}
	VPMOVZXBD(from, bounds)
	VPMULLD(c.byteOnes, bounds, bounds)
	VPMAXUD(c.ones, words, words)
	VPMINUD(words, bounds, bounds)
	VPCMPEQD(words, bounds, bounds)
	VPAND(c.unit, bounds, bounds)
	VMOVUPS(bounds, to)
}

// storeCertain stores a group whose bytes are all 0 or 255, which need no words, or jumps to uncertain.
func (c *pixelCompare) storeCertain(src, dst reg.Register, uncertain string) {
	if c.isa == avx512 {
		const greater = 6
		bytes, bumped := c.vector(), c.vector()
		VMOVDQU32(Mem{Base: src}, bytes)
		VPADDB(c.byteOnes, bytes, bumped)
		between, set := K(), K()
		VPCMPUB(Imm(greater), c.byteOnes, bumped, between)
		KORTESTQ(between, between)
		JNE(LabelRef(uncertain))
		VPMOVB2M(bytes, set)
		for w := range 4 {
			pixels := c.vector()
			VMOVAPS_Z(c.unit, set, pixels)
			VMOVUPS(pixels, Mem{Base: dst, Disp: 64 * w})
			KSHIFTRQ(Imm(16), set, set)
		}
		return
	}
	var certain [2]reg.VecVirtual
	for half := range certain {
		bumped := YMM()
		certain[half] = YMM()
		// b + 1 is at most 1 for 0 and 255 only.
		VPADDB(Mem{Base: src, Disp: 32 * half}, c.byteOnes, bumped)
		VPMINUB(c.byteOnes, bumped, certain[half])
		VPCMPEQB(certain[half], bumped, certain[half])
	}
	VPAND(certain[0], certain[1], certain[0])
	mask := GP32()
	VPMOVMSKB(certain[0], mask)
	CMPL(mask, I32(-1))
	JNE(LabelRef(uncertain))
	for at := 0; at < philoxGroup; at += 8 {
		pixels := YMM()
		VPMOVSXBD(Mem{Base: src, Disp: at}, pixels)
		VPAND(c.unit, pixels, pixels)
		VMOVUPS(pixels, Mem{Base: dst, Disp: 4 * at})
	}
}
