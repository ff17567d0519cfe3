package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"vaectl/internal/format/idx"
	"vaectl/internal/format/npy"
)

// FuzzOpen reads whatever a file may hold: archives, arrays, tables and batches. It
// must end, without a panic, in images of the size that was announced or in an error
// that says whose fault it is.
func FuzzOpen(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s, err := Open(ctx, []string{path}, Options{Scratch: t.TempDir()})
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrNothing) {
				t.Errorf("error %v", err)
			}
			return
		}
		defer s.Close()
		const enough = 1000
		n := 0
		err = s.Each(ctx, func(i Image) error {
			if p := i.Pixels; i.Open == nil && (len(p.Pix) != p.Height*p.Width*p.Channels || len(p.Pix) == 0) {
				t.Errorf("%s: %d bytes for %dx%dx%d", i.Name, len(p.Pix), p.Height, p.Width, p.Channels)
			}
			if n++; n == enough {
				cancel()
			}
			return nil
		})
		switch {
		case err == nil && s.Count >= 0 && n != s.Count:
			t.Errorf("%d images of %d", n, s.Count)
		case err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrFormat):
			t.Errorf("error %v", err)
		}
	})
}

type row2 struct {
	Image struct {
		Bytes []byte `parquet:"bytes"`
	} `parquet:"image"`
	Label int64 `parquet:"label"`
}

func seeds(f *testing.F) [][]byte {
	var array bytes.Buffer
	if err := npy.WriteHeader(&array, npy.Header{Type: "<f4", Shape: []int{2, 2, 2}}); err != nil {
		f.Fatal(err)
	}
	array.Write(make([]byte, 32))
	bytesOf := append(idx.Header{Type: idx.UnsignedByte, Dims: []int{2, 2, 2, 3}}.Append(nil), make([]byte, 24)...)
	table := []byte("label,a,b,c,d\n1,2,3,4,5\n0,9,9,9,9\n")
	var zipped, tarred, packed, shard bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, err := z.Create("x_train.npy")
	if err == nil {
		_, err = w.Write(array.Bytes())
	}
	if err = errors.Join(err, z.Close()); err != nil {
		f.Fatal(err)
	}
	a := tar.NewWriter(&tarred)
	err = a.WriteHeader(&tar.Header{Name: "train.csv", Size: int64(len(table)), Typeflag: tar.TypeReg})
	if err == nil {
		_, err = a.Write(table)
	}
	if err = errors.Join(err, a.Close()); err != nil {
		f.Fatal(err)
	}
	g := gzip.NewWriter(&packed)
	if _, err := g.Write(tarred.Bytes()); err != nil {
		f.Fatal(err)
	}
	if err := g.Close(); err != nil {
		f.Fatal(err)
	}
	rows := make([]row2, 3)
	rows[1].Image.Bytes, rows[1].Label = []byte("no picture"), 4
	if err := parquet.Write(&shard, rows); err != nil {
		f.Fatal(err)
	}
	return [][]byte{
		array.Bytes(), bytesOf, table, make([]byte, cifarVersions()[0].record()), zipped.Bytes(), tarred.Bytes(), packed.Bytes(), shard.Bytes(),
		[]byte(strings.Repeat("0 1 ", 49)), []byte("a text"), nil,
	}
}
