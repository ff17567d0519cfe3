package kernel

// A philoxPlan is what the vector kernels XOR into the counter, two words a round: the keys, except that the first rounds'
// uniform half, the same for all blocks that agree in counter words 1 to 3, is already worked out.
//
// Round 1 multiplies counter words 0 and 2, of which only word 0 differs from block to block, and its outputs 0 and 1
// depend on word 2 alone; so of round 2's products one differs, and of its outputs word 3 is uniform.
type philoxPlan = [2 * philoxRounds]uint32

func newPhiloxPlan(k Key, block uint64) (plan philoxPlan) {
	key := k.philoxKey()
	for round := range philoxRounds {
		plan[2*round], plan[2*round+1] = key[0], key[1]
		key[0] += philoxW0
		key[1] += philoxW1
	}
	c := k.counter(block)
	product := uint64(c[2]) * philoxM1
	uniform := uint64(uint32(product>>32)^c[1]^plan[0]) * philoxM0
	plan[0] = c[3] ^ plan[1]                // to make word 2 of round 1
	plan[1] = uint32(product) ^ plan[2]     // to make word 0 of round 2
	plan[2] = uint32(uniform>>32) ^ plan[3] // to make word 2 of round 2
	plan[5] ^= uint32(uniform)              // to make word 2 of round 3: word 3 of round 2 and the key
	return plan
}

// A groupRun walks over whole groups in runs short enough for one call of an assembly function, whose blocks share a plan.
type groupRun struct {
	key   Key
	first uint64 // number of the first group of all
	total int    // number of groups of all
	at, n int    // the run, in groups from first
	block uint64 // number of the run's first block
	plan  philoxPlan
}

func newGroupRun(k Key, first uint64, groups int) groupRun {
	return groupRun{key: k, first: first, total: groups}
}

// next moves to the next run, and reports whether there is one.
func (r *groupRun) next() bool {
	const callGroups = callElements / wordGroup
	const sameHigh = 1 << 32 / groupBlocks // groups until the blocks' bits 32 and above change
	r.at += r.n
	group := r.first + uint64(r.at)
	r.n = int(min(uint64(r.total-r.at), callGroups, sameHigh-group%sameHigh))
	block := groupBlocks * group
	if r.at == 0 || block>>32 != r.block>>32 {
		r.plan = newPhiloxPlan(r.key, block)
	}
	r.block = block
	return r.n > 0
}

// wordsPortable fills dst with the words of a run.
func wordsPortable(dst []uint32, r *groupRun) {
	for block := range uint64(r.n * groupBlocks) {
		words := r.key.block(r.block + block)
		at := block/groupBlocks*wordGroup + block%groupBlocks
		for _, word := range words {
			dst[at] = word
			at += groupBlocks
		}
	}
}

// bernoulliBytesPortable draws the pixels of a run.
func bernoulliBytesPortable(dst []float32, src []byte, r *groupRun) {
	for block := range uint64(r.n * groupBlocks) {
		words := r.key.block(r.block + block)
		at := block/groupBlocks*wordGroup + block%groupBlocks
		for _, word := range words {
			dst[at] = bernoulliByte(src[at], word)
			at += groupBlocks
		}
	}
}
