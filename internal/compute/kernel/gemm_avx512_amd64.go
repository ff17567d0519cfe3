package kernel

// gemmAVX512Kernels lists the kernels by width and by rows.
func gemmAVX512Kernels() gemmKernels {
	return gemmKernels{
		{nil, gemmAVX512_1x8, gemmAVX512_2x8, gemmAVX512_3x8, gemmAVX512_4x8, gemmAVX512_5x8, gemmAVX512_6x8, gemmAVX512_7x8, gemmAVX512_8x8, gemmAVX512_9x8, gemmAVX512_10x8, gemmAVX512_11x8, gemmAVX512_12x8, gemmAVX512_13x8, gemmAVX512_14x8},
		{nil, gemmAVX512_1x16, gemmAVX512_2x16, gemmAVX512_3x16, gemmAVX512_4x16, gemmAVX512_5x16, gemmAVX512_6x16, gemmAVX512_7x16, gemmAVX512_8x16, gemmAVX512_9x16, gemmAVX512_10x16, gemmAVX512_11x16, gemmAVX512_12x16, gemmAVX512_13x16, gemmAVX512_14x16},
		{nil, gemmAVX512_1x24, gemmAVX512_2x24, gemmAVX512_3x24, gemmAVX512_4x24, gemmAVX512_5x24, gemmAVX512_6x24, gemmAVX512_7x24, gemmAVX512_8x24, gemmAVX512_9x24, gemmAVX512_10x24, gemmAVX512_11x24, gemmAVX512_12x24, gemmAVX512_13x24, gemmAVX512_14x24},
		{nil, gemmAVX512_1x32, gemmAVX512_2x32, gemmAVX512_3x32, gemmAVX512_4x32, gemmAVX512_5x32, gemmAVX512_6x32, gemmAVX512_7x32, gemmAVX512_8x32, gemmAVX512_9x32, gemmAVX512_10x32, gemmAVX512_11x32, gemmAVX512_12x32, gemmAVX512_13x32, gemmAVX512_14x32},
	}
}

//go:noescape
func gemmAVX512_1x8(tile *gemmTile)

//go:noescape
func gemmAVX512_2x8(tile *gemmTile)

//go:noescape
func gemmAVX512_3x8(tile *gemmTile)

//go:noescape
func gemmAVX512_4x8(tile *gemmTile)

//go:noescape
func gemmAVX512_5x8(tile *gemmTile)

//go:noescape
func gemmAVX512_6x8(tile *gemmTile)

//go:noescape
func gemmAVX512_7x8(tile *gemmTile)

//go:noescape
func gemmAVX512_8x8(tile *gemmTile)

//go:noescape
func gemmAVX512_9x8(tile *gemmTile)

//go:noescape
func gemmAVX512_10x8(tile *gemmTile)

//go:noescape
func gemmAVX512_11x8(tile *gemmTile)

//go:noescape
func gemmAVX512_12x8(tile *gemmTile)

//go:noescape
func gemmAVX512_13x8(tile *gemmTile)

//go:noescape
func gemmAVX512_14x8(tile *gemmTile)

//go:noescape
func gemmAVX512_1x16(tile *gemmTile)

//go:noescape
func gemmAVX512_2x16(tile *gemmTile)

//go:noescape
func gemmAVX512_3x16(tile *gemmTile)

//go:noescape
func gemmAVX512_4x16(tile *gemmTile)

//go:noescape
func gemmAVX512_5x16(tile *gemmTile)

//go:noescape
func gemmAVX512_6x16(tile *gemmTile)

//go:noescape
func gemmAVX512_7x16(tile *gemmTile)

//go:noescape
func gemmAVX512_8x16(tile *gemmTile)

//go:noescape
func gemmAVX512_9x16(tile *gemmTile)

//go:noescape
func gemmAVX512_10x16(tile *gemmTile)

//go:noescape
func gemmAVX512_11x16(tile *gemmTile)

//go:noescape
func gemmAVX512_12x16(tile *gemmTile)

//go:noescape
func gemmAVX512_13x16(tile *gemmTile)

//go:noescape
func gemmAVX512_14x16(tile *gemmTile)

//go:noescape
func gemmAVX512_1x24(tile *gemmTile)

//go:noescape
func gemmAVX512_2x24(tile *gemmTile)

//go:noescape
func gemmAVX512_3x24(tile *gemmTile)

//go:noescape
func gemmAVX512_4x24(tile *gemmTile)

//go:noescape
func gemmAVX512_5x24(tile *gemmTile)

//go:noescape
func gemmAVX512_6x24(tile *gemmTile)

//go:noescape
func gemmAVX512_7x24(tile *gemmTile)

//go:noescape
func gemmAVX512_8x24(tile *gemmTile)

//go:noescape
func gemmAVX512_9x24(tile *gemmTile)

//go:noescape
func gemmAVX512_10x24(tile *gemmTile)

//go:noescape
func gemmAVX512_11x24(tile *gemmTile)

//go:noescape
func gemmAVX512_12x24(tile *gemmTile)

//go:noescape
func gemmAVX512_13x24(tile *gemmTile)

//go:noescape
func gemmAVX512_14x24(tile *gemmTile)

//go:noescape
func gemmAVX512_1x32(tile *gemmTile)

//go:noescape
func gemmAVX512_2x32(tile *gemmTile)

//go:noescape
func gemmAVX512_3x32(tile *gemmTile)

//go:noescape
func gemmAVX512_4x32(tile *gemmTile)

//go:noescape
func gemmAVX512_5x32(tile *gemmTile)

//go:noescape
func gemmAVX512_6x32(tile *gemmTile)

//go:noescape
func gemmAVX512_7x32(tile *gemmTile)

//go:noescape
func gemmAVX512_8x32(tile *gemmTile)

//go:noescape
func gemmAVX512_9x32(tile *gemmTile)

//go:noescape
func gemmAVX512_10x32(tile *gemmTile)

//go:noescape
func gemmAVX512_11x32(tile *gemmTile)

//go:noescape
func gemmAVX512_12x32(tile *gemmTile)

//go:noescape
func gemmAVX512_13x32(tile *gemmTile)

//go:noescape
func gemmAVX512_14x32(tile *gemmTile)
