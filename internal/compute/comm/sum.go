package comm

import (
	"fmt"

	"vaectl/internal/compute/kernel"
)

// Chunk is the number of weights that are worked on at once, and the measure in which ranks divide them among themselves.
const Chunk = 8192

// Sum adds the gradients of the shards of a batch over all ranks, as a binary tree over the shards. Every rank receives
// the sum for its own part of the weights.
//
// The tree is that of pairs, then pairs of pairs; where the number of shards is no power of two, the rest is added from the right.
// It does not depend on the number of ranks, so neither does any bit of the sum.
type Sum struct {
	group  Group
	engine *kernel.Engine
	shards int
	lo, hi int   // own shards
	bounds []int // of the ranks' parts of the weights

	// Of the shards so far: subtrees that are complete, the newest last, and memory for more.
	stack []partial
	free  [][]float32
	recv  [][]float32 // own part of every rank's nodes, one slice a node of a rank
	nodes []node      // of all ranks
	most  int         // nodes of a rank
}

type partial struct {
	node
	sum []float32
}

// NewSum prepares sums of n numbers over so many shards, of which each rank must have one.
func NewSum(g Group, e *kernel.Engine, shards, n int) (*Sum, error) {
	if shards < g.Size() {
		return nil, fmt.Errorf("%d shards for %d ranks: each needs one", shards, g.Size())
	}
	s := &Sum{group: g, engine: e, shards: shards, bounds: make([]int, g.Size()+1)}
	s.lo, s.hi = ShardsOf(g.Rank(), g.Size(), shards)
	chunks := (n + Chunk - 1) / Chunk
	for r := range s.bounds {
		s.bounds[r] = min(r*chunks/g.Size()*Chunk, n)
	}
	for r := range g.Size() {
		lo, hi := ShardsOf(r, g.Size(), shards)
		nodes := nodesOf(lo, hi)
		s.nodes = append(s.nodes, nodes...)
		s.most = max(s.most, len(nodes))
	}
	for range s.most {
		s.recv = append(s.recv, make([]float32, g.Size()*s.own()))
	}
	return s, nil
}

// Shards are those of this rank.
func (s *Sum) Shards() (lo, hi int) { return s.lo, s.hi }

// Part is where the weights of this rank lie among all.
func (s *Sum) Part() (lo, hi int) { return s.bounds[s.group.Rank()], s.bounds[s.group.Rank()+1] }

func (s *Sum) own() int {
	lo, hi := s.Part()
	return hi - lo
}

// Add takes the gradients of the next of this rank's shards, multiplied by weight, the shard's part of the batch. It keeps
// a copy.
func (s *Sum) Add(weight float32, grads []float32) {
	first := s.lo
	if top := len(s.stack) - 1; top >= 0 {
		first = s.stack[top].first + s.stack[top].size
	}
	leaf := partial{node{first, 1}, s.buffer(s.bounds[len(s.bounds)-1])}
	s.each(len(grads), func(lo, hi int) {
		if weight == 1 {
			copy(leaf.sum[lo:hi], grads[lo:hi])
			return
		}
		s.engine.Scale(leaf.sum[lo:hi], weight, grads[lo:hi])
	})
	s.stack = append(s.stack, leaf)
	for {
		top := len(s.stack) - 1
		if top == 0 || s.stack[top].size != s.stack[top-1].size || s.stack[top-1].first%(2*s.stack[top].size) != 0 {
			return
		}
		left, right := &s.stack[top-1], s.stack[top]
		s.each(len(left.sum), func(lo, hi int) { s.engine.Accumulate(left.sum[lo:hi], right.sum[lo:hi]) })
		left.size *= 2
		s.free = append(s.free, right.sum)
		s.stack = s.stack[:top]
	}
}

func (s *Sum) buffer(n int) []float32 {
	if last := len(s.free) - 1; last >= 0 {
		b := s.free[last]
		s.free = s.free[:last]
		return b
	}
	return make([]float32, n)
}

// Reduce adds over all ranks once every shard was given to Add. It returns the sum of this rank's part of the weights,
// which is valid until the next call.
func (s *Sum) Reduce() ([]float32, error) {
	bounds := s.bytes()
	for i := range s.most {
		// A rank with fewer subtrees sends its last one again, which nobody reads.
		send := s.stack[min(i, len(s.stack)-1)].sum
		if s.group.Size() == 1 {
			copy(s.recv[i], send)
			continue
		}
		if err := s.group.Exchange(Bytes(s.recv[i]), Bytes(send), bounds); err != nil {
			return nil, err
		}
	}
	for _, p := range s.stack {
		s.free = append(s.free, p.sum)
	}
	s.stack = s.stack[:0]
	parts := s.parts()
	s.each(s.own(), func(lo, hi int) {
		fold(s.nodes, func(i, j int) { s.engine.Accumulate(parts[i][lo:hi], parts[j][lo:hi]) })
	})
	return parts[0], nil
}

// parts are the received numbers of every node.
func (s *Sum) parts() [][]float32 {
	parts := make([][]float32, 0, len(s.nodes))
	own := s.own()
	for r := range s.group.Size() {
		lo, hi := ShardsOf(r, s.group.Size(), s.shards)
		for i := range nodesOf(lo, hi) {
			parts = append(parts, s.recv[i][r*own:(r+1)*own])
		}
	}
	return parts
}

// Share gives every rank all weights once each has changed its own part.
func (s *Sum) Share(weights []float32) error {
	if s.group.Size() == 1 {
		return nil
	}
	return s.group.Gather(Bytes(weights), s.bytes())
}

// Collect gives rank 0 all of what each rank has its own part of.
func (s *Sum) Collect(whole []float32) error {
	if s.group.Size() == 1 {
		return nil
	}
	return s.group.Collect(Bytes(whole), s.bytes())
}

// Deal gives every rank its own part of what rank 0 has all of.
func (s *Sum) Deal(whole []float32) error {
	if s.group.Size() == 1 {
		return nil
	}
	lo, hi := s.Part()
	// Every rank sends every other its part; those of rank 0 are the true ones.
	parts := make([]float32, s.group.Size()*s.own())
	if err := s.group.Exchange(Bytes(parts), Bytes(whole), s.bytes()); err != nil {
		return err
	}
	copy(whole[lo:hi], parts)
	return nil
}

// bytes are the bounds of the ranks' parts, in bytes.
func (s *Sum) bytes() []int {
	bounds := make([]int, len(s.bounds))
	for r, b := range s.bounds {
		bounds[r] = 4 * b
	}
	return bounds
}

// Chunks are the bounds of the ranks' parts, in chunks.
func (s *Sum) Chunks() []int {
	chunks := make([]int, len(s.bounds))
	for r, b := range s.bounds {
		chunks[r] = (b + Chunk - 1) / Chunk
	}
	return chunks
}

// each calls work for pieces of n numbers, on all threads.
func (s *Sum) each(n int, work func(lo, hi int)) {
	s.engine.Run((n+Chunk-1)/Chunk, piece{n, work})
}

type piece struct {
	n    int
	work func(lo, hi int)
}

func (p piece) Chunk(i int) { p.work(i*Chunk, min((i+1)*Chunk, p.n)) }
