package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/vae"
)

// Team is the processes that train one model together. Rank 0 leads: it alone has the run directory, reads the clock and handles signals.
// The others ([Team.Assist]) do what it announces, so that all do the same at the same time.
type Team struct {
	group    Group
	assigned bool
	over     bool
}

// NewTeam makes a team of the ranks of a group.
func NewTeam(group Group) *Team { return &Team{group: group} }

// ranks are the team's; of no team, this process.
func (t *Team) ranks() Group {
	if t == nil {
		return comm.Local(1)[0]
	}
	return t.group
}

// leads tells whether there are others to lead.
func (t *Team) leads() bool { return t != nil && t.group.Size() > 1 }

// order is what the leader announces.
type order struct {
	what   uint64
	number uint64
}

const (
	orderEnd      uint64 = iota // of the training
	orderStep                   // number
	orderEvaluate               // the split: of the averaged weights, or of others that follow
	orderCollect                // the optimiser's state
)

// Values of an orderEvaluate's number.
const (
	watchedSplit = 1 << iota // in place of the test images
	otherWeights             // follow
)

func (t *Team) announce(o order) error {
	if !t.leads() {
		return nil
	}
	return t.group.Broadcast(comm.Bytes([]uint64{o.what, o.number}))
}

func (t *Team) hear() (order, error) {
	words := make([]uint64, 2)
	err := t.group.Broadcast(comm.Bytes(words))
	return order{words[0], words[1]}, err
}

// assignment is what the leader tells the others before the first step.
type assignment struct {
	Config string       `json:"config"` // YAML
	Data   configs.Data `json:"data"`   // where the data are, and which
	Digest string       `json:"digest"` // of the data
	Kernel string       `json:"kernel"`
}

// broadcastText sends text to all; empty text dismisses them.
func (t *Team) broadcastText(text []byte) error {
	if err := t.group.Broadcast(comm.Bytes([]uint64{uint64(len(text))})); err != nil || len(text) == 0 {
		return err
	}
	return t.group.Broadcast(text)
}

func (t *Team) listen() ([]byte, error) {
	length := []uint64{0}
	if err := t.group.Broadcast(comm.Bytes(length)); err != nil || length[0] == 0 {
		return nil, err
	}
	text := make([]byte, length[0])
	return text, t.group.Broadcast(text)
}

// lead assigns the training of a session that is ready for its first step, and returns once all ranks are.
func (t *Team) lead(s *session, source configs.Data) error {
	if !t.leads() {
		return nil
	}
	var config bytes.Buffer
	if err := configs.Write(&config, s.config); err != nil {
		return err
	}
	text, err := json.Marshal(assignment{Config: config.String(), Data: source, Digest: s.data.Digest, Kernel: s.engine.Kernel()})
	if err != nil {
		return err
	}
	t.assigned = true
	if err := t.broadcastText(text); err != nil {
		return err
	}
	return s.sharded.receive()
}

// Close dismisses the other ranks and leaves the group.
func (t *Team) Close() error {
	if t == nil {
		return nil
	}
	return errors.Join(t.end(), t.group.Close())
}

// end lets the others go.
func (t *Team) end() error {
	if !t.leads() || t.group.Rank() != 0 || t.over {
		return nil
	}
	t.over = true
	if !t.assigned {
		return t.broadcastText(nil)
	}
	return t.announce(order{what: orderEnd})
}

// Assist does what the leader announces until it announces the end. newEngine makes an engine with the number of threads that the
// configuration asks for. An error is this rank's own; the other ranks are waiting for it, so the caller must end the whole team.
func (t *Team) Assist(ctx context.Context, newEngine func(threads int) (*vae.Engine, error), load Loader) error {
	text, err := t.listen()
	if err != nil || text == nil {
		return err
	}
	a, c, err := readAssignment(text)
	if err != nil {
		return err
	}
	e, err := newEngine(c.Train.Threads)
	if err != nil {
		return err
	}
	defer e.Close()
	s, err := t.accept(ctx, a, c, e, load)
	if err != nil {
		return err
	}
	s.sharded.stop = func() bool { return ctx.Err() != nil }
	rank := &assistant{session: s}
	for {
		o, err := t.hear()
		if err != nil || o.what == orderEnd {
			return err
		}
		if err := rank.obey(ctx, o); err != nil {
			return err
		}
	}
}

func readAssignment(text []byte) (a assignment, c configs.Config, err error) {
	if err = json.Unmarshal(text, &a); err == nil {
		c, err = configs.Parse(bytes.NewReader([]byte(a.Config)), "assignment")
	}
	return a, c, err
}

// accept makes the session that was assigned.
func (t *Team) accept(ctx context.Context, a assignment, c configs.Config, e *vae.Engine, load Loader) (*session, error) {
	if e.Kernel() != a.Kernel {
		return nil, failure(ErrSettings, "let all ranks use the kernel that every machine has: VAECTL_KERNEL=portable, or avx2",
			"this machine computes with kernel %s, that of rank 0 with %s: the bits would differ", e.Kernel(), a.Kernel)
	}
	set, err := load(ctx, a.Data)
	if err != nil {
		return nil, err
	}
	if set.Digest != a.Digest {
		return nil, failure(ErrData, "give every rank the same data", "data set %s has the content %.12s here, and %.12s where rank 0 is", set.Name, set.Digest, a.Digest)
	}
	s, err := newSession(c, set, e, t.group)
	if err != nil {
		return nil, err
	}
	if s.averaged, err = averaged(s.model, s.optimizer); err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return s, s.sharded.receive()
}

// assistant is a rank other than the leader's, ready for steps.
type assistant struct {
	*session
	other *vae.Model // for weights that are not those of the training; nil until it is needed
	test  *data.Reader
}

func (a *assistant) obey(ctx context.Context, o order) error {
	switch o.what {
	case orderStep:
		// The leader has the same error, and will announce the end.
		if _, err := a.step(o.number); err != nil && !errors.Is(err, ErrDiverged) {
			return err
		}
		return nil
	case orderCollect:
		return a.sharded.collect()
	case orderEvaluate:
		err := a.evaluate(ctx, o.number)
		if errors.Is(err, context.Canceled) {
			return nil // the leader was interrupted too
		}
		return err
	}
	return fmt.Errorf("the leader announced %d", o.what)
}

func (a *assistant) evaluate(ctx context.Context, number uint64) error {
	m, reader := a.averaged, a.watched
	if number&watchedSplit == 0 {
		if a.test == nil {
			var err error
			if a.test, err = data.NewReader(&a.data.Test, data.Binarization(a.config.Data.Binarize), a.engine); err != nil {
				return err
			}
		}
		reader = a.test
	}
	if number&otherWeights == 0 {
		if err := a.sharded.gather(); err != nil {
			return err
		}
	} else {
		if a.other == nil {
			var err error
			if a.other, err = vae.New(a.config, a.model.Shape(), a.engine); err != nil {
				return err
			}
		}
		m = a.other
		if err := broadcast(a.sharded.group, m); err != nil {
			return err
		}
	}
	_, err := m.EvaluateAmong(ctx, a.sharded.group, reader, a.config.Train.Seed)
	return err
}

// takeStep takes a step on all ranks. Where another rank was told to stop, the training stops too.
func (l *loop) takeStep(number uint64) (StepRecord, error) {
	if err := l.options.Team.announce(order{orderStep, number}); err != nil {
		return StepRecord{}, err
	}
	r, err := l.step(number)
	if l.sharded != nil && l.sharded.stopped {
		l.cancel()
	}
	return r, err
}

// evaluateModel evaluates a model on all ranks: the averaged one, or another with the weights of a checkpoint.
func (l *loop) evaluateModel(ctx context.Context, m *vae.Model, r *data.Reader) (vae.Evaluation, error) {
	t := l.options.Team
	if !t.leads() {
		return m.Evaluate(ctx, r, l.config.Train.Seed)
	}
	o := order{what: orderEvaluate}
	if r == l.watched {
		o.number |= watchedSplit
	}
	if m != l.averaged {
		o.number |= otherWeights
	}
	if err := t.announce(o); err != nil {
		return vae.Evaluation{}, err
	}
	var err error
	if m == l.averaged {
		err = l.sharded.gather()
	} else {
		err = broadcast(t.group, m)
	}
	if err != nil {
		return vae.Evaluation{}, err
	}
	e, err := m.EvaluateAmong(ctx, t.group, r, l.config.Train.Seed)
	if errors.Is(err, context.Canceled) {
		l.cancel() // another rank was told to stop
	}
	return e, err
}

// collect completes what this rank has only a part of, before it is saved.
func (l *loop) collect() error {
	if !l.options.Team.leads() {
		return nil
	}
	if err := l.options.Team.announce(order{what: orderCollect}); err != nil {
		return err
	}
	return l.sharded.collect()
}
