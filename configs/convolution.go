package configs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vaectl/internal/format/strictyaml"
)

// Convolution is one convolutional layer of the encoder. Its window is square.
type Convolution struct {
	Channels int // of its output
	Kernel   int // pixels a side
	Stride   int // pixels from one window to the next
	Padding  int // zeros around the map
}

// Convolutions are layers one after another, from the image on.
type Convolutions []Convolution

// halving is a layer of which only the channels are said: it halves the sides.
func halving(channels int) Convolution {
	return Convolution{Channels: channels, Kernel: 4, Stride: 2, Padding: 1}
}

// String writes the layers as a flag gives them: "32,64k3s1p1".
func (c Convolutions) String() string {
	texts := make([]string, len(c))
	for i, layer := range c {
		texts[i] = layer.String()
	}
	return strings.Join(texts, ",")
}

// String writes the channels alone where the rest is as usual.
func (c Convolution) String() string {
	text := strconv.Itoa(c.Channels)
	usual := halving(c.Channels)
	for _, part := range []struct {
		letter       string
		value, usual int
	}{{"k", c.Kernel, usual.Kernel}, {"s", c.Stride, usual.Stride}, {"p", c.Padding, usual.Padding}} {
		if part.value != part.usual {
			text += part.letter + strconv.Itoa(part.value)
		}
	}
	return text
}

const convolutions = "channels, such as 32, with k, s and p for kernel, stride and padding where they are not 4, 2 and 1, such as 64k3s1p1"

// parseConvolution reads what String writes.
func parseConvolution(text string) (Convolution, error) {
	c := halving(0)
	number, rest := digits(strings.TrimSpace(text))
	if number == "" {
		return c, errors.New("must be " + convolutions)
	}
	targets := map[byte]*int{'k': &c.Kernel, 's': &c.Stride, 'p': &c.Padding}
	for target := &c.Channels; ; {
		value, err := strconv.Atoi(number)
		if err != nil {
			return c, errors.New("must be " + convolutions)
		}
		*target = value
		if rest == "" {
			return c, nil
		}
		var ok bool
		if target, ok = targets[rest[0]]; !ok {
			return c, errors.New("must be " + convolutions)
		}
		delete(targets, rest[0])
		number, rest = digits(rest[1:])
	}
}

// digits cuts a text behind its leading digits.
func digits(text string) (number, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	return text[:len(text)-len(rest)], rest
}

// convolutionNode is a layer in YAML: its channels where the rest is as usual, else all four numbers.
func convolutionNode(c *Convolution) *yaml.Node {
	if *c == halving(c.Channels) {
		return nodeOf(&c.Channels)
	}
	node := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, part := range c.parts() {
		node.Content = append(node.Content, wordNode(part.name, ""), nodeOf(part.value))
	}
	return node
}

type convolutionPart struct {
	name  string
	value *int
}

func (c *Convolution) parts() []convolutionPart {
	return []convolutionPart{{"channels", &c.Channels}, {"kernel", &c.Kernel}, {"stride", &c.Stride}, {"padding", &c.Padding}}
}

// setConvolution reads a layer of a file: a number of channels, or channels and, where they are not the usual ones, kernel, stride and
// padding by name.
func setConvolution(c *Convolution, node *yaml.Node) error {
	*c = halving(0)
	if node.Kind == yaml.ScalarNode {
		if setNumber(&c.Channels, node) != nil {
			return fmt.Errorf("is %s: must be a number of channels, or channels, kernel, stride and padding", strictyaml.Describe(node))
		}
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("is %s: must be a number of channels, or channels, kernel, stride and padding", strictyaml.Describe(node))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		var target *int
		var known []string
		for _, part := range c.parts() {
			known = append(known, part.name)
			if part.name == key.Value {
				target = part.value
			}
		}
		if target == nil {
			return fmt.Errorf("has an unknown key %q%s", strictyaml.Shorten(key.Value), suggestion(key.Value, known))
		}
		if seen[key.Value] {
			return fmt.Errorf("has %s twice", key.Value)
		}
		seen[key.Value] = true
		if err := setNumber(target, value); err != nil {
			return fmt.Errorf("has %s %s: must be %w", key.Value, strictyaml.Describe(value), err)
		}
	}
	if !seen["channels"] {
		return errors.New("has a layer without channels")
	}
	return nil
}
