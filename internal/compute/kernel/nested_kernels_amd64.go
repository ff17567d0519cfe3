package kernel

func newNestedTable(level string) nestedTable {
	switch level {
	case levelAVX512:
		return nestedTable{kernels: nestedAVX512Kernels(), unit: 16}
	case levelAVX2:
		return nestedTable{kernels: nestedAVX2Kernels(), unit: 8}
	default:
		return portableNestedTable()
	}
}
