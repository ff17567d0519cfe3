package kernel

import "math"

// A philoxPlan is what the vector kernels XOR into the counter, two words a round: the keys, except that the first rounds'
// uniform half, the same for all blocks that agree in counter words 1 to 3, is already worked out.
//
// Round 1 multiplies counter words 0 and 2, of which only word 0 differs from block to block, and its outputs 0 and 1
// depend on word 2 alone; so of round 2's products one differs, and of its outputs word 3 is uniform.
type philoxPlan = [2 * philoxRounds]uint32

// A wordStream computes a key's words group by group. Its plan serves all blocks that share bits 32 and above.
type wordStream struct {
	key   Key
	high  uint64 // those bits
	ready bool   // whether plan is made
	plan  philoxPlan
}

// prepare makes the plan for a block and returns the low 32 bits of its number.
func (s *wordStream) prepare(block uint64) uint64 {
	if !s.ready || s.high != block>>32 {
		s.high, s.ready = block>>32, true
		s.makePlan(block)
	}
	return block & 0xffffffff
}

func (s *wordStream) makePlan(block uint64) {
	k0, k1 := uint32(s.key.Seed), uint32(s.key.Seed>>32)
	for round := range philoxRounds {
		s.plan[2*round], s.plan[2*round+1] = k0, k1
		k0 += philoxW0
		k1 += philoxW1
	}
	product := uint64(uint32(s.key.Step)) * philoxM1
	uniform := uint64(uint32(product>>32)^s.key.counterHigh(block)^s.plan[0]) * philoxM0
	s.plan[0] = uint32(s.key.Step>>32) ^ s.plan[1] // to make word 2 of round 1
	s.plan[1] = uint32(product) ^ s.plan[2]        // to make word 0 of round 2
	s.plan[2] = uint32(uniform>>32) ^ s.plan[3]    // to make word 2 of round 2
	s.plan[5] ^= uint32(uniform)                   // to make word 2 of round 3: word 3 of round 2 and the key
}

// groupRun returns how many of n whole groups from group first on may go to one call of an assembly function:
// few enough not to hold up the scheduler, and all with the same plan.
func groupRun(first uint64, n int) int {
	const callGroups = callElements / wordGroup
	const sameHigh = 1 << 32 / groupBlocks
	return int(min(uint64(n), callGroups, sameHigh-first%sameHigh))
}

// wordsPortable fills dst with the words of whole groups from block first on.
func wordsPortable(dst []uint32, k Key, first uint64) {
	for ; len(dst) >= wordGroup; dst, first = dst[wordGroup:], first+groupBlocks {
		group := (*[wordGroup]uint32)(dst)
		for lane := range groupBlocks {
			group[lane], group[groupBlocks+lane], group[2*groupBlocks+lane], group[3*groupBlocks+lane] = k.block(first + uint64(lane))
		}
	}
}

// bernoulliBytesPortable draws the pixels of whole groups from block first on.
func bernoulliBytesPortable(dst []float32, src []byte, k Key, first uint64) {
	wordsPortable(asWords(dst), k, first)
	thresholdWords(dst, src)
}

// thresholdWords replaces words by the pixels they draw.
func thresholdWords(dst []float32, src []byte) {
	for i, b := range src {
		dst[i] = bernoulliByte(b, math.Float32bits(dst[i]))
	}
}
