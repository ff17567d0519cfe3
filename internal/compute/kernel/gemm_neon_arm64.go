package kernel

// gemmNEONKernels lists the kernels by width and by rows.
func gemmNEONKernels() gemmKernels {
	return gemmKernels{
		{nil, gemmNEON_1x4, gemmNEON_2x4, gemmNEON_3x4, gemmNEON_4x4, gemmNEON_5x4, gemmNEON_6x4, gemmNEON_7x4, gemmNEON_8x4, gemmNEON_9x4, gemmNEON_10x4, gemmNEON_11x4, gemmNEON_12x4},
		{nil, gemmNEON_1x8, gemmNEON_2x8, gemmNEON_3x8, gemmNEON_4x8, gemmNEON_5x8, gemmNEON_6x8, gemmNEON_7x8, gemmNEON_8x8, gemmNEON_9x8, gemmNEON_10x8, gemmNEON_11x8, gemmNEON_12x8},
		{nil, gemmNEON_1x12, gemmNEON_2x12, gemmNEON_3x12, gemmNEON_4x12, gemmNEON_5x12, gemmNEON_6x12, gemmNEON_7x12, gemmNEON_8x12},
		{nil, gemmNEON_1x16, gemmNEON_2x16, gemmNEON_3x16, gemmNEON_4x16, gemmNEON_5x16, gemmNEON_6x16},
	}
}

//go:noescape
func gemmNEON_1x4(tile *gemmTile)

//go:noescape
func gemmNEON_2x4(tile *gemmTile)

//go:noescape
func gemmNEON_3x4(tile *gemmTile)

//go:noescape
func gemmNEON_4x4(tile *gemmTile)

//go:noescape
func gemmNEON_5x4(tile *gemmTile)

//go:noescape
func gemmNEON_6x4(tile *gemmTile)

//go:noescape
func gemmNEON_7x4(tile *gemmTile)

//go:noescape
func gemmNEON_8x4(tile *gemmTile)

//go:noescape
func gemmNEON_9x4(tile *gemmTile)

//go:noescape
func gemmNEON_10x4(tile *gemmTile)

//go:noescape
func gemmNEON_11x4(tile *gemmTile)

//go:noescape
func gemmNEON_12x4(tile *gemmTile)

//go:noescape
func gemmNEON_1x8(tile *gemmTile)

//go:noescape
func gemmNEON_2x8(tile *gemmTile)

//go:noescape
func gemmNEON_3x8(tile *gemmTile)

//go:noescape
func gemmNEON_4x8(tile *gemmTile)

//go:noescape
func gemmNEON_5x8(tile *gemmTile)

//go:noescape
func gemmNEON_6x8(tile *gemmTile)

//go:noescape
func gemmNEON_7x8(tile *gemmTile)

//go:noescape
func gemmNEON_8x8(tile *gemmTile)

//go:noescape
func gemmNEON_9x8(tile *gemmTile)

//go:noescape
func gemmNEON_10x8(tile *gemmTile)

//go:noescape
func gemmNEON_11x8(tile *gemmTile)

//go:noescape
func gemmNEON_12x8(tile *gemmTile)

//go:noescape
func gemmNEON_1x12(tile *gemmTile)

//go:noescape
func gemmNEON_2x12(tile *gemmTile)

//go:noescape
func gemmNEON_3x12(tile *gemmTile)

//go:noescape
func gemmNEON_4x12(tile *gemmTile)

//go:noescape
func gemmNEON_5x12(tile *gemmTile)

//go:noescape
func gemmNEON_6x12(tile *gemmTile)

//go:noescape
func gemmNEON_7x12(tile *gemmTile)

//go:noescape
func gemmNEON_8x12(tile *gemmTile)

//go:noescape
func gemmNEON_1x16(tile *gemmTile)

//go:noescape
func gemmNEON_2x16(tile *gemmTile)

//go:noescape
func gemmNEON_3x16(tile *gemmTile)

//go:noescape
func gemmNEON_4x16(tile *gemmTile)

//go:noescape
func gemmNEON_5x16(tile *gemmTile)

//go:noescape
func gemmNEON_6x16(tile *gemmTile)
