package vae

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/finite"
	"vaectl/internal/format/safetensors"
)

// ErrWeights: a file of weights is damaged or belongs to another model.
var ErrWeights = errors.New("weights cannot be used")

// Keys of a weights file's metadata.
const (
	metaFormat = "format"
	metaConfig = "config"
	metaHeight = "height"
	metaWidth  = "width"
	// metaChannels is left out for grey images.
	metaChannels = "channels"

	format = "vaectl 1"
)

// Write writes the weights as safetensors, named and shaped as PyTorch has them, with the configuration (YAML), the image size and the
// caller's own entries in the metadata.
func (m *Model) Write(w io.Writer, metadata map[string]string) error {
	c := m.config
	// Results do not depend on the number of threads, so neither does the file.
	c.Train.Threads = configs.Default().Train.Threads
	var yaml strings.Builder
	if err := configs.Write(&yaml, c); err != nil {
		return err
	}
	all := maps.Clone(metadata)
	if all == nil {
		all = make(map[string]string)
	}
	all[metaFormat] = format
	all[metaConfig] = yaml.String()
	image := m.Shape()
	all[metaHeight] = strconv.Itoa(image.Height)
	all[metaWidth] = strconv.Itoa(image.Width)
	if image.Channels != 1 {
		all[metaChannels] = strconv.Itoa(image.Channels)
	}
	return safetensors.Write(w, m.tensors(), all)
}

func (m *Model) tensors() []safetensors.Tensor {
	tensors := make([]safetensors.Tensor, len(m.parameters))
	for i, p := range m.parameters {
		tensors[i] = safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Export(p.Data)}
	}
	return tensors
}

// Read makes a model of a weights file of the given size, with its metadata.
// Errors about what the file holds wrap [ErrWeights].
func Read(r io.ReaderAt, size int64, e *Engine) (*Model, map[string]string, error) {
	header, err := safetensors.ReadHeader(r, size)
	if err != nil {
		return nil, nil, weightsError(err)
	}
	m, err := modelOf(header.Metadata, e)
	if err != nil {
		return nil, nil, err
	}
	if err := m.ReadWeights(r, size); err != nil {
		return nil, nil, err
	}
	return m, header.Metadata, nil
}

// modelOf makes the model the metadata describe.
func modelOf(metadata map[string]string, e *Engine) (*Model, error) {
	if got := metadata[metaFormat]; got != format {
		return nil, fmt.Errorf("%w: format is %q, this program reads %q", ErrWeights, got, format)
	}
	c, err := configs.Parse(strings.NewReader(metadata[metaConfig]), "configuration in the metadata")
	if err == nil {
		err = configs.Validate(c)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWeights, detached{err})
	}
	image, err := imageOf(metadata)
	if err != nil {
		return nil, err
	}
	m, err := New(c, image, e)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWeights, detached{err})
	}
	return m, nil
}

// imageOf is the shape of the images that the metadata name.
func imageOf(metadata map[string]string) (data.Shape, error) {
	image := data.Shape{Channels: 1}
	for key, value := range map[string]*int{metaHeight: &image.Height, metaWidth: &image.Width, metaChannels: &image.Channels} {
		text, there := metadata[key]
		if !there && key == metaChannels {
			continue
		}
		var err error
		if *value, err = strconv.Atoi(text); err != nil {
			return image, fmt.Errorf("%w: image %s %q in the metadata", ErrWeights, key, text)
		}
	}
	return image, nil
}

// ReadWeights replaces the model's weights by those of a file of the given
// size. Names and shapes must be the model's own and all numbers finite;
// otherwise the error wraps [ErrWeights] and the weights stay as they were.
func (m *Model) ReadWeights(r io.ReaderAt, size int64) error {
	tensors, _, err := safetensors.Read(r, size)
	if err != nil {
		return weightsError(err)
	}
	byName := make(map[string]safetensors.Tensor, len(tensors))
	for _, t := range tensors {
		byName[t.Name] = t
	}
	for _, p := range m.parameters {
		t, ok := byName[p.Name]
		if !ok {
			return fmt.Errorf("%w: no tensor %s", ErrWeights, p.Name)
		}
		if !slices.Equal(t.Shape, p.Shape) {
			return fmt.Errorf("%w: tensor %s has shape %v, the model's is %v", ErrWeights, p.Name, t.Shape, p.Shape)
		}
		if i := slices.IndexFunc(t.Data, func(v float32) bool { return !finite.Is(v) }); i >= 0 {
			return fmt.Errorf("%w: tensor %s holds %g at position %d", ErrWeights, p.Name, t.Data[i], i)
		}
		delete(byName, p.Name)
	}
	for name := range byName {
		return fmt.Errorf("%w: tensor %s is none of the model's", ErrWeights, name)
	}
	for _, p := range m.parameters {
		i := slices.IndexFunc(tensors, func(t safetensors.Tensor) bool { return t.Name == p.Name })
		p.Import(p.Data, tensors[i].Data)
	}
	return m.refreshPrior()
}

// weightsError marks damage as [ErrWeights] and leaves failures to read alone.
func weightsError(err error) error {
	if errors.Is(err, safetensors.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrWeights, err)
	}
	return err
}

// detached keeps an error's text and drops its kind: a bad configuration
// inside a file is damage to the file, not a mistake in the command.
type detached struct{ error }
