package kernel

import "unsafe"

// gemmFetch is memory that kernels bring nearer while they multiply, two cache lines of a part every few terms. It holds
// numbers, not pointers: they may lead beyond the memory, which nothing reads.
type gemmFetch struct {
	at   uintptr // first part not fetched yet
	step int     // bytes from one part to the next
	last uintptr // part
	more [2]int  // bytes from each part to two further ones
}

const (
	fetchedBytes = 128 // of a part: two cache lines, which is a row of the widest panel
	fetchTerms   = 4   // that are added while one part and its further ones are fetched
	// fetchTouchedFrom is the size of what Then touches, in elements of one matrix, from which on it is fetched: smaller
	// ones may still be in the second-level cache.
	fetchTouchedFrom = 1 << 16
)

// fetchTouched fetches the block's part of the matrices that Then touches, and says how many tiles that takes: 0 where there
// is nothing to fetch.
func (j *gemmJob) fetchTouched(b block, terms int) (f gemmFetch, tiles int) {
	if j.Touched[0] == nil || j.M*j.N < fetchTouchedFrom || terms < fetchTerms {
		return f, 0
	}
	first, rows := b.row*j.N+b.col, b.rowEnd-b.row
	f = gemmFetch{at: numberOf(&j.Touched[0][first]), step: 4 * j.N}
	f.last = f.at + uintptr(f.step*(rows-1))
	for i, m := range j.Touched[1:] {
		if m != nil {
			f.more[i] = int(numberOf(&m[first]) - f.at)
		}
	}
	perTile := terms / fetchTerms
	return f, (rows + perTile - 1) / perTile
}

// fetchNext fetches what of B comes after its rows from to to in a panel. Processors fetch ahead of rows that are read from
// end to end, but not down a panel.
func (j *gemmJob) fetchNext(b block, to int) gemmFetch {
	width := j.engine.gemm.width()
	col, next := b.col, to
	if to == j.K {
		col, next = b.col+width, 0
	}
	terms := min(j.plan.kStep, j.K-next)
	if j.plan.shareB || col >= j.N || terms <= 0 {
		return gemmFetch{}
	}
	if j.TransB {
		return j.fetchStored(col, min(col+width, j.N), next)
	}
	row := 4 * j.LDB
	f := gemmFetch{at: numberOf(&j.B[next*j.LDB+col]), step: row}
	f.last = f.at + uintptr(row*(terms-1))
	if j.Touched[0] != nil { // fewer tiles: they have to fetch more each
		f.step, f.more = 3*row, [2]int{row, 2 * row}
	}
	return f
}

// fetchStored fetches some rows of B as it is stored, where these are taken as a whole.
func (j *gemmJob) fetchStored(row, rowEnd, from int) gemmFetch {
	if from > 0 || j.plan.kStep < j.K {
		return gemmFetch{}
	}
	at := numberOf(&j.B[row*j.LDB])
	return gemmFetch{at: at, step: fetchedBytes, last: at + uintptr(max(0, 4*(rowEnd-row)*j.LDB-fetchedBytes))}
}

func numberOf(p *float32) uintptr { return uintptr(unsafe.Pointer(p)) }
