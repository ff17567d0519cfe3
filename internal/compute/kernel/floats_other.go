//go:build !linux

package kernel

func preferHugePages([]float32) {}
