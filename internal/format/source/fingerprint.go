package source

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Fingerprint stands for the content of a path without reading it: it changes with
// the names, sizes and times of change of the files there. What is hidden counts as
// little as for [Open].
func Fingerprint(path string) (string, error) {
	h := sha256.New()
	add := func(name string, info fs.FileInfo) {
		fmt.Fprintf(h, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nothing("check the path", "%s does not exist", path)
	case err != nil:
		return "", nothing("check the path", "looking for the data set: %w", err)
	case !info.IsDir():
		add(filepath.Base(path), info)
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	err = walk(path, func(name string, entry fs.DirEntry) error {
		info, err := entry.Info()
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			info, err = os.Stat(filepath.Join(path, name))
		}
		if err == nil {
			add(name, info)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
