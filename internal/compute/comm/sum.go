package comm

import (
	"fmt"
	"slices"
	"time"

	"vaectl/internal/compute/kernel"
)

// Chunk is the number of weights that are worked on at once, and the measure in which ranks divide them among themselves.
const Chunk = 8192

// Sum adds the gradients of the shards of a batch over all ranks, as a binary tree over the shards. Every rank receives
// the sum for its own part of the weights.
//
// The tree is that of pairs, then pairs of pairs; where the number of shards is no power of two, the rest is added from the right.
// It does not depend on the number of ranks, so neither does any bit of the sum.
//
// The weights are cut into segments, and ranks exchange one while the gradients of those before it are still being computed
// (see [Sum.Begin]).
type Sum struct {
	group    Group
	engine   *kernel.Engine
	shards   int
	lo, hi   int // own shards
	n        int // weights
	segments []segment
	pieces   []Piece
	poller   *poller

	// Of the shards so far: subtrees that are complete, the newest last, and memory for more.
	stack []partial
	free  [][]float32
	nodes []node // of all ranks
	most  int    // nodes of a rank
	leaf  leaf
	next  int // segment to exchange; those after it are under way
}

type partial struct {
	node
	sum []float32
}

// leaf is the shard that is being added to the newest subtree.
type leaf struct {
	weight float32
	grads  []float32
	merges int // subtrees that are complete with it
	ready  int // the gradients from here on are added
}

// Piece is a part of the sum: the numbers of at most [Chunk] weights, from First on.
type Piece struct {
	First int
	Sum   []float32
}

// NewSum prepares sums over so many shards, of which each rank must have one. cuts are where segments of the weights begin,
// in ascending order from 0, and at last the number of weights; all but that are multiples of [Chunk].
func NewSum(g Group, e *kernel.Engine, shards int, cuts ...int) (*Sum, error) {
	if shards < g.Size() {
		return nil, fmt.Errorf("%d shards for %d ranks: each needs one", shards, g.Size())
	}
	s := &Sum{group: g, engine: e, shards: shards, n: cuts[len(cuts)-1], poller: &poller{group: g}, next: len(cuts) - 2}
	s.lo, s.hi = ShardsOf(g.Rank(), g.Size(), shards)
	for r := range g.Size() {
		lo, hi := ShardsOf(r, g.Size(), shards)
		nodes := nodesOf(lo, hi)
		s.nodes = append(s.nodes, nodes...)
		s.most = max(s.most, len(nodes))
	}
	for i, from := range cuts[:len(cuts)-1] {
		segment := newSegment(g, from, cuts[i+1], s.most)
		s.segments = append(s.segments, segment)
		s.pieces = append(s.pieces, segment.pieces()...)
	}
	return s, nil
}

// Shards are those of this rank.
func (s *Sum) Shards() (lo, hi int) { return s.lo, s.hi }

// Add takes the gradients of the next of this rank's shards, multiplied by weight, the shard's part of the batch. It keeps
// a copy.
func (s *Sum) Add(weight float32, grads []float32) {
	s.Begin(weight, grads)
	s.add(0)
	s.end()
}

// Begin is Add for the last of this rank's shards while its gradients are still being computed, from the last to the first. The caller says
// with [Sum.Ready] how far they are.
func (s *Sum) Begin(weight float32, grads []float32) {
	first := s.lo
	if top := len(s.stack) - 1; top >= 0 {
		first = s.stack[top].first + s.stack[top].size
	}
	s.leaf = leaf{weight: weight, grads: grads, ready: s.n}
	size := 1
	for top := len(s.stack) - 1; top >= 0 && s.stack[top].size == size && s.stack[top].first%(2*size) == 0; top-- {
		s.leaf.merges++
		size *= 2
	}
	s.stack = append(s.stack, partial{node{first, 1}, s.buffer()})
}

// Ready takes the gradients that began to be added as far as they are there, from a weight on, and starts to exchange the segments that are
// complete with them. All ranks must come to exchange the same segments before they talk of anything else; Ready(0) exchanges the last of them,
// and the time until the caller waits in [Sum.Reduce] no longer counts as overlapped.
func (s *Sum) Ready(from int) error {
	s.add(from)
	if s.group.Size() == 1 {
		return nil
	}
	for ; s.next >= 0 && s.segments[s.next].from() >= from; s.next-- {
		if err := s.exchange(&s.segments[s.next]); err != nil {
			return err
		}
	}
	if from == 0 {
		s.poller.rest()
	}
	return nil
}

// add adds the shard's gradients from that weight on to its subtrees, as far as they are not yet.
func (s *Sum) add(from int) {
	l := &s.leaf
	if from >= l.ready {
		return
	}
	top := len(s.stack) - 1
	s.each(l.ready-from, func(lo, hi int) {
		lo, hi = from+lo, from+hi
		if l.weight == 1 {
			copy(s.stack[top].sum[lo:hi], l.grads[lo:hi])
		} else {
			s.engine.Scale(s.stack[top].sum[lo:hi], l.weight, l.grads[lo:hi])
		}
		for i := top; i > top-l.merges; i-- {
			s.engine.Accumulate(s.stack[i-1].sum[lo:hi], s.stack[i].sum[lo:hi])
		}
	})
	l.ready = from
}

// end takes the subtrees off the stack that were added to their left neighbours.
func (s *Sum) end() {
	for ; s.leaf.merges > 0; s.leaf.merges-- {
		top := len(s.stack) - 1
		s.free = append(s.free, s.stack[top].sum)
		s.stack[top-1].size *= 2
		s.stack = s.stack[:top]
	}
}

func (s *Sum) buffer() []float32 {
	if last := len(s.free) - 1; last >= 0 {
		b := s.free[last]
		s.free = s.free[:last]
		return b
	}
	return make([]float32, s.n)
}

// exchange starts to give every rank its part of this rank's subtrees.
func (s *Sum) exchange(g *segment) error {
	complete := len(s.stack) - s.leaf.merges
	for i := range s.most {
		// A rank with fewer subtrees sends its last one again, which nobody reads.
		wait, err := s.group.Start(Bytes(g.recv[i]), Bytes(s.stack[min(i, complete-1)].sum), g.bytes)
		if err != nil {
			return err
		}
		g.waits = append(g.waits, wait)
	}
	s.poller.wake()
	return nil
}

// Reduce adds over all ranks once every shard was given. It returns the sum of this rank's part of the weights, in their order, which is
// valid until the next call.
func (s *Sum) Reduce() ([]Piece, error) {
	if err := s.Ready(0); err != nil {
		return nil, err
	}
	for _, g := range slices.Backward(s.segments) {
		for _, wait := range g.waits {
			if err := wait(); err != nil {
				return nil, err
			}
		}
	}
	s.end()
	for i := range s.segments {
		s.fold(&s.segments[i])
	}
	for _, p := range s.stack {
		s.free = append(s.free, p.sum)
	}
	s.stack, s.next = s.stack[:0], len(s.segments)-1
	return s.pieces, nil
}

// fold adds what all ranks have of this rank's part of a segment.
func (s *Sum) fold(g *segment) {
	g.waits = g.waits[:0]
	if s.group.Size() == 1 {
		for i, p := range s.stack {
			copy(g.recv[i], p.sum[g.from():g.to()])
		}
	}
	var parts [][]float32 // one for each node of all ranks
	own := g.own()
	for r := range s.group.Size() {
		lo, hi := ShardsOf(r, s.group.Size(), s.shards)
		for i := range nodesOf(lo, hi) {
			parts = append(parts, g.recv[i][r*own:(r+1)*own])
		}
	}
	s.each(own, func(lo, hi int) {
		fold(s.nodes, func(i, j int) { s.engine.Accumulate(parts[i][lo:hi], parts[j][lo:hi]) })
	})
}

// Share gives every rank all weights once each has changed its own part.
func (s *Sum) Share(weights []float32) error { return s.everywhere(Bytes(weights), s.group.Gather) }

// Collect gives rank 0 all of what each rank has its own part of.
func (s *Sum) Collect(whole []float32) error { return s.everywhere(Bytes(whole), s.group.Collect) }

func (s *Sum) everywhere(whole []byte, complete func([]byte, []int) error) error {
	if s.group.Size() == 1 {
		return nil
	}
	for _, g := range s.segments {
		if err := complete(whole, g.bytes); err != nil {
			return err
		}
	}
	return nil
}

// Deal gives every rank its own part of what rank 0 has all of.
func (s *Sum) Deal(whole []float32) error {
	if s.group.Size() == 1 {
		return nil
	}
	for _, g := range s.segments {
		// Every rank sends every other its part; those of rank 0 are the true ones.
		parts := make([]float32, s.group.Size()*g.own())
		wait, err := s.group.Start(Bytes(parts), Bytes(whole), g.bytes)
		if err != nil {
			return err
		}
		if err := wait(); err != nil {
			return err
		}
		lo, hi := g.part()
		copy(whole[lo:hi], parts)
	}
	return nil
}

// Each collects a number for each piece of every rank, in the order of the weights: own are those of the pieces of this one.
func (s *Sum) Each(own []float64) ([]float64, error) {
	all := make([]float64, chunksOf(s.n))
	for i, p := range s.pieces {
		all[p.First/Chunk] = own[i]
	}
	for _, g := range s.segments {
		chunks := make([]int, len(g.bounds))
		for r, b := range g.bounds {
			chunks[r] = 8 * chunksOf(b)
		}
		if err := s.group.Gather(Bytes(all), chunks); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Overlapped is the time in which parts of sums were exchanged while the caller did something else, since the Sum was made.
func (s *Sum) Overlapped() time.Duration { return time.Duration(s.poller.hidden.Load()) }

// each calls work for pieces of n numbers, on all threads.
func (s *Sum) each(n int, work func(lo, hi int)) { s.engine.Run(chunksOf(n), task{n, work}) }

type task struct {
	n    int
	work func(lo, hi int)
}

func (t task) Chunk(i int) { t.work(i*Chunk, min((i+1)*Chunk, t.n)) }

func chunksOf(n int) int { return (n + Chunk - 1) / Chunk }
