package kernel

import "unsafe"

//go:generate go run -C gen . -family nested_avx512 -out ../nested_avx512_amd64.s -pkg kernel
//go:generate go run -C gen . -family nested_avx2 -out ../nested_avx2_amd64.s -pkg kernel
//go:generate go run -C gen . -family nested_neon -out ../nested_neon_arm64.s

// nestedTile is the argument of the assembly kernels, which read its fields by offset: keep it as the generator has it.
// A kernel computes repeats tiles, each as tall as the kernel's rows, which are in groups of four.
type nestedTile struct {
	a          *float32
	aRow       int // bytes from one row of a group to the next
	aGroup     int // bytes from one group to the next
	aCol       int // bytes from one term to the next
	aSeg, aBlk int // bytes added after the terms of a segment, and after the segments of a block
	aNext      int // bytes from one tile to the next
	b          *float32
	bRow       int
	bSeg, bBlk int
	k          int // terms of a segment
	segs, blks int
	c          *float32
	cRow       int
	cGroup     int
	cNext      int
	repeats    int
	cols       int // columns in use; only these are read and written
	bias       *float32
	gate       *float32 // laid out as C
	sums       *float32
	add        uint32 // not 0: C is added to
	activation nestedActivation
	slope      float32
	_          uint32
	// The kernels keep here what they have no registers for. These are numbers, not pointers: they may lead past the end
	// of the memory they began in.
	_, _, _ uintptr // places in A, C and gate
	_, _, _ int     // segments, blocks and tiles left
}

// nestedActivation is what is done with negative results.
type nestedActivation uint32

const (
	nestedPlain nestedActivation = iota
	nestedRelu
	nestedLeaky
)

// nestedTable holds the nested-product kernels of one level. A kernel is found by its width in units less one, then by
// its number of rows.
type nestedTable struct {
	kernels [][]func(*nestedTile)
	unit    int // columns by which the kernels' widths differ
	// narrow, where it is not nil, are kernels for fewer columns than unit: the others read and write all columns they are
	// wide. Where it is nil, they read and write only the columns in use.
	narrow []func(*nestedTile)
}

// width is that of the widest kernel.
func (t *nestedTable) width() int { return len(t.kernels) * t.unit }

// pick returns the kernels for the next of some columns, and how many of them those take.
func (t *nestedTable) pick(cols int) (kernels []func(*nestedTile), taken int) {
	taken = min(cols, t.width())
	if t.narrow != nil {
		if taken < t.unit {
			return t.narrow, taken
		}
		taken -= taken % t.unit
	}
	return t.kernels[(taken+t.unit-1)/t.unit-1], taken
}

// portableNestedTable returns kernels in plain Go.
func portableNestedTable() nestedTable {
	return nestedTable{kernels: [][]func(*nestedTile){portableNestedKernels()}, unit: portableColumns}
}

func portableNestedKernels() []func(*nestedTile) {
	kernel := func(rows int) func(*nestedTile) { return func(t *nestedTile) { portableNested(t, rows) } }
	return []func(*nestedTile){nil, kernel(1), kernel(2), kernel(3), kernel(4)}
}

// portableNested computes tiles of up to four rows and portableColumns columns, or fewer.
func portableNested(t *nestedTile, rows int) {
	for tile := range t.repeats {
		for i := 0; i < rows; i += 2 {
			sums := t.pair(tile*t.aNext+i*t.aRow, i+1 < rows)
			for r := range min(2, rows-i) {
				t.finish(tile*t.cNext+(i+r)*t.cRow, sums[r][:t.cols])
			}
		}
	}
}

// portableSums are those of two rows.
type portableSums [2][portableColumns]float32

// pair returns the sums of one row, or of two.
func (t *nestedTile) pair(at int, two bool) (sums portableSums) {
	a, b := 0, 0
	for range t.blks {
		for range t.segs {
			if two && t.cols == portableColumns {
				t.segment(&sums, at+a, b)
			} else {
				t.partialSegment(&sums, at+a, b, two)
			}
			a += t.k*t.aCol + t.aSeg
			b += t.k*t.bRow + t.bSeg
		}
		a += t.aBlk
		b += t.bBlk
	}
	return sums
}

// segment adds the terms of one segment to two rows of all columns.
func (t *nestedTile) segment(sums *portableSums, a, b int) {
	s00, s01, s02, s03 := sums[0][0], sums[0][1], sums[0][2], sums[0][3]
	s10, s11, s12, s13 := sums[1][0], sums[1][1], sums[1][2], sums[1][3]
	for range t.k {
		row := (*[portableColumns]float32)(unsafe.Pointer(element(t.b, b)))
		x, y := *element(t.a, a), *element(t.a, a+t.aRow)
		s00 += x * row[0]
		s01 += x * row[1]
		s02 += x * row[2]
		s03 += x * row[3]
		s10 += y * row[0]
		s11 += y * row[1]
		s12 += y * row[2]
		s13 += y * row[3]
		a += t.aCol
		b += t.bRow
	}
	sums[0] = [portableColumns]float32{s00, s01, s02, s03}
	sums[1] = [portableColumns]float32{s10, s11, s12, s13}
}

// partialSegment does the same for one row or fewer columns.
func (t *nestedTile) partialSegment(sums *portableSums, a, b int, two bool) {
	for range t.k {
		row := unsafe.Slice(element(t.b, b), t.cols)
		x := *element(t.a, a)
		for j, v := range row {
			sums[0][j] += x * v
		}
		if two {
			y := *element(t.a, a+t.aRow)
			for j, v := range row {
				sums[1][j] += y * v
			}
		}
		a += t.aCol
		b += t.bRow
	}
}

// finish stores one row of results.
func (t *nestedTile) finish(at int, row []float32) {
	for j, v := range row {
		c := element(t.c, at+4*j)
		if t.add != 0 {
			v += *c
		}
		if t.bias != nil {
			v += *element(t.bias, 4*j)
		}
		if t.activation == nestedLeaky {
			v = max(v, t.slope*v)
		} else if t.activation == nestedRelu && v < 0 {
			v = 0
		}
		if t.gate != nil && !(*element(t.gate, at+4*j) > 0) {
			if t.slope == 0 {
				v = 0
			} else {
				v *= t.slope
			}
		}
		*c = v
		if t.sums != nil {
			*element(t.sums, 4*j) += v
		}
	}
}
