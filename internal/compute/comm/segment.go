package comm

// segment is a part of the weights that is exchanged at once.
type segment struct {
	bounds []int // of the ranks' parts
	bytes  []int // the same in bytes
	rank   int
	recv   [][]float32 // own part of every rank's nodes, one slice a node of a rank
	waits  []func() error
}

// newSegment divides the weights from one to another among the ranks of a group, of which each has at most so many nodes.
func newSegment(g Group, from, to, nodes int) segment {
	s := segment{bounds: make([]int, g.Size()+1), bytes: make([]int, g.Size()+1), rank: g.Rank()}
	chunks := chunksOf(to - from)
	for r := range s.bounds {
		s.bounds[r] = min(from+r*chunks/g.Size()*Chunk, to)
		s.bytes[r] = 4 * s.bounds[r]
	}
	for range nodes {
		s.recv = append(s.recv, make([]float32, g.Size()*s.own()))
	}
	return s
}

func (s *segment) from() int { return s.bounds[0] }
func (s *segment) to() int   { return s.bounds[len(s.bounds)-1] }

// part is where the weights of this rank lie among all.
func (s *segment) part() (lo, hi int) { return s.bounds[s.rank], s.bounds[s.rank+1] }

func (s *segment) own() int {
	lo, hi := s.part()
	return hi - lo
}

// pieces are this rank's part of the sum, once it is there.
func (s *segment) pieces() []Piece {
	var all []Piece
	lo, hi := s.part()
	for at := lo; at < hi; at += Chunk {
		all = append(all, Piece{First: at, Sum: s.recv[0][at-lo : min(at+Chunk, hi)-lo]})
	}
	return all
}
