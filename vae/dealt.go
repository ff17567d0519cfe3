package vae

import (
	"context"

	"vaectl/internal/compute/comm"
)

// dealt deals the batches of an evaluation to ranks, one after the other, and brings what they computed together in the order of the batches.
// So sums over batches have the same bits for any number of ranks.
type dealt[T float32 | float64] struct {
	ranks   Ranks
	results [][]T // of the batch computed last
	mine    []T   // results of this rank's batch of the round
	round   []dealtBatch
}

// dealtBatch is one of a round: the number of images before it, and its own.
type dealtBatch struct{ first, images int }

// deal deals batches whose results are left in the given slices.
func deal[T float32 | float64](ranks Ranks, results ...[]T) *dealt[T] {
	d := &dealt[T]{ranks: ranks, results: results}
	n := 1 // whether this rank wants to stop
	for _, r := range results {
		n += len(r)
	}
	d.mine = make([]T, n)
	return d
}

// next computes the next batch, if it is this rank's. At the end of each round, and of all batches, settle must be called. That the
// context has ended is for settle to say: the other ranks wait there.
func (d *dealt[T]) next(ctx context.Context, b dealtBatch, compute func() error) error {
	if len(d.round) == d.ranks.Rank() && ctx.Err() == nil {
		if err := compute(); err != nil && ctx.Err() == nil {
			return err
		}
		at := d.mine[1:]
		for _, r := range d.results {
			at = at[copy(at, r):]
		}
	}
	d.round = append(d.round, b)
	return nil
}

// over tells whether every rank has had a batch of the round.
func (d *dealt[T]) over() bool { return len(d.round) == d.ranks.Size() }

// settle hands each batch of the round to add, in their order, with its results in the slices. It returns the context's error, on all
// ranks, when that of any has ended.
func (d *dealt[T]) settle(ctx context.Context, add func(dealtBatch) error) error {
	if len(d.round) == 0 {
		return nil
	}
	d.mine[0] = 0
	if ctx.Err() != nil {
		d.mine[0] = 1
	}
	all := d.mine
	if d.ranks.Size() > 1 {
		var err error
		if all, err = comm.Each(d.ranks, d.mine); err != nil {
			return err
		}
	}
	for r := range d.ranks.Size() {
		if all[r*len(d.mine)] != 0 {
			return stopped(ctx)
		}
	}
	for r, b := range d.round {
		at := all[r*len(d.mine)+1:]
		for _, result := range d.results {
			at = at[copy(result, at):]
		}
		if err := add(b); err != nil {
			return err
		}
	}
	d.round = d.round[:0]
	return nil
}

// stopped is why an evaluation ended: this rank's context, or another's.
func stopped(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Canceled
}
