package safetensors

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
)

// ChecksumKey is the key under which Write puts a checksum of the tensors and of all other metadata. Files of other programs have none.
const ChecksumKey = "checksum"

// checksumPrefix says how the checksum is made: CRC-32C, which processors compute at the speed of memory and which notices any one to three
// flipped bits, and any damage within 32 bits of each other, in files of up to 256 MiB; of other damage it overlooks one case in four billion.
const checksumPrefix = "crc32c:"

// digest sums up what a file says, not how its header is laid out: the metadata by key, then name, shape and numbers of each tensor in the order
// of the file.
type digest struct{ hash hash.Hash32 }

func newDigest(metadata map[string]string) digest {
	d := digest{crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if key != ChecksumKey {
			d.text(key)
			d.text(metadata[key])
		}
	}
	return d
}

// text adds a text and its length, so that no text can be taken for two.
func (d digest) text(s string) {
	d.number(len(s))
	_, _ = io.WriteString(d.hash, s) // a hash never fails
}

func (d digest) number(n int) {
	_, _ = d.hash.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

// tensor adds what comes before a tensor's numbers.
func (d digest) tensor(name string, shape []int) {
	d.text(name)
	d.number(len(shape))
	for _, size := range shape {
		d.number(size)
	}
}

func (d digest) String() string { return fmt.Sprintf("%s%08x", checksumPrefix, d.hash.Sum32()) }

// verifier compares a file's content with the checksum in its metadata while it is read.
type verifier struct {
	digest
	want  string
	known bool // whether the file has a checksum
}

func newVerifier(metadata map[string]string) (verifier, error) {
	want, known := metadata[ChecksumKey]
	for key, value := range metadata {
		// Damage to the key must not make the file one without a checksum.
		if key != ChecksumKey && strings.HasPrefix(value, checksumPrefix) {
			return verifier{}, damaged("a checksum stands under the key %.20q in place of %q", key, ChecksumKey)
		}
	}
	if known && !strings.HasPrefix(want, checksumPrefix) {
		return verifier{}, damaged("the checksum %.40q is of an unknown kind: this program knows %s", want, checksumPrefix)
	}
	return verifier{newDigest(metadata), want, known}, nil
}

// check is called once everything was read.
func (v verifier) check() error {
	if got := v.String(); v.known && got != v.want {
		return damaged("the content has checksum %s, its metadata say %s; if another program changed it on purpose, let it leave %q out of the metadata", got, v.want, ChecksumKey)
	}
	return nil
}
