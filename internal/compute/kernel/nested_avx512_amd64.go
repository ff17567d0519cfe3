package kernel

// nestedAVX512Kernels lists the kernels by width and by rows.
func nestedAVX512Kernels() [][]func(*nestedTile) {
	return [][]func(*nestedTile){
		{nil, nestedAVX512_1x16, nestedAVX512_2x16, nestedAVX512_3x16, nestedAVX512_4x16, nestedAVX512_5x16, nestedAVX512_6x16, nestedAVX512_7x16, nestedAVX512_8x16, nestedAVX512_9x16, nestedAVX512_10x16, nestedAVX512_11x16, nestedAVX512_12x16, nestedAVX512_13x16, nestedAVX512_14x16},
		{nil, nestedAVX512_1x32, nestedAVX512_2x32, nestedAVX512_3x32, nestedAVX512_4x32, nestedAVX512_5x32, nestedAVX512_6x32, nestedAVX512_7x32, nestedAVX512_8x32, nestedAVX512_9x32, nestedAVX512_10x32, nestedAVX512_11x32, nestedAVX512_12x32, nestedAVX512_13x32, nestedAVX512_14x32},
	}
}

//go:noescape
func nestedAVX512_1x16(tile *nestedTile)

//go:noescape
func nestedAVX512_2x16(tile *nestedTile)

//go:noescape
func nestedAVX512_3x16(tile *nestedTile)

//go:noescape
func nestedAVX512_4x16(tile *nestedTile)

//go:noescape
func nestedAVX512_5x16(tile *nestedTile)

//go:noescape
func nestedAVX512_6x16(tile *nestedTile)

//go:noescape
func nestedAVX512_7x16(tile *nestedTile)

//go:noescape
func nestedAVX512_8x16(tile *nestedTile)

//go:noescape
func nestedAVX512_9x16(tile *nestedTile)

//go:noescape
func nestedAVX512_10x16(tile *nestedTile)

//go:noescape
func nestedAVX512_11x16(tile *nestedTile)

//go:noescape
func nestedAVX512_12x16(tile *nestedTile)

//go:noescape
func nestedAVX512_13x16(tile *nestedTile)

//go:noescape
func nestedAVX512_14x16(tile *nestedTile)

//go:noescape
func nestedAVX512_1x32(tile *nestedTile)

//go:noescape
func nestedAVX512_2x32(tile *nestedTile)

//go:noescape
func nestedAVX512_3x32(tile *nestedTile)

//go:noescape
func nestedAVX512_4x32(tile *nestedTile)

//go:noescape
func nestedAVX512_5x32(tile *nestedTile)

//go:noescape
func nestedAVX512_6x32(tile *nestedTile)

//go:noescape
func nestedAVX512_7x32(tile *nestedTile)

//go:noescape
func nestedAVX512_8x32(tile *nestedTile)

//go:noescape
func nestedAVX512_9x32(tile *nestedTile)

//go:noescape
func nestedAVX512_10x32(tile *nestedTile)

//go:noescape
func nestedAVX512_11x32(tile *nestedTile)

//go:noescape
func nestedAVX512_12x32(tile *nestedTile)

//go:noescape
func nestedAVX512_13x32(tile *nestedTile)

//go:noescape
func nestedAVX512_14x32(tile *nestedTile)
