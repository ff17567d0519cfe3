package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHeaderReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Header{
			Type:    rapid.SampledFrom([]string{"|u1", "<f4", ">i8", "<f8"}).Draw(t, "type"),
			Fortran: rapid.Bool().Draw(t, "fortran"),
			Shape:   rapid.SliceOfN(rapid.IntRange(0, math.MaxInt), 1, 5).Draw(t, "shape"),
		}
		var b bytes.Buffer
		if err := WriteHeader(&b, want); err != nil {
			t.Fatal(err)
		}
		if b.Len()%64 != 0 {
			t.Errorf("numbers begin at %d", b.Len())
		}
		b.WriteString("numbers")
		got, err := ReadHeader(&b)
		if err != nil || got.Type != want.Type || got.Fortran != want.Fortran || !slices.Equal(got.Shape, want.Shape) || b.String() != "numbers" {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	})
}

func TestNumbers(t *testing.T) {
	for typ, c := range map[string]struct {
		bytes []byte
		want  float64
	}{
		"|b1": {[]byte{7}, 1}, "|u1": {[]byte{200}, 200}, "|i1": {[]byte{200}, -56},
		"<u2": {[]byte{1, 2}, 513}, ">u2": {[]byte{1, 2}, 258}, "<i2": {[]byte{254, 255}, -2},
		"<u4": {binary.LittleEndian.AppendUint32(nil, 1<<31), 1 << 31}, ">i4": {binary.BigEndian.AppendUint32(nil, 1<<31), -1 << 31},
		"<i8": {bytes.Repeat([]byte{255}, 8), -1}, "<u8": {binary.LittleEndian.AppendUint64(nil, 1<<40), 1 << 40},
		"<f2": {[]byte{0x00, 0xc1}, -2.5}, ">f4": {binary.BigEndian.AppendUint32(nil, math.Float32bits(0.5)), 0.5},
		"<f8": {binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Pi)), math.Pi},
	} {
		n, ok := NumberOf(typ)
		if !ok || n.Size != len(c.bytes) || n.Value(c.bytes) != c.want {
			t.Errorf("%s: %v, size %d; want %g", typ, n.Value(c.bytes), n.Size, c.want)
		}
	}
	for _, typ := range []string{"", "|O", "<U3", "<c8", "|u2", "f4", "<f16", "[('a', '<f4')]"} {
		if _, ok := NumberOf(typ); ok {
			t.Errorf("%q is read", typ)
		}
	}
}

// Zero, the smallest and the largest number, infinity and NaN of binary16.
func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float64{0: 0, 1: math.Ldexp(1, -24), 0x3ff: math.Ldexp(1023, -24), 0x400: math.Ldexp(1, -14), 0x3c00: 1, 0x7bff: 65504, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1)} {
		if got := half(bits); got != want {
			t.Errorf("%#x is %g, want %g", bits, got, want)
		}
	}
	if !math.IsNaN(half(0x7e00)) {
		t.Error("NaN is a number")
	}
}

func TestCountOverflows(t *testing.T) {
	if n, ok := (Header{Shape: []int{1 << 40, 1 << 40}}).Count(); ok {
		t.Errorf("%d numbers", n)
	}
	if n, ok := (Header{Shape: []int{3, 0, 5}}).Count(); !ok || n != 0 {
		t.Errorf("%d numbers, %v", n, ok)
	}
}

func FuzzHeader(f *testing.F) {
	var b bytes.Buffer
	if err := WriteHeader(&b, Header{Type: "|u1", Shape: []int{2, 3}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(Magic))
	f.Add([]byte(Magic + "\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHeader(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("error %v", err)
			}
			return
		}
		var again bytes.Buffer
		if err := WriteHeader(&again, h); err != nil || strings.ContainsAny(h.Type, "'\\") {
			t.Errorf("%+v, %v", h, err)
		}
		if got, err := ReadHeader(&again); err != nil || got.Type != h.Type || !slices.Equal(got.Shape, h.Shape) {
			t.Errorf("%+v is read back as %+v, %v", h, got, err)
		}
	})
}
