package graph

import "vaectl/internal/compute/kernel"

// byRows is a body that makes rows of its output from the same rows of its inputs, each by itself. Where a matrix has k
// rows in place of one of another, they belong to that one. Only inputs of one value, such as a weight of the loss, belong
// to all rows.
type byRows interface {
	body
	// extent is the number of rows, of the output or of the matrix with fewer to which these belong, and about how many
	// values are moved for each.
	extent() (rows, width int)
	// over returns what makes some rows of out, at a time and from several goroutines, of values at these places.
	over(out []float32, in [][]float32) rowRange
}

// rowRange does rows from to to.
type rowRange func(from, to int)

// rowChain is the work of bodies that go row by row together: a thread takes some rows through all of them.
type rowChain struct {
	rows, width int
	bodies      []chained
}

type chained struct {
	times int // rows in place of one of the chain
	do    rowRange
}

// runByRows runs one such body.
func runByRows(e *kernel.Engine, b byRows, out []float32, in [][]float32) {
	rows, _ := b.extent()
	c := &rowChain{rows: rows}
	c.add(b, out, in)
	e.Do(c)
}

func (c *rowChain) add(b byRows, out []float32, in [][]float32) {
	rows, width := b.extent()
	times := rows / c.rows
	c.width += times * width
	c.bodies = append(c.bodies, chained{times: times, do: b.over(out, in)})
}

func (c *rowChain) Start() int { return chunks(c.rows, rowsPerChunk(c.width)) }

// Chunk does one block of rows; all are of nearly equal length.
func (c *rowChain) Chunk(i int) {
	n := c.Start()
	from, to := c.rows*i/n, c.rows*(i+1)/n
	for _, b := range c.bodies {
		b.do(from*b.times, to*b.times)
	}
}

func (c *rowChain) Finish() {}
