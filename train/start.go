package train

import (
	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/hinted"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Start is the weights of another run that a training starts from.
type Start struct {
	from  rundir.Origin
	model *vae.Model
}

// LoadStart reads the weights that train.init_from names, a run in the folder
// root or a path; nil where it names none. The run's errors are those of
// [rundir.Find] and [rundir.Run.Checkpoint].
func LoadStart(root string, c configs.Train, e *vae.Engine) (*Start, error) {
	if c.InitFrom == "" {
		return nil, nil
	}
	run, err := rundir.Find(root, c.InitFrom)
	if err != nil {
		return nil, err
	}
	checkpoint, digest, err := run.DigestedCheckpoint(c.InitCheckpoint, e)
	if err != nil {
		other := rundir.Last
		if c.InitCheckpoint == rundir.Last {
			other = rundir.Best
		}
		return nil, &hinted.Error{Kind: rundir.ErrDamaged, Err: err, Advice: "another checkpoint of the run may serve: --init-checkpoint " + other}
	}
	return &Start{
		from:  rundir.Origin{Run: run.Name(), Checkpoint: c.InitCheckpoint, Epoch: checkpoint.State.Evaluated, SHA256: digest},
		model: checkpoint.Model,
	}, nil
}

// Check reports what would keep a model of the given configuration for the
// images of d from starting here: [ErrSettings]. A nil Start fits all.
func (s *Start) Check(c configs.Config, d *data.Set, e *vae.Engine) error {
	if s == nil {
		return nil
	}
	m, err := vae.New(settled(c, d), d.Train.Shape, e)
	if err != nil {
		return failure(ErrSettings, "", "%w", err)
	}
	return s.copyInto(m)
}

// copyInto copies the weights.
func (s *Start) copyInto(m *vae.Model) error {
	if err := m.CopyWeights(s.model); err != nil {
		return failure(ErrSettings, "the network must be that of the run: model settings and a learned prior's as its config.yaml has them",
			"train.init_from (--init-from) is %s: %w", s.from.Run, err)
	}
	return nil
}

// origin is what the record says; nil for weights that were drawn.
func (s *Start) origin() *rundir.Origin {
	if s == nil {
		return nil
	}
	from := s.from
	return &from
}
