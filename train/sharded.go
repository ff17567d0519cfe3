package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/internal/finite"
	"vaectl/vae"
)

// shardedSession takes the steps of a session whose batches are cut into shards (train.shards), together with the other ranks of
// its group: each computes the gradients of some shards, all add them, and each updates its own part of the weights.
//
// What a step computes depends on the number of shards and not on the number of ranks. Figures are added in the order of the
// shards, gradients as a tree over them, and the norm of the gradients over chunks of fixed size.
type shardedSession struct {
	*session
	group  Group
	shards int
	sum    *comm.Sum
	steps  map[int]*vae.Step // by their number of images
	grads  []float32         // of one shard
	scale  float32           // of the gradients of the step under way
	part   []comm.Piece      // of the sum
	last   bool              // the shard under way is this rank's last of the step
	failed error             // of an exchange that began during that

	figures []float64 // of all shards, figuresOfShard each
	bounds  []int     // of the ranks' figures, in bytes
	before  []float32 // the model's running statistics before the step
	running []float32 // those after each shard, one shard after the other
	stop    func() bool
	stopped bool // some rank wants to stop

	computing, talking time.Duration // since the session began
}

// What ranks tell each other of a shard, beside its gradients.
const (
	shardImages = iota
	shardLoss
	shardReconstruction
	shardKL
	shardStop // not 0 where the rank wants to stop after this step
	figuresOfShard
)

// checkShards reports a number of shards that ranks cannot share, or that batches cannot be cut into.
func checkShards(c configs.Train, ranks int) error {
	if c.Shards < ranks {
		return failure(ErrSettings, fmt.Sprintf("train with --shards %d, or start fewer ranks; the number of shards decides the bits, the number of ranks does not", ranks),
			"train.shards (--shards) is %d for %d ranks: each needs a shard of every batch", c.Shards, ranks)
	}
	return nil
}

func newSharded(s *session, group Group) (*shardedSession, error) {
	h := &shardedSession{session: s, group: group, shards: s.config.Train.Shards, steps: map[int]*vae.Step{}, stop: func() bool { return false }}
	var err error
	if h.sum, err = comm.NewSum(group, s.kernels, h.shards, cuts(s.model.Parameters())...); err != nil {
		return nil, failure(ErrSettings, "", "%w", err)
	}
	h.grads = make([]float32, len(s.model.Weights()))
	h.figures = make([]float64, h.shards*figuresOfShard)
	h.before = make([]float32, len(s.model.Buffers()))
	h.running = make([]float32, h.shards*len(h.before))
	for r := range group.Size() + 1 {
		lo, _ := comm.ShardsOf(r, group.Size(), h.shards)
		h.bounds = append(h.bounds, lo*figuresOfShard*8)
	}
	return h, nil
}

// leastExchanged is how many weights are worth a message of their own.
const leastExchanged = 16 * comm.Chunk

// cuts says where the segments of weights begin that ranks exchange at once, and where the last ends: each is some parameters, whose gradients
// are there at about the same time.
func cuts(parameters []vae.Parameter) []int {
	var firsts []int
	n := 0
	for _, p := range parameters {
		if !p.Buffer {
			firsts = append(firsts, n)
			n += len(p.Data)
		}
	}
	all := []int{n}
	for _, first := range slices.Backward(firsts) {
		if first = first / comm.Chunk * comm.Chunk; all[0]-first >= leastExchanged && first >= leastExchanged {
			all = slices.Insert(all, 0, first)
		}
	}
	return slices.Insert(all, 0, 0)
}

// prepare compiles the steps of this rank's shards of a batch of so many images, and returns the largest.
func (h *shardedSession) prepare(images int) (largest *vae.Step, err error) {
	lo, hi := h.sum.Shards()
	for shard := lo; shard < hi; shard++ {
		from, to := comm.ShardsOf(shard, h.shards, images)
		n := to - from
		if n > 0 && h.steps[n] == nil {
			if h.steps[n], err = h.model.NewStep(n, vae.Collecting{Gradients: h.grads, Ready: h.ready}); err != nil {
				return nil, err
			}
		}
		if b := h.steps[n]; b != nil && (largest == nil || b.Images() > largest.Images()) {
			largest = b
		}
	}
	return largest, nil
}

// step takes the step of that number on all ranks, which must call it at the same time. A loss or a gradient that is not finite is [ErrDiverged],
// on all of them, and changes no weight.
func (h *shardedSession) step(number uint64) (StepRecord, error) {
	images := h.images(number)
	if err := h.computeShards(images, number); err != nil {
		return StepRecord{}, err
	}
	record, err := h.addFigures(len(images), number)
	if err != nil {
		return record, err
	}
	if err := h.reduce(); err != nil {
		return record, err
	}
	if !finite.Is(record.Loss) {
		return record, h.diverged(record)
	}
	// Here, and nowhere else, the weights change.
	if record.GradientNorm, err = h.update(record.Rate); err != nil {
		return record, err
	}
	if !finite.Is(record.GradientNorm) {
		return record, h.diverged(record)
	}
	return record, nil
}

// computeShards computes the figures and gradients of this rank's shards. Gradients of the last one are exchanged as they come.
func (h *shardedSession) computeShards(images []int32, number uint64) error {
	began := time.Now()
	defer func() { h.computing += time.Since(began) }()
	seed := h.config.Train.Seed
	copy(h.before, h.model.Buffers())
	lo, hi := h.sum.Shards()
	for shard := lo; shard < hi; shard++ {
		figures := h.figures[shard*figuresOfShard:][:figuresOfShard]
		clear(figures)
		from, to := comm.ShardsOf(shard, h.shards, len(images))
		if from == to { // the last batch of an epoch may have fewer images than shards
			clear(h.grads)
			h.sum.Add(1, h.grads)
			continue
		}
		b := h.steps[to-from]
		b.Read(h.train, images[from:to], data.TrainingDraw(seed, number))
		b.DrawShard(seed, number, shard)
		b.Beta, b.Capacity = h.beta(number), h.capacity(number)
		copy(h.model.Buffers(), h.before)
		weight := float32(to-from) / float32(len(images))
		if h.last = shard == hi-1; h.last {
			h.sum.Begin(weight, h.grads)
			b.Run()
		} else {
			b.Run()
			h.sum.Add(weight, h.grads)
		}
		copy(h.running[shard*len(h.before):], h.model.Buffers())
		figures[shardImages] = float64(to - from)
		figures[shardLoss], figures[shardReconstruction], figures[shardKL] = b.Loss(), b.Reconstruction(), b.KL()
	}
	if h.stop() {
		h.figures[lo*figuresOfShard+shardStop] = 1
	}
	// Ranks whose last shard is empty have exchanged nothing yet.
	return errors.Join(h.failed, h.sum.Ready(0))
}

// ready lets gradients of the last shard be exchanged while those of the layers before are computed.
func (h *shardedSession) ready(from int) {
	if h.last && h.failed == nil {
		h.failed = h.sum.Ready(from)
	}
}

// addFigures exchanges the figures of all shards and adds them.
func (h *shardedSession) addFigures(images int, number uint64) (StepRecord, error) {
	defer h.talks(time.Now())
	r := StepRecord{
		Step: number + 1, Epoch: int(number/h.perEpoch) + 1, Images: images,
		Beta: h.beta(number), Capacity: h.capacity(number), Rate: h.schedule.rate(number),
	}
	if err := h.group.Gather(comm.Bytes(h.figures), h.bounds); err != nil {
		return r, err
	}
	if err := h.average(images); err != nil {
		return r, err
	}
	for shard := range h.shards {
		f := h.figures[shard*figuresOfShard:]
		part := f[shardImages] / float64(images)
		r.Loss += part * f[shardLoss]
		r.Reconstruction += part * f[shardReconstruction]
		r.KL += part * f[shardKL]
		h.stopped = h.stopped || f[shardStop] != 0
	}
	return r, nil
}

// average makes the model's running statistics the mean of those that the shards of so many images end with, each of which began with the
// same ones.
func (h *shardedSession) average(images int) error {
	n := len(h.before)
	if n == 0 {
		return nil
	}
	bounds := make([]int, h.group.Size()+1)
	for r := range bounds {
		lo, _ := comm.ShardsOf(r, h.group.Size(), h.shards)
		bounds[r] = 4 * n * lo
	}
	if err := h.group.Gather(comm.Bytes(h.running), bounds); err != nil {
		return err
	}
	mean := h.model.Buffers()
	for i := range mean {
		var sum float64
		for shard := range h.shards {
			if part := h.figures[shard*figuresOfShard+shardImages] / float64(images); part > 0 {
				sum += part * float64(h.running[shard*n+i])
			}
		}
		mean[i] = float32(sum)
	}
	return nil
}

func (h *shardedSession) talks(began time.Time) { h.talking += time.Since(began) }

// reduce adds the gradients of all shards.
func (h *shardedSession) reduce() (err error) {
	defer h.talks(time.Now())
	h.part, err = h.sum.Reduce()
	return err
}

// update changes the weights by the gradients. It returns their norm, 0 where it is not measured; where it is not finite, no weight has changed.
func (h *shardedSession) update(rate float64) (norm float64, err error) {
	h.scale = 1
	if limit := h.config.Train.Clip; limit > 0 {
		if norm, err = h.measure(); err != nil || !finite.Is(norm) {
			return norm, err
		}
		h.scale = clipped(norm, limit)
	}
	began := time.Now()
	h.optimizer.begin(rate)
	h.kernels.Run(len(h.part), h)
	h.computing += time.Since(began)
	defer h.talks(time.Now())
	return norm, h.sum.Share(h.model.Weights())
}

// Chunk updates some of this rank's weights; it makes the update a task of the engine.
func (h *shardedSession) Chunk(i int) {
	p := h.part[i]
	if h.scale < 1 {
		h.kernels.Scale(p.Sum, h.scale, p.Sum)
	}
	h.optimizer.Update(p.First, p.Sum)
}

// measure is the norm of all gradients: the squares are summed in chunks, as without ranks.
func (h *shardedSession) measure() (float64, error) {
	own := squareSums{h.part, make([]float64, len(h.part))}
	h.kernels.Run(len(h.part), own)
	all, err := h.sum.Each(own.sums)
	if err != nil {
		return math.NaN(), err
	}
	return normOf(all), nil
}

// squareSums sums the squares of every piece; it is a task of the engine.
type squareSums struct {
	pieces []comm.Piece
	sums   []float64
}

func (s squareSums) Chunk(i int) { s.sums[i] = sumOfSquares(s.pieces[i].Sum) }

// gather gives this rank all of the running mean of the weights, of which each rank has its own part.
func (h *shardedSession) gather() error {
	if h.optimizer.average == nil {
		return nil
	}
	return h.sum.Share(h.optimizer.average)
}

// collect gives rank 0 all of the optimiser's state and of the running mean of the weights.
func (h *shardedSession) collect() error {
	for _, whole := range [][]float32{h.optimizer.first, h.optimizer.second, h.optimizer.average} {
		if whole == nil {
			continue
		}
		if err := h.sum.Collect(whole); err != nil {
			return err
		}
	}
	return nil
}

// receive gives every rank the weights of rank 0, and its own part of the optimiser's state.
func (h *shardedSession) receive() error {
	if h.group.Size() == 1 {
		return nil
	}
	if err := broadcast(h.group, h.model); err != nil {
		return err
	}
	steps := []uint64{h.optimizer.steps}
	if err := h.group.Broadcast(comm.Bytes(steps)); err != nil {
		return err
	}
	h.optimizer.steps = steps[0]
	for _, whole := range [][]float32{h.optimizer.first, h.optimizer.second, h.optimizer.average} {
		if whole == nil {
			continue
		}
		if err := h.sum.Deal(whole); err != nil {
			return err
		}
	}
	return nil
}

// broadcast gives a model the weights and running statistics that rank 0 has.
func broadcast(group Group, m *vae.Model) error {
	if err := group.Broadcast(comm.Bytes(m.Weights())); err != nil || len(m.Buffers()) == 0 {
		return err
	}
	return group.Broadcast(comm.Bytes(m.Buffers()))
}
