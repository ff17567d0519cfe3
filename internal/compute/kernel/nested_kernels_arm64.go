package kernel

func newNestedTable(level string) nestedTable {
	if level != levelNEON {
		return portableNestedTable()
	}
	return nestedTable{kernels: nestedNEONKernels(), unit: 4, narrow: portableNestedKernels()}
}
