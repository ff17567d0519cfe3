package kernel

import "unsafe"

// portableGemmTable returns kernels in plain Go: 2 rows by 4 columns is what 16 registers hold.
func portableGemmTable() gemmTable {
	kernel := func(rows int) func(*gemmTile) {
		return func(t *gemmTile) {
			for i := range t.repeats {
				portableTile(t, i*rows, rows)
			}
		}
	}
	return gemmTable{
		kernels: gemmKernels{{nil, kernel(1), kernel(2)}},
		rows:    2, unit: portableColumns,
		partialC: true,
	}
}

const portableColumns = 4

// portableTile computes one or two rows.
func portableTile(t *gemmTile, row, rows int) {
	var sum [2][portableColumns]float32
	switch {
	case t.k == 0: // A and B may be nil
	case rows == 2:
		sum = portableSums2(element(t.a, row*t.aRow), element(t.a, (row+1)*t.aRow), t.b, t)
	default:
		sum[0] = portableSums1(element(t.a, row*t.aRow), t.b, t)
	}
	for i := range rows {
		for l := range t.cols {
			t.store(row+i, l, sum[i][l])
		}
	}
}

// store finishes one element of C.
func (t *gemmTile) store(row, col int, sum float32) {
	c := element(t.c, row*t.cRow+4*col)
	v := t.alpha * sum
	if t.beta != 0 {
		v += t.beta * *c
	}
	if t.bias != nil {
		v += *element(t.bias, 4*col)
	}
	if t.relu && v < 0 {
		v = 0
	}
	*c = v
}

func portableSums2(a0, a1, b *float32, t *gemmTile) [2][portableColumns]float32 {
	var s00, s01, s02, s03, s10, s11, s12, s13 float32
	aCol, bRow := t.aCol, t.bRow
	atA, atB := 0, 0
	for range t.k {
		row := (*[portableColumns]float32)(unsafe.Pointer(element(b, atB)))
		b0, b1, b2, b3 := row[0], row[1], row[2], row[3]
		x, y := *element(a0, atA), *element(a1, atA)
		s00 += x * b0
		s01 += x * b1
		s02 += x * b2
		s03 += x * b3
		s10 += y * b0
		s11 += y * b1
		s12 += y * b2
		s13 += y * b3
		atA += aCol
		atB += bRow
	}
	return [2][portableColumns]float32{{s00, s01, s02, s03}, {s10, s11, s12, s13}}
}

func portableSums1(a, b *float32, t *gemmTile) [portableColumns]float32 {
	var s0, s1, s2, s3 float32
	for p := range t.k {
		row := (*[portableColumns]float32)(unsafe.Pointer(element(b, p*t.bRow)))
		x := *element(a, p*t.aCol)
		s0 += x * row[0]
		s1 += x * row[1]
		s2 += x * row[2]
		s3 += x * row[3]
	}
	return [portableColumns]float32{s0, s1, s2, s3}
}

// element returns the address offset bytes after p.
func element(p *float32, offset int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), offset))
}
