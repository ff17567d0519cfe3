package kernel

// nestedAVX2Kernels lists the kernels by width and by rows.
func nestedAVX2Kernels() [][]func(*nestedTile) {
	return [][]func(*nestedTile){
		{nil, nestedAVX2_1x8, nestedAVX2_2x8, nestedAVX2_3x8, nestedAVX2_4x8, nestedAVX2_5x8, nestedAVX2_6x8, nestedAVX2_7x8, nestedAVX2_8x8, nestedAVX2_9x8, nestedAVX2_10x8, nestedAVX2_11x8, nestedAVX2_12x8},
		{nil, nestedAVX2_1x16, nestedAVX2_2x16, nestedAVX2_3x16, nestedAVX2_4x16, nestedAVX2_5x16, nestedAVX2_6x16},
	}
}

//go:noescape
func nestedAVX2_1x8(tile *nestedTile)

//go:noescape
func nestedAVX2_2x8(tile *nestedTile)

//go:noescape
func nestedAVX2_3x8(tile *nestedTile)

//go:noescape
func nestedAVX2_4x8(tile *nestedTile)

//go:noescape
func nestedAVX2_5x8(tile *nestedTile)

//go:noescape
func nestedAVX2_6x8(tile *nestedTile)

//go:noescape
func nestedAVX2_7x8(tile *nestedTile)

//go:noescape
func nestedAVX2_8x8(tile *nestedTile)

//go:noescape
func nestedAVX2_9x8(tile *nestedTile)

//go:noescape
func nestedAVX2_10x8(tile *nestedTile)

//go:noescape
func nestedAVX2_11x8(tile *nestedTile)

//go:noescape
func nestedAVX2_12x8(tile *nestedTile)

//go:noescape
func nestedAVX2_1x16(tile *nestedTile)

//go:noescape
func nestedAVX2_2x16(tile *nestedTile)

//go:noescape
func nestedAVX2_3x16(tile *nestedTile)

//go:noescape
func nestedAVX2_4x16(tile *nestedTile)

//go:noescape
func nestedAVX2_5x16(tile *nestedTile)

//go:noescape
func nestedAVX2_6x16(tile *nestedTile)
