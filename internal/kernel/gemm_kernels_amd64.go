package kernel

func newGemmTable(level string) gemmTable {
	switch level {
	case levelAVX512:
		return gemmTable{
			kernels: gemmAVX512Kernels(), rows: 14, lanes: 16,
			partialB: true, partialC: true,
			packTransposed: packTransposedPortable,
		}
	case levelAVX2:
		return gemmTable{
			kernels: gemmAVX2Kernels(), rows: 6, lanes: 8,
			partialC:       true,
			packTransposed: packTransposedPortable,
		}
	default:
		return portableGemmTable()
	}
}
