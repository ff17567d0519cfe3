package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of kernel.packTile.
const (
	packDst       = 8 * iota // address of the first row written
	packDstStride            // bytes from one row written to the next
	packSrc                  // address of the first row read
	packBlocks               // blocks of packBlock elements read from every row
	packOffsets              // bytes from the first row to each of the seven others
)

const (
	packRows  = 8 // rows read at a time
	packBlock = 4 // elements read from each at a time
)

// gemmPack emits the kernel that turns packRows rows into columns.
func gemmPack() {
	ConstraintExpr("amd64")
	TEXT("packTransposedAVX2", NOSPLIT, "func(tile *byte)")
	tile := Load(Param("tile"), GP64()).(reg.GPVirtual)
	field := func(offset int) reg.GPVirtual {
		r := GP64()
		MOVQ(Mem{Base: tile, Disp: offset}, r)
		return r
	}
	dst, stride, src, blocks := field(packDst), field(packDstStride), field(packSrc), field(packBlocks)
	rows := [packRows]Mem{{Base: src}}
	for i := 1; i < packRows; i++ {
		rows[i] = Mem{Base: src, Index: field(packOffsets + 8*(i-1)), Scale: 1}
	}
	Label("block")
	packTranspose(rows, dst, stride)
	ADDQ(Imm(4*packBlock), src)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// packTranspose writes packBlock rows of packRows elements and advances dst.
func packTranspose(rows [packRows]Mem, dst, stride reg.GPVirtual) {
	var quad [4]reg.VecVirtual // row i in the lower half, row i+4 in the upper
	for i := range quad {
		quad[i] = YMM()
		VMOVUPS(rows[i], quad[i].AsX())
		VINSERTF128(Imm(1), rows[i+4], quad[i], quad[i])
	}
	var pair [4]reg.VecVirtual
	for i, unpack := range []func(...Op){unpackLow, unpackHigh} {
		for j := range 2 {
			pair[2*i+j] = YMM()
			unpack(quad[2*j+1], quad[2*j], pair[2*i+j])
		}
	}
	for p := range packBlock {
		row := YMM()
		const low, high = 0x44, 0xee
		VSHUFPS(Imm([]uint64{low, high}[p%2]), pair[p/2*2+1], pair[p/2*2], row)
		VMOVUPS(row, Mem{Base: dst})
		ADDQ(stride, dst)
	}
}

func unpackLow(o ...Op)  { VUNPCKLPS(o[0], o[1], o[2]) }
func unpackHigh(o ...Op) { VUNPCKHPS(o[0], o[1], o[2]) }
