package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/printable"

	"github.com/parquet-go/parquet-go"
)

// shard is a Parquet file as the Hugging Face hub stores pictures: a column of
// pictures' files, in the group of a feature "image", and often one of labels, whose
// names are in the metadata.
type shard struct {
	file    file
	tree    *tree
	split   Split
	count   int64
	picture parquet.LeafColumn
	label   parquet.LeafColumn
	labels  bool
	classes []string
}

// parquet is the source of the pictures in Parquet files.
func (t *tree) parquet(files []file) (*Source, error) {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	s := &Source{Kind: "pictures in Parquet", Numbered: true}
	var shards []shard
	for _, f := range files {
		one, err := t.shard(f)
		if err != nil {
			return nil, err
		}
		s.Count += int(one.count)
		if s.Classes == nil {
			s.Classes = one.classes
		}
		shards = append(shards, one)
	}
	decided := slices.ContainsFunc(shards, func(s shard) bool { return s.split == Test || s.split == Validation })
	for i := range shards {
		if decided && shards[i].split == Undecided {
			shards[i].split = Train
		}
	}
	s.each = func(ctx context.Context, yield func(Image) error) error {
		for _, one := range shards {
			if err := one.each(ctx, yield); err != nil {
				return err
			}
		}
		return nil
	}
	return s, nil
}

// guarded makes an error of a panic of the Parquet library, which may trust a file
// more than we do.
func guarded(name string, err *error) {
	if p := recover(); p != nil {
		*err = damagedParquet(name, fmt.Errorf("%v", p))
	}
}

func damagedParquet(name string, err error) error {
	return malformed("replace the file by an intact copy", "%s: a Parquet file that cannot be read: %w", printable.Text(name), err)
}

func (t *tree) shard(f file) (one shard, err error) {
	defer guarded(f.name, &err)
	one = shard{file: f, tree: t, split: splitInName(f.name)}
	p, r, err := one.open()
	if err != nil {
		return one, err
	}
	defer r.Close()
	one.count = p.NumRows()
	var columns []string
	for _, path := range p.Schema().Columns() {
		columns = append(columns, strings.Join(path, "."))
		leaf, _ := p.Schema().Lookup(path...)
		one.take(path, leaf)
	}
	if one.picture.Path == nil {
		return one, malformed("want a column of pictures as image.bytes, and labels as label",
			"%s has no column of pictures; it has %s", printable.Text(f.name), printable.Text(strings.Join(columns, ", ")))
	}
	if one.labels {
		one.classes = classLabels(p, one.label.Path[0])
	}
	return one, nil
}

// take keeps a column that has the pictures or the labels. Of several labels the fine
// ones are meant.
func (s *shard) take(path []string, leaf parquet.LeafColumn) {
	repeated := leaf.MaxRepetitionLevel > 0
	switch name := strings.ToLower(path[0]); {
	case repeated:
	case leaf.Node.Type().Kind() == parquet.ByteArray && s.picture.Path == nil &&
		(len(path) == 2 && path[1] == "bytes" || len(path) == 1 && slices.Contains([]string{"image", "img", "picture", "bytes"}, name)):
		s.picture = leaf
	case len(path) == 1 && (isLabelName(name) && !s.labels || name == "fine_label"):
		s.label, s.labels = leaf, true
	}
}

func (s shard) open() (*parquet.File, readerAt, error) {
	r, size, err := s.tree.section(s.file)
	if err != nil {
		return nil, nil, cannotRead(s.file.name, err)
	}
	if err := checkFooter(r, size); err != nil {
		return nil, nil, errors.Join(damagedParquet(s.file.name, err), r.Close())
	}
	p, err := parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, nil, errors.Join(cannotRead(s.file.name, err), r.Close())
	}
	return p, r, nil
}

// classLabels are the names of the classes in the metadata that the hub's library
// writes.
func classLabels(p *parquet.File, column string) []string {
	text, ok := p.Lookup("huggingface")
	if !ok {
		return nil
	}
	var metadata struct {
		Info struct {
			Features map[string]struct {
				Names []string `json:"names"`
			} `json:"features"`
		} `json:"info"`
	}
	if json.Unmarshal([]byte(text), &metadata) != nil {
		return nil
	}
	return metadata.Info.Features[column].Names
}

// each reads the pictures group of rows by group of rows.
func (s shard) each(ctx context.Context, yield func(Image) error) (err error) {
	p, r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	i := 0
	for g, group := range p.RowGroups() {
		if err := s.checkPages(r, p, g); err != nil {
			return damagedParquet(s.file.name, err)
		}
		err := s.group(ctx, group, func(picture []byte, label string) error {
			name := rowName(s.file.name, i)
			i++
			return yield(Image{Name: name, Split: s.split, Class: label, Open: func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(picture)), nil
			}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkPages looks at the pages of a group of rows before the library reads them.
func (s shard) checkPages(r io.ReaderAt, p *parquet.File, group int) error {
	if err := checkColumn(r, p, group, s.picture.ColumnIndex); err != nil {
		return err
	}
	if !s.labels {
		return nil
	}
	return checkColumn(r, p, group, s.label.ColumnIndex)
}

// maxPicture bounds a picture in a Parquet file. Those that wait to be read are in
// memory.
const maxPicture = 64 << 20

func (s shard) group(ctx context.Context, group parquet.RowGroup, yield func(picture []byte, label string) error) error {
	chunks := group.ColumnChunks()
	pictures := newCursor(chunks[s.picture.ColumnIndex], s.file.name)
	defer pictures.close()
	var labels *cursor
	if s.labels {
		labels = newCursor(chunks[s.label.ColumnIndex], s.file.name)
		defer labels.close()
	}
	for range group.NumRows() {
		if err := ctx.Err(); err != nil {
			return err
		}
		v, err := pictures.next()
		if err != nil {
			return err
		}
		if n := len(v.ByteArray()); n > maxPicture {
			return damagedParquet(s.file.name, fmt.Errorf("a picture of %d bytes, more than the limit of %d MB", n, maxPicture>>20))
		}
		label := ""
		if labels != nil {
			class, err := labels.next()
			if err != nil {
				return err
			}
			label = classOf(class)
		}
		if err := yield(bytes.Clone(v.ByteArray()), label); err != nil {
			return err
		}
	}
	return nil
}

// classOf is a label as a class: a number or a word, none where there is none.
func classOf(v parquet.Value) string {
	switch v.Kind() {
	case parquet.Int32, parquet.Int64:
		if !v.IsNull() && v.Int64() >= 0 {
			return strconv.FormatInt(v.Int64(), 10)
		}
	case parquet.ByteArray:
		return string(v.ByteArray())
	}
	return ""
}

// cursor reads the values of a column chunk one by one.
type cursor struct {
	name   string
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [64]parquet.Value
	ahead  []parquet.Value
}

func newCursor(chunk parquet.ColumnChunk, name string) *cursor {
	return &cursor{name: name, pages: chunk.Pages()}
}

func (c *cursor) close() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	_ = c.pages.Close() // what was wanted has been read
}

func (c *cursor) next() (v parquet.Value, err error) {
	defer guarded(c.name, &err)
	for len(c.ahead) == 0 {
		if c.values == nil {
			if c.page != nil {
				parquet.Release(c.page)
				c.page = nil
			}
			page, err := c.pages.ReadPage()
			if err != nil {
				return v, cannotRead(c.name, fmt.Errorf("it ends early: %w", err))
			}
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(c.buffer[:])
		c.ahead = c.buffer[:n]
		if errors.Is(err, io.EOF) {
			c.values = nil
		} else if err != nil {
			return v, cannotRead(c.name, err)
		}
	}
	v, c.ahead = c.ahead[0], c.ahead[1:]
	return v, nil
}
