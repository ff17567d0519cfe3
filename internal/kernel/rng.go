package kernel

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
	within := pos % 64
	return k.block(16*(pos/64) + within%16)[within/16]
}

// block returns the four words of one Philox block; the low 48 bits of index count.
func (k Key) block(index uint64) [4]uint32 {
	counter := [4]uint32{uint32(index), uint32(index>>32)&0xffff | uint32(k.Purpose)<<24, uint32(k.Step), uint32(k.Step >> 32)}
	return philox(counter, [2]uint32{uint32(k.Seed), uint32(k.Seed >> 32)})
}

// The multipliers and key increments of Philox4x32.
const (
	philoxM0 = 0xD2511F53
	philoxM1 = 0xCD9E8D57
	philoxW0 = 0x9E3779B9
	philoxW1 = 0xBB67AE85

	philoxRounds = 10
)

// philox is Philox4x32-10.
func philox(c [4]uint32, k [2]uint32) [4]uint32 {
	for range philoxRounds {
		p0 := uint64(c[0]) * philoxM0
		p1 := uint64(c[2]) * philoxM1
		c = [4]uint32{uint32(p1>>32) ^ c[1] ^ k[0], uint32(p1), uint32(p0>>32) ^ c[3] ^ k[1], uint32(p0)}
		k[0] += philoxW0
		k[1] += philoxW1
	}
	return c
}

// wordGroup is the number of consecutive positions whose words are computed together.
const wordGroup = 64

// group fills dst with the words of positions 64*index .. 64*index+63.
func (k Key) group(dst *[wordGroup]uint32, index uint64) {
	for lane := range uint64(16) {
		block := k.block(16*index + lane)
		for w, word := range block {
			dst[16*uint64(w)+lane] = word
		}
	}
}

// Words writes the random words of positions pos, pos+1, ... to dst. The bits are the same on every kernel.
func (e *Engine) Words(dst []uint32, k Key, pos uint64) {
	var words [wordGroup]uint32
	for len(dst) > 0 {
		k.group(&words, pos/wordGroup)
		n := copy(dst, words[pos%wordGroup:])
		dst, pos = dst[n:], pos+uint64(n)
	}
}

// Uniform writes draws from the uniform distribution on [0,1), multiples of 2^-24: (word>>8) * 2^-24.
// The bits are the same on every kernel.
func (e *Engine) Uniform(dst []float32, k Key, pos uint64) {
	var words [wordGroup]uint32
	for len(dst) > 0 {
		k.group(&words, pos/wordGroup)
		from := words[pos%wordGroup:]
		n := min(len(from), len(dst))
		for i := range n {
			dst[i] = uniformOf(from[i])
		}
		dst, pos = dst[n:], pos+uint64(n)
	}
}

// Normal writes draws from N(0,1), by Box and Muller's transform of words w = 0, 1 and w = 2, 3 of each block:
// u = (even word + 1/2) * 2^-32 rounded to float32, r = sqrt(-2 ln u), theta = 2 pi * (odd word >> 8) * 2^-24;
// the position of the even word receives r cos theta, that of the odd word r sin theta. |draw| <= 6.77.
// Kernels may differ by a few ulp.
func (e *Engine) Normal(dst []float32, k Key, pos uint64) {
	var words [wordGroup]uint32
	var normals [wordGroup]float32
	for len(dst) > 0 {
		k.group(&words, pos/wordGroup)
		normalsPortable(&normals, &words)
		n := copy(dst, normals[pos%wordGroup:])
		dst, pos = dst[n:], pos+uint64(n)
	}
}

// uniformOf maps a word to [0,1).
func uniformOf(word uint32) float32 { return float32(word>>8) * 0x1p-24 }
