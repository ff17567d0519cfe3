package arch

import (
	"fmt"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/memory"
)

// Limits of a network. They hold for training and for reading weights alike, so what
// was trained can be read.
const (
	// MaxSide is the largest height and width of an image.
	MaxSide = 4096
	// MaxChannels is the most values that a pixel has.
	MaxChannels = 64
	// MaxWeights is the most numbers that are trained: 1 GiB of float32.
	MaxWeights = 1 << 28
)

// checkImage refuses images that no network is made for.
func checkImage(s data.Shape) error {
	switch {
	case s.Height < 1 || s.Width < 1 || s.Height > MaxSide || s.Width > MaxSide:
		return fmt.Errorf("images of %dx%d pixels: height and width must be from 1 to %d", s.Height, s.Width, MaxSide)
	case s.Channels < 1 || s.Channels > MaxChannels:
		return fmt.Errorf("images with %d channels: there must be 1 to %d", s.Channels, MaxChannels)
	}
	return nil
}

// checkWeights refuses a network that is larger than its files may be, and names its
// largest part.
func (n *Network) checkWeights() error {
	if n.Weights() <= MaxWeights {
		return nil
	}
	largest := n.Parameters()[0]
	for _, p := range n.Parameters() {
		if p.size() > largest.size() {
			largest = p
		}
	}
	return fmt.Errorf("a network of %.0f weights, %.0f of them %s of shape %v: must have at most %d; model.hidden (--hidden) and the size of the images make most of them",
		n.Weights(), largest.size(), largest.Name, largest.Shape, MaxWeights)
}

// CheckMemory refuses a training that would need more memory than this process may use.
func (n *Network) CheckMemory(c configs.Config) error {
	return n.checkMemory(c, memory.Available())
}

func (n *Network) checkMemory(c configs.Config, available float64) error {
	need := n.TrainingBytes(c)
	if need <= available {
		return nil
	}
	draws := ""
	if c.Objective.Samples > 1 {
		draws = fmt.Sprintf(" with %d draws each (objective.samples, --samples)", c.Objective.Samples)
	}
	return fmt.Errorf("training needs about %s of memory, %s of it for a step of %d images (train.batch_size, --batch-size)%s; this process may use %s",
		memory.Text(need), memory.Text(n.StepBytes(c.Train.BatchSize, c.Objective.Samples)), c.Train.BatchSize, draws, memory.Text(available))
}
