package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"vaectl/internal/printable"
)

type archive int

const (
	noArchive archive = iota
	kindZip
	kindTar
	kindGzip
)

func archiveKind(start []byte) archive {
	const tarMagic = 257
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")), bytes.HasPrefix(start, []byte("PK\x05\x06")):
		return kindZip
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return kindGzip
	case len(start) > tarMagic+5 && string(start[tarMagic:tarMagic+5]) == "ustar":
		return kindTar
	}
	return noArchive
}

// entryName cleans the name of an archive's entry. One that leads out of the archive
// is refused: no archive has it by accident.
func entryName(name string) (string, error) {
	clean := path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") || len(clean) > 1 && clean[1] == ':' {
		return "", malformed("do not unpack this archive either", "the archive has the path %s, which leads out of it", printable.Text(name))
	}
	return clean, nil
}

// inHidden reports whether any folder of a path is hidden, or the file itself.
func inHidden(name string) bool {
	for name != "." && name != "/" {
		if hidden(name) {
			return true
		}
		name = path.Dir(name)
	}
	return false
}

// addZip replaces the tree's files by those of a zip archive.
func (t *tree) addZip(f file) error {
	r, size, err := t.section(f)
	if err != nil {
		return cannotRead(f.name, err)
	}
	t.close = append(t.close, r)
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return cannotRead(f.name, err)
	}
	if len(z.File) > maxFiles {
		return malformed("", "%s has more than %d files", printable.Text(f.name), maxFiles)
	}
	t.files = nil
	for _, entry := range z.File {
		name, err := entryName(entry.Name)
		switch mode := entry.Mode(); {
		case err != nil:
			return err
		case mode.IsDir() || inHidden(name):
		case !mode.IsRegular():
			t.leaveOut(name, kindOfMode(mode))
		default:
			t.files = append(t.files, zipped(entry, name, r))
		}
	}
	return nil
}

// zipped is an entry of a zip archive.
func zipped(entry *zip.File, name string, r io.ReaderAt) file {
	f := file{name: name, size: int64(entry.UncompressedSize64)}
	f.open = func() (io.ReadCloser, error) {
		r, err := entry.Open()
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{&inflatingReader{plain: r, packed: func() int64 { return int64(entry.CompressedSize64) }}, r}, nil
	}
	if entry.Method == zip.Store {
		f.at = func() (readerAt, error) {
			at, err := entry.DataOffset()
			return nopCloser{io.NewSectionReader(r, at, f.size)}, err
		}
	}
	return f
}

func kindOfMode(mode fs.FileMode) string {
	if mode&fs.ModeSymlink != 0 {
		return "a link"
	}
	return "not a regular file"
}

// nopCloser is a part of a file that others close.
type nopCloser struct{ *io.SectionReader }

func (nopCloser) Close() error { return nil }

// addTar replaces the tree's files by those of a tar archive.
func (t *tree) addTar(f file) error {
	r, size, err := t.section(f)
	if err != nil {
		return cannotRead(f.name, err)
	}
	t.close = append(t.close, r)
	return t.listTar(r, size, f.name)
}

func (t *tree) listTar(r io.ReaderAt, size int64, archive string) error {
	t.files = nil
	section := io.NewSectionReader(r, 0, size)
	for entries := tar.NewReader(section); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return cannotRead(archive, err)
		}
		name, err := entryName(header.Name)
		if err != nil {
			return err
		}
		switch {
		case header.Typeflag == tar.TypeDir || inHidden(name):
			continue
		case header.Typeflag == tar.TypeSymlink || header.Typeflag == tar.TypeLink:
			t.leaveOut(name, "a link")
			continue
		case header.Typeflag != tar.TypeReg || sparse(header):
			t.leaveOut(name, "not a regular file")
			continue
		case len(t.files) == maxFiles:
			return malformed("", "%s has more than %d files", printable.Text(archive), maxFiles)
		}
		at, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return cannotRead(archive, err)
		}
		if header.Size > size-at {
			return cannotRead(archive, io.ErrUnexpectedEOF)
		}
		part := func() *io.SectionReader { return io.NewSectionReader(r, at, header.Size) }
		t.files = append(t.files, file{
			name: name, size: header.Size,
			open: func() (io.ReadCloser, error) { return io.NopCloser(part()), nil },
			at:   func() (readerAt, error) { return nopCloser{part()}, nil },
		})
	}
}

// sparse files do not lie in an archive as they are.
func sparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// addCompressedTar unpacks a .tar.gz and replaces the tree's files by those in it. It
// does nothing, and says so, where the compressed file is no archive.
func (t *tree) addCompressedTar(f file) (opened bool, err error) {
	plain := f.unzipped()
	start, err := plain.start()
	if err != nil || archiveKind(start) != kindTar {
		return false, err
	}
	return true, t.addTar(plain)
}
