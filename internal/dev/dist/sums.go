package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// sumsFile has the checksums of the other files, as `sha256sum -c` reads them.
const sumsFile = "SHA256SUMS"

// writeSums writes the checksums of all files of a folder, and tells what they are.
func writeSums(stdout io.Writer, folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(content), file.Name())
		fmt.Fprintf(stdout, "%6.2f MB  %s\n", float64(len(content))/1e6, filepath.Join(folder, file.Name()))
	}
	return create(filepath.Join(folder, sumsFile), func(w io.Writer) error {
		_, err := io.WriteString(w, lines.String())
		return err
	})
}
