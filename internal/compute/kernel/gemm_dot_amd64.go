package kernel

// gemmDotAVX512Kernels lists the kernels by rows.
func gemmDotAVX512Kernels() []func(*gemmTile) {
	return []func(*gemmTile){
		nil, gemmDotAVX512_1x4, gemmDotAVX512_2x4, gemmDotAVX512_3x4, gemmDotAVX512_4x4, gemmDotAVX512_5x4, gemmDotAVX512_6x4,
	}
}

//go:noescape
func gemmDotAVX512_1x4(tile *gemmTile)

//go:noescape
func gemmDotAVX512_2x4(tile *gemmTile)

//go:noescape
func gemmDotAVX512_3x4(tile *gemmTile)

//go:noescape
func gemmDotAVX512_4x4(tile *gemmTile)

//go:noescape
func gemmDotAVX512_5x4(tile *gemmTile)

//go:noescape
func gemmDotAVX512_6x4(tile *gemmTile)
