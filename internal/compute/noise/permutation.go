package noise

import "vaectl/internal/compute/kernel"

// PermuteInto overwrites dst with a uniformly drawn permutation of 0..len(dst)-1: the shuffle of Fisher and Yates
// (Durstenfeld 1964) with unbiased bounded integers (Lemire 2019, "Fast random integer generation in an interval", algorithm 5).
func PermuteInto(dst []int32, key kernel.Key) {
	for i := range dst {
		dst[i] = int32(i)
	}
	words := wordReader{key: key}
	for i := len(dst) - 1; i > 0; i-- {
		j := words.below(uint32(i) + 1)
		dst[i], dst[j] = dst[j], dst[i]
	}
}

// wordReader reads a key's words in order.
type wordReader struct {
	key kernel.Key
	pos uint64
}

func (r *wordReader) next() uint32 {
	word := r.key.Word(r.pos)
	r.pos++
	return word
}

// below returns a uniform integer in [0,n).
func (r *wordReader) below(n uint32) uint32 {
	product := uint64(r.next()) * uint64(n)
	if low := uint32(product); low < n {
		threshold := -n % n
		for low < threshold {
			product = uint64(r.next()) * uint64(n)
			low = uint32(product)
		}
	}
	return uint32(product >> 32)
}
