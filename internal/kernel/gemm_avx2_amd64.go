package kernel

// gemmAVX2Kernels lists the kernels by vectors across less one and by rows.
func gemmAVX2Kernels() gemmKernels {
	return gemmKernels{
		{nil, gemmAVX2R1V1, gemmAVX2R2V1, gemmAVX2R3V1, gemmAVX2R4V1, gemmAVX2R5V1, gemmAVX2R6V1},
		{nil, gemmAVX2R1V2, gemmAVX2R2V2, gemmAVX2R3V2, gemmAVX2R4V2, gemmAVX2R5V2, gemmAVX2R6V2},
	}
}

//go:noescape
func gemmAVX2R1V1(tile *gemmTile)

//go:noescape
func gemmAVX2R2V1(tile *gemmTile)

//go:noescape
func gemmAVX2R3V1(tile *gemmTile)

//go:noescape
func gemmAVX2R4V1(tile *gemmTile)

//go:noescape
func gemmAVX2R5V1(tile *gemmTile)

//go:noescape
func gemmAVX2R6V1(tile *gemmTile)

//go:noescape
func gemmAVX2R1V2(tile *gemmTile)

//go:noescape
func gemmAVX2R2V2(tile *gemmTile)

//go:noescape
func gemmAVX2R3V2(tile *gemmTile)

//go:noescape
func gemmAVX2R4V2(tile *gemmTile)

//go:noescape
func gemmAVX2R5V2(tile *gemmTile)

//go:noescape
func gemmAVX2R6V2(tile *gemmTile)
