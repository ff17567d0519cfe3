package kernel

// gemmAVX512Kernels lists the kernels by vectors across less one and by rows.
func gemmAVX512Kernels() gemmKernels {
	return gemmKernels{
		{nil, gemmAVX512R1V1, gemmAVX512R2V1, gemmAVX512R3V1, gemmAVX512R4V1, gemmAVX512R5V1, gemmAVX512R6V1, gemmAVX512R7V1, gemmAVX512R8V1, gemmAVX512R9V1, gemmAVX512R10V1, gemmAVX512R11V1, gemmAVX512R12V1, gemmAVX512R13V1, gemmAVX512R14V1},
		{nil, gemmAVX512R1V2, gemmAVX512R2V2, gemmAVX512R3V2, gemmAVX512R4V2, gemmAVX512R5V2, gemmAVX512R6V2, gemmAVX512R7V2, gemmAVX512R8V2, gemmAVX512R9V2, gemmAVX512R10V2, gemmAVX512R11V2, gemmAVX512R12V2, gemmAVX512R13V2, gemmAVX512R14V2},
	}
}

//go:noescape
func gemmAVX512R1V1(tile *gemmTile)

//go:noescape
func gemmAVX512R2V1(tile *gemmTile)

//go:noescape
func gemmAVX512R3V1(tile *gemmTile)

//go:noescape
func gemmAVX512R4V1(tile *gemmTile)

//go:noescape
func gemmAVX512R5V1(tile *gemmTile)

//go:noescape
func gemmAVX512R6V1(tile *gemmTile)

//go:noescape
func gemmAVX512R7V1(tile *gemmTile)

//go:noescape
func gemmAVX512R8V1(tile *gemmTile)

//go:noescape
func gemmAVX512R9V1(tile *gemmTile)

//go:noescape
func gemmAVX512R10V1(tile *gemmTile)

//go:noescape
func gemmAVX512R11V1(tile *gemmTile)

//go:noescape
func gemmAVX512R12V1(tile *gemmTile)

//go:noescape
func gemmAVX512R13V1(tile *gemmTile)

//go:noescape
func gemmAVX512R14V1(tile *gemmTile)

//go:noescape
func gemmAVX512R1V2(tile *gemmTile)

//go:noescape
func gemmAVX512R2V2(tile *gemmTile)

//go:noescape
func gemmAVX512R3V2(tile *gemmTile)

//go:noescape
func gemmAVX512R4V2(tile *gemmTile)

//go:noescape
func gemmAVX512R5V2(tile *gemmTile)

//go:noescape
func gemmAVX512R6V2(tile *gemmTile)

//go:noescape
func gemmAVX512R7V2(tile *gemmTile)

//go:noescape
func gemmAVX512R8V2(tile *gemmTile)

//go:noescape
func gemmAVX512R9V2(tile *gemmTile)

//go:noescape
func gemmAVX512R10V2(tile *gemmTile)

//go:noescape
func gemmAVX512R11V2(tile *gemmTile)

//go:noescape
func gemmAVX512R12V2(tile *gemmTile)

//go:noescape
func gemmAVX512R13V2(tile *gemmTile)

//go:noescape
func gemmAVX512R14V2(tile *gemmTile)
