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
	u := &upsampled{engine: g.engine, rows: rows, of: of, factor: factor}
	grad := func(_ gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(upsample)", &upsampledGrad{upsampled: *u, gradientOf: gradientOf{forward: u}}, tensor.Shape{rows, of.Values()}, nil, nil, dy)
		return gorgonia.Nodes{dx}, err
	}
	return g.apply("upsample", u, tensor.Shape{rows, of.Values() * factor * factor}, grad, []bool{true}, x)
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
	u.engine.Run(u.rows, u)
}

// channel returns one channel of one image, small and large.
func (u *upsampled) channel(i int) (small, large []float32) {
	n := u.of.Pixels()
	return u.small[i*n:][:n], u.large[i*n*u.factor*u.factor:][:n*u.factor*u.factor]
}

// Chunk enlarges one image.
func (u *upsampled) Chunk(i int) {
	for c := range u.of.Channels {
		u.enlarge(u.channel(i*u.of.Channels + c))
	}
}

func (u *upsampled) enlarge(small, large []float32) {
	for y := range u.of.Height {
		row, copies := u.rowsOf(y, small, large)
		for x, v := range row {
			square := copies[x*u.factor:][:u.factor]
			for j := range square {
				square[j] = v
			}
		}
		first := copies[:u.of.Width*u.factor]
		for j := 1; j < u.factor; j++ {
			copy(copies[j*len(first):], first)
		}
	}
}

// rowsOf returns a row of the small channel and the rows that it becomes.
func (u *upsampled) rowsOf(y int, small, large []float32) (row, copies []float32) {
	n := u.of.Width
	return small[y*n:][:n], large[y*n*u.factor*u.factor:][:n*u.factor*u.factor]
}

// upsampledGrad sums over the squares.
type upsampledGrad struct {
	upsampled
	gradientOf
}

func (u *upsampledGrad) Run(out []float32, in [][]float32) {
	u.small, u.large = out, in[0]
	u.engine.Run(u.rows, u)
}

// Chunk sums over one image.
func (u *upsampledGrad) Chunk(i int) {
	for c := range u.of.Channels {
		u.sum(u.channel(i*u.of.Channels + c))
	}
}

func (u *upsampledGrad) sum(small, large []float32) {
	clear(small)
	for y := range u.of.Height {
		row, copies := u.rowsOf(y, small, large)
		for len(copies) > 0 {
			for x := range row {
				for _, v := range copies[:u.factor] {
					row[x] += v
				}
				copies = copies[u.factor:]
			}
		}
	}
}
