package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/format/safetensors"
	"vaectl/vae"
)

// Names of checkpoints.
const (
	Last = "last"
	Best = "best"
)

const (
	checkpointDir   = "checkpoints"
	optimizerSuffix = ".optimizer.safetensors"
	weightsSuffix   = ".safetensors"

	metaState     = "training"
	metaOptimizer = "optimizer"
)

// state is all of a training but weights, their mean and moments. With the configuration
// and the seed it fixes every bit that follows.
type state struct {
	Step      uint64  `json:"step"`      // optimiser steps taken
	Evaluated int     `json:"evaluated"` // epochs trained when it was last evaluated
	BestLoss  float64 `json:"best_loss"` // the lowest [vae.Evaluation.Selection], nats per image
	BestEpoch int     `json:"best_epoch"`
	Partial   sums    `json:"partial"` // of the epoch under way or awaiting its evaluation
}

// outOfPatience tells whether the evaluated loss has not fallen for so many
// epochs; with a patience of 0 it never is.
func (s state) outOfPatience(patience int) bool {
	return patience > 0 && s.Evaluated-s.BestEpoch >= patience
}

// sums are over the images of an epoch so far, in nats.
type sums struct {
	Images         int     `json:"images"`
	Loss           float64 `json:"loss"`
	Reconstruction float64 `json:"reconstruction"`
	KL             float64 `json:"kl"`
}

func (s *sums) add(r StepRecord) {
	n := float64(r.Images)
	s.Images += r.Images
	s.Loss += n * r.Loss
	s.Reconstruction += n * r.Reconstruction
	s.KL += n * r.KL
}

func (s *sums) means() Means {
	n := float64(max(s.Images, 1))
	return Means{Loss: s.Loss / n, Reconstruction: s.Reconstruction / n, KL: s.KL / n}
}

// save writes a checkpoint: first the optimiser's state under a name of its
// own, then the weights, whose metadata name it. The rename of the weights is
// the moment the checkpoint changes; what it replaced is removed after that.
func save(dir, name string, m *vae.Model, o *optimizer, s state) error {
	folder := filepath.Join(dir, checkpointDir)
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	companion := fmt.Sprintf("%s-%09d%s", name, s.Step, optimizerSuffix)
	err = atomicfile.WriteFile(filepath.Join(folder, companion), func(w io.Writer) error {
		return safetensors.Write(w, o.tensors(m), map[string]string{metaState: string(text)})
	})
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	err = atomicfile.WriteFile(filepath.Join(folder, name+weightsSuffix), func(w io.Writer) error {
		return m.Write(w, map[string]string{metaState: string(text), metaOptimizer: companion})
	})
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	return removeStale(folder, name, companion)
}

func removeStale(folder, name, keep string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", name, err)
	}
	for _, e := range entries {
		stale := strings.HasPrefix(e.Name(), name+"-") && strings.HasSuffix(e.Name(), optimizerSuffix) && e.Name() != keep
		if !stale {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
			return fmt.Errorf("checkpoint %s: %w", name, err)
		}
	}
	return nil
}

// tensors are both moments and, where the weights file holds their mean, the
// weights themselves, each under the name of its parameter.
func (o *optimizer) tensors(m *vae.Model) []safetensors.Tensor {
	var all []safetensors.Tensor
	offset := 0
	for _, p := range m.Parameters() {
		n := len(p.Data)
		all = append(all,
			safetensors.Tensor{Name: "first." + p.Name, Shape: p.Shape, Data: o.first[offset : offset+n]},
			safetensors.Tensor{Name: "second." + p.Name, Shape: p.Shape, Data: o.second[offset : offset+n]})
		if o.config.EMA > 0 {
			all = append(all, safetensors.Tensor{Name: "weights." + p.Name, Shape: p.Shape, Data: o.weights[offset : offset+n]})
		}
		offset += n
	}
	return all
}

// restore puts the tensors back.
func (o *optimizer) restore(m *vae.Model, tensors []safetensors.Tensor) error {
	want := o.tensors(m)
	if len(tensors) != len(want) {
		return fmt.Errorf("%d tensors, the optimiser has %d", len(tensors), len(want))
	}
	for _, t := range tensors {
		i := slices.IndexFunc(want, func(w safetensors.Tensor) bool { return w.Name == t.Name })
		if i < 0 {
			return fmt.Errorf("tensor %s is none of the optimiser's", t.Name)
		}
		if !slices.Equal(t.Shape, want[i].Shape) {
			return fmt.Errorf("tensor %s has shape %v, the optimiser's is %v", t.Name, t.Shape, want[i].Shape)
		}
		copy(want[i].Data, t.Data)
	}
	return nil
}

// LoadModel reads the model of a run's checkpoint, [Last] or [Best]. Errors
// wrap [ErrCheckpoint] when the file is missing, damaged or of another kind.
func LoadModel(dir, checkpoint string, e *kernel.Engine) (*vae.Model, error) {
	m, _, err := loadWeights(filepath.Join(dir, checkpointDir, checkpoint+weightsSuffix), e)
	return m, err
}

// Steps is the number of optimiser steps behind the weights of a run's
// checkpoint, [Last] or [Best]. Errors wrap [ErrCheckpoint].
func Steps(dir, checkpoint string) (uint64, error) {
	var s state
	err := readAt(filepath.Join(dir, checkpointDir, checkpoint+weightsSuffix), func(r io.ReaderAt, size int64) error {
		header, err := safetensors.ReadHeader(r, size)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(header.Metadata[metaState]), &s)
	})
	return s.Step, err
}

func loadWeights(path string, e *kernel.Engine) (m *vae.Model, metadata map[string]string, err error) {
	err = readAt(path, func(r io.ReaderAt, size int64) error {
		m, metadata, err = vae.Read(r, size, e)
		return err
	})
	return m, metadata, err
}

// readAt opens a checkpoint file for read and names it in errors.
func readAt(path string, read func(r io.ReaderAt, size int64) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return failure(ErrCheckpoint, "", "checkpoint %s is missing", path)
	}
	if err != nil {
		return failure(ErrCheckpoint, "", "checkpoint: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return failure(ErrCheckpoint, "", "checkpoint: %w", err)
	}
	if !info.Mode().IsRegular() {
		return failure(ErrCheckpoint, "", "checkpoint %s is not a file", path)
	}
	if err := read(f, info.Size()); err != nil {
		return failure(ErrCheckpoint, "", "checkpoint %s: %w", path, err)
	}
	return nil
}

// load reads a checkpoint to train on from: the model as it was evaluated, the
// optimiser with the weights that training goes on from, and the state. Its
// errors wrap [ErrCheckpoint].
func load(dir, name string, e *kernel.Engine) (*vae.Model, *optimizer, state, error) {
	var s state
	folder := filepath.Join(dir, checkpointDir)
	m, metadata, err := loadWeights(filepath.Join(folder, name+weightsSuffix), e)
	if err != nil {
		return nil, nil, s, err
	}
	companion := metadata[metaOptimizer]
	if companion == "" || companion != filepath.Base(companion) {
		return nil, nil, s, failure(ErrCheckpoint, "", "checkpoint %s names %q as its optimiser state", filepath.Join(folder, name+weightsSuffix), companion)
	}
	o := newOptimizer(e, m.Config().Train, slices.Clone(m.Weights()))
	err = readAt(filepath.Join(folder, companion), func(r io.ReaderAt, size int64) error {
		tensors, own, err := safetensors.Read(r, size)
		if err != nil {
			return err
		}
		if own[metaState] != metadata[metaState] {
			return errors.New("the optimiser state is of another checkpoint")
		}
		return o.restore(m, tensors)
	})
	if err != nil {
		return nil, nil, s, err
	}
	if err := json.Unmarshal([]byte(metadata[metaState]), &s); err != nil {
		return nil, nil, s, failure(ErrCheckpoint, "", "checkpoint %s: training state: %w", filepath.Join(folder, name+weightsSuffix), err)
	}
	o.steps = s.Step
	return m, o, s, nil
}
