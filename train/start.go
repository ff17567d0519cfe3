package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path/filepath"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/vae"
)

// Origin says which weights a run started from.
type Origin struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`          // that it was evaluated after
	SHA256     string `json:"weights_sha256"` // of the weights file
}

// Start is the weights of another run that a training starts from.
type Start struct {
	from  Origin
	model *vae.Model
}

// LoadStart reads the weights that train.init_from names, a run in the folder
// root or a path; nil where it names none. The run's errors are those of
// [Find] and [LoadModel].
func LoadStart(root string, c configs.Train, e *kernel.Engine) (*Start, error) {
	if c.InitFrom == "" {
		return nil, nil
	}
	dir, err := Find(root, c.InitFrom)
	if err != nil {
		return nil, err
	}
	s := &Start{from: Origin{Run: filepath.Base(dir), Checkpoint: c.InitCheckpoint}}
	path := CheckpointFile(dir, c.InitCheckpoint)
	err = readAt(path, func(r io.ReaderAt, size int64) error {
		// Read once for both, so that the digest is of these weights even while
		// the run goes on training.
		text := make([]byte, size)
		if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), text); err != nil {
			return err
		}
		digest := sha256.Sum256(text)
		s.from.SHA256 = hex.EncodeToString(digest[:])
		var metadata map[string]string
		if s.model, metadata, err = vae.Read(bytes.NewReader(text), size, e); err != nil {
			return err
		}
		var of state
		err = json.Unmarshal([]byte(metadata[metaState]), &of)
		s.from.Epoch = of.Evaluated
		return err
	})
	if err != nil {
		other := Last
		if c.InitCheckpoint == Last {
			other = Best
		}
		return nil, &hinted{kind: ErrCheckpoint, err: err, hint: "another checkpoint of the run may serve: --init-checkpoint " + other}
	}
	return s, nil
}

// Check reports what would keep a model of the given configuration for the
// images of d from starting here: [ErrSettings]. A nil Start fits all.
func (s *Start) Check(c configs.Config, d *data.Set, e *kernel.Engine) error {
	if s == nil {
		return nil
	}
	m, err := vae.New(withClasses(c, d), d.Train.Shape, e)
	if err != nil {
		return failure(ErrSettings, "", "%w", err)
	}
	return s.give(m)
}

// give copies the weights.
func (s *Start) give(m *vae.Model) error {
	if err := m.CopyWeights(s.model); err != nil {
		return failure(ErrSettings, "the network must be that of the run: model settings and a learned prior's as its config.yaml has them",
			"train.init_from (--init-from) is %s: %w", s.from.Run, err)
	}
	return nil
}

// origin is what the record says; nil for weights that were drawn.
func (s *Start) origin() *Origin {
	if s == nil {
		return nil
	}
	from := s.from
	return &from
}
