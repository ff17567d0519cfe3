package source

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"vaectl/internal/format/idx"
	"vaectl/internal/format/npy"
	"vaectl/internal/format/raster"
)

// kind is what a file is, by its content.
type kind string

const (
	kindPicture kind = "picture"
	kindNPY     kind = "NPY array"
	kindIDX     kind = "IDX array"
	kindParquet kind = "Parquet file"
	kindCIFAR   kind = "CIFAR batch"
	kindTable   kind = "table"
	kindArchive kind = "archive"
	kindText    kind = "text"
	kindOther   kind = "other file"
)

// identify looks into every file of the tree. A file inside gzip counts as what it
// is without it, and is replaced by its unzipped side.
func (t *tree) identify(ctx context.Context) ([]kind, error) {
	kinds := make([]kind, len(t.files))
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(t.files) || ctx.Err() != nil || failed.Load() != nil {
					return
				}
				var err error
				if t.files[i], kinds[i], err = identify(t.files[i]); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	return kinds, ctx.Err()
}

func identify(f file) (file, kind, error) {
	start, err := f.start()
	if err != nil {
		return f, "", err
	}
	if archiveKind(start) == kindGzip {
		plain := f.unzipped()
		if start, err = plain.start(); err != nil {
			return f, "", err
		}
		f = plain
	}
	k := kindOf(start)
	switch {
	case k != kindOther && k != kindText:
	case isCIFAR(f):
		k = kindCIFAR
	case k == kindText && isTable(f):
		k = kindTable
	}
	return f, k, nil
}

// kindOf is what a file's first bytes say.
func kindOf(start []byte) kind {
	switch {
	case raster.Kind(start) != "":
		return kindPicture
	case bytes.HasPrefix(start, []byte(npy.Magic)):
		return kindNPY
	case bytes.HasPrefix(start, []byte("PAR1")):
		return kindParquet
	case idx.IsMagic(start):
		return kindIDX
	case archiveKind(start) != noArchive:
		return kindArchive
	case len(start) > 0 && isText(start):
		return kindText
	}
	return kindOther
}

// isText is true of bytes without the control codes that no text has.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			return false
		}
	}
	return true
}
