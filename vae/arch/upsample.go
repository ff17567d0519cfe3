package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// upsample enlarges maps by copying each pixel (nn.Upsample, nearest).
type upsample struct {
	name   string
	in     data.Shape
	factor int
}

// Name is that of the layer that reads it.
func (u *upsample) Name() string { return u.name }

// Text is "x2" for twice as many pixels a side.
func (u *upsample) Text() string { return fmt.Sprintf("x%d", u.factor) }

// In is the shape of the small maps.
func (u *upsample) In() data.Shape { return u.in }

// Out is the shape of the large maps.
func (u *upsample) Out() data.Shape {
	return data.Shape{Height: u.in.Height * u.factor, Width: u.in.Width * u.factor, Channels: u.in.Channels}
}

// Parameters are none.
func (u *upsample) Parameters() []Parameter { return nil }

// FLOPs are none: nothing is multiplied.
func (u *upsample) FLOPs() float64 { return 0 }

// Values are the outputs.
func (u *upsample) Values() float64 { return float64(u.Out().Values()) }

// Operations are the layer itself.
func (u *upsample) Operations() []Operation {
	return []Operation{{Kind: Upsampling, Name: u.name, In: u.in, Out: u.Out(), Factor: u.factor}}
}

// Add puts the layer on a graph.
func (u *upsample) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	return b.graph.Upsample(x, mapOf(u.in), u.factor)
}
