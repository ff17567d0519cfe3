package kernel

func newGemmTable(level string) gemmTable {
	switch level {
	case levelAVX512:
		return gemmTable{
			kernels: gemmAVX512Kernels(), rows: 14, unit: 8,
			partialB: true, partialC: true,
			packers: []packer{
				{pack: packTransposedAVX512, rows: 16, block: 16, whole: true},
				{pack: packTransposedAVX2, rows: 8, block: 4},
			},
			dots: gemmDotAVX512Kernels(),
		}
	case levelAVX2:
		return gemmTable{
			kernels: gemmAVX2Kernels(), rows: 6, unit: 8,
			partialB: true, partialC: true,
			packers: []packer{{pack: packTransposedAVX2, rows: 8, block: 4}},
		}
	default:
		return portableGemmTable()
	}
}

//go:noescape
func packTransposedAVX2(tile *packTile)

//go:noescape
func packTransposedAVX512(tile *packTile)
