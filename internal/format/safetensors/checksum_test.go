package safetensors_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"vaectl/internal/format/safetensors"
)

// No single bit of a file can flip without notice: not in the length, the header, its padding, the metadata, the checksum or the numbers.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	tensors, metadata := golden()
	var file bytes.Buffer
	if err := safetensors.Write(&file, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * file.Len() {
		damaged := bytes.Clone(file.Bytes())
		damaged[bit/8] ^= 1 << (bit % 8)
		if _, _, err := safetensors.Read(bytes.NewReader(damaged), int64(len(damaged))); !errors.Is(err, safetensors.ErrDamaged) {
			t.Errorf("bit %d of byte %d, %q: %v; want ErrDamaged", bit%8, bit/8, damaged[max(0, bit/8-10):min(len(damaged), bit/8+10)], err)
		}
	}
}

// What another program wrote has no checksum and is read; what it changed under an old checksum is not.
func TestFilesOfOtherPrograms(t *testing.T) {
	const tensor = `"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	for name, c := range map[string]struct{ header, want string }{
		"no metadata":   {`{` + tensor + `}`, ""},
		"no checksum":   {`{"__metadata__":{"format":"pt"},` + tensor + `}`, ""},
		"another's":     {`{"__metadata__":{"checksum":"crc32c:00000000"},` + tensor + `}`, "leave \"checksum\" out of the metadata"},
		"unknown kind":  {`{"__metadata__":{"checksum":"md5:00"},` + tensor + `}`, "of an unknown kind"},
		"under a typo":  {`{"__metadata__":{"checksun":"crc32c:00000000"},` + tensor + `}`, `under the key "checksun"`},
		"without value": {`{"__metadata__":{"checksum":""},` + tensor + `}`, "of an unknown kind"},
	} {
		file := fileOf(c.header, 4)
		_, metadata, err := safetensors.Read(bytes.NewReader(file), int64(len(file)))
		if c.want == "" && (err != nil || metadata[safetensors.ChecksumKey] != "") {
			t.Errorf("%s: %v, metadata %v; want it read", name, err, metadata)
		}
		if c.want != "" && (!errors.Is(err, safetensors.ErrDamaged) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want ErrDamaged with %q", name, err, c.want)
		}
	}
}

// BenchmarkWrite is what a checkpoint of the default model's optimiser costs: once with its checksum, once the numbers alone.
func BenchmarkWrite(b *testing.B) {
	tensors := []safetensors.Tensor{{Name: "a", Shape: []int{2, 652_824}, Data: make([]float32, 2*652_824)}}
	for b.Loop() {
		if err := safetensors.Write(io.Discard, tensors, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(4 * len(tensors[0].Data)))
}
