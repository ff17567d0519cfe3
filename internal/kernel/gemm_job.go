package kernel

// gemmTable holds the matrix-product functions of one level.
type gemmTable struct{}

func newGemmTable(string) gemmTable { return gemmTable{} }

// gemmJob is one product under way.
type gemmJob struct {
	Gemm
	engine *Engine
}

const rowsPerChunk = 8

func (j *gemmJob) start() {
	j.engine.Run((j.M+rowsPerChunk-1)/rowsPerChunk, j)
}

// Chunk computes rowsPerChunk rows of C.
func (j *gemmJob) Chunk(i int) {
	for r := i * rowsPerChunk; r < min((i+1)*rowsPerChunk, j.M); r++ {
		j.row(r)
	}
}

func (j *gemmJob) row(r int) {
	row := j.C[r*j.LDC:][:j.N]
	switch j.Beta {
	case 0:
		clear(row)
	case 1:
	default:
		for i := range row {
			row[i] *= j.Beta
		}
	}
	if j.Alpha != 0 {
		j.accumulate(row, r)
	}
	for i, b := range j.Bias[:min(len(j.Bias), j.N)] {
		row[i] += b
	}
	j.engine.vec.activate(j.Act, row)
}

func (j *gemmJob) accumulate(row []float32, r int) {
	rowStride, colStride := j.LDA, 1
	if j.TransA {
		rowStride, colStride = 1, j.LDA
	}
	if j.TransB {
		for i := range row {
			var sum float32
			for p, b := range j.B[i*j.LDB:][:j.K] {
				sum += j.A[r*rowStride+p*colStride] * b
			}
			row[i] += j.Alpha * sum
		}
		return
	}
	for p := range j.K {
		a := j.Alpha * j.A[r*rowStride+p*colStride]
		for i, b := range j.B[p*j.LDB:][:j.N] {
			row[i] += a * b
		}
	}
}
