//go:build !amd64 && !arm64

package kernel

func newNestedTable(string) nestedTable { return portableNestedTable() }
