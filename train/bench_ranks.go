package train

import (
	"context"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/vae"
)

// RanksBenchmark is how fast several processes train a model together. Times are of a step, the mean over ranks.
type RanksBenchmark struct {
	Ranks, Shards  int
	Images         int // a step
	Steps          int // measured
	ImagesPerS     float64
	StepTime       time.Duration // the median over short blocks of steps, on rank 0
	Compute        time.Duration // shards, their gradients and the update of the own part of the weights
	Communication  time.Duration // waiting for other ranks included
	Overlap        time.Duration // of both at once
	Kernel         string
	Threads        int // of a rank
	ParameterCount int
}

// BenchRanks trains a fresh model on d for about the given time on all ranks of a group. Every rank must call it, with the same configuration
// and data.
func BenchRanks(ctx context.Context, c configs.Config, d *data.Set, e *vae.Engine, group Group, duration time.Duration) (RanksBenchmark, error) {
	s, err := newSession(c, d, e, group)
	if err != nil {
		return RanksBenchmark{}, err
	}
	bench := &benchSession{session: s}
	if err := s.initialise(nil); err != nil {
		return RanksBenchmark{}, err
	}
	b := RanksBenchmark{
		Ranks: group.Size(), Shards: s.config.Train.Shards, Images: s.config.Train.BatchSize,
		Kernel: e.Kernel(), Threads: e.Threads(), ParameterCount: len(s.model.Weights()),
	}
	rates, err := bench.blocks(ctx, group, duration)
	if err != nil {
		return RanksBenchmark{}, err
	}
	b.Steps = rates.steps
	b.StepTime = time.Duration(median(rates.seconds) * float64(time.Second))
	b.ImagesPerS = float64(b.Images) / b.StepTime.Seconds()
	h := s.sharded
	times, err := comm.Each(group, []float64{h.computing.Seconds(), h.talking.Seconds(), (h.sum.Overlapped() - rates.overlapped).Seconds()})
	if err != nil {
		return RanksBenchmark{}, err
	}
	perStep := float64(time.Second) / float64(b.Steps*b.Ranks)
	for r := range b.Ranks {
		b.Compute += time.Duration(times[3*r] * perStep)
		b.Communication += time.Duration((times[3*r+1] + times[3*r+2]) * perStep)
		b.Overlap += time.Duration(times[3*r+2] * perStep)
	}
	return b, nil
}

// timedBlocks are the times of blocks of steps.
type timedBlocks struct {
	steps      int
	seconds    []float64     // of a step in each block
	overlapped time.Duration // before the first of them
}

// blocks takes steps for about the given time after a warm-up. Rank 0 reads the clock, and says how many each block has.
func (b *benchSession) blocks(ctx context.Context, group Group, duration time.Duration) (timedBlocks, error) {
	warmed, began := false, time.Now()
	var t timedBlocks
	perStep := benchBlock.Seconds()
	for {
		// How many steps the next block has: none at the end, and none but a sign that those so far do not count, once all is warm.
		next := []uint64{uint64(max(1, benchBlock.Seconds()/perStep)), 0}
		switch {
		case ctx.Err() != nil || warmed && time.Since(began) > duration && len(t.seconds) > 0:
			next[0] = 0
		case !warmed && time.Since(began) > benchWarmup:
			warmed, began, next[1] = true, time.Now(), 1
		}
		if err := group.Broadcast(comm.Bytes(next)); err != nil {
			return t, err
		}
		if next[0] == 0 {
			return t, ctx.Err()
		}
		if next[1] != 0 {
			b.sharded.computing, b.sharded.talking, t = 0, 0, timedBlocks{overlapped: b.sharded.sum.Overlapped()}
		}
		start := time.Now()
		for range next[0] {
			if err := b.wholeStep(); err != nil {
				return t, err
			}
		}
		perStep = time.Since(start).Seconds() / float64(next[0])
		t.steps += int(next[0])
		t.seconds = append(t.seconds, perStep)
	}
}
