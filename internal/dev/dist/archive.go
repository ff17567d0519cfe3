package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive, or a folder if its name ends with a slash.
type entry struct {
	name    string
	mode    int64 // permissions
	content []byte
}

// within puts entries into a folder.
func within(folder string, all []entry) []entry {
	var moved []entry
	for _, e := range all {
		e.name = path.Join(folder, e.name)
		moved = append(moved, e)
	}
	return moved
}

// writeArchive writes a zip archive for Windows and a gzipped tar archive for others,
// with the ending that says so.
func writeArchive(path string, p platform, all []entry, at time.Time) error {
	if p.os == "windows" {
		return create(path+".zip", func(w io.Writer) error { return writeZip(w, all, at) })
	}
	return create(path+".tar.gz", func(w io.Writer) error {
		packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		return errors.Join(writeTar(packed, all, at), packed.Close())
	})
}

// create writes a file that is not there yet.
func create(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// sorted are entries in the order of their names.
func sorted(all []entry) []entry {
	return slices.SortedFunc(slices.Values(all), func(a, b entry) int { return strings.Compare(a.name, b.name) })
}

// writeTar writes a tar archive that depends on nothing but the entries and the time.
func writeTar(w io.Writer, all []entry, at time.Time) error {
	archive := tar.NewWriter(w)
	for _, e := range sorted(all) {
		header := tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: at, Format: tar.FormatUSTAR}
		if strings.HasSuffix(e.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := archive.Write(e.content); err != nil {
			return err
		}
	}
	return archive.Close()
}

// writeZip does the same for a zip archive.
func writeZip(w io.Writer, all []entry, at time.Time) error {
	archive := zip.NewWriter(w)
	for _, e := range sorted(all) {
		header := zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: at.UTC()}
		header.SetMode(fs.FileMode(e.mode))
		file, err := archive.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.content); err != nil {
			return err
		}
	}
	return archive.Close()
}
