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
	packSrcStride            // bytes from one row read to the next, where these are equally far apart
	packOffsets              // bytes from the first row to each of the seven others, where they need not be
)

const (
	packRows  = 8  // rows read at a time with AVX2
	packBlock = 4  // elements read from each at a time
	packWide  = 16 // of both with AVX-512
)

// gemmPack emits the kernels that turn rows into columns.
func gemmPack() {
	ConstraintExpr("amd64")
	packAVX2()
	packAVX512()
}

// packFields reads the argument of a kernel that turns rows into columns.
type packFields struct{ tile reg.GPVirtual }

func newPackFields() packFields { return packFields{Load(Param("tile"), GP64()).(reg.GPVirtual)} }

func (f packFields) load(offset int) reg.GPVirtual {
	r := GP64()
	MOVQ(Mem{Base: f.tile, Disp: offset}, r)
	return r
}

// packAVX2 takes packRows rows.
func packAVX2() {
	TEXT("packTransposedAVX2", NOSPLIT, "func(tile *byte)")
	f := newPackFields()
	dst, stride, src, blocks := f.load(packDst), f.load(packDstStride), f.load(packSrc), f.load(packBlocks)
	rows := [packRows]Mem{{Base: src}}
	for i := 1; i < packRows; i++ {
		rows[i] = Mem{Base: src, Index: f.load(packOffsets + 8*(i-1)), Scale: 1}
	}
	Label("block")
	packTranspose(rows, dst, stride)
	ADDQ(Imm(4*packBlock), src)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// packAVX512 takes packWide rows that are equally far apart.
func packAVX512() {
	TEXT("packTransposedAVX512", NOSPLIT, "func(tile *byte)")
	f := newPackFields()
	dst, dstStride, blocks := f.load(packDst), f.load(packDstStride), f.load(packBlocks)
	stride, stride3 := f.load(packSrcStride), GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	bases := []reg.GPVirtual{f.load(packSrc)} // of every fourth row
	for i := 1; i < packWide/4; i++ {
		base := GP64()
		LEAQ(Mem{Base: bases[i-1], Index: stride, Scale: 4}, base)
		bases = append(bases, base)
	}
	Label("block")
	var rows [packWide]reg.VecVirtual
	for i := range rows {
		rows[i] = ZMM()
		VMOVUPS(rowAt(bases[i/4], stride, stride3, i%4, 0), rows[i])
	}
	for _, row := range transposeSixteen(rows) {
		VMOVUPS(row, Mem{Base: dst})
		ADDQ(dstStride, dst)
	}
	for _, base := range bases {
		ADDQ(Imm(4*packWide), base)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// transposeSixteen turns sixteen rows of sixteen elements into columns: first within the quarters of the vectors, four
// rows at a time, then by whole quarters.
func transposeSixteen(rows [packWide]reg.VecVirtual) (columns [packWide]reg.VecVirtual) {
	interleave := func(low, high func(...Op), a, b reg.VecVirtual) (reg.VecVirtual, reg.VecVirtual) {
		l, h := ZMM(), ZMM()
		low(b, a, l)
		high(b, a, h)
		return l, h
	}
	var quarters [packWide]reg.VecVirtual // 4*g+c: column c of each quarter, of rows 4*g to 4*g+3
	for g := 0; g < packWide; g += 4 {
		low01, high01 := interleave(unpackLow, unpackHigh, rows[g], rows[g+1])
		low23, high23 := interleave(unpackLow, unpackHigh, rows[g+2], rows[g+3])
		quarters[g], quarters[g+1] = interleave(unpackLowPairs, unpackHighPairs, low01, low23)
		quarters[g+2], quarters[g+3] = interleave(unpackLowPairs, unpackHighPairs, high01, high23)
	}
	shuffle := func(which uint64, a, b reg.VecVirtual) reg.VecVirtual {
		r := ZMM()
		VSHUFF32X4(Imm(which), b, a, r)
		return r
	}
	const even, odd = 0x88, 0xdd // quarters 0 and 2, or 1 and 3, of both
	for c := range 4 {
		even01, odd01 := shuffle(even, quarters[c], quarters[4+c]), shuffle(odd, quarters[c], quarters[4+c])
		even23, odd23 := shuffle(even, quarters[8+c], quarters[12+c]), shuffle(odd, quarters[8+c], quarters[12+c])
		columns[c], columns[8+c] = shuffle(even, even01, even23), shuffle(odd, even01, even23)
		columns[4+c], columns[12+c] = shuffle(even, odd01, odd23), shuffle(odd, odd01, odd23)
	}
	return columns
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

func unpackLowPairs(o ...Op)  { VUNPCKLPD(o[0], o[1], o[2]) }
func unpackHighPairs(o ...Op) { VUNPCKHPD(o[0], o[1], o[2]) }
