package kernel

// nestedNEONKernels lists the kernels by width and by rows.
func nestedNEONKernels() [][]func(*nestedTile) {
	return [][]func(*nestedTile){
		{nil, nestedNEON_1x4, nestedNEON_2x4, nestedNEON_3x4, nestedNEON_4x4, nestedNEON_5x4, nestedNEON_6x4, nestedNEON_7x4, nestedNEON_8x4, nestedNEON_9x4, nestedNEON_10x4, nestedNEON_11x4, nestedNEON_12x4},
		{nil, nestedNEON_1x8, nestedNEON_2x8, nestedNEON_3x8, nestedNEON_4x8, nestedNEON_5x8, nestedNEON_6x8, nestedNEON_7x8, nestedNEON_8x8, nestedNEON_9x8, nestedNEON_10x8, nestedNEON_11x8, nestedNEON_12x8},
		{nil, nestedNEON_1x12, nestedNEON_2x12, nestedNEON_3x12, nestedNEON_4x12, nestedNEON_5x12, nestedNEON_6x12, nestedNEON_7x12, nestedNEON_8x12},
		{nil, nestedNEON_1x16, nestedNEON_2x16, nestedNEON_3x16, nestedNEON_4x16, nestedNEON_5x16, nestedNEON_6x16},
	}
}

//go:noescape
func nestedNEON_1x4(tile *nestedTile)

//go:noescape
func nestedNEON_2x4(tile *nestedTile)

//go:noescape
func nestedNEON_3x4(tile *nestedTile)

//go:noescape
func nestedNEON_4x4(tile *nestedTile)

//go:noescape
func nestedNEON_5x4(tile *nestedTile)

//go:noescape
func nestedNEON_6x4(tile *nestedTile)

//go:noescape
func nestedNEON_7x4(tile *nestedTile)

//go:noescape
func nestedNEON_8x4(tile *nestedTile)

//go:noescape
func nestedNEON_9x4(tile *nestedTile)

//go:noescape
func nestedNEON_10x4(tile *nestedTile)

//go:noescape
func nestedNEON_11x4(tile *nestedTile)

//go:noescape
func nestedNEON_12x4(tile *nestedTile)

//go:noescape
func nestedNEON_1x8(tile *nestedTile)

//go:noescape
func nestedNEON_2x8(tile *nestedTile)

//go:noescape
func nestedNEON_3x8(tile *nestedTile)

//go:noescape
func nestedNEON_4x8(tile *nestedTile)

//go:noescape
func nestedNEON_5x8(tile *nestedTile)

//go:noescape
func nestedNEON_6x8(tile *nestedTile)

//go:noescape
func nestedNEON_7x8(tile *nestedTile)

//go:noescape
func nestedNEON_8x8(tile *nestedTile)

//go:noescape
func nestedNEON_9x8(tile *nestedTile)

//go:noescape
func nestedNEON_10x8(tile *nestedTile)

//go:noescape
func nestedNEON_11x8(tile *nestedTile)

//go:noescape
func nestedNEON_12x8(tile *nestedTile)

//go:noescape
func nestedNEON_1x12(tile *nestedTile)

//go:noescape
func nestedNEON_2x12(tile *nestedTile)

//go:noescape
func nestedNEON_3x12(tile *nestedTile)

//go:noescape
func nestedNEON_4x12(tile *nestedTile)

//go:noescape
func nestedNEON_5x12(tile *nestedTile)

//go:noescape
func nestedNEON_6x12(tile *nestedTile)

//go:noescape
func nestedNEON_7x12(tile *nestedTile)

//go:noescape
func nestedNEON_8x12(tile *nestedTile)

//go:noescape
func nestedNEON_1x16(tile *nestedTile)

//go:noescape
func nestedNEON_2x16(tile *nestedTile)

//go:noescape
func nestedNEON_3x16(tile *nestedTile)

//go:noescape
func nestedNEON_4x16(tile *nestedTile)

//go:noescape
func nestedNEON_5x16(tile *nestedTile)

//go:noescape
func nestedNEON_6x16(tile *nestedTile)
