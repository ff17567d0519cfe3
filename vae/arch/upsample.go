package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// Upsample enlarges maps by copying each pixel (nn.Upsample, nearest).
type Upsample struct {
	name   string
	in     data.Shape
	factor int
}

// Name is that of the layer that reads it.
func (u *Upsample) Name() string { return u.name }

// Text is "x2" for twice as many pixels a side.
func (u *Upsample) Text() string { return fmt.Sprintf("x%d", u.factor) }

// In is the shape of the small maps.
func (u *Upsample) In() data.Shape { return u.in }

// Out is the shape of the large maps.
func (u *Upsample) Out() data.Shape {
	return data.Shape{Height: u.in.Height * u.factor, Width: u.in.Width * u.factor, Channels: u.in.Channels}
}

// Parameters are none.
func (u *Upsample) Parameters() []Parameter { return nil }

// FLOPs are none: nothing is multiplied.
func (u *Upsample) FLOPs() float64 { return 0 }

// Values are the outputs.
func (u *Upsample) Values() float64 { return float64(u.Out().Values()) }

// Operations are the layer itself.
func (u *Upsample) Operations() []Operation {
	return []Operation{{Kind: Upsampling, Name: u.name, In: u.in, Out: u.Out(), Factor: u.factor}}
}

// Add puts the layer on a graph.
func (u *Upsample) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	return b.Graph.Upsample(x, mapOf(u.in), u.factor)
}

// Factor is the number of copies of a pixel in each direction.
func (u *Upsample) Factor() int { return u.factor }
