package kernel

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bitsFile holds a checksum of every assembly function's results. With UPDATE_GOLDEN set the test rewrites it.
const bitsFile = "testdata/vec_bits.golden"

// All assembly comes from one description of each function and rounds alike, on every instruction set and, as its
// instructions are exactly defined, on every CPU: what this file records holds for all of them.
func TestAssemblyGivesTheRecordedBits(t *testing.T) {
	for _, level := range nativeLevels() {
		t.Run(level, func(t *testing.T) {
			got := checksums(newTestEngine(t, Options{Kernel: level, Threads: 1}))
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(bitsFile, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(bitsFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-recorded +computed)\n%s", diff)
			}
		})
	}
}

// checksums lists every function that works element by element, and every draw, with a checksum of its results.
func checksums(e *Engine) []byte {
	var text bytes.Buffer
	functions := elementwise()
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		sum := uint32(0)
		forEachBlock(10*sampleStride, func(x []float32) {
			dst := make([]float32, len(x))
			functions[name](e, dst, x, spread(len(x), -2, 3))
			sum = addBits(sum, dst)
		})
		fmt.Fprintf(&text, "%s %08x\n", name, sum)
	}
	draws := noiseFunctions()
	for _, name := range slices.Sorted(maps.Keys(draws)) {
		dst := make([]float32, 5000)
		draws[name](e, dst, Key{Seed: 1, Step: 2, Purpose: 3}, 21)
		fmt.Fprintf(&text, "%s %08x\n", name, addBits(0, dst))
	}
	return text.Bytes()
}

// addBits adds the bits of x to a checksum; all NaNs count alike.
func addBits(sum uint32, x []float32) uint32 {
	encoded := make([]byte, 0, 4*len(x))
	for _, v := range x {
		bits := math.Float32bits(v)
		if v != v {
			bits = math.Float32bits(float32(math.NaN()))
		}
		encoded = append(encoded, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	return crc32.Update(sum, crc32.IEEETable, encoded)
}
