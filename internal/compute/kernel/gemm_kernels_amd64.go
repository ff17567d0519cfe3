package kernel

func newGemmTable(level string) gemmTable {
	switch level {
	case levelAVX512:
		return gemmTable{
			kernels: gemmAVX512Kernels(), rows: 14, unit: 8,
			partialB: true, partialC: true,
			pack: packTransposedAVX2, packRows: 8,
			dots: gemmDotAVX512Kernels(),
		}
	case levelAVX2:
		return gemmTable{
			kernels: gemmAVX2Kernels(), rows: 6, unit: 8,
			partialB: true, partialC: true,
			pack: packTransposedAVX2, packRows: 8,
		}
	default:
		return portableGemmTable()
	}
}

//go:noescape
func packTransposedAVX2(tile *packTile)
