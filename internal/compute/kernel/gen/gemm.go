package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemmFamilies lists the families of matrix-product kernels.
func gemmFamilies() map[string]func() {
	return map[string]func(){
		"gemm_avx512": func() { gemmKernels(&gemm512{}) },
		"gemm_avx2":   func() { gemmKernels(&gemm256{masks: gemmMaskTable()}) },
		"gemm_dot":    gemmDots,
		"gemm_pack":   gemmPack,
	}
}

// Offsets of the fields of kernel.gemmTile, the only argument of a matrix-product kernel.
const (
	tileA         = 8 * iota // address of op(A)'s first element
	tileARow                 // bytes from one row of op(A) to the next
	tileACol                 // bytes from one column of op(A) to the next
	tileB                    // address of op(B)'s first element
	tileBRow                 // bytes from one row of op(B) to the next
	tileK                    // terms of each sum
	tileC                    // address of C's first element
	tileCRow                 // bytes from one row of C to the next
	tileRepeats              // tiles below each other, or beside each other where B is read as it is stored
	tileCols                 // columns of C in use
	tileBias                 // address of the first column's bias, or 0
	tileFactors              // alpha, then beta
	tileRelu                 // whether negative elements of C become 0
	tileFetch                // address of memory wanted soon
	tileFetchStep            // bytes from one part of it to the next
	tileFetchLast            // address of the last part
	tileFetchMore            // bytes from each part to one of another matrix, and then to one of a third
	_
	tileRow    // address of the first element of op(A) of the tile under way
	tileTarget // address of its first element of C
	tileLeft   // tiles left, with it
)

// gemmUnroll is the number of terms added per turn of the kernels' main loop.
const gemmUnroll = 4

// gemmVectors is what differs between the instruction sets.
type gemmVectors interface {
	name() string
	// shapes lists, for each width of tile, the bytes of the vectors across and the most rows.
	shapes() []gemmShape
	// prepare readies what loads and stores of the used columns need.
	prepare(cols reg.GPVirtual)
	// loadB loads vector v of a row of op(B); where whole is false, only the columns in use.
	loadB(m Mem, v int, whole bool, dst reg.VecVirtual)
	loadMasked(m Mem, v int, dst reg.VecVirtual)
	storeMasked(src reg.VecVirtual, v int, m Mem)
	// addRow adds the scalar at m times each of b to acc.
	addRow(m Mem, b, acc []reg.VecVirtual)
	// costlyMasks reports whether tiles whose columns are all in use are better served by code without masks.
	costlyMasks() bool
}

// gemmShape is a width of tile.
type gemmShape struct {
	vectors []int // bytes of each across
	rows    int   // at most
}

// gemmKernels emits a kernel for each width and number of rows.
func gemmKernels(v gemmVectors) {
	ConstraintExpr("amd64")
	for _, shape := range v.shapes() {
		for rows := 1; rows <= shape.rows; rows++ {
			k := &gemmKernel{gemmVectors: v, rows: rows, vectors: shape.vectors}
			k.emit()
		}
	}
}

// gemmKernel computes tiles of rows by vectors, one below another.
type gemmKernel struct {
	gemmVectors
	rows    int
	vectors []int // bytes of each

	tileFields
	cRow, aRow, aRow3, aCol reg.GPVirtual
	a                       []reg.GPVirtual // address of every fourth row
	b, bRow, k              reg.GPVirtual
	fetch                   reg.GPVirtual
	fetchMore               [2]reg.GPVirtual
	// between, where it is not nil, emits what else is done after each of a turn's terms.
	between func(part int)
	acc     [][]reg.VecVirtual
}

func (g *gemmKernel) emit() {
	TEXT(fmt.Sprintf("gemm%s_%dx%d", g.name(), g.rows, g.columns()), NOSPLIT, "func(tile *byte)")
	g.loadArguments()
	Label("tile")
	g.clear()
	g.multiply()
	g.finish()
	g.nextTile()
	VZEROUPPER()
	RET()
}

// columns returns the number of columns of the tile.
func (g *gemmKernel) columns() int {
	bytes := 0
	for _, w := range g.vectors {
		bytes += w
	}
	return bytes / 4
}

// register returns a register for vector v of a row.
func (g *gemmKernel) register(v int) reg.VecVirtual {
	if g.vectors[v] == 64 {
		return ZMM()
	}
	return YMM()
}

// at returns the address of vector v of the row at base.
func (g *gemmKernel) at(base reg.GPVirtual, v int) Mem {
	return Mem{Base: base, Disp: v * g.vectors[0]}
}

// sized returns the part of r, a register for vector 0, that suits the vector in like.
func sized(r, like reg.VecVirtual) reg.Register {
	if like.Size() == 64 {
		return r
	}
	return r.AsY()
}

// tileFields reads the argument of a matrix-product kernel.
type tileFields struct{ tile reg.GPVirtual }

func (f *tileFields) field(offset int) Mem { return Mem{Base: f.tile, Disp: offset} }

func (f *tileFields) loadField(offset int) reg.GPVirtual {
	r := GP64()
	MOVQ(f.field(offset), r)
	return r
}

func (g *gemmKernel) loadArguments() {
	g.tile = Load(Param("tile"), GP64()).(reg.GPVirtual)
	g.prepare(g.loadField(tileCols))
	for _, moved := range []struct{ from, to int }{{tileA, tileRow}, {tileC, tileTarget}, {tileRepeats, tileLeft}} {
		MOVQ(g.loadField(moved.from), g.field(moved.to))
	}
	g.aRow = g.loadField(tileARow)
	g.aCol = g.loadField(tileACol)
	g.bRow = g.loadField(tileBRow)
	if g.rows > 3 {
		g.aRow3 = GP64()
		LEAQ(Mem{Base: g.aRow, Index: g.aRow, Scale: 2}, g.aRow3)
	}
}

func (g *gemmKernel) clear() {
	g.acc = make([][]reg.VecVirtual, g.rows)
	for i := range g.acc {
		g.acc[i] = make([]reg.VecVirtual, len(g.vectors))
		for v := range g.acc[i] {
			r := g.register(v)
			VXORPS(r.AsX(), r.AsX(), r.AsX())
			g.acc[i][v] = r
		}
	}
}

// multiply adds the K terms.
func (g *gemmKernel) multiply() {
	g.k, g.b = g.loadField(tileK), g.loadField(tileB)
	g.a = nil
	for i := 0; i < g.rows; i += 4 {
		base := GP64()
		if i == 0 {
			MOVQ(g.field(tileRow), base)
		} else {
			LEAQ(Mem{Base: g.a[len(g.a)-1], Index: g.aRow, Scale: 4}, base)
		}
		g.a = append(g.a, base)
	}
	g.fetch = g.loadField(tileFetch)
	g.fetchMore = [2]reg.GPVirtual{g.loadField(tileFetchMore), g.loadField(tileFetchMore + 8)}
	g.between = g.prefetch
	defer func() { MOVQ(g.fetch, g.field(tileFetch)) }()
	if !g.costlyMasks() {
		g.sum("", false)
		return
	}
	g.unlessWhole("narrow")
	g.sum("", true)
	JMP(LabelRef("multiplied"))
	Label("narrow")
	g.sum("Narrow", false)
	Label("multiplied")
}

// unlessWhole jumps to label where not all columns of the tile are in use.
func (g *gemmKernel) unlessWhole(label string) {
	CMPQ(g.field(tileCols), U32(uint32(g.columns())))
	JNE(LabelRef(label))
}

// sum emits the loop over the terms; suffix makes its labels unique.
func (g *gemmKernel) sum(suffix string, whole bool) {
	SUBQ(Imm(gemmUnroll), g.k)
	JL(LabelRef("rest" + suffix))
	Label("terms" + suffix)
	for i := range gemmUnroll {
		g.term(whole)
		if g.between != nil {
			g.between(i)
		}
	}
	SUBQ(Imm(gemmUnroll), g.k)
	JGE(LabelRef("terms" + suffix))
	Label("rest" + suffix)
	ADDQ(Imm(gemmUnroll), g.k)
	JZ(LabelRef("sums" + suffix))
	Label("term" + suffix)
	g.term(whole)
	DECQ(g.k)
	JNZ(LabelRef("term" + suffix))
	Label("sums" + suffix)
}

// prefetch does one of the parts of a turn's fetching: two cache lines of each of three matrices, then the step to the
// next lines, which are the same ones where they were the last. Spread like this over the multiplications it costs them
// nothing, while a run of loads that all miss the caches would.
func (g *gemmKernel) prefetch(part int) {
	for _, line := range []int{0, 64} {
		switch part {
		case 0:
			PREFETCHT1(Mem{Base: g.fetch, Disp: line})
		case 1, 2:
			PREFETCHT1(Mem{Base: g.fetch, Index: g.fetchMore[part-1], Scale: 1, Disp: line})
		}
	}
	if part == gemmUnroll-1 {
		ADDQ(g.field(tileFetchStep), g.fetch)
		CMPQ(g.fetch, g.field(tileFetchLast))
		CMOVQHI(g.field(tileFetchLast), g.fetch)
	}
}

// row returns the address of element (i, 0) of the columns of op(A) that come next.
func (g *gemmKernel) row(i int) Mem {
	m := Mem{Base: g.a[i/4]}
	switch i % 4 {
	case 1:
		m.Index, m.Scale = g.aRow, 1
	case 2:
		m.Index, m.Scale = g.aRow, 2
	case 3:
		m.Index, m.Scale = g.aRow3, 1
	}
	return m
}

// term adds one column of op(A) times one row of op(B).
func (g *gemmKernel) term(whole bool) {
	b := make([]reg.VecVirtual, len(g.vectors))
	for v := range b {
		b[v] = g.register(v)
		g.loadB(g.at(g.b, v), v, whole || v < len(b)-1, b[v])
	}
	ADDQ(g.bRow, g.b)
	for i := range g.rows {
		g.addRow(g.row(i), b, g.acc[i])
	}
	for _, base := range g.a {
		ADDQ(g.aCol, base)
	}
}

// finish applies alpha, beta, bias and relu and stores the tile.
func (g *gemmKernel) finish() {
	g.cRow = g.loadField(tileCRow)
	g.scale()
	g.addC()
	g.addBias()
	g.relu()
	g.store()
}

func (g *gemmKernel) each(f func(acc reg.VecVirtual)) {
	for i := range g.acc {
		for v := range g.acc[i] {
			f(g.acc[i][v])
		}
	}
}

func (g *gemmKernel) scale() {
	const one = 0x3f800000
	CMPL(g.field(tileFactors), U32(one))
	JE(LabelRef("scaled"))
	alpha := g.register(0)
	VBROADCASTSS(g.field(tileFactors), alpha)
	g.each(func(acc reg.VecVirtual) { VMULPS(sized(alpha, acc), acc, acc) })
	Label("scaled")
}

// eachC calls f with the address of every vector of C in the tile.
func (g *gemmKernel) eachC(f func(i, v int, m Mem)) {
	row := GP64()
	MOVQ(g.field(tileTarget), row)
	for i := range g.rows {
		for v := range g.vectors {
			f(i, v, g.at(row, v))
		}
		if i < g.rows-1 {
			ADDQ(g.cRow, row)
		}
	}
}

func (g *gemmKernel) addC() {
	bits := GP32()
	MOVL(g.field(tileFactors+4), bits)
	ADDL(bits, bits) // drops the sign: both zeros leave C unread
	JZ(LabelRef("added"))
	beta := g.register(0)
	VBROADCASTSS(g.field(tileFactors+4), beta)
	g.eachC(func(i, v int, m Mem) {
		old := g.register(v)
		g.loadMasked(m, v, old)
		VFMADD231PS(sized(beta, old), old, g.acc[i][v])
	})
	Label("added")
}

func (g *gemmKernel) addBias() {
	bias := g.loadField(tileBias)
	TESTQ(bias, bias)
	JZ(LabelRef("biased"))
	for v := range g.vectors {
		r := g.register(v)
		g.loadMasked(g.at(bias, v), v, r)
		for i := range g.acc {
			VADDPS(r, g.acc[i][v], g.acc[i][v])
		}
	}
	Label("biased")
}

func (g *gemmKernel) relu() {
	CMPQ(g.field(tileRelu), Imm(0))
	JE(LabelRef("activated"))
	zero := g.register(0)
	VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
	g.each(func(acc reg.VecVirtual) { VMAXPS(acc, sized(zero, acc), acc) }) // the second source, acc, wins where it is NaN
	Label("activated")
}

func (g *gemmKernel) store() {
	if g.costlyMasks() {
		g.unlessWhole("masked")
		g.eachC(func(i, v int, m Mem) { VMOVUPS(g.acc[i][v], m) })
		JMP(LabelRef("stored"))
		Label("masked")
	}
	g.eachC(func(i, v int, m Mem) { g.storeMasked(g.acc[i][v], v, m) })
	Label("stored")
}

// nextTile goes down to the tile below, if there is one.
func (g *gemmKernel) nextTile() {
	DECQ(g.field(tileLeft))
	JZ(LabelRef("done"))
	for _, step := range []struct {
		row reg.GPVirtual
		at  int
	}{{g.aRow, tileRow}, {g.cRow, tileTarget}} {
		d := GP64()
		IMUL3Q(Imm(uint64(g.rows)), step.row, d)
		ADDQ(d, g.field(step.at))
	}
	JMP(LabelRef("tile"))
	Label("done")
}

// gemm512 has 32 registers of 16 elements and masks.
type gemm512 struct{ masks [2]reg.OpmaskVirtual }

func (*gemm512) name() string      { return "AVX512" }
func (*gemm512) costlyMasks() bool { return false }

// shapes has half vectors too: where the processor adds a vector in two halves they cost half.
func (*gemm512) shapes() []gemmShape {
	return []gemmShape{{[]int{32}, 14}, {[]int{64}, 14}, {[]int{64, 32}, 14}, {[]int{64, 64}, 14}}
}

func (g *gemm512) prepare(cols reg.GPVirtual) {
	all := GP32()
	MOVL(U32(0xffffffff), all)
	BZHIL(cols.As32(), all, all)
	g.masks = [2]reg.OpmaskVirtual{K(), K()}
	KMOVW(all, g.masks[0])
	SHRL(Imm(16), all)
	KMOVW(all, g.masks[1])
}

func (g *gemm512) loadB(m Mem, v int, _ bool, dst reg.VecVirtual) { g.loadMasked(m, v, dst) }

func (g *gemm512) loadMasked(m Mem, v int, dst reg.VecVirtual) { VMOVUPS_Z(m, g.masks[v], dst) }

func (g *gemm512) storeMasked(src reg.VecVirtual, v int, m Mem) { VMOVUPS(src, g.masks[v], m) }

// addRow lets the multiplication broadcast by itself only where there is a single one: two that load the same scalar ask
// more loads of the processor than it has to spare.
func (*gemm512) addRow(m Mem, b, acc []reg.VecVirtual) {
	if len(b) > 1 {
		a := ZMM()
		VBROADCASTSS(m, a)
		for v := range b {
			VFMADD231PS(sized(a, b[v]), b[v], acc[v])
		}
		return
	}
	for v := range b {
		VFMADD231PS_BCST(m, b[v], acc[v])
	}
}

// gemm256 has 16 registers of 8 elements. Its masks are vectors.
type gemm256 struct {
	masks  Mem           // gemmMaxCols elements of ones, then as many of zeros
	window reg.GPVirtual // address of the mask of vector 0
}

const gemmMaxCols = 16 // of a tile of gemm256

func gemmMaskTable() Mem {
	m := GLOBL("gemmMasks", RODATA|NOPTR)
	for i := range 2 * gemmMaxCols {
		ones := int32(0)
		if i < gemmMaxCols {
			ones = -1
		}
		DATA(4*i, I32(ones))
	}
	return m
}

func (*gemm256) name() string      { return "AVX2" }
func (*gemm256) costlyMasks() bool { return true }

func (*gemm256) shapes() []gemmShape { return []gemmShape{{[]int{32}, 12}, {[]int{32, 32}, 6}} }

func (g *gemm256) prepare(cols reg.GPVirtual) {
	g.window = GP64()
	LEAQ(g.masks.Offset(4*gemmMaxCols), g.window)
	SHLQ(Imm(2), cols)
	SUBQ(cols, g.window)
}

func (g *gemm256) loadB(m Mem, v int, whole bool, dst reg.VecVirtual) {
	if whole {
		VMOVUPS(m, dst)
		return
	}
	g.loadMasked(m, v, dst)
}

func (g *gemm256) mask(v int) reg.VecVirtual {
	mask := YMM()
	VMOVUPS(Mem{Base: g.window, Disp: 32 * v}, mask)
	return mask
}

func (g *gemm256) loadMasked(m Mem, v int, dst reg.VecVirtual) { VMASKMOVPS(m, g.mask(v), dst) }

func (g *gemm256) storeMasked(src reg.VecVirtual, v int, m Mem) { VMASKMOVPS(src, g.mask(v), m) }

func (*gemm256) addRow(m Mem, b, acc []reg.VecVirtual) {
	a := YMM()
	VBROADCASTSS(m, a)
	for v := range b {
		VFMADD231PS(a, b[v], acc[v])
	}
}
