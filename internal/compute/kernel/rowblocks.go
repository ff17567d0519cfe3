package kernel

const (
	rowsOfBlock = 64 // at most of a block of [RowBlocks]: enough that it is worth handing to another thread
	minBlocks   = 2  // which pays on 20 rows already
)

// RowBlocks sums the columns of a matrix while its rows are made, in blocks of rows whose number depends on the matrix
// alone, so that the bits do not depend on the number of threads. A block is one piece of memory, where threads that
// worked on columns would have to exchange a cache line of each row.
type RowBlocks struct {
	rows, cols int
	sums       []float32 // of one block after the other
}

// Start prepares for a matrix and returns the number of its blocks.
func (b *RowBlocks) Start(rows, cols int) int {
	b.rows, b.cols = rows, cols
	n := b.blocks()
	b.sums = resize(b.sums, n*cols)
	return n
}

func (b *RowBlocks) blocks() int { return max(minBlocks, (b.rows+rowsOfBlock-1)/rowsOfBlock) }

// Block returns the rows of the i-th block and where they are to be added up, zero as yet.
func (b *RowBlocks) Block(i int) (from, to int, sums []float32) {
	n := b.blocks()
	sums = b.sums[i*b.cols:][:b.cols]
	clear(sums)
	return b.rows * i / n, b.rows * (i + 1) / n, sums
}

// Total writes the sums over all rows to dst, once every block is done.
func (b *RowBlocks) Total(e *Engine, dst []float32) {
	clear(dst)
	for i := range b.blocks() {
		e.Accumulate(dst, b.sums[i*b.cols:][:b.cols])
	}
}
