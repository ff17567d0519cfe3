package comm_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"vaectl/internal/compute/comm"
	"vaectl/internal/dev/testkit"
)

// together runs work on so many ranks and returns the first error.
func together(ranks int, work func(comm.Group) error) error {
	var wait sync.WaitGroup
	errs := make([]error, ranks)
	for r, g := range comm.Local(ranks) {
		wait.Go(func() {
			if errs[r] = work(g); errs[r] != nil {
				g.Abort(1)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// tree adds leaves from lo to hi as the binary tree over them: the largest power of two below their number on the left.
func tree(leaves [][]float32) []float32 {
	if len(leaves) == 1 {
		return leaves[0]
	}
	left := 1
	for 2*left < len(leaves) {
		left *= 2
	}
	a, b := tree(leaves[:left]), tree(leaves[left:])
	sum := make([]float32, len(a))
	for i := range sum {
		sum[i] = a[i] + b[i]
	}
	return sum
}

// leaves are numbers of very different sizes, whose sum depends on the order.
func leaves(seed uint64, shards, n int) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 0))
	all := make([][]float32, shards)
	for s := range all {
		all[s] = make([]float32, n)
		for i := range all[s] {
			all[s][i] = float32(r.NormFloat64()) * float32(int(1)<<r.IntN(24))
		}
	}
	return all
}

// cutsOf draws where segments of n weights begin.
func cutsOf(t *rapid.T, n int) []int {
	cuts := []int{0}
	for at := comm.Chunk; at < n; at += comm.Chunk {
		if rapid.Bool().Draw(t, "cut") {
			cuts = append(cuts, at)
		}
	}
	return append(cuts, n)
}

// give adds this rank's shards, the last one in as many steps as there are in ready.
func give(s *comm.Sum, grads [][]float32, ready []int) error {
	lo, hi := s.Shards()
	for i := lo; i < hi-1; i++ {
		s.Add(1, grads[i])
	}
	if ready == nil {
		s.Add(1, grads[hi-1])
		return nil
	}
	n := len(grads[hi-1])
	there := make([]float32, n) // those that were computed so far
	for i := range there {
		there[i] = float32(math.NaN())
	}
	s.Begin(1, there)
	for _, from := range ready {
		copy(there[from:], grads[hi-1][from:])
		if err := s.Ready(from); err != nil {
			return err
		}
	}
	copy(there, grads[hi-1])
	return nil
}

// The sum has the bits of the binary tree over the shards, whatever the number of ranks, the segments and the pieces in which gradients
// come, and all ranks end with the same weights.
func TestSumIsTheTreeOverTheShards(t *testing.T) {
	one := testkit.Engine(t, "", 1)
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, 13).Draw(t, "shards")
		ranks := rapid.IntRange(1, shards).Draw(t, "ranks")
		n := rapid.SampledFrom([]int{1, 100, comm.Chunk, comm.Chunk + 1, 5*comm.Chunk - 5}).Draw(t, "n")
		cuts := cutsOf(t, n)
		ready := make([][]int, ranks)
		for r := range ready {
			if rapid.Bool().Draw(t, "in pieces") {
				ready[r] = rapid.SliceOfDistinct(rapid.IntRange(0, n), rapid.ID).Draw(t, "ready")
				slices.Sort(ready[r])
				slices.Reverse(ready[r])
			}
		}
		grads := leaves(rapid.Uint64().Draw(t, "seed"), shards, n)
		want := tree(grads)
		weights := make([][]float32, ranks)
		err := together(ranks, func(g comm.Group) error {
			s, err := comm.NewSum(g, one, shards, cuts...)
			if err != nil {
				return err
			}
			for range 2 { // the second time with memory of the first
				if err := give(s, grads, ready[g.Rank()]); err != nil {
					return err
				}
				pieces, err := s.Reduce()
				if err != nil {
					return err
				}
				weights[g.Rank()] = make([]float32, n)
				firsts := make([]float64, len(pieces))
				for i, p := range pieces {
					copy(weights[g.Rank()][p.First:], p.Sum)
					firsts[i] = float64(p.First)
				}
				all, err := s.Each(firsts)
				if err != nil {
					return err
				}
				for i, first := range all {
					if first != float64(i*comm.Chunk) {
						return fmt.Errorf("piece %d begins at %g", i, first)
					}
				}
			}
			return s.Share(weights[g.Rank()])
		})
		if err != nil {
			t.Fatal(err)
		}
		for r, w := range weights {
			if !slices.Equal(w, want) {
				t.Fatalf("rank %d of %d has another sum", r, ranks)
			}
		}
	})
}

func TestSumWeighsShards(t *testing.T) {
	e := testkit.Engine(t, "", 2)
	g := comm.Local(1)[0]
	s, err := comm.NewSum(g, e, 2, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	s.Add(0.25, []float32{4, 8, 12})
	s.Add(0.75, []float32{4, 4, 4})
	if sum, err := s.Reduce(); err != nil || len(sum) != 1 || !slices.Equal(sum[0].Sum, []float32{4, 5, 6}) {
		t.Errorf("sum %v, %v", sum, err)
	}
}

func TestSumNeedsAShardForEveryRank(t *testing.T) {
	if _, err := comm.NewSum(comm.Local(4)[0], testkit.Engine(t, "", 1), 3, 0, 10); err == nil {
		t.Error("four ranks take three shards")
	}
}

func TestShardsAreDividedEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, 100).Draw(t, "shards")
		ranks := rapid.IntRange(1, shards).Draw(t, "ranks")
		next, least, most := 0, shards, 0
		for r := range ranks {
			lo, hi := comm.ShardsOf(r, ranks, shards)
			if lo != next {
				t.Fatalf("rank %d begins at %d, not %d", r, lo, next)
			}
			next, least, most = hi, min(least, hi-lo), max(most, hi-lo)
		}
		if next != shards || least < 1 || most-least > 1 {
			t.Fatalf("from %d to %d shards a rank, %d in all", least, most, next)
		}
	})
}

func TestRanksMeet(t *testing.T) {
	const ranks = 5
	err := together(ranks, func(g comm.Group) error {
		all, err := comm.Each(g, []float64{float64(g.Rank()), 0.5})
		if err != nil {
			return err
		}
		for r := range ranks {
			if all[2*r] != float64(r) || all[2*r+1] != 0.5 {
				return fmt.Errorf("rank %d collected %v", g.Rank(), all)
			}
		}
		word := []byte("....")
		if g.Rank() == 0 {
			word = []byte("word")
		}
		if err := g.Broadcast(word); err != nil {
			return err
		}
		if string(word) != "word" {
			return fmt.Errorf("rank %d heard %s", g.Rank(), word)
		}
		whole := make([]uint64, ranks)
		bounds := []int{0, 8, 16, 24, 32, 40}
		whole[g.Rank()] = uint64(g.Rank() + 1)
		if err := g.Collect(comm.Bytes(whole), bounds); err != nil {
			return err
		}
		if g.Rank() == 0 && !slices.Equal(whole, []uint64{1, 2, 3, 4, 5}) {
			return fmt.Errorf("collected %v", whole)
		}
		if n, err := comm.Sharing(g, uint64(g.Rank()%2)); err != nil || n != 3-g.Rank()%2 {
			return fmt.Errorf("rank %d shares with %d, %w", g.Rank(), n, err)
		}
		return g.Close()
	})
	if err != nil {
		t.Error(err)
	}
}

// A rank that gives up does not leave the others waiting.
func TestAbortEndsAllRanks(t *testing.T) {
	err := together(3, func(g comm.Group) error {
		if g.Rank() == 1 {
			return errors.New("rank 1 found no data")
		}
		_, err := comm.Each(g, []float64{1})
		if !errors.Is(err, comm.ErrAborted) {
			return fmt.Errorf("rank %d: %v", g.Rank(), err)
		}
		return nil
	})
	if err == nil || err.Error() != "rank 1 found no data" {
		t.Errorf("got %v", err)
	}
}
