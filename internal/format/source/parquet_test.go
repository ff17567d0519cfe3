package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// page is a page of a column: a header that says what it likes, and a body.
func page(t *testing.T, h format.PageHeader, body []byte) (*bytes.Reader, format.ColumnMetaData) {
	t.Helper()
	var protocol thrift.CompactProtocol
	h.CompressedPageSize = int32(len(body))
	header, err := thrift.Marshal(&protocol, h)
	if err != nil {
		t.Fatal(err)
	}
	b := append(header, body...)
	return bytes.NewReader(b), format.ColumnMetaData{TotalCompressedSize: int64(len(b))}
}

func dataPage(values int32, unpacked int) format.PageHeader {
	h := format.PageHeader{Type: format.DataPage, UncompressedPageSize: int32(unpacked)}
	h.DataPageHeader.Valid, h.DataPageHeader.V = true, format.DataPageHeader{NumValues: values}
	return h
}

func TestPagesThatUnpackToMore(t *testing.T) {
	zeros := make([]byte, 1<<20)
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zstandard := packer.EncodeAll(zeros, nil)
	for name, c := range map[string]struct {
		codec  format.CompressionCodec
		header format.PageHeader
		body   []byte
		want   string
	}{
		"honest zstd":     {format.Zstd, dataPage(1, len(zeros)), zstandard, ""},
		"lying zstd":      {format.Zstd, dataPage(1, 1000), zstandard, "unpacks to more than the 1000 bytes"},
		"honest snappy":   {format.Snappy, dataPage(1, len(zeros)), snappy.Encode(nil, zeros), ""},
		"lying snappy":    {format.Snappy, dataPage(1, 1000), snappy.Encode(nil, zeros), "unpacks to 1048576 bytes"},
		"honest gzip":     {format.Gzip, dataPage(1, len(zeros)), gzipped(t, zeros), ""},
		"lying gzip":      {format.Gzip, dataPage(1, 1000), gzipped(t, zeros), "unpacks to more than"},
		"too large":       {format.Zstd, dataPage(1, maxPage+1), zstandard, "limit of 512 MB"},
		"too many values": {format.Uncompressed, dataPage(maxPageValues+1, 10), zeros[:10], "more values"},
		"negative":        {format.Uncompressed, dataPage(1, -1), zeros[:10], "unpacks from"},
		"codec of no end": {format.Lz4Raw, dataPage(1, 10), zeros[:10], "is not read"},
		"plain":           {format.Uncompressed, dataPage(1, 10), zeros[:10], ""},
		"prefixes":        {format.Uncompressed, withEncoding(dataPage(1, 10), format.DeltaByteArray), zeros[:10], "DELTA_BYTE_ARRAY"},
	} {
		r, column := page(t, c.header, c.body)
		column.Codec = c.codec
		err := checkPages(r, column)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func withEncoding(h format.PageHeader, e format.Encoding) format.PageHeader {
	h.DataPageHeader.V.Encoding = e
	return h
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	codec := parquet.LookupCompressionCodec(format.Gzip)
	packed, err := compress.Codec.Encode(codec, nil, b)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// A footer of twenty bytes may say that it has two thousand million columns.
func TestFooterOfLists(t *testing.T) {
	var whole bytes.Buffer
	rows := make([]row2, 3)
	if err := parquet.Write(&whole, rows); err != nil {
		t.Fatal(err)
	}
	if err := checkFooter(bytes.NewReader(whole.Bytes()), int64(whole.Len())); err != nil {
		t.Errorf("a whole file: %v", err)
	}
	footer := func(b ...byte) []byte {
		file := append([]byte(parquetMagic), b...)
		file = binary.LittleEndian.AppendUint32(file, uint32(len(b)))
		return append(file, parquetMagic...)
	}
	for name, file := range map[string][]byte{
		"a long list":        footer(0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0),
		"a long list of it":  footer(0x29, 0xf9, 0xff, 0xff, 0xff, 0xff, 0x07, 0),
		"a long text":        footer(0x28, 0xff, 0xff, 0xff, 0xff, 0x07, 'a'),
		"depth without end":  footer(bytes.Repeat([]byte{0x1c}, 100)...),
		"a length of no end": append([]byte(parquetMagic), 0xff, 0xff, 0xff, 0xff, 'P', 'A', 'R', '1'),
		"an encrypted one":   []byte("PAR1\x00\x00\x00\x00PARE"),
		"nothing":            []byte("PAR1"),
	} {
		if err := checkFooter(bytes.NewReader(file), int64(len(file))); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzFooter(f *testing.F) {
	var whole bytes.Buffer
	if err := parquet.Write(&whole, make([]row2, 3)); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte("PAR1\x29\xfc\xff\xff\xff\xff\x07\x00\x08\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if checkFooter(bytes.NewReader(b), int64(len(b))) != nil {
			return
		}
		// What it lets pass the library may refuse, but without a panic.
		defer func() {
			if p := recover(); p != nil {
				t.Skip(p)
			}
		}()
		_, _ = parquet.OpenFile(bytes.NewReader(b), int64(len(b)), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	})
}
