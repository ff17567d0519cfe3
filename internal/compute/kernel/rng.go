package kernel

import "unsafe"

// Key names a stream of random words: every draw is a pure function of a Key and a position.
// The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
//
// The Philox key is (Seed low, Seed high); the counter is (block low 32, block bits 32..47 | Purpose<<24, Step low, Step high).
// The word at position p is output word (p%64)/16 of block 16*(p/64) + p%16: sixteen neighbouring blocks are computed side by side and
// their output words lie in runs of sixteen, so that vector registers are stored as they come.
type Key struct {
	Seed    uint64 // the run's seed
	Step    uint64 // training step, epoch or whatever the purpose counts
	Purpose uint8  // what the draws are for
}

// Word returns the random word at position pos.
func (k Key) Word(pos uint64) uint32 {
	within := pos % wordGroup
	w0, w1, w2, w3 := k.block(groupBlocks*(pos/wordGroup) + within%groupBlocks)
	switch within / groupBlocks {
	case 0:
		return w0
	case 1:
		return w1
	case 2:
		return w2
	}
	return w3
}

// block returns the four words of one Philox block; the low 48 bits of index count.
func (k Key) block(index uint64) (w0, w1, w2, w3 uint32) {
	return philox(uint32(index), k.counterHigh(index), uint32(k.Step), uint32(k.Step>>32), uint32(k.Seed), uint32(k.Seed>>32))
}

// counterHigh is counter word 1 of a block.
func (k Key) counterHigh(block uint64) uint32 {
	return uint32(block>>32)&0xffff | uint32(k.Purpose)<<24
}

// The multipliers and key increments of Philox4x32.
const (
	philoxM0 = 0xD2511F53
	philoxM1 = 0xCD9E8D57
	philoxW0 = 0x9E3779B9
	philoxW1 = 0xBB67AE85

	philoxRounds = 10
)

// philox is Philox4x32-10 of counter c0..c3 under key k0, k1.
func philox(c0, c1, c2, c3, k0, k1 uint32) (w0, w1, w2, w3 uint32) {
	for range philoxRounds {
		p0 := uint64(c0) * philoxM0
		p1 := uint64(c2) * philoxM1
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += philoxW0
		k1 += philoxW1
	}
	return c0, c1, c2, c3
}

// A group is wordGroup consecutive positions from a multiple of wordGroup on: the words of groupBlocks blocks.
const (
	wordGroup   = 64
	groupBlocks = 16
)

// words fills dst with the words of positions pos, pos+1, ...
func (t *vecTable) words(dst []uint32, s *wordStream, pos uint64) {
	if within := int(pos % wordGroup); within != 0 {
		n := t.partialGroup(dst[:min(len(dst), wordGroup-within)], s, pos)
		dst, pos = dst[n:], pos+uint64(n)
	}
	whole := len(dst) - len(dst)%wordGroup
	t.groups(dst[:whole], s, pos/wordGroup)
	if whole < len(dst) {
		t.partialGroup(dst[whole:], s, pos+uint64(whole))
	}
}

// partialGroup fills dst with words of one group and returns their number.
func (t *vecTable) partialGroup(dst []uint32, s *wordStream, pos uint64) int {
	var group [wordGroup]uint32
	t.groups(group[:], s, pos/wordGroup)
	return copy(dst, group[pos%wordGroup:])
}

// groups fills dst with the words of whole groups from group first on.
func (t *vecTable) groups(dst []uint32, s *wordStream, first uint64) {
	for len(dst) > 0 {
		n := groupRun(first, len(dst)/wordGroup)
		t.wordsCall(dst[:n*wordGroup], s, first*groupBlocks)
		dst, first = dst[n*wordGroup:], first+uint64(n)
	}
}

// Words writes the random words of positions pos, pos+1, ... to dst. The bits are the same on every kernel.
func (e *Engine) Words(dst []uint32, k Key, pos uint64) {
	e.vec.words(dst, &wordStream{key: k}, pos)
}

// passElements is the length of the pieces that pass through words to their final form while in the first-level cache.
const passElements = 1 << 11

// Uniform writes draws from the uniform distribution on [0,1), multiples of 2^-24: (word>>8) * 2^-24.
// The bits are the same on every kernel.
func (e *Engine) Uniform(dst []float32, k Key, pos uint64) {
	s := wordStream{key: k}
	for len(dst) > 0 {
		n := min(len(dst), passElements)
		e.vec.words(asWords(dst[:n]), &s, pos)
		e.vec.unary(unaryUniform, dst[:n], dst[:n])
		dst, pos = dst[n:], pos+uint64(n)
	}
}

// uniformOf maps a word to [0,1).
func uniformOf(word uint32) float32 { return float32(word>>8) * 0x1p-24 }

// asWords views floats as the words in their place.
func asWords(x []float32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// asFloats views words as the floats in their place.
func asFloats(x []uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
