package main

import (
	"fmt"
	"io"
)

// wordsSignature is the type of the function that computes groups of random words.
const wordsSignature = "func(dst *uint32, plan *[20]uint32, block uint64, groups int)"

// A neonPhilox writes the generator for four blocks at a time, one counter word to a register. See vec_philox_x86.go.
type neonPhilox struct{ neonFunction }

// The registers of one set of four blocks, and those common to all.
const (
	neonC0, neonC1, neonC2, neonC3 = 0, 1, 2, 3 // counter words
	neonT0, neonT1, neonT2, neonT3 = 4, 5, 6, 7 // products
	neonSetStride                  = 8
	neonSets                       = 2 // computed side by side
	neonM0, neonM1                 = 16, 17
	neonKey0, neonKey1             = 18, 19
	neonLane                       = 20 // 0, 1, 2, 3
	neonFour                       = 21
	neonBlock                      = 22
	neonR0, neonR1, neonR2, neonR3 = 0, 1, 2, 3 // destination, plan, block, groups
	neonRScratch                   = 4
)

func writeNEONWords(w io.Writer, pool *constantPool) {
	f := &neonPhilox{neonFunction{w: w, pool: pool}}
	fmt.Fprint(w, "\n// func wordsNEON"+wordsSignature[len("func"):]+"\nTEXT ·wordsNEON(SB), NOSPLIT, $0-32\n")
	for i, name := range []string{"dst", "plan", "block", "groups"} {
		f.line("MOVD %s+%d(FP), R%d", name, 8*i, i)
	}
	f.line("MOVD $vecConstants<>(SB), R%d", neonConstants)
	f.loadConstant(0xD2511F53, neonM0)
	f.loadConstant(0xCD9E8D57, neonM1)
	f.loadConstant(4, neonFour)
	for lane := range 4 {
		f.line("MOVD $%d, R%d", lane, neonRScratch)
		f.line("VMOV R%d, V%d.S[%d]", neonRScratch, neonLane, lane)
	}
	fmt.Fprint(w, "\ngroup:\n")
	f.line("CBZ R%d, done", neonR3)
	f.line("VDUP R%d, V%d.S4", neonR2, neonBlock)
	f.word("add", 0x4ea08400, neonBlock, neonBlock, neonLane)
	for first := 0; first < philoxLanes; first += 4 * neonSets {
		f.sets(first)
	}
	f.line("ADD $%d, R%d", 4*philoxGroup, neonR0)
	f.line("ADD $%d, R%d", philoxLanes, neonR2)
	f.line("SUB $1, R%d", neonR3)
	f.line("B group")
	fmt.Fprint(w, "\ndone:\n")
	f.line("RET")
}

// forSets calls g with the first register of every set.
func forSets(g func(base int)) {
	for s := range neonSets {
		g(s * neonSetStride)
	}
}

// sets computes and stores the words of neighbouring sets of blocks, and moves the block numbers on.
func (f *neonPhilox) sets(first int) {
	forSets(func(base int) {
		f.word("mov", 0x4ea01c00, base+neonC0, neonBlock, neonBlock)
		f.word("add", 0x4ea08400, neonBlock, neonBlock, neonFour)
	})
	// Rounds 1 and 2: half of what they do is in the plan.
	f.keys(0)
	forSets(func(base int) {
		f.multiply(base, neonC0, neonM0, neonT0, neonT1)
		f.split(base, neonC3, neonC2, neonT0, neonT1)
		f.xor(base+neonC2, base+neonC2, neonKey0)
		f.multiply(base, neonC2, neonM1, neonT2, neonT3)
		f.split(base, neonC1, neonC0, neonT2, neonT3)
		f.xor(base+neonC0, base+neonC0, neonKey1)
	})
	f.key(2, neonKey0)
	forSets(func(base int) { f.xor(base+neonC2, base+neonC3, neonKey0) })
	for round := 2; round < philoxRounds; round++ {
		f.keys(2 * round)
		forSets(func(base int) { f.round(base, round == 2) })
	}
	forSets(func(base int) {
		at := 4 * (first + base/neonSetStride*4)
		for w := range 4 {
			f.line("FMOVQ F%d, %d(R%d)", base+w, at+w*4*philoxLanes, neonR0)
		}
	})
}

// round is one round of one set; in the first full one the plan's second word already holds counter word 3.
func (f *neonPhilox) round(base int, word3InPlan bool) {
	f.multiply(base, neonC0, neonM0, neonT0, neonT1)
	f.multiply(base, neonC2, neonM1, neonT2, neonT3)
	f.xor(base+neonC1, base+neonC1, neonKey0)
	if word3InPlan {
		f.word("mov", 0x4ea01c00, base+neonC3, neonKey1, neonKey1)
	} else {
		f.xor(base+neonC3, base+neonC3, neonKey1)
	}
	// The high words of the products meet the old words 1 and 3, then the low words replace them.
	f.word("uzp2", 0x4e805800, base+neonC0, base+neonT2, base+neonT3)
	f.xor(base+neonC0, base+neonC0, base+neonC1)
	f.word("uzp2", 0x4e805800, base+neonC2, base+neonT0, base+neonT1)
	f.xor(base+neonC2, base+neonC2, base+neonC3)
	f.word("uzp1", 0x4e801800, base+neonC1, base+neonT2, base+neonT3)
	f.word("uzp1", 0x4e801800, base+neonC3, base+neonT0, base+neonT1)
}

// multiply makes the 64-bit products of a set's word with m: of blocks 0 and 1 in low, of 2 and 3 in high.
func (f *neonPhilox) multiply(base, word, m, low, high int) {
	f.line("WORD $%#08x // umull v%d, v%d, v%d", 0x2ea0c000|uint32(m)<<16|uint32(base+word)<<5|uint32(base+low), base+low, base+word, m)
	f.line("WORD $%#08x // umull2 v%d, v%d, v%d", 0x6ea0c000|uint32(m)<<16|uint32(base+word)<<5|uint32(base+high), base+high, base+word, m)
}

// split separates products into low and high words.
func (f *neonPhilox) split(base, lowWords, highWords, low, high int) {
	f.word("uzp1", 0x4e801800, base+lowWords, base+low, base+high)
	f.word("uzp2", 0x4e805800, base+highWords, base+low, base+high)
}

func (f *neonPhilox) xor(d, a, b int) { f.word("eor", 0x6e201c00, d, a, b) }

// key loads a word of the plan into every lane.
func (f *neonPhilox) key(slot, r int) {
	f.line("ADD $%d, R%d, R%d", 4*slot, neonR1, neonRScratch)
	f.line("VLD1R (R%d), [V%d.S4]", neonRScratch, r)
}

func (f *neonPhilox) keys(slot int) {
	f.key(slot, neonKey0)
	f.key(slot+1, neonKey1)
}
