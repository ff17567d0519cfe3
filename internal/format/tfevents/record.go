package tfevents

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A TFRecord is the length (uint64, little endian), the masked CRC-32C of
// those eight bytes, the data, and the masked CRC-32C of the data.
const (
	headerSize = 12
	footerSize = 4
	// maxRecord bounds what the reader accepts: far above any picture written
	// here, far below what a damaged length could ask for.
	maxRecord = 1 << 28
)

// maskedCRC is the checksum TFRecord files carry: CRC-32C, rotated and offset
// so that the checksum of data that contains checksums stays meaningful.
func maskedCRC(data []byte) uint32 {
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (crc>>15 | crc<<17) + 0xa282ead8
}

func appendRecord(buf, data []byte) []byte {
	start := len(buf)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(len(data)))
	buf = binary.LittleEndian.AppendUint32(buf, maskedCRC(buf[start:]))
	buf = append(buf, data...)
	return binary.LittleEndian.AppendUint32(buf, maskedCRC(data))
}

// readRecord returns io.EOF at the end of the file and an error that wraps
// io.ErrUnexpectedEOF inside a record.
func readRecord(r io.Reader) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("read the length of a record: %w", err)
	}
	length := binary.LittleEndian.Uint64(header[:])
	if got, want := binary.LittleEndian.Uint32(header[8:]), maskedCRC(header[:8]); got != want {
		return nil, fmt.Errorf("checksum of the length is %08x, want %08x", got, want)
	}
	if length > maxRecord {
		return nil, fmt.Errorf("record of %d bytes is larger than %d", length, maxRecord)
	}
	// Read through a limit, not into a buffer of the stated length: the length
	// is a claim until the bytes are there.
	body, err := io.ReadAll(io.LimitReader(r, int64(length)+footerSize))
	if err != nil {
		return nil, fmt.Errorf("read a record of %d bytes: %w", length, err)
	}
	if uint64(len(body)) != length+footerSize {
		return nil, fmt.Errorf("record of %d bytes ends after %d: %w", length+footerSize, len(body), io.ErrUnexpectedEOF)
	}
	data := body[:length]
	if got, want := binary.LittleEndian.Uint32(body[length:]), maskedCRC(data); got != want {
		return nil, fmt.Errorf("checksum of %d bytes of data is %08x, want %08x", length, got, want)
	}
	return data, nil
}
