package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// imageShape is that of images which both sides read from one file.
type imageShape struct{ side, channels int }

// imageCount is the number of images of such a file.
const imageCount = 4096

// writeImages writes random bytes as a NumPy file, [imageCount, side, side, channels], to a directory, unless it is there.
func writeImages(dir string, s imageShape) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("images-%dx%dx%d.npy", s.side, s.side, s.channels))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	// The header of version 1.0 of the format, padded so that the data begins at a multiple of 64 bytes.
	const before = 10
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }", imageCount, s.side, s.side, s.channels)
	header += strings.Repeat(" ", 63-(before+len(header))%64) + "\n"
	var file bytes.Buffer
	file.WriteString("\x93NUMPY\x01\x00")
	file.Write([]byte{byte(len(header)), byte(len(header) >> 8)})
	file.WriteString(header)
	pixels := make([]byte, imageCount*s.side*s.side*s.channels)
	r := rand.NewPCG(1, 2)
	for i := range pixels {
		pixels[i] = byte(r.Uint64())
	}
	file.Write(pixels)
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("writing images: %w", err)
	}
	return path, nil
}
