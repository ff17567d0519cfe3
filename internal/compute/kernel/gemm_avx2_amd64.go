package kernel

// gemmAVX2Kernels lists the kernels by width and by rows.
func gemmAVX2Kernels() gemmKernels {
	return gemmKernels{
		{nil, gemmAVX2_1x8, gemmAVX2_2x8, gemmAVX2_3x8, gemmAVX2_4x8, gemmAVX2_5x8, gemmAVX2_6x8, gemmAVX2_7x8, gemmAVX2_8x8, gemmAVX2_9x8, gemmAVX2_10x8, gemmAVX2_11x8, gemmAVX2_12x8},
		{nil, gemmAVX2_1x16, gemmAVX2_2x16, gemmAVX2_3x16, gemmAVX2_4x16, gemmAVX2_5x16, gemmAVX2_6x16},
	}
}

//go:noescape
func gemmAVX2_1x8(tile *gemmTile)

//go:noescape
func gemmAVX2_2x8(tile *gemmTile)

//go:noescape
func gemmAVX2_3x8(tile *gemmTile)

//go:noescape
func gemmAVX2_4x8(tile *gemmTile)

//go:noescape
func gemmAVX2_5x8(tile *gemmTile)

//go:noescape
func gemmAVX2_6x8(tile *gemmTile)

//go:noescape
func gemmAVX2_7x8(tile *gemmTile)

//go:noescape
func gemmAVX2_8x8(tile *gemmTile)

//go:noescape
func gemmAVX2_9x8(tile *gemmTile)

//go:noescape
func gemmAVX2_10x8(tile *gemmTile)

//go:noescape
func gemmAVX2_11x8(tile *gemmTile)

//go:noescape
func gemmAVX2_12x8(tile *gemmTile)

//go:noescape
func gemmAVX2_1x16(tile *gemmTile)

//go:noescape
func gemmAVX2_2x16(tile *gemmTile)

//go:noescape
func gemmAVX2_3x16(tile *gemmTile)

//go:noescape
func gemmAVX2_4x16(tile *gemmTile)

//go:noescape
func gemmAVX2_5x16(tile *gemmTile)

//go:noescape
func gemmAVX2_6x16(tile *gemmTile)
