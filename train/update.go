package train

import (
	"time"

	"vaectl/configs"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/finite"
	"vaectl/vae"
)

// update is how gradients become new weights: [streaming], or [collecting] where
// all gradients are needed before the first is used.
type update interface {
	// newStep builds the step of a batch whose gradients are used this way.
	newStep(m *vae.Model, images int) (*vae.Step, error)
	// backwardAndUpdate computes the gradients of the loss that s has computed
	// and changes the weights by them, at the given learning rate. It returns the
	// norm of the gradients, 0 where it is not measured; where the norm is not
	// finite, no weight has changed.
	backwardAndUpdate(s *vae.Step, rate float64) (norm float64)
	// operations names what a step consists of, and run takes a step and adds
	// the time of each operation to costs.
	operations(s *vae.Step) []string
	run(s *vae.Step, rate float64, costs []time.Duration)
}

func newUpdate(e *kernel.Engine, c configs.Train, o *optimizer) update {
	if c.Clip > 0 {
		return newCollectingUpdate(e, c, o)
	}
	return &streamingUpdate{optimizer: o}
}

// streamingUpdate changes each weight while its gradient is in cache.
type streamingUpdate struct{ optimizer *optimizer }

func (u *streamingUpdate) newStep(m *vae.Model, images int) (*vae.Step, error) {
	return m.NewStep(images, vae.Streaming{Name: u.optimizer.config.Optimizer, Updater: u.optimizer})
}

func (u *streamingUpdate) backwardAndUpdate(s *vae.Step, rate float64) float64 {
	u.optimizer.begin(rate)
	s.BackwardAndUpdate()
	return 0
}

func (u *streamingUpdate) operations(s *vae.Step) []string { return s.Operations() }

func (u *streamingUpdate) run(s *vae.Step, rate float64, costs []time.Duration) {
	u.optimizer.begin(rate)
	s.Costs(costs)
}

// collectingUpdate stores all gradients, clips them and then changes the weights.
type collectingUpdate struct {
	engine    *kernel.Engine
	optimizer *optimizer
	grads     []float32
	norm      *gradientNorm
	limit     float64 // of the norm
	scale     float32 // of the gradients of the step under way
}

func newCollectingUpdate(e *kernel.Engine, c configs.Train, o *optimizer) *collectingUpdate {
	grads := make([]float32, len(o.weights))
	return &collectingUpdate{engine: e, optimizer: o, grads: grads, norm: newGradientNorm(e, grads), limit: c.Clip}
}

func (u *collectingUpdate) newStep(m *vae.Model, images int) (*vae.Step, error) {
	return m.NewStep(images, vae.Collecting{Gradients: u.grads})
}

func (u *collectingUpdate) backwardAndUpdate(s *vae.Step, rate float64) float64 {
	s.Backward()
	return u.apply(rate)
}

// apply clips the gradients and changes the weights. It returns the norm before
// clipping.
func (u *collectingUpdate) apply(rate float64) float64 {
	norm := u.norm.measure()
	if !finite.Is(norm) {
		return norm
	}
	u.scale = clipped(norm, u.limit)
	u.optimizer.begin(rate)
	u.engine.Run(chunksOf(u.grads), u)
	return norm
}

// Chunk updates some of the weights; it makes the update a task of the engine.
func (u *collectingUpdate) Chunk(i int) {
	lo, hi := chunkBounds(i, u.grads)
	grads := u.grads[lo:hi]
	if u.scale < 1 {
		u.engine.Scale(grads, u.scale, grads)
	}
	u.optimizer.Update(lo, grads)
}

func (u *collectingUpdate) operations(s *vae.Step) []string {
	return append(s.Operations(), u.optimizer.config.Optimizer)
}

func (u *collectingUpdate) run(s *vae.Step, rate float64, costs []time.Duration) {
	last := len(costs) - 1
	s.Costs(costs[:last])
	start := time.Now()
	u.apply(rate)
	costs[last] += time.Since(start)
}
