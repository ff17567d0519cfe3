package raster

import (
	"bytes"
	"encoding/binary"
)

// upright is the orientation of a picture that needs no turning. The others are
// numbered as in EXIF 2.3, table 6: 2 to 4 are mirrored or upside down, 5 to 8 have
// rows for columns.
const upright = 1

func turned(orientation int) bool { return orientation >= 5 }

// orientation finds the EXIF orientation in a picture's file, or in as much of its
// beginning as is there. What is missing or senseless is upright.
func orientation(kind string, file []byte) int {
	switch kind {
	case "jpeg":
		return orientationOf(jpegEXIF(file))
	case "png":
		return orientationOf(pngEXIF(file))
	case "webp":
		return orientationOf(webpEXIF(file))
	case "tiff":
		return orientationOf(file)
	}
	return upright
}

const exifHeader = "Exif\x00\x00"

// jpegEXIF is the content of the first APP1 segment that has EXIF.
func jpegEXIF(b []byte) []byte {
	const startOfScan, app1 = 0xda, 0xe1
	for at := 2; at+4 <= len(b) && b[at] == 0xff && b[at+1] != startOfScan; {
		length := int(binary.BigEndian.Uint16(b[at+2:]))
		if length < 2 {
			return nil
		}
		segment := b[at+4 : min(at+2+length, len(b))]
		if b[at+1] == app1 && bytes.HasPrefix(segment, []byte(exifHeader)) {
			return segment[len(exifHeader):]
		}
		at += 2 + length
		if at+4 > len(b) {
			return nil
		}
	}
	return nil
}

// pngEXIF is the content of an eXIf chunk before the pixels.
func pngEXIF(b []byte) []byte {
	const signature, frame = 8, 12 // a chunk has its length, its name, its content, and a sum
	for at := signature; at+frame <= len(b); {
		length, name := int(binary.BigEndian.Uint32(b[at:])), string(b[at+4:at+8])
		if name == "eXIf" {
			return b[at+8 : min(at+8+length, len(b))]
		}
		if name == "IDAT" || length > len(b) {
			return nil
		}
		at += frame + length
	}
	return nil
}

// webpEXIF is the content of an EXIF chunk, which comes after the pixels.
func webpEXIF(b []byte) []byte {
	const header, frame = 12, 8
	for at := header; at+frame <= len(b); {
		length, name := int(binary.LittleEndian.Uint32(b[at+4:])), string(b[at:at+4])
		if length > len(b) {
			return nil
		}
		if name == "EXIF" {
			content := b[at+frame : min(at+frame+length, len(b))]
			return bytes.TrimPrefix(content, []byte(exifHeader))
		}
		at += frame + length + length%2
	}
	return nil
}

// orientationOf reads the tag 0x0112 in the first directory of a TIFF structure,
// which is what EXIF is.
func orientationOf(b []byte) int {
	const tag, short, entry = 0x0112, 3, 12
	if len(b) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at > len(b)-2 {
		return upright
	}
	count := int(order.Uint16(b[at:]))
	for i := range count {
		field := at + 2 + i*entry
		if field+entry > len(b) {
			return upright
		}
		if order.Uint16(b[field:]) != tag {
			continue
		}
		if o := int(order.Uint16(b[field+8:])); order.Uint16(b[field+2:]) == short && 1 <= o && o <= 8 {
			return o
		}
		return upright
	}
	return upright
}

// oriented returns m as it is meant to be seen.
func (m Image) oriented(orientation int) Image {
	if orientation == upright {
		return m
	}
	out := New(m.Height, m.Width, m.Channels)
	if turned(orientation) {
		out.Height, out.Width = m.Width, m.Height
	}
	lastRow, lastColumn := m.Height-1, m.Width-1
	for y := range out.Height {
		for x := range out.Width {
			row, column := y, x
			if turned(orientation) {
				row, column = x, y
			}
			switch orientation {
			case 2, 8:
				column = lastColumn - column
			case 3, 7:
				row, column = lastRow-row, lastColumn-column
			case 4, 6:
				row = lastRow - row
			}
			from := (row*m.Width + column) * m.Channels
			copy(out.Pix[(y*out.Width+x)*m.Channels:][:m.Channels], m.Pix[from:])
		}
	}
	return out
}
