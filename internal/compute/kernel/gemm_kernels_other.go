//go:build !amd64 && !arm64

package kernel

func newGemmTable(string) gemmTable { return portableGemmTable() }
