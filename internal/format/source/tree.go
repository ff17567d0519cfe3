package source

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"vaectl/internal/printable"
)

// readerAt is a file that can be read anywhere.
type readerAt interface {
	io.ReaderAt
	io.Closer
}

// file is a regular file of a folder or an archive.
type file struct {
	name string // below the tree, with slashes; bytes as they are, UTF-8 or not
	size int64
	open func() (io.ReadCloser, error)
	// at opens it for reading anywhere; nil where it is compressed.
	at func() (readerAt, error)
}

// tree is all files below a path. Hidden ones are not in it.
type tree struct {
	path  string
	files []file
	// leftOut says of what else is there why it is not in the tree.
	leftOut []string
	close   []io.Closer
	scratch string // directory of temporary files
}

func (t *tree) Close() error {
	var err error
	for _, c := range t.close {
		err = errors.Join(err, c.Close())
	}
	return err
}

// maxFiles bounds the files of a tree.
const maxFiles = 20_000_000

// hidden is a name that people did not give: of the system's or of an editor's
// making.
func hidden(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") || base == "__MACOSX" || base == "Thumbs.db" || base == "desktop.ini"
}

// openTree lists the files at paths on disk. A lone archive is opened too, as often
// as there is one in another.
func openTree(paths []string, scratch string) (*tree, error) {
	t := &tree{path: strings.Join(paths, ", "), scratch: scratch}
	var err error
	for _, p := range paths {
		if err == nil {
			err = t.add(p)
		}
	}
	if err == nil {
		err = t.openArchives()
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// add adds what lies at a path.
func (t *tree) add(p string) error {
	info, err := os.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nothing("check the path", "%s does not exist", p)
	case err != nil:
		return nothing("check the path", "looking for the data set: %w", err)
	case info.IsDir():
		return t.addFolder(p)
	case !info.Mode().IsRegular():
		return nothing("", "%s is neither a folder nor a file", p)
	}
	t.files = append(t.files, file{name: filepath.Base(p), size: info.Size(), open: opener(p), at: func() (readerAt, error) { return os.Open(p) }})
	return nil
}

func opener(p string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return os.Open(p) }
}

// addFolder adds the regular files below a folder, in the order of their names.
// Links are followed to files that are in the folder, too.
func (t *tree) addFolder(p string) error {
	root, err := os.OpenRoot(p)
	if err != nil {
		return nothing("check that the folder can be read", "looking for the data set: %w", err)
	}
	t.close = append(t.close, root)
	return walk(p, func(name string, entry fs.DirEntry) error {
		if len(t.files) == maxFiles {
			return malformed("", "%s has more than %d files", p, maxFiles)
		}
		var info fs.FileInfo
		if entry.Type()&fs.ModeSymlink != 0 {
			info, err = root.Stat(name)
		} else {
			info, err = entry.Info()
		}
		switch {
		case err != nil:
			t.leaveOut(name, "a link that leads nowhere or out of the folder")
		case info.IsDir():
			t.leaveOut(name, "a link to a folder")
		case !info.Mode().IsRegular():
			t.leaveOut(name, "not a regular file")
		default:
			t.files = append(t.files, file{
				name: name, size: info.Size(),
				open: func() (io.ReadCloser, error) { return root.Open(name) },
				at:   func() (readerAt, error) { return root.Open(name) },
			})
		}
		return nil
	})
}

// walk visits what is in a folder and below, but folders and what is hidden, in the
// order of the names.
func walk(p string, visit func(name string, entry fs.DirEntry) error) error {
	top := filepath.Clean(p) + string(filepath.Separator) // behind a link to a folder, too
	return filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nothing("check that the folder can be read", "looking for the data set: %w", err)
		}
		name, err := filepath.Rel(top, path)
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case hidden(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case hidden(entry.Name()) || entry.IsDir():
			return nil
		}
		return visit(filepath.ToSlash(name), entry)
	})
}

func (t *tree) leaveOut(name, why string) {
	t.leftOut = append(t.leftOut, fmt.Sprintf("%s: %s", printable.Text(name), why))
}

// maxNesting bounds archives within archives.
const maxNesting = 3

// openArchives replaces an archive that is the tree's only file by what is in it.
func (t *tree) openArchives() error {
	for range maxNesting {
		if len(t.files) != 1 {
			return nil
		}
		only := t.files[0]
		start, err := only.start()
		if err != nil {
			return err
		}
		opened := true
		switch kind := archiveKind(start); kind {
		case kindZip:
			err = t.addZip(only)
		case kindTar:
			err = t.addTar(only)
		case kindGzip:
			opened, err = t.addCompressedTar(only)
		default:
			return nil
		}
		if err != nil || !opened {
			return err
		}
	}
	return nil
}

// sniffed is how much of a file is looked at to say what it is.
const sniffed = 512

// start is the first bytes of the file.
func (f file) start() ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, cannotRead(f.name, err)
	}
	defer r.Close()
	return startOf(r, f.name)
}

func startOf(r io.Reader, name string) ([]byte, error) {
	b := make([]byte, sniffed)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, cannotRead(name, err)
	}
	return b[:n], nil
}

func cannotRead(name string, err error) error {
	return malformed("check that the file can be read and is whole", "%s: %w", printable.Text(name), err)
}

// unzipped is f without gzip around it.
func (f file) unzipped() file {
	f.name = strings.TrimSuffix(f.name, ".gz")
	compressed := f.open
	f.at, f.size = nil, -1
	f.open = func() (io.ReadCloser, error) {
		r, err := compressed()
		if err != nil {
			return nil, err
		}
		packed := &countingReader{Reader: r}
		z, err := gzip.NewReader(bufio.NewReaderSize(packed, 1<<16))
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{&inflatingReader{plain: z, packed: func() int64 { return packed.n }}, r}, nil
	}
	return f
}

// section opens a file for reading anywhere, for which a compressed one is unpacked
// into a temporary file.
func (t *tree) section(f file) (readerAt, int64, error) {
	if f.at != nil {
		r, err := f.at()
		return r, f.size, err
	}
	r, err := f.open()
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	return t.spool(r)
}

// maxSpooled bounds what is unpacked into one temporary file.
const maxSpooled = 1 << 40

// spool writes all of r into a temporary file that is gone when it is closed.
func (t *tree) spool(r io.Reader) (readerAt, int64, error) {
	if t.scratch != "" {
		if err := os.MkdirAll(t.scratch, 0o755); err != nil {
			return nil, 0, err
		}
	}
	f, err := os.CreateTemp(t.scratch, ".vaectl-unpacked-*")
	if err != nil {
		return nil, 0, err
	}
	temporary := &temporaryFile{f}
	n, err := io.Copy(f, io.LimitReader(r, maxSpooled+1))
	if err == nil && n > maxSpooled {
		err = fmt.Errorf("it unpacks to more than %d GB", maxSpooled>>30)
	}
	if err != nil {
		return nil, 0, errors.Join(err, temporary.Close())
	}
	return temporary, n, nil
}

// temporaryFile is removed when it is closed.
type temporaryFile struct{ *os.File }

func (f *temporaryFile) Close() error {
	return errors.Join(f.File.Close(), os.Remove(f.Name()))
}
