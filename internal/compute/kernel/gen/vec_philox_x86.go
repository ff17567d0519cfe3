package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The counter-based generator, Philox4x32-10. A group is 64 words: 16 neighbouring blocks, of which first all words 0
// are stored, then all words 1, 2 and 3.
//
// A block's words stand in the low halves of 64-bit lanes, where VPMULUDQ reads them; what the high halves hold does not
// matter, so that of a product the low word is the product itself. Even and odd blocks are two vectors, merged at the end.
// Of the first two rounds the half that is the same for all blocks is computed by the caller (newPhiloxPlan in package kernel).

const (
	philoxRounds = 10
	philoxLanes  = 16
	philoxGroup  = 64
)

// A philoxFunction is the state of one function's emission.
type philoxFunction struct {
	*x86Function
	plan   reg.Register
	m0, m1 reg.VecVirtual
	odd    reg.OpmaskVirtual
	even   reg.OpmaskVirtual
}

func newPhiloxFunction(i isa, pool *constantPool) *philoxFunction {
	f := &philoxFunction{x86Function: &x86Function{isa: i, pool: pool}}
	f.plan = Load(Param("plan"), GP64())
	f.m0, f.m1 = f.vector(), f.vector()
	VPBROADCASTD(pool.address(0xD2511F53), f.m0)
	VPBROADCASTD(pool.address(0xCD9E8D57), f.m1)
	if i == avx512 {
		f.odd, f.even = K(), K()
		bits := GP32()
		MOVL(U32(0xaaaa), bits)
		KMOVW(bits, f.odd)
		MOVL(U32(0x5555), bits)
		KMOVW(bits, f.even)
	}
	return f
}

// uniform returns plan[slot] in every lane.
func (f *philoxFunction) uniform(slot int) reg.VecVirtual {
	dst := f.vector()
	VPBROADCASTD(Mem{Base: f.plan, Disp: 4 * slot}, dst)
	return dst
}

func (f *philoxFunction) xor(a, b reg.VecVirtual) reg.VecVirtual {
	dst := f.vector()
	if f.isa == avx512 {
		VPXORD(a, b, dst)
	} else {
		VPXOR(a, b, dst)
	}
	return dst
}

// xor3 returns a ^ b ^ c in a's register.
func (f *philoxFunction) xor3(a, b, c reg.VecVirtual) reg.VecVirtual {
	if f.isa == avx512 {
		const xorOfThree = 0x96
		VPTERNLOGD(Imm(xorOfThree), c, b, a)
		return a
	}
	VPXOR(b, a, a)
	VPXOR(c, a, a)
	return a
}

func (f *philoxFunction) multiply(a, b reg.VecVirtual) reg.VecVirtual {
	dst := f.vector()
	VPMULUDQ(a, b, dst)
	return dst
}

// high returns the high words of products in the low halves.
func (f *philoxFunction) high(product reg.VecVirtual) reg.VecVirtual {
	dst := f.vector()
	VPSRLQ(Imm(32), product, dst)
	return dst
}

// mergeLow merges the low halves of even and odd blocks.
func (f *philoxFunction) mergeLow(even, odd reg.VecVirtual) reg.VecVirtual {
	if f.isa == avx512 {
		VMOVSLDUP(odd, f.odd, even)
		return even
	}
	shifted, dst := f.vector(), f.vector()
	VPSLLQ(Imm(32), odd, shifted)
	VPBLENDD(Imm(0xaa), shifted, even, dst)
	return dst
}

// mergeHigh merges the high halves of even and odd blocks.
func (f *philoxFunction) mergeHigh(even, odd reg.VecVirtual) reg.VecVirtual {
	dst := f.vector()
	if f.isa == avx512 {
		VMOVDQA32(odd, dst)
		VMOVSHDUP(even, f.even, dst)
		return dst
	}
	shifted := f.vector()
	VPSRLQ(Imm(32), even, shifted)
	VPBLENDD(Imm(0xaa), odd, shifted, dst)
	return dst
}

// blocks are the vectors that stand for the same word of several sets of even and odd blocks, computed side by side.
type blocks [][2]reg.VecVirtual

// mapBlocks applies g to every vector.
func mapBlocks(b blocks, g func(s, parity int) reg.VecVirtual) blocks {
	result := make(blocks, len(b))
	for s := range b {
		for parity := range 2 {
			result[s][parity] = g(s, parity)
		}
	}
	return result
}

// words returns, for every set, the four output words of the blocks whose numbers stand in counters.
func (f *philoxFunction) words(counters blocks) [][4]reg.VecVirtual {
	multiply := func(b blocks, m reg.VecVirtual) blocks {
		return mapBlocks(b, func(s, parity int) reg.VecVirtual { return f.multiply(b[s][parity], m) })
	}
	highXor := func(b blocks, slot int) blocks {
		key := f.uniform(slot)
		return mapBlocks(b, func(s, parity int) reg.VecVirtual { return f.xor(f.high(b[s][parity]), key) })
	}
	highXor3 := func(b, c blocks, slot int) blocks {
		key := f.uniform(slot)
		return mapBlocks(b, func(s, parity int) reg.VecVirtual { return f.xor3(f.high(b[s][parity]), c[s][parity], key) })
	}
	// Rounds 1 and 2.
	c3 := multiply(counters, f.m0)
	c1 := multiply(highXor(c3, 0), f.m1)
	key := f.uniform(2)
	c2 := mapBlocks(c3, func(s, parity int) reg.VecVirtual { return f.xor(c3[s][parity], key) })
	c0 := highXor(c1, 1)
	for round := 2; round < philoxRounds-1; round++ {
		p0, p1 := multiply(c0, f.m0), multiply(c2, f.m1)
		c0 = highXor3(p1, c1, 2*round)
		if round == 2 {
			c2 = highXor(p0, 2*round+1)
		} else {
			c2 = highXor3(p0, c3, 2*round+1)
		}
		c1, c3 = p1, p0
	}
	const last = 2 * (philoxRounds - 1)
	words := make([][4]reg.VecVirtual, len(counters))
	p1 := multiply(c2, f.m1)
	key = f.uniform(last)
	for s := range words {
		words[s][0] = f.xor3(f.mergeHigh(p1[s][0], p1[s][1]), f.mergeLow(c1[s][0], c1[s][1]), key)
		words[s][1] = f.mergeLow(p1[s][0], p1[s][1])
	}
	p0 := multiply(c0, f.m0)
	key = f.uniform(last + 1)
	for s := range words {
		words[s][2] = f.xor3(f.mergeHigh(p0[s][0], p0[s][1]), f.mergeLow(c3[s][0], c3[s][1]), key)
		words[s][3] = f.mergeLow(p0[s][0], p0[s][1])
	}
	return words
}

// groups emits the words of n groups, handing each vector of words to use with the position of its first word.
func (f *philoxFunction) groups(n int, block reg.Register, use func(words reg.VecVirtual, at int)) {
	for first := 0; first < philoxLanes; first += f.isa.lanes() {
		counters := make(blocks, n)
		for group := range n {
			counters[group] = f.counters(block, group*philoxLanes+first)
		}
		for group, words := range f.words(counters) {
			for w, vector := range words {
				use(vector, group*philoxGroup+w*philoxLanes+first)
			}
		}
	}
}

// counters returns the numbers of the blocks from block+first on, as many as a vector has lanes.
func (f *philoxFunction) counters(block reg.Register, first int) [2]reg.VecVirtual {
	var counters [2]reg.VecVirtual
	for s := range 2 {
		counters[s] = f.vector()
		x := XMM()
		VMOVQ(block, x)
		VPBROADCASTQ(x, counters[s])
		offsets := f.pool.table(blockOffsets(first+s, f.isa.lanes()/2))
		VPADDQ(offsets, counters[s], counters[s])
	}
	return counters
}

// blockOffsets lists n numbers from first on in steps of 2, as 64-bit lanes.
func blockOffsets(first, n int) []uint32 {
	lanes := make([]uint32, 2*n)
	for i := range n {
		lanes[2*i] = uint32(first + 2*i)
	}
	return lanes
}

// emitWords emits func(dst *uint32, plan *[20]uint32, block uint64, groups int): the words of whole groups, the first of which begins with block's.
func emitWords(i isa, pool *constantPool) {
	TEXT("words"+i.suffix(), NOSPLIT, wordsSignature)
	Doc("words" + i.suffix() + " computes the words of whole groups. block is the number of the first block, below 2^32; none of the blocks may reach 2^32.")
	Pragma("noescape")
	f := newPhiloxFunction(i, pool)
	dst, block, groups := Load(Param("dst"), GP64()), Load(Param("block"), GP64()), Load(Param("groups"), GP64())
	store := func(words reg.VecVirtual, at int) { VMOVUPS(words, Mem{Base: dst, Disp: 4 * at}) }
	advance := func(n int) {
		ADDQ(I32(4*n*philoxGroup), dst)
		ADDQ(I32(n*philoxLanes), block)
		SUBQ(I32(n), groups)
	}
	if together := i.philoxTogether(); together > 1 {
		Label("together")
		CMPQ(groups, I32(together))
		JLT(LabelRef("group"))
		f.groups(together, block, store)
		advance(together)
		JMP(LabelRef("together"))
	}
	Label("group")
	TESTQ(groups, groups)
	JLE(LabelRef("done"))
	f.groups(1, block, store)
	advance(1)
	JMP(LabelRef("group"))
	Label("done")
	VZEROUPPER()
	RET()
}

// philoxTogether is the number of groups computed side by side, as many as registers allow.
func (i isa) philoxTogether() int {
	if i == avx512 {
		return 2
	}
	return 1
}

// emitBernoulliBytes emits func(dst *float32, src *byte, plan *[20]uint32, block uint64, groups int): dst[i] is 1 iff the word at i
// is below ceil(src[i] * 2^32 / 255), which for bytes other than 0 is the byte four times over, plus 1.
func emitBernoulliBytes(i isa, pool *constantPool) {
	TEXT("bernoulliBytes"+i.suffix(), NOSPLIT, "func(dst *float32, src *byte, plan *[20]uint32, block uint64, groups int)")
	Doc("bernoulliBytes" + i.suffix() + " draws the pixels of whole groups. block is the number of the first block, below 2^32; none of the blocks may reach 2^32.")
	Pragma("noescape")
	f := newPhiloxFunction(i, pool)
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	block, groups := Load(Param("block"), GP64()), Load(Param("groups"), GP64())
	pixels := newPixelCompare(f)

	draw := func(words reg.VecVirtual, at int) {
		pixels.draw(words, Mem{Base: src, Disp: at}, Mem{Base: dst, Disp: 4 * at})
	}
	advance := func(n int) {
		ADDQ(I32(4*n*philoxGroup), dst)
		ADDQ(I32(n*philoxGroup), src)
		ADDQ(I32(n*philoxLanes), block)
		SUBQ(I32(n), groups)
	}
	Label("group")
	TESTQ(groups, groups)
	JLE(LabelRef("done"))
	pixels.storeCertain(src, dst, "uncertain")
	advance(1)
	JMP(LabelRef("group"))
	Label("uncertain")
	if together := i.philoxTogether(); together > 1 {
		CMPQ(groups, I32(together))
		JLT(LabelRef("single"))
		f.groups(together, block, draw)
		advance(together)
		JMP(LabelRef("group"))
		Label("single")
	}
	f.groups(1, block, draw)
	advance(1)
	JMP(LabelRef("group"))
	Label("done")
	VZEROUPPER()
	RET()
}
