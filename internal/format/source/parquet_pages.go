package source

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library unpacks a page to whatever size it has. Pages are looked at before: what
// their headers say, and whether they unpack to that.

const (
	// maxPage bounds a page: Arrow, which writes the hub's files, puts up to 1,024
	// pictures in one, of half a megabyte each then.
	maxPage = 512 << 20
	// maxPageValues bounds the numbers of a page, which take no room where they repeat.
	maxPageValues = 1 << 24
	// pageHeader is how much of a file a page's header may take, statistics included.
	pageHeader = 64 << 10
)

// checkPages reads the headers of the pages of a column.
func checkPages(r io.ReaderAt, column format.ColumnMetaData) error {
	switch column.Codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Zstd:
	default:
		return fmt.Errorf("compression %v is not read: write it with snappy, gzip, zstd or none", column.Codec)
	}
	at := column.DataPageOffset
	if column.DictionaryPageOffset != 0 {
		at = column.DictionaryPageOffset
	}
	end := at + column.TotalCompressedSize
	if at < 0 || end < at {
		return fmt.Errorf("a column of %d bytes at %d", column.TotalCompressedSize, at)
	}
	for at < end {
		n, err := checkPage(io.NewSectionReader(r, at, end-at), column.Codec)
		if err != nil {
			return fmt.Errorf("page at %d: %w", at, err)
		}
		at += n
	}
	return nil
}

// checkPage checks the page that a column goes on with, and returns how many bytes it
// takes.
func checkPage(r *io.SectionReader, codec format.CompressionCodec) (int64, error) {
	start := make([]byte, min(pageHeader, r.Size()))
	if _, err := io.ReadFull(r, start); err != nil {
		return 0, err
	}
	var protocol thrift.CompactProtocol
	fields := protocol.NewReaderFromBytes(start)
	var h format.PageHeader
	if err := thrift.NewDecoder(fields).Decode(&h); err != nil {
		return 0, err
	}
	header := int64(fields.BytesRead())
	packed, unpacked := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	switch {
	case packed < 0 || packed > r.Size()-header:
		return 0, io.ErrUnexpectedEOF
	case packed > maxPage || unpacked < 0 || unpacked > maxPage:
		return 0, fmt.Errorf("it unpacks from %d to %d bytes, more than the limit of %d MB", packed, unpacked, maxPage>>20)
	case h.DataPageHeader.V.NumValues > maxPageValues || h.DataPageHeaderV2.V.NumValues > maxPageValues || h.DictionaryPageHeader.V.NumValues > maxPageValues:
		return 0, fmt.Errorf("it has more values than the limit of %d", maxPageValues)
	case h.DataPageHeader.V.Encoding == format.DeltaByteArray || h.DataPageHeaderV2.V.Encoding == format.DeltaByteArray:
		return 0, errors.New("encoding DELTA_BYTE_ARRAY is not read: write plain pages")
	}
	body := io.NewSectionReader(r, header, packed)
	if v2 := h.DataPageHeaderV2; v2.Valid {
		levels := int64(v2.V.RepetitionLevelsByteLength) + int64(v2.V.DefinitionLevelsByteLength)
		if levels < 0 || levels > packed || levels > unpacked {
			return 0, io.ErrUnexpectedEOF
		}
		body, unpacked = io.NewSectionReader(r, header+levels, packed-levels), unpacked-levels
		if c := v2.V.IsCompressed; c.Valid && !c.V {
			codec = format.Uncompressed
		}
	}
	return header + packed, checkUnpacked(body, codec, unpacked)
}

// checkUnpacked unpacks a page, keeping nothing, to see that it has no more bytes than
// its header says.
func checkUnpacked(body *io.SectionReader, codec format.CompressionCodec, want int64) error {
	var plain io.Reader
	switch codec {
	case format.Snappy:
		n, err := binary.ReadUvarint(bufio.NewReaderSize(body, binary.MaxVarintLen64))
		if err == nil && n > uint64(want) {
			err = fmt.Errorf("it unpacks to %d bytes, its header says %d", n, want)
		}
		return err
	case format.Gzip:
		z, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		plain = z
	case format.Zstd:
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecoderLowmem(true))
		if err != nil {
			return err
		}
		defer z.Close()
		plain = z
	default:
		return nil
	}
	n, err := io.Copy(io.Discard, io.LimitReader(plain, want+1))
	if err == nil && n > want {
		err = fmt.Errorf("it unpacks to more than the %d bytes that its header says", want)
	}
	return err
}

// checkColumn checks the pages of a column in a group of rows.
func checkColumn(r io.ReaderAt, p *parquet.File, group, column int) error {
	groups := p.Metadata().RowGroups
	if group >= len(groups) || column >= len(groups[group].Columns) {
		return errFooter
	}
	chunk := groups[group].Columns[column]
	if chunk.FilePath != "" {
		return fmt.Errorf("a column lies in another file, %q", chunk.FilePath)
	}
	return checkPages(r, chunk.MetaData)
}
