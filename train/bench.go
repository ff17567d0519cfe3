package train

import (
	"context"
	"runtime"
	"slices"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/vae"
)

// Benchmark is how fast this machine trains a model. Rates are medians over
// short blocks of steps, which alternate with blocks of the products alone so
// that both see the same machine.
type Benchmark struct {
	Images         int     // a step
	Steps          int     // measured
	ImagesPerS     float64 // of the whole step: gather, noise, graph, optimiser
	StepTime       time.Duration
	FLOPs          float64 // of the matrix products of a step
	GFLOPS         float64 // FLOPs at the rate of the whole step
	BoundPerS      float64 // images/s if only the step's own products took time
	PeakGFLOPS     float64 // of the multiplication kernel in cache, on all threads
	AllocsPerStep  float64
	Shares         []Share
	Kernel         string
	Threads        int
	ParameterCount int
	StepBytes      int // that a step works in, without weights and gradients
}

// Share is the part of a step's time that operations of one name take.
type Share struct {
	Name string
	Time time.Duration // a step
	Part float64       // of the step, 0 to 1
}

const (
	benchWarmup = 500 * time.Millisecond
	benchBlock  = 50 * time.Millisecond
	benchPeak   = 500 * time.Millisecond
)

// Bench trains a fresh model on d for about the given time, without a run
// directory and without evaluation, and measures.
func Bench(ctx context.Context, c configs.Config, d *data.Set, e *vae.Engine, duration time.Duration) (Benchmark, error) {
	l, err := newBenchSession(c, d, e)
	if err != nil {
		return Benchmark{}, err
	}
	b := Benchmark{
		Images: l.full.Images(), FLOPs: l.full.FLOPs(), Kernel: e.Kernel(), Threads: e.Threads(),
		ParameterCount: len(l.model.Weights()), PeakGFLOPS: l.kernels.Peak(benchPeak), StepBytes: l.full.Bytes(),
	}
	if _, _, err := l.block(ctx, benchWarmup, l.wholeStep); err != nil {
		return Benchmark{}, err
	}
	var whole, products []float64
	var before, after runtime.MemStats
	var mallocs uint64
	for end := time.Now().Add(duration); len(whole) == 0 || time.Now().Before(end); {
		runtime.ReadMemStats(&before)
		rate, steps, err := l.block(ctx, benchBlock, l.wholeStep)
		if err != nil {
			return Benchmark{}, err
		}
		runtime.ReadMemStats(&after)
		mallocs += after.Mallocs - before.Mallocs
		b.Steps += steps
		whole = append(whole, rate)
		bound, _, err := l.block(ctx, benchBlock, func() error { l.full.RunProducts(); return nil })
		if err != nil {
			return Benchmark{}, err
		}
		products = append(products, bound)
	}
	perStep := float64(b.Images)
	b.ImagesPerS, b.BoundPerS = median(whole)*perStep, median(products)*perStep
	b.StepTime = time.Duration(float64(time.Second) / median(whole))
	b.GFLOPS = b.FLOPs * median(whole) / 1e9
	b.AllocsPerStep = float64(mallocs) / float64(b.Steps)
	b.Shares, err = l.shares(ctx, duration/4)
	return b, err
}

// benchSession is a session whose steps are timed.
type benchSession struct {
	*session
	number uint64 // of the next step
}

func newBenchSession(c configs.Config, d *data.Set, e *vae.Engine) (*benchSession, error) {
	s, err := newSession(c, d, e, comm.Local(1)[0])
	if err != nil {
		return nil, err
	}
	return &benchSession{session: s}, s.initialise(nil)
}

// wholeStep takes the next step of a whole batch, of whatever epoch it falls in.
func (b *benchSession) wholeStep() error {
	whole := uint64(b.data.Train.Count / b.config.Train.BatchSize)
	if b.number%b.perEpoch >= whole {
		b.number += b.perEpoch - b.number%b.perEpoch
	}
	_, err := b.step(b.number)
	b.number++
	return err
}

// block calls step for about d and returns the calls a second and their number.
func (b *benchSession) block(ctx context.Context, d time.Duration, step func() error) (rate float64, steps int, err error) {
	start := time.Now()
	for elapsed := time.Duration(0); elapsed < d; elapsed = time.Since(start) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if err := step(); err != nil {
			return 0, 0, err
		}
		steps++
	}
	return float64(steps) / time.Since(start).Seconds(), steps, nil
}

// shares times every part of a step for about d.
func (b *benchSession) shares(ctx context.Context, d time.Duration) ([]Share, error) {
	s := b.full
	names := append([]string{"gather images", "draw noise"}, b.update.operations(s)...)
	times := make([]time.Duration, len(names))
	seed, steps := b.config.Train.Seed, 0
	for start := time.Now(); steps == 0 || time.Since(start) < d; steps++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t := [3]time.Time{time.Now()}
		s.Beta, s.Capacity = b.beta(b.number), b.capacity(b.number)
		s.Read(b.train, b.order[:s.Images()], data.TrainingDraw(seed, b.number))
		t[1] = time.Now()
		s.Draw(seed, b.number)
		t[2] = time.Now()
		b.update.run(s, b.config.Train.LearningRate, times[2:])
		times[0] += t[1].Sub(t[0])
		times[1] += t[2].Sub(t[1])
	}
	return mergeShares(names, times, steps), nil
}

// mergeShares adds up parts of one name and sorts, the dearest first.
func mergeShares(names []string, times []time.Duration, steps int) []Share {
	var total time.Duration
	var shares []Share
	for i, name := range names {
		total += times[i]
		at := slices.IndexFunc(shares, func(s Share) bool { return s.Name == name })
		if at < 0 {
			shares = append(shares, Share{Name: name})
			at = len(shares) - 1
		}
		shares[at].Time += times[i]
	}
	for i := range shares {
		shares[i].Part = float64(shares[i].Time) / float64(total)
		shares[i].Time /= time.Duration(steps)
	}
	slices.SortStableFunc(shares, func(a, b Share) int { return int(b.Time - a.Time) })
	return shares
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[n/2] + sorted[(n-1)/2]) / 2
}
