package train

import (
	"fmt"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/internal/finite"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// session is a training without its run directory: configuration, data, model,
// optimiser and the steps that connect them. [Run], [Bench] and tests take steps
// of the same session.
type session struct {
	config    configs.Config // as the data complete it
	data      *data.Set      // with the validation images held out
	engine    *vae.Engine
	kernels   *kernel.Engine // the same, as what is updated without a graph sees it
	model     *vae.Model
	averaged  *vae.Model // what is evaluated and saved; the model itself without train.ema
	optimizer *optimizer
	update    update
	sharded   *shardedSession // takes the steps in place of update; nil where batches are whole

	perEpoch uint64 // steps
	schedule schedule
	train    *data.Reader
	watched  *data.Reader // the images of every evaluation
	split    string       // what they are
	full     *vae.Step    // of a whole batch
	rest     *vae.Step    // of an epoch's last, smaller batch; nil where there is none
	order    []int32      // of the images in the epoch that was shuffled last
	shuffled int          // that epoch, counted from 1
}

// newSession assembles a training of c on d among the ranks of a group. Its
// weights are still to be given, by initialise or restore, which make it ready for
// steps.
func newSession(c configs.Config, d *data.Set, e *vae.Engine, group Group) (*session, error) {
	if err := checkData(c, d); err != nil {
		return nil, err
	}
	if err := checkShards(c.Train, group.Size()); err != nil {
		return nil, err
	}
	s := &session{config: settled(c, d), engine: e, kernels: (*kernel.Engine)(e)}
	var err error
	if s.data, err = Parts(c.Data, d); err != nil {
		return nil, err
	}
	if s.model, err = vae.New(s.config, d.Train.Shape, e); err != nil {
		return nil, failure(ErrSettings, "", "%w", err)
	}
	s.optimizer = newOptimizer(s.kernels, s.config.Train, s.model.Weights())
	if s.config.Train.Shards > 1 {
		s.sharded, err = newSharded(s, group)
	}
	return s, err
}

// initialise gives the model the weights that a new training starts from: those
// of start, or drawn ones where it is nil.
func (s *session) initialise(start *Start) error {
	if err := s.draw(start); err != nil {
		return failure(ErrSettings, "", "%w", err)
	}
	var err error
	if s.averaged, err = averaged(s.model, s.optimizer); err != nil {
		return err
	}
	return s.prepare()
}

func (s *session) draw(start *Start) error {
	m := s.model
	if start != nil {
		return start.copyInto(m)
	}
	if err := m.Init(s.config.Train.Seed); err != nil {
		return err
	}
	r, err := data.NewReader(&s.data.Train, data.Binarization(s.config.Data.Binarize), s.engine)
	if err != nil {
		return err
	}
	if err := m.InitPseudoInputs(r); err != nil {
		return err
	}
	return m.InitOutputBias(r)
}

// restore gives model and optimiser what a checkpoint and the state beside it
// hold. Errors wrap [rundir.ErrDamaged] when they are of another model.
func (s *session) restore(c *rundir.Checkpoint, state []rundir.Tensor) error {
	evaluated := c.Model.Weights()
	if len(evaluated) != len(s.model.Weights()) {
		return failure(rundir.ErrDamaged, "", "checkpoint %s has %d weights, the model %d", c.Name, len(evaluated), len(s.model.Weights()))
	}
	copy(s.model.Weights(), evaluated)
	copy(s.model.Buffers(), c.Model.Buffers())
	if err := s.optimizer.restore(s.model, state); err != nil {
		return failure(rundir.ErrDamaged, "", "optimiser state of checkpoint %s: %w", c.Name, err)
	}
	s.optimizer.steps = c.State.Step
	var err error
	if s.averaged, err = averaged(s.model, s.optimizer); err != nil {
		return err
	}
	copy(s.averaged.Weights(), evaluated)
	return s.prepare()
}

// prepare compiles the steps.
func (s *session) prepare() error {
	c, d := s.config, s.data
	mode := data.Binarization(c.Data.Binarize)
	var err error
	if s.train, err = data.NewReader(&d.Train, mode, s.engine); err != nil {
		return err
	}
	s.split = rundir.SplitTest
	watched := &d.Test
	if d.Validation.Count > 0 {
		s.split, watched = rundir.SplitValidation, &d.Validation
	}
	if s.watched, err = data.NewReader(watched, mode, s.engine); err != nil {
		return err
	}
	s.update = newUpdate(s.kernels, c.Train, s.optimizer)
	newStep := s.newStep
	if s.sharded != nil {
		newStep = s.sharded.prepare
	}
	if s.full, err = newStep(c.Train.BatchSize); err != nil {
		return err
	}
	s.perEpoch = stepsPerEpoch(c, d)
	if rest := d.Train.Count % c.Train.BatchSize; rest > 0 {
		if s.rest, err = newStep(rest); err != nil {
			return err
		}
	}
	s.schedule = newSchedule(c.Train, s.perEpoch)
	s.order = make([]int32, d.Train.Count)
	return nil
}

func (s *session) newStep(images int) (*vae.Step, error) { return s.update.newStep(s.model, images) }

// stepsPerEpoch counts the batches that the images trained on make.
func stepsPerEpoch(c configs.Config, d *data.Set) uint64 {
	return uint64((d.Train.Count + c.Train.BatchSize - 1) / c.Train.BatchSize)
}

// shuffle puts the images in the order that an epoch, counted from 0, reads them.
func (s *session) shuffle(epoch int) {
	if s.shuffled == epoch+1 {
		return
	}
	noise.PermuteInto(s.order, noise.Key(s.config.Train.Seed, noise.Shuffle, uint64(epoch)))
	s.shuffled = epoch + 1
}

// step takes the step of training of that number, counted from 0. A loss that is
// not finite is [ErrDiverged] and changes no weight.
func (s *session) step(number uint64) (StepRecord, error) {
	if s.sharded != nil {
		return s.sharded.step(number)
	}
	b := s.batch(number)
	record := s.forward(b, number)
	if !finite.Is(record.Loss) {
		return record, s.diverged(record)
	}
	// Here, and nowhere else, the weights change.
	record.GradientNorm = s.update.backwardAndUpdate(b, record.Rate)
	if !finite.Is(record.GradientNorm) {
		return record, s.diverged(record)
	}
	return record, nil
}

// images are the indices of those that a step trains on.
func (s *session) images(number uint64) []int32 {
	s.shuffle(int(number / s.perEpoch))
	first := int(number%s.perEpoch) * s.config.Train.BatchSize
	return s.order[first:min(first+s.config.Train.BatchSize, len(s.order))]
}

// batch reads the images of a step, and draws their noise.
func (s *session) batch(number uint64) *vae.Step {
	images, seed := s.images(number), s.config.Train.Seed
	b := s.full
	if len(images) != b.Images() {
		b = s.rest
	}
	b.Read(s.train, images, data.TrainingDraw(seed, number))
	b.Draw(seed, number)
	return b
}

// forward computes the loss of a batch.
func (s *session) forward(b *vae.Step, number uint64) StepRecord {
	b.Beta, b.Capacity = s.beta(number), s.capacity(number)
	b.Forward()
	return StepRecord{
		Step: number + 1, Epoch: int(number/s.perEpoch) + 1, Images: b.Images(), Loss: b.Loss(),
		Reconstruction: b.Reconstruction(), KL: b.KL(), Beta: b.Beta, Capacity: b.Capacity, Rate: s.schedule.rate(number),
	}
}

// tooFast is [ErrDiverged].
func (s *session) tooFast(format string, args ...any) error {
	return failure(ErrDiverged, fmt.Sprintf("train again with a smaller --lr than %g", s.config.Train.LearningRate), format, args...)
}

// beta is the weight of the KL term at a step, counted from 0.
func (s *session) beta(step uint64) float64 {
	c := s.config.Objective
	warmup := c.Warmup(s.perEpoch)
	if warmup <= 0 {
		return c.Beta
	}
	return c.Beta * min(1, float64(step)/warmup)
}

// capacity is the KL that is held at a step, in nats per image; 0 of another
// objective.
func (s *session) capacity(step uint64) float64 {
	c := s.config.Objective
	if c.Name != capacityObjective {
		return 0
	}
	rise := c.CapacityEpochs * float64(s.perEpoch)
	if rise <= 0 {
		return c.Capacity
	}
	return c.Capacity * min(1, float64(step)/rise)
}

// capacityObjective is the value of objective.name.
const capacityObjective = "capacity"

func (s *session) diverged(r StepRecord) error {
	cause := "the learning rate is too high for this model"
	switch {
	case finite.Is(r.Loss):
		cause = "its gradient is not finite: the learning rate is too high for this model"
	case !finite.Is(r.KL) && finite.Is(r.Reconstruction):
		cause = "the KL term overflowed: the posterior ran far from the prior, as a high learning rate makes it"
	case r.Step == 1:
		cause = "the loss was not finite from the start: the prior is too far from the plain head, or the initial weights are too large"
	}
	return s.tooFast("loss is %g (reconstruction %g, KL %g) at step %d, epoch %d: %s", r.Loss, r.Reconstruction, r.KL, r.Step, r.Epoch, cause)
}
