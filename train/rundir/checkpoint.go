package rundir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"vaectl/internal/format/safetensors"
	"vaectl/vae"
)

// Keys of a weights file's metadata beside those of the model.
const (
	metaState     = "training"
	metaOptimizer = "optimizer"
)

// State is all of a training but weights, their mean and moments. With the
// configuration and the seed it fixes every bit that follows.
type State struct {
	Step      uint64  `json:"step"`      // optimiser steps taken
	Evaluated int     `json:"evaluated"` // epochs trained when it was last evaluated
	BestLoss  float64 `json:"best_loss"` // the lowest [vae.Evaluation.Selection], nats per image
	BestEpoch int     `json:"best_epoch"`
	Partial   Sums    `json:"partial"` // of the epoch under way or awaiting its evaluation
}

// Sums are over the images of an epoch so far, in nats.
type Sums struct {
	Images         int     `json:"images"`
	Loss           float64 `json:"loss"`
	Reconstruction float64 `json:"reconstruction"`
	KL             float64 `json:"kl"`
}

// Checkpoint is what a run was at a step.
type Checkpoint struct {
	Name  string     // [Last] or [Best]
	Model *vae.Model // as it is evaluated: with train.ema the mean of the weights
	State State
	// Verified says that the weights are those of the checksum they were written
	// with. Files of earlier versions and of other programs have none.
	Verified bool

	companion string // the name of the optimiser's state
	state     string // State as it is written
}

// Tensor is an array of an optimiser's state.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32 // row-major
}

// Checkpoint reads a checkpoint of the run. Errors wrap [ErrDamaged] when its
// file is missing, damaged or of another kind.
func (r *Run) Checkpoint(name string, e *vae.Engine) (*Checkpoint, error) {
	c := &Checkpoint{Name: name}
	err := withFile(r.files, CheckpointFile(name), func(f *file) error { return c.read(f, f.size(), e) })
	if err != nil {
		return nil, err
	}
	return c, nil
}

// DigestedCheckpoint is [Run.Checkpoint] with the SHA-256 of the file, which is
// read once for both, so that the digest is of these weights even while the run
// goes on training.
func (r *Run) DigestedCheckpoint(name string, e *vae.Engine) (c *Checkpoint, digest string, err error) {
	c = &Checkpoint{Name: name}
	err = withFile(r.files, CheckpointFile(name), func(f *file) error {
		text := make([]byte, f.size())
		if _, err := io.ReadFull(io.NewSectionReader(f, 0, f.size()), text); err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		digest = hex.EncodeToString(sum[:])
		return c.read(bytes.NewReader(text), int64(len(text)), e)
	})
	return c, digest, err
}

// withFile opens a checkpoint's file for read and names it in errors.
func withFile(s source, name string, read func(*file) error) error {
	f, err := open(s, name)
	if errors.Is(err, fs.ErrNotExist) {
		return failure(ErrDamaged, "", "checkpoint %s is missing", path.Join(s.String(), name))
	}
	if errors.Is(err, ErrDamaged) {
		return err
	}
	if err != nil {
		return failure(ErrDamaged, "", "checkpoint: %w", err)
	}
	defer f.Close()
	if err := read(f); err != nil {
		return failure(ErrDamaged, "", "checkpoint %s: %w", path.Join(s.String(), name), err)
	}
	return nil
}

func (c *Checkpoint) read(r io.ReaderAt, size int64, e *vae.Engine) error {
	m, metadata, err := vae.Read(r, size, e)
	if err != nil {
		return err
	}
	c.Model, c.companion, c.state = m, metadata[metaOptimizer], metadata[metaState]
	c.Verified = metadata[safetensors.ChecksumKey] != ""
	if c.state == "" {
		return nil // weights that no training wrote
	}
	if err := json.Unmarshal([]byte(c.state), &c.State); err != nil {
		return fmt.Errorf("training state: %w", err)
	}
	return nil
}

// Optimizer reads the state of the optimiser that belongs to a checkpoint.
func (r *Run) Optimizer(c *Checkpoint) ([]Tensor, error) {
	if c.companion == "" || c.companion != path.Base(c.companion) || !strings.HasSuffix(c.companion, optimizerSuffix) {
		return nil, failure(ErrDamaged, "", "checkpoint %s names %q as its optimiser state", path.Join(r.Dir(), CheckpointFile(c.Name)), c.companion)
	}
	var tensors []Tensor
	err := withFile(r.files, path.Join(checkpointFolder, c.companion), func(f *file) error {
		read, metadata, err := safetensors.Read(f, f.size())
		if err != nil {
			return err
		}
		if metadata[metaState] != c.state {
			return errors.New("the optimiser state is of another checkpoint")
		}
		for _, t := range read {
			tensors = append(tensors, Tensor(t))
		}
		return nil
	})
	return tensors, err
}

// Save writes a checkpoint: first the optimiser's state under a name that no
// other state has, then the weights, whose metadata name it. The rename of the
// weights is the moment the checkpoint changes; what it replaced is removed
// after that.
func (w *Writer) Save(name string, m *vae.Model, optimizer []Tensor, s State) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	companion := companionName(name, s.Step, text)
	err = w.replace(path.Join(checkpointFolder, companion), func(out io.Writer) error {
		var tensors []safetensors.Tensor
		for _, t := range optimizer {
			tensors = append(tensors, safetensors.Tensor(t))
		}
		return safetensors.Write(out, tensors, map[string]string{metaState: string(text)})
	})
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	err = w.replace(CheckpointFile(name), func(out io.Writer) error {
		return m.Write(out, map[string]string{metaState: string(text), metaOptimizer: companion})
	})
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	w.removeStale(name, companion)
	return nil
}

// companionName tells states of the optimiser apart by what they are: those of
// one step of a run have the same moments, and differ in nothing but the rest of
// the training's state. So a save that is repeated writes the same name and the
// same content, and every other one leaves the file alone that the weights in
// place name.
func companionName(checkpoint string, step uint64, state []byte) string {
	digest := sha256.Sum256(state)
	return fmt.Sprintf("%s-%09d-%x%s", checkpoint, step, digest[:8], optimizerSuffix)
}

// removeStale removes the states of the optimiser that no weights name any
// more. What cannot be removed is in nobody's way; the next save tries again.
func (w *Writer) removeStale(name, keep string) {
	entries, err := w.disk.List(checkpointFolder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name+"-") && strings.HasSuffix(e.Name(), optimizerSuffix) && e.Name() != keep {
			_ = w.disk.Remove(path.Join(checkpointFolder, e.Name()))
		}
	}
}
