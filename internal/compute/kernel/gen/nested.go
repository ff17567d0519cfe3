package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// nestedFamilies lists the families of nested-product kernels.
func nestedFamilies() map[string]func() {
	return map[string]func(){
		"nested_avx512": func() { nestedKernels(&nested512{}) },
		"nested_avx2":   func() { nestedKernels(&nested256{gemm256{masks: gemmMaskTable()}}) },
	}
}

// Offsets of the fields of kernel.nestedTile, the only argument of a nested-product kernel.
const (
	nestedA       = 8 * iota // address of the first row's first element
	nestedARow               // bytes from one row of a group to the next
	nestedAGroup             // bytes from one group of four rows to the next
	nestedACol               // bytes from one term to the next
	nestedASeg               // bytes added after the terms of a segment
	nestedABlk               // bytes added after the segments of a block
	nestedANext              // bytes from one tile to the next
	nestedB                  // address of the first term's row
	nestedBRow               // bytes from one term to the next
	nestedBSeg               // as nestedASeg
	nestedBBlk               // as nestedABlk
	nestedK                  // terms of a segment
	nestedSegs               // segments of a block
	nestedBlks               // blocks
	nestedC                  // address of the first element of the result
	nestedCRow               // bytes from one row of a group to the next
	nestedCGroup             // bytes from one group of four rows to the next
	nestedCNext              // bytes from one tile to the next
	nestedRepeats            // tiles
	nestedCols               // columns in use
	nestedBias               // address of the first column's bias, or 0
	nestedGate               // address of what gates the first element of the result, or 0
	nestedSums               // address of the first column's sum, or 0
	nestedFlags              // 32 bits: whether C is added to, 32 bits: how results are activated
	nestedSlope              // 32 bits: of leaky activations and gates below 0
	// Words of the kernel's own.
	nestedAAt
	nestedCAt
	nestedGateAt
	nestedSegsLeft
	nestedBlksLeft
	nestedTilesLeft
)

// What the second half of nestedFlags says.
const (
	nestedPlain = iota
	nestedRelu
	nestedLeaky
)

// nestedVectors is what differs between the instruction sets beyond gemmVectors.
type nestedVectors interface {
	gemmVectors
	// gate keeps the elements of acc whose y is positive and multiplies the others by slope, or by 0 where slope is nil.
	gate(y, acc reg.VecVirtual, zero, slope reg.VecVirtual)
}

// nestedKernels emits a kernel for each width and number of rows.
func nestedKernels(v nestedVectors) {
	ConstraintExpr("amd64")
	for _, shape := range v.shapes() {
		for rows := 1; rows <= shape.rows; rows++ {
			k := &nestedKernel{nested: v, gemmKernel: gemmKernel{gemmVectors: v, rows: rows, vectors: shape.vectors}}
			k.emit()
		}
	}
}

// nestedKernel computes tiles whose terms come in segments, and those in blocks, one tile after another.
type nestedKernel struct {
	gemmKernel
	nested nestedVectors
}

func (g *nestedKernel) emit() {
	TEXT(fmt.Sprintf("nested%s_%dx%d", g.name(), g.rows, g.columns()), NOSPLIT, "func(tile *byte)")
	g.tile = Load(Param("tile"), GP64()).(reg.GPVirtual)
	g.prepare(g.loadField(nestedCols))
	for _, f := range []struct{ from, to int }{{nestedA, nestedAAt}, {nestedC, nestedCAt}, {nestedGate, nestedGateAt}, {nestedRepeats, nestedTilesLeft}} {
		MOVQ(g.loadField(f.from), g.field(f.to))
	}
	g.aRow, g.aCol, g.bRow = g.loadField(nestedARow), g.loadField(nestedACol), g.loadField(nestedBRow)
	if g.rows > 3 {
		g.aRow3 = GP64()
		LEAQ(Mem{Base: g.aRow, Index: g.aRow, Scale: 2}, g.aRow3)
	}
	Label("tile")
	g.clear()
	g.multiply()
	g.finish()
	g.nextTile()
	VZEROUPPER()
	RET()
}

// multiply adds all terms.
func (g *nestedKernel) multiply() {
	if !g.costlyMasks() {
		g.sumAll("", false)
		return
	}
	CMPQ(g.field(nestedCols), U32(uint32(g.columns())))
	JNE(LabelRef("narrow"))
	g.sumAll("", true)
	JMP(LabelRef("multiplied"))
	Label("narrow")
	g.sumAll("Narrow", false)
	Label("multiplied")
}

// sumAll emits the three loops.
func (g *nestedKernel) sumAll(suffix string, whole bool) {
	g.a = nil
	for i := 0; i < g.rows; i += 4 {
		base := g.loadField(nestedAAt)
		if i > 0 {
			MOVQ(g.a[len(g.a)-1], base)
			ADDQ(g.field(nestedAGroup), base)
		}
		g.a = append(g.a, base)
	}
	g.b = g.loadField(nestedB)
	g.k = GP64()
	MOVQ(g.field(nestedBlks), g.k)
	TESTQ(g.k, g.k)
	JZ(LabelRef("all" + suffix))
	MOVQ(g.k, g.field(nestedBlksLeft))
	Label("block" + suffix)
	MOVQ(g.field(nestedSegs), g.k)
	MOVQ(g.k, g.field(nestedSegsLeft))
	Label("segment" + suffix)
	MOVQ(g.field(nestedK), g.k)
	g.sum(suffix, whole)
	g.skip(nestedASeg, nestedBSeg)
	DECQ(g.field(nestedSegsLeft))
	JNZ(LabelRef("segment" + suffix))
	g.skip(nestedABlk, nestedBBlk)
	DECQ(g.field(nestedBlksLeft))
	JNZ(LabelRef("block" + suffix))
	Label("all" + suffix)
}

// skip goes on from the end of a segment, or block, to the next.
func (g *nestedKernel) skip(a, b int) {
	d := g.loadField(a)
	for _, base := range g.a {
		ADDQ(d, base)
	}
	ADDQ(g.field(b), g.b)
}

// eachRow calls f with the address of every vector of the tile at the address in field at, laid out as C is.
func (g *nestedKernel) eachRow(at int, f func(i, v int, m Mem)) {
	row := g.loadField(at)
	step, group := g.loadField(nestedCRow), g.loadField(nestedCGroup)
	start := GP64()
	MOVQ(row, start)
	for i := range g.rows {
		for v := range g.vectors {
			f(i, v, g.at(row, v))
		}
		switch {
		case i == g.rows-1:
		case i%4 == 3:
			ADDQ(group, start)
			MOVQ(start, row)
		default:
			ADDQ(step, row)
		}
	}
}

// unless emits what is done where a field is not 0.
func (g *nestedKernel) unless(field int, label string, emit func()) {
	CMPQ(g.field(field), Imm(0))
	JE(LabelRef(label))
	emit()
	Label(label)
}

func (g *nestedKernel) finish() {
	CMPL(g.field(nestedFlags), Imm(0))
	JE(LabelRef("added"))
	g.eachRow(nestedCAt, func(i, v int, m Mem) {
		old := g.register(v)
		g.loadMasked(m, v, old)
		VADDPS(old, g.acc[i][v], g.acc[i][v])
	})
	Label("added")
	g.unless(nestedBias, "biased", func() {
		bias := g.loadField(nestedBias)
		for v := range g.vectors {
			r := g.register(v)
			g.loadMasked(g.at(bias, v), v, r)
			for i := range g.acc {
				VADDPS(r, g.acc[i][v], g.acc[i][v])
			}
		}
	})
	g.activate()
	g.unless(nestedGate, "gated", g.gateAll)
	g.eachRow(nestedCAt, func(i, v int, m Mem) { g.storeMasked(g.acc[i][v], v, m) })
	g.unless(nestedSums, "summed", g.sumColumns)
}

// activate lets negative results become 0 or, leaky, a fraction of themselves. NaN, the second source, stays.
func (g *nestedKernel) activate() {
	CMPL(g.field(nestedFlags+4), Imm(nestedRelu))
	JL(LabelRef("activated"))
	JG(LabelRef("leaky"))
	zero := g.zero()
	g.each(func(acc reg.VecVirtual) { VMAXPS(acc, sized(zero, acc), acc) })
	JMP(LabelRef("activated"))
	Label("leaky")
	slope := g.slope()
	small := g.register(0)
	g.each(func(acc reg.VecVirtual) {
		VMULPS(sized(slope, acc), acc, small)
		VMAXPS(acc, small, acc)
	})
	Label("activated")
}

func (g *nestedKernel) zero() reg.VecVirtual {
	zero := g.register(0)
	VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
	return zero
}

func (g *nestedKernel) slope() reg.VecVirtual {
	slope := g.register(0)
	VBROADCASTSS(g.field(nestedSlope), slope)
	return slope
}

// gateAll multiplies results by the slope of an activation at its outputs.
func (g *nestedKernel) gateAll() {
	bits := GP32()
	MOVL(g.field(nestedSlope), bits)
	TESTL(bits, bits)
	JNZ(LabelRef("sloped"))
	gate := func(slope reg.VecVirtual) {
		zero := g.zero()
		g.eachRow(nestedGateAt, func(i, v int, m Mem) {
			y := g.register(v)
			g.loadMasked(m, v, y)
			g.nested.gate(y, g.acc[i][v], zero, slope)
		})
	}
	gate(nil)
	JMP(LabelRef("gated"))
	Label("sloped")
	gate(g.slope())
}

// sumColumns adds the sum of each column, by halves, to those in memory.
func (g *nestedKernel) sumColumns() {
	sums := g.loadField(nestedSums)
	for v := range g.vectors {
		for n := g.rows; n > 1; {
			half := (n + 1) / 2
			for i := 0; i+half < n; i++ {
				VADDPS(g.acc[i+half][v], g.acc[i][v], g.acc[i][v])
			}
			n = half
		}
		old := g.acc[0][v]
		if g.rows > 1 {
			old = g.acc[g.rows-1][v] // summed already
		} else {
			old = g.register(v)
		}
		g.loadMasked(g.at(sums, v), v, old)
		VADDPS(old, g.acc[0][v], g.acc[0][v])
		g.storeMasked(g.acc[0][v], v, g.at(sums, v))
	}
}

// nextTile goes on to the next tile, if there is one.
func (g *nestedKernel) nextTile() {
	DECQ(g.field(nestedTilesLeft))
	JZ(LabelRef("done"))
	ADDQ(g.loadField(nestedANext), g.field(nestedAAt))
	d := g.loadField(nestedCNext)
	ADDQ(d, g.field(nestedCAt))
	ADDQ(d, g.field(nestedGateAt)) // never read where there is no gate
	JMP(LabelRef("tile"))
	Label("done")
}

// nested512 leaves half vectors out: channels come in multiples of 16 as a rule.
type nested512 struct{ gemm512 }

func (*nested512) shapes() []gemmShape { return []gemmShape{{[]int{64}, 14}, {[]int{64, 64}, 14}} }

func (*nested512) gate(y, acc, zero, slope reg.VecVirtual) {
	const less, notLess = 1, 5
	k := K()
	if slope == nil {
		VCMPPS(Imm(less), y, zero, k) // 0 < y
		VMOVAPS_Z(acc, k, acc)
		return
	}
	VCMPPS(Imm(notLess), y, zero, k)
	VMULPS(slope, acc, k, acc)
}

type nested256 struct{ gemm256 }

func (*nested256) gate(y, acc, zero, slope reg.VecVirtual) {
	const less = 1
	VCMPPS(Imm(less), y, zero, y) // 0 < y
	if slope == nil {
		VANDPS(y, acc, acc)
		return
	}
	small := YMM()
	VMULPS(slope, acc, small)
	VBLENDVPS(y, acc, small, acc)
}
