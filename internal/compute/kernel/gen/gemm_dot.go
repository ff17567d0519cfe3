package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	dotRows    = 6 // of op(A), at most: with dotColumns they leave registers for what is multiplied
	dotColumns = 4 // of op(B), whose sums fill a vector of 16 bytes
	dotLane    = 16
)

// gemmDots emits the kernels that multiply rows of A by rows of B as both lie in memory, sixteen terms at a time, so
// that a B stored transposed need not be packed.
func gemmDots() {
	ConstraintExpr("amd64")
	for rows := 1; rows <= dotRows; rows++ {
		(&dotKernel{rows: rows}).emit()
	}
}

// dotKernel computes tiles of rows by dotColumns elements of C, one beside another.
type dotKernel struct {
	rows int

	tileFields
	a, aRow, aRow3   reg.GPVirtual
	b, bRow, bRow3   reg.GPVirtual
	c, bias, repeats reg.GPVirtual
	last             reg.OpmaskVirtual // of the terms in the last vector
	used             reg.OpmaskVirtual // of the columns
	acc              [][dotColumns]reg.VecVirtual
	sums             []reg.VecVirtual // a row of the tile each
}

func (d *dotKernel) emit() {
	TEXT(fmt.Sprintf("gemmDotAVX512_%dx%d", d.rows, dotColumns), NOSPLIT, "func(tile *byte)")
	d.loadArguments()
	Label("tile")
	d.multiply()
	d.reduce()
	d.finish()
	d.nextTile()
	VZEROUPPER()
	RET()
}

func (d *dotKernel) loadArguments() {
	d.tile = Load(Param("tile"), GP64()).(reg.GPVirtual)
	d.aRow, d.b, d.bRow = d.loadField(tileARow), d.loadField(tileB), d.loadField(tileBRow)
	d.c, d.bias, d.repeats = d.loadField(tileC), d.loadField(tileBias), d.loadField(tileRepeats)
	d.aRow3, d.bRow3 = GP64(), GP64()
	LEAQ(Mem{Base: d.aRow, Index: d.aRow, Scale: 2}, d.aRow3)
	LEAQ(Mem{Base: d.bRow, Index: d.bRow, Scale: 2}, d.bRow3)
	terms := d.loadField(tileK)
	ANDQ(Imm(dotLane-1), terms)
	d.last, d.used = lowBits(terms), lowBits(d.loadField(tileCols))
}

// lowBits returns a mask of the first n elements.
func lowBits(n reg.GPVirtual) reg.OpmaskVirtual {
	ones, mask := GP32(), K()
	MOVL(U32(0xffffffff), ones)
	BZHIL(n.As32(), ones, ones)
	KMOVW(ones, mask)
	return mask
}

func (d *dotKernel) multiply() {
	d.acc = make([][dotColumns]reg.VecVirtual, d.rows)
	for i := range d.acc {
		for j := range d.acc[i] {
			d.acc[i][j] = ZMM()
			VXORPS(d.acc[i][j].AsX(), d.acc[i][j].AsX(), d.acc[i][j].AsX())
		}
	}
	terms, b := d.loadField(tileK), GP64()
	d.a = d.loadField(tileA)
	MOVQ(d.b, b)
	SUBQ(Imm(2*dotLane), terms)
	JL(LabelRef("rest"))
	Label("terms")
	for vector := range 2 {
		d.terms(b, 4*dotLane*vector, nil)
	}
	ADDQ(Imm(2*4*dotLane), d.a)
	ADDQ(Imm(2*4*dotLane), b)
	SUBQ(Imm(2*dotLane), terms)
	JGE(LabelRef("terms"))
	Label("rest")
	ADDQ(Imm(dotLane), terms)
	JL(LabelRef("few"))
	d.terms(b, 0, nil)
	ADDQ(Imm(4*dotLane), d.a)
	ADDQ(Imm(4*dotLane), b)
	Label("few")
	KTESTW(d.last, d.last)
	JZ(LabelRef("multiplied"))
	d.terms(b, 0, d.last)
	Label("multiplied")
}

// rowAt returns the address that is offset bytes into row i of those from base on.
func rowAt(base, row, row3 reg.GPVirtual, i, offset int) Mem {
	m := Mem{Base: base, Disp: offset}
	switch i {
	case 1, 2:
		m.Index, m.Scale = row, uint8(i)
	case 3:
		m.Index, m.Scale = row3, 1
	case 4:
		m.Index, m.Scale = row, 4
	}
	return m
}

// terms multiplies one vector of each row; a mask, where there is one, says which of its terms exist.
func (d *dotKernel) terms(b reg.GPVirtual, offset int, mask reg.Register) {
	load := func(m Mem) reg.VecVirtual {
		v := ZMM()
		if mask == nil {
			VMOVUPS(m, v)
		} else {
			VMOVUPS_Z(m, mask, v)
		}
		return v
	}
	var columns [dotColumns]reg.VecVirtual
	for j := range columns {
		columns[j] = load(rowAt(b, d.bRow, d.bRow3, j, offset))
	}
	base, first := d.a, 0
	for i := range d.rows {
		if i == 5 { // beyond what one base and its multiples reach
			base, first = GP64(), 5
			LEAQ(Mem{Base: d.a, Index: d.aRow, Scale: 4}, base)
			ADDQ(d.aRow, base)
		}
		row := load(rowAt(base, d.aRow, d.aRow3, i-first, offset))
		for j := range columns {
			VFMADD231PS(columns[j], row, d.acc[i][j])
		}
	}
}

// reduce sums the accumulators: those of a row's columns side by side.
func (d *dotKernel) reduce() {
	d.sums = make([]reg.VecVirtual, d.rows)
	for i, acc := range d.acc {
		left := addInterleaved(VUNPCKLPS, VUNPCKHPS, acc[0], acc[1])
		right := addInterleaved(VUNPCKLPS, VUNPCKHPS, acc[2], acc[3])
		quads := addInterleaved(VUNPCKLPD, VUNPCKHPD, left, right)
		half, quarter := YMM(), XMM()
		VEXTRACTF64X4(Imm(1), quads, half)
		VADDPS(half, quads.AsY(), half)
		VEXTRACTF32X4(Imm(1), half, quarter)
		VADDPS(quarter, half.AsX(), quarter)
		d.sums[i] = quarter
	}
}

// addInterleaved adds what the two ways of interleaving a and b give.
func addInterleaved(low, high func(...Op), a, b reg.VecVirtual) reg.VecVirtual {
	l, h := ZMM(), ZMM()
	low(b, a, l)
	high(b, a, h)
	VADDPS(h, l, l)
	return l
}

// finish applies alpha, beta, bias and relu and stores the tile.
func (d *dotKernel) finish() {
	const one = 0x3f800000
	CMPL(d.field(tileFactors), U32(one))
	JE(LabelRef("scaled"))
	alpha := XMM()
	VBROADCASTSS(d.field(tileFactors), alpha)
	for _, sum := range d.sums {
		VMULPS(alpha, sum, sum)
	}
	Label("scaled")
	bits := GP32()
	MOVL(d.field(tileFactors+4), bits)
	ADDL(bits, bits) // drops the sign: both zeros leave C unread
	JZ(LabelRef("added"))
	beta := XMM()
	VBROADCASTSS(d.field(tileFactors+4), beta)
	d.eachC(func(i int, m Mem) {
		old := XMM()
		VMOVUPS_Z(m, d.used, old)
		VFMADD231PS(beta, old, d.sums[i])
	})
	Label("added")
	TESTQ(d.bias, d.bias)
	JZ(LabelRef("biased"))
	bias := XMM()
	VMOVUPS_Z(Mem{Base: d.bias}, d.used, bias)
	for _, sum := range d.sums {
		VADDPS(bias, sum, sum)
	}
	ADDQ(Imm(4*dotColumns), d.bias)
	Label("biased")
	CMPQ(d.field(tileRelu), Imm(0))
	JE(LabelRef("activated"))
	zero := XMM()
	VXORPS(zero, zero, zero)
	for _, sum := range d.sums {
		VMAXPS(sum, zero, sum) // the second source, sum, wins where it is NaN
	}
	Label("activated")
	d.eachC(func(i int, m Mem) { VMOVUPS(d.sums[i], d.used, m) })
}

// eachC calls f with the address of every row of C in the tile.
func (d *dotKernel) eachC(f func(i int, m Mem)) {
	row := GP64()
	MOVQ(d.c, row)
	for i := range d.rows {
		f(i, Mem{Base: row})
		if i < d.rows-1 {
			ADDQ(d.field(tileCRow), row)
		}
	}
}

// nextTile goes on to the tile to the right, if there is one.
func (d *dotKernel) nextTile() {
	LEAQ(Mem{Base: d.b, Index: d.bRow, Scale: 4}, d.b)
	ADDQ(Imm(4*dotColumns), d.c)
	DECQ(d.repeats)
	JNZ(LabelRef("tile"))
}
