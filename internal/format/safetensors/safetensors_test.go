package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vaectl/internal/format/safetensors"
)

// bitwise compares float32 by their bits: NaN equals NaN, and -0 is not 0.
func bitwise() cmp.Option {
	return cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
}

// byName forgets the order of tensors.
func byName(tensors []safetensors.Tensor) map[string]safetensors.Tensor {
	named := map[string]safetensors.Tensor{}
	for _, tensor := range tensors {
		named[tensor.Name] = tensor
	}
	return named
}

// golden is what testdata/golden.py puts in its file, in the file's order.
func golden() ([]safetensors.Tensor, map[string]string) {
	infinity := float32(math.Inf(1))
	return []safetensors.Tensor{
		{Name: "empty", Shape: []int{0, 3}, Data: []float32{}},
		{Name: "encoder.0.bias", Shape: []int{2}, Data: []float32{infinity, -infinity}},
		{Name: "encoder.0.weight", Shape: []int{2, 3}, Data: []float32{
			1, -2.5, 3, math.SmallestNonzeroFloat32, math.MaxFloat32, float32(math.Copysign(0, -1)),
		}},
		{Name: "größe <&>", Shape: []int{1}, Data: []float32{0.1}},
		{Name: "step", Shape: []int{}, Data: []float32{7}},
	}, map[string]string{"config": "prior: \"N(0.5, 0.1)\"\nlatent: <2>\n", "checksum": "crc32c:ace81cfb"}
}

// own is metadata without what Write adds.
func own(metadata map[string]string) map[string]string {
	all := maps.Clone(metadata)
	delete(all, safetensors.ChecksumKey)
	return all
}

func TestReadWhatPythonWrote(t *testing.T) {
	file, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	wantTensors, wantMetadata := golden()
	tensors, metadata, err := safetensors.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantTensors, tensors, bitwise()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantMetadata, metadata); diff != "" {
		t.Error(diff)
	}
}

func TestWriteTheBytesPythonWrote(t *testing.T) {
	want, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	tensors, metadata := golden()
	tensors[0], tensors[4] = tensors[4], tensors[0] // the order given does not matter
	var got bytes.Buffer
	if err := safetensors.Write(&got, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWrittenTensorsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.String(), 0, 5, rapid.ID[string]).Draw(t, "names")
		var want []safetensors.Tensor
		for _, name := range names {
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
			n := 1
			for _, size := range shape {
				n *= size
			}
			data := make([]float32, n)
			for i := range data {
				data[i] = math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
			}
			want = append(want, safetensors.Tensor{Name: name, Shape: shape, Data: data})
		}
		metadata := rapid.MapOfN(rapid.String(), rapid.String(), 1, 4).Draw(t, "metadata")
		var file bytes.Buffer
		if err := safetensors.Write(&file, want, metadata); err != nil {
			t.Fatal(err)
		}
		if numbers := 8 + binary.LittleEndian.Uint64(file.Bytes()); numbers%8 != 0 {
			t.Errorf("the numbers begin at byte %d, no multiple of 8", numbers)
		}
		got, gotMetadata, err := safetensors.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(byName(want), byName(got), bitwise()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(own(metadata), own(gotMetadata)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTensorsLongerThanTheBufferReadBack(t *testing.T) {
	want := []safetensors.Tensor{{Name: "long", Shape: []int{3, 20_001}, Data: make([]float32, 60_003)}}
	for i := range want[0].Data {
		want[0].Data[i] = float32(i)
	}
	var file bytes.Buffer
	if err := safetensors.Write(&file, want, nil); err != nil {
		t.Fatal(err)
	}
	got, metadata, err := safetensors.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil || len(own(metadata)) > 0 {
		t.Fatalf("Read gives metadata %v, %v; want none but the checksum", metadata, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadHeaderAloneReadsNoNumbers(t *testing.T) {
	tensors, metadata := golden()
	var file bytes.Buffer
	if err := safetensors.Write(&file, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	numbers := 8 + int(binary.LittleEndian.Uint64(file.Bytes()))
	reader := failingReader{bytes.NewReader(file.Bytes()), int64(numbers)}
	header, err := safetensors.ReadHeader(reader, int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(metadata, header.Metadata); diff != "" {
		t.Error(diff)
	}
	for i, info := range header.Tensors {
		if info.Name != tensors[i].Name || !cmp.Equal(info.Shape, tensors[i].Shape) {
			t.Errorf("tensor %d is %q %v; want %q %v", i, info.Name, info.Shape, tensors[i].Name, tensors[i].Shape)
		}
	}
	if _, _, err := safetensors.Read(reader, int64(file.Len())); !errors.Is(err, fs.ErrPermission) || errors.Is(err, safetensors.ErrDamaged) {
		t.Errorf("Read gives %v; want the reader's error, which does not say the file is damaged", err)
	}
}

// failingReader cannot read beyond good bytes.
type failingReader struct {
	*bytes.Reader
	good int64
}

func (r failingReader) ReadAt(p []byte, offset int64) (int, error) {
	if offset+int64(len(p)) > r.good {
		return 0, fs.ErrPermission
	}
	return r.Reader.ReadAt(p, offset)
}

func TestReadRefusesAFileCutAnywhere(t *testing.T) {
	tensors, metadata := golden()
	var file bytes.Buffer
	if err := safetensors.Write(&file, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	for size := range file.Len() {
		cut := file.Bytes()[:size]
		if _, _, err := safetensors.Read(bytes.NewReader(cut), int64(size)); !errors.Is(err, safetensors.ErrDamaged) {
			t.Errorf("cut to %d bytes of %d: %v; want ErrDamaged", size, file.Len(), err)
		}
		// As if it were cut after its size was asked for.
		if _, _, err := safetensors.Read(bytes.NewReader(cut), int64(file.Len())); !errors.Is(err, safetensors.ErrDamaged) {
			t.Errorf("%d bytes where %d were promised: %v; want ErrDamaged", size, file.Len(), err)
		}
	}
}

// fileOf is a file with that header and n bytes of numbers.
func fileOf(header string, n int) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), make([]byte, n)...)
}

func TestReadRefuses(t *testing.T) {
	const one = `{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	cases := map[string]struct {
		file []byte
		want string
	}{
		"nothing":                    {nil, "0 bytes, fewer than the 8"},
		"no header":                  {fileOf("", 0), "does not begin with {"},
		"space before the header":    {fileOf(" {}", 0), "does not begin with {"},
		"header longer than file":    {binary.LittleEndian.AppendUint64(nil, 1), "the header should have 1 bytes where 0 are left"},
		"largest header length":      {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "the header should have 18446744073709551615 bytes"},
		"header too long":            {fileOf("{"+strings.Repeat(" ", 1<<24)+"}", 0), "the header has 16777218 bytes, more than 16777216"},
		"not JSON":                   {fileOf(`{"a"}`, 0), "not JSON"},
		"comma at the end":           {fileOf(`{"a":`+one+`,}`, 4), "not JSON"},
		"two objects":                {fileOf(`{}{}`, 0), "not JSON"},
		"line feed for padding":      {fileOf("{}\n\x00", 0), "not JSON"},
		"name not UTF-8":             {fileOf("{\"\xff\":"+one+"}", 4), "not JSON"},
		"nested without end":         {fileOf(`{"a":`+strings.Repeat("[", 100_000), 0), "not JSON"},
		"nested deep":                {fileOf(`{"a":{"shape":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}}`, 0), `"a": "shape": is [ where a size belongs`},
		"tensor that is a list":      {fileOf(`{"a":[]}`, 0), `"a": is [ where an object belongs`},
		"tensor that is null":        {fileOf(`{"a":null}`, 0), `"a": is <nil> where an object belongs`},
		"repeated tensor":            {fileOf(`{"a":`+one+`,"a":`+one+`}`, 4), `"a" appears twice`},
		"repeated tensor, escaped":   {fileOf(`{"a":`+one+`,"\u0061":`+one+`}`, 4), `"a" appears twice`},
		"repeated part":              {fileOf(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), `"dtype" appears twice`},
		"part in capitals":           {fileOf(`{"a":{"DTYPE":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), `"DTYPE": no part of a tensor`},
		"no dtype":                   {fileOf(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4), "no dtype"},
		"other dtype":                {fileOf(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 4), `dtype is "BF16": only F32 is read`},
		"dtype that is a number":     {fileOf(`{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}`, 4), `"dtype": is 32 where text belongs`},
		"no shape":                   {fileOf(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "no shape"},
		"negative size":              {fileOf(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), "is -1 where a size belongs"},
		"size that is no integer":    {fileOf(`{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, 4), "is 1.0 where a size belongs"},
		"size that is text":          {fileOf(`{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}`, 4), "is 1 where a size belongs"},
		"size beyond 64 bits":        {fileOf(`{"a":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}`, 4), "is 18446744073709551617 where a size belongs"},
		"sizes that multiply to 1":   {fileOf(`{"a":{"dtype":"F32","shape":[4294967297,4294967297],"data_offsets":[0,4]}}`, 4), "more elements than memory"},
		"bytes that multiply to 0":   {fileOf(`{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}`, 0), "more elements than memory"},
		"too many dimensions":        {fileOf(`{"a":{"dtype":"F32","shape":[1`+strings.Repeat(",1", 16)+`],"data_offsets":[0,4]}}`, 4), "has more than 16 sizes"},
		"no offsets":                 {fileOf(`{"a":{"dtype":"F32","shape":[1]}}`, 4), "0 data_offsets where two belong"},
		"one offset":                 {fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, 4), "1 data_offsets where two belong"},
		"three offsets":              {fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 4), "has more than 2 sizes"},
		"offsets of another shape":   {fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "shape [2] takes 8 bytes, data_offsets 0 to 4 do not"},
		"offsets backwards":          {fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), "data_offsets 4 to 0 do not"},
		"offsets behind the file":    {fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), `tensor "a" ends at byte 8 of 4`},
		"hole at the start":          {fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "leaves a hole from byte 0"},
		"hole between":               {fileOf(`{"a":`+one+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12), `tensor "b" begins at byte 8 and leaves a hole from byte 4`},
		"overlap":                    {fileOf(`{"a":`+one+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "before byte 4 where another ends"},
		"the same bytes twice":       {fileOf(`{"a":`+one+`,"b":`+one+`}`, 4), "before byte 4 where another ends"},
		"empty tensor within one":    {fileOf(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}`, 8), "before byte 8 where another ends"},
		"bytes behind the last":      {fileOf(`{"a":`+one+`}`, 5), "1 bytes follow the last tensor"},
		"bytes without a tensor":     {fileOf(`{}`, 4), "4 bytes follow the last tensor"},
		"metadata that is a list":    {fileOf(`{"__metadata__":["a"]}`, 0), `"__metadata__": is [ where an object belongs`},
		"metadata of a number":       {fileOf(`{"__metadata__":{"step":7}}`, 0), `"__metadata__": "step": is 7 where text belongs`},
		"metadata of null":           {fileOf(`{"__metadata__":{"step":null}}`, 0), `"__metadata__": "step": is <nil> where text belongs`},
		"metadata within metadata":   {fileOf(`{"__metadata__":{"a":{}}}`, 0), `"a": is { where text belongs`},
		"repeated metadata":          {fileOf(`{"__metadata__":{"a":"1","a":"2"}}`, 0), `"a" appears twice`},
		"metadata twice":             {fileOf(`{"__metadata__":{},"__metadata__":{}}`, 0), `"__metadata__" appears twice`},
		"metadata that is a tensor":  {fileOf(`{"__metadata__":`+one+`}`, 4), `"shape": is [ where text belongs`},
		"a picture, not safetensors": {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), "cut short, or not safetensors"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := safetensors.Read(bytes.NewReader(c.file), int64(len(c.file)))
			if !errors.Is(err, safetensors.ErrDamaged) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Read gives %v; want ErrDamaged with %q", err, c.want)
			}
		})
	}
}

func TestReadRefusesNumbersBeyondMemoryBeforeItReadsThem(t *testing.T) {
	header := `{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}`
	file := fileOf(header, 0)
	// A sparse file of 4 TiB costs its sender nothing.
	_, _, err := safetensors.Read(bytes.NewReader(file), int64(len(file))+1<<42)
	if !errors.Is(err, safetensors.ErrDamaged) || !strings.Contains(err.Error(), "4398046511104 bytes of numbers") {
		t.Errorf("Read gives %v; want ErrDamaged with the size", err)
	}
}

func TestReadAcceptsWhatTheFormatAllows(t *testing.T) {
	cases := map[string][]byte{
		"no tensor":                   fileOf(`{}`, 0),
		"empty metadata":              fileOf(`{"__metadata__":{}}`, 0),
		"parts in any order":          fileOf(`{"a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}`, 4),
		"tensors in any order":        fileOf(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8),
		"empty tensors between":       fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},"c":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}`, 4),
		"metadata behind the tensors": fileOf(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"__metadata__":{"k":"v"}}`, 0),
		"spaces and line feeds":       fileOf("{ \"a\" :\n{\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}   ", 4),
	}
	for name, file := range cases {
		t.Run(name, func(t *testing.T) {
			if _, _, err := safetensors.Read(bytes.NewReader(file), int64(len(file))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWriteRefusesBeforeItWrites(t *testing.T) {
	cases := map[string]struct {
		tensors  []safetensors.Tensor
		metadata map[string]string
		want     string
	}{
		"data of another shape": {[]safetensors.Tensor{{Name: "a", Shape: []int{2, 3}, Data: make([]float32, 5)}}, nil, `tensor "a": shape [2 3] has 6 elements, the data 5`},
		"negative size":         {[]safetensors.Tensor{{Name: "a", Shape: []int{-1, -1}, Data: make([]float32, 1)}}, nil, "negative size in shape [-1 -1]"},
		"overflowing shape":     {[]safetensors.Tensor{{Name: "a", Shape: []int{1 << 32, 1 << 32}}}, nil, "more elements than memory"},
		"too many dimensions":   {[]safetensors.Tensor{{Name: "a", Shape: make([]int, 17)}}, nil, "17 dimensions, more than 16"},
		"a name twice":          {[]safetensors.Tensor{{Name: "a", Shape: []int{0}}, {Name: "b", Shape: []int{0}}, {Name: "a", Shape: []int{0}}}, nil, `two tensors are named "a"`},
		"the format's name":     {[]safetensors.Tensor{{Name: "__metadata__", Shape: []int{0}}}, nil, "the name is the format's own"},
		"name not UTF-8":        {[]safetensors.Tensor{{Name: "\xff", Shape: []int{0}}}, nil, "not UTF-8"},
		"metadata not UTF-8":    {nil, map[string]string{"a": "\xff"}, `metadata "a" is not UTF-8`},
		"endless metadata":      {nil, map[string]string{"a": strings.Repeat("x", 1<<24)}, "more than 16777216"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			err := safetensors.Write(&file, c.tensors, c.metadata)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Write gives %v; want %q", err, c.want)
			}
			if file.Len() > 0 {
				t.Errorf("%d bytes were written", file.Len())
			}
		})
	}
}

func TestWritePassesOnTheErrorOfItsWriter(t *testing.T) {
	tensors := []safetensors.Tensor{{Name: "a", Shape: []int{1}, Data: []float32{1}}}
	for writes := range 2 {
		if err := safetensors.Write(&failingWriter{good: writes}, tensors, nil); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("failing after %d writes: %v; want the writer's error", writes, err)
		}
	}
}

// failingWriter fails after good writes.
type failingWriter struct{ good int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.good == 0 {
		return 0, fs.ErrPermission
	}
	w.good--
	return len(p), nil
}

func FuzzRead(f *testing.F) {
	file, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(fileOf(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"k":"v"}}`, 4))
	f.Add(fileOf(`{}`, 0))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, metadata, err := safetensors.Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if !errors.Is(err, safetensors.ErrDamaged) {
				t.Fatalf("error is not ErrDamaged: %v", err)
			}
			return
		}
		var written bytes.Buffer
		if err := safetensors.Write(&written, tensors, metadata); err != nil {
			t.Fatalf("what was read is refused: %v", err)
		}
		again, metadataAgain, err := safetensors.Read(bytes.NewReader(written.Bytes()), int64(written.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(byName(tensors), byName(again), bitwise()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(own(metadata), own(metadataAgain), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	tensors := []safetensors.Tensor{{Name: "a", Shape: []int{784, 400}, Data: make([]float32, 784*400)}}
	var file bytes.Buffer
	if err := safetensors.Write(&file, tensors, nil); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if _, _, err := safetensors.Read(bytes.NewReader(file.Bytes()), int64(file.Len())); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleWrite() {
	var file bytes.Buffer
	weights := []safetensors.Tensor{{Name: "bias", Shape: []int{2}, Data: []float32{1, 2}}}
	if err := safetensors.Write(&file, weights, map[string]string{"format": "pt"}); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n", file.Bytes()[8:file.Len()-8])
	// Output: {"__metadata__":{"checksum":"crc32c:9bebf86f","format":"pt"},"bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}
}
