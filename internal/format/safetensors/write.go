package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// chunkNumbers is how many numbers are converted to or from bytes at a time.
const chunkNumbers = 1 << 14

// Write writes tensors, sorted by name, and metadata, sorted by key, to w: the same content gives the same bytes. It adds a checksum of all of it
// to the metadata, under [ChecksumKey].
// Tensors that share a name, have a shape that is not that of their data, or text that is not UTF-8 are errors found before the first byte
// is written.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range sorted {
		if err := check(t); err != nil {
			return fmt.Errorf("write safetensors: tensor %q: %w", t.Name, err)
		}
	}
	buffer := make([]byte, 0, chunkNumbers*numberBytes)
	header, err := encodeHeader(sorted, withChecksum(sorted, metadata, buffer))
	if err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("write safetensors header: %w", err)
	}
	for _, t := range sorted {
		if err := writeNumbers(w, t.Data, buffer); err != nil {
			return fmt.Errorf("write tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// withChecksum is metadata with the checksum of it and of the tensors. The header comes before the numbers, so these are gone through twice.
func withChecksum(sorted []Tensor, metadata map[string]string, buffer []byte) map[string]string {
	d := newDigest(metadata)
	for _, t := range sorted {
		d.tensor(t.Name, t.Shape)
		_ = writeNumbers(d.hash, t.Data, buffer) // a hash never fails
	}
	all := maps.Clone(metadata)
	if all == nil {
		all = map[string]string{}
	}
	all[ChecksumKey] = d.String()
	return all
}

// writeNumbers writes numbers through a buffer whose content does not matter.
func writeNumbers(w io.Writer, numbers []float32, buffer []byte) error {
	for chunk := range slices.Chunk(numbers, chunkNumbers) {
		buffer = buffer[:0]
		for _, x := range chunk {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(x))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// encodeHeader checks what is to be written and gives the file's bytes before the numbers.
func encodeHeader(sorted []Tensor, metadata map[string]string) ([]byte, error) {
	header := bytes.NewBuffer(make([]byte, lengthBytes))
	header.WriteByte('{')
	if len(metadata) > 0 {
		if err := encodeMetadata(header, metadata); err != nil {
			return nil, err
		}
	}
	var offset int64
	for i, t := range sorted {
		if i > 0 && t.Name == sorted[i-1].Name {
			return nil, fmt.Errorf("two tensors are named %q", t.Name)
		}
		if header.Len() > lengthBytes+1 {
			header.WriteByte(',')
		}
		end := offset + numberBytes*int64(len(t.Data))
		entry := struct {
			Type    string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{float32Type, append([]int{}, t.Shape...), [2]int64{offset, end}}
		if err := encodePair(header, t.Name, entry); err != nil {
			return nil, err
		}
		offset = end
	}
	header.WriteByte('}')
	for header.Len()%alignment != 0 {
		header.WriteByte(' ')
	}
	length := header.Len() - lengthBytes
	if length > maxHeader {
		return nil, fmt.Errorf("header of %d bytes: more than %d", length, maxHeader)
	}
	if offset > maxNumbers {
		return nil, fmt.Errorf("%d bytes of numbers: more than %d", offset, int64(maxNumbers))
	}
	binary.LittleEndian.PutUint64(header.Bytes(), uint64(length))
	return header.Bytes(), nil
}

func check(t Tensor) error {
	n, err := product(t.Shape)
	switch {
	case err != nil:
		return err
	case n != len(t.Data):
		return fmt.Errorf("shape %v has %d elements, the data %d", t.Shape, n, len(t.Data))
	case t.Name == metadataKey:
		return fmt.Errorf("the name is the format's own")
	case !utf8.ValidString(t.Name):
		return fmt.Errorf("the name is not UTF-8")
	}
	return nil
}

func encodeMetadata(header *bytes.Buffer, metadata map[string]string) error {
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("metadata %q is not UTF-8", key)
		}
	}
	return encodePair(header, metadataKey, metadata)
}

// encodePair appends `"key":value`. Maps are encoded sorted by key.
func encodePair(header *bytes.Buffer, key string, value any) error {
	encoder := json.NewEncoder(header)
	// Letters as they are: the escapes are for JSON inside HTML.
	encoder.SetEscapeHTML(false)
	for _, part := range []struct {
		value any
		after string
	}{{key, ":"}, {value, ""}} {
		if err := encoder.Encode(part.value); err != nil {
			return fmt.Errorf("header entry %q: %w", key, err)
		}
		header.Truncate(header.Len() - 1) // the encoder's line feed
		header.WriteString(part.after)
	}
	return nil
}
