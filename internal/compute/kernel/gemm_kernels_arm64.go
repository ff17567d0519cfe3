package kernel

func newGemmTable(level string) gemmTable {
	if level != levelNEON {
		return portableGemmTable()
	}
	return gemmTable{kernels: gemmNEONKernels(), rows: 6, unit: 4, packers: []packer{{pack: packTransposedNEON, rows: 4, block: 4}}}
}

//go:noescape
func packTransposedNEON(tile *packTile)
