package data

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxSize is the largest archive that can be the file. One whose content decides
// may have been compressed anew, and less well.
func (f File) maxSize() int64 {
	if f.ContentSHA256 == "" {
		return f.Size
	}
	return f.Size + f.Size/4 + 64<<10
}

// checkArchive is nil when the file at path is the entry's i-th.
// Otherwise the error is ErrDamaged; it matches io.ErrUnexpectedEOF as well when the
// archive is only too short.
func checkArchive(ctx context.Context, path string, e *Entry, i int) error {
	f := e.Files[i]
	size, sum, err := hashFile(ctx, path)
	if err != nil {
		return err
	}
	if sum == f.SHA256 {
		return nil
	}
	if f.ContentSHA256 == "" {
		if size < f.Size {
			return damaged(path, "truncated: has %d of %d bytes: %w", size, f.Size, io.ErrUnexpectedEOF)
		}
		return damaged(path, "SHA-256 is %s, want %s", sum, f.SHA256)
	}
	got, err := readFile(ctx, path, role(i), e.values(role(i)))
	if err != nil {
		return err
	}
	if got.content != f.ContentSHA256 {
		return damaged(path, "SHA-256 of the content is %s, want %s", got.content, f.ContentSHA256)
	}
	return nil
}

func hashFile(ctx context.Context, path string) (size int64, sum string, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", missing("", "%w", err)
	}
	if err != nil {
		return 0, "", fmt.Errorf("checking the download: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	size, err = io.Copy(h, contextReader{ctx, file})
	if err != nil {
		return 0, "", fmt.Errorf("checking %s: %w", path, err)
	}
	return size, hexSum(h), nil
}
