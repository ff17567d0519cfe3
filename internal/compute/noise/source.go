package noise

import "vaectl/internal/compute/kernel"

// Source reads the words of one key in order, two to a value, as a math/rand/v2 Source, so that rand.New and
// gonum's distuv can draw from keyed randomness. It is not safe for concurrent use.
type Source struct {
	key kernel.Key
	pos uint64
}

// NewSource returns a Source at the first word of k.
func NewSource(k kernel.Key) *Source { return &Source{key: k} }

// Uint64 returns the next 64 random bits: the words at positions 2i (high half) and 2i+1 (low half).
func (s *Source) Uint64() uint64 {
	high, low := s.key.Word(s.pos), s.key.Word(s.pos+1)
	s.pos += 2
	return uint64(high)<<32 | uint64(low)
}
