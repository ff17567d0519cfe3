package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Upsample adds maps enlarged by a whole factor: every pixel becomes a square of
// them (nn.Upsample of PyTorch, nearest).
func (g *Graph) Upsample(x *gorgonia.Node, of Map, factor int) (*gorgonia.Node, error) {
	rows, err := of.maps("maps to enlarge", x)
	if err != nil {
		return nil, err
	}
	if factor < 1 {
		return nil, fmt.Errorf("graph: maps enlarged by %d", factor)
	}
	u := upsampled{engine: g.engine, rows: rows, of: of, factor: factor}
	grad := func(_ gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(upsample)", &upsampledGrad{upsampled: u}, tensor.Shape{rows, of.Values()}, nil, nil, dy)
		return gorgonia.Nodes{dx}, err
	}
	return g.apply("upsample", &u, tensor.Shape{rows, of.Values() * factor * factor}, grad, []bool{true}, x)
}

type upsampled struct {
	engine *kernel.Engine
	rows   int
	of     Map
	factor int

	large, small []float32
}

func (u *upsampled) Run(out []float32, in [][]float32) {
	u.large, u.small = out, in[0]
	u.engine.Run(u.rows*u.of.Channels, u)
}

// channel returns one channel of one image, small and large.
func (u *upsampled) channel(i int) (small, large []float32) {
	n := u.of.Pixels()
	return u.small[i*n:][:n], u.large[i*n*u.factor*u.factor:][:n*u.factor*u.factor]
}

func (u *upsampled) Chunk(i int) {
	small, large := u.channel(i)
	width := u.of.Width * u.factor
	for y := range u.of.Height * u.factor {
		for x := range width {
			large[y*width+x] = small[y/u.factor*u.of.Width+x/u.factor]
		}
	}
}

// upsampledGrad sums over the squares.
type upsampledGrad struct{ upsampled }

func (u *upsampledGrad) Run(out []float32, in [][]float32) {
	u.small, u.large = out, in[0]
	u.engine.Run(u.rows*u.of.Channels, u)
}

func (u *upsampledGrad) Chunk(i int) {
	small, large := u.channel(i)
	clear(small)
	width := u.of.Width * u.factor
	for y := range u.of.Height * u.factor {
		for x := range width {
			small[y/u.factor*u.of.Width+x/u.factor] += large[y*width+x]
		}
	}
}
