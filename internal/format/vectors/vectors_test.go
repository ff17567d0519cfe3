package vectors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"vaectl/internal/format/npy"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// all reads every row.
func all(r io.Reader, format Format, width int) ([][]float64, error) {
	reader, err := NewReader(r, "input", format, "z", width)
	if err != nil {
		return nil, err
	}
	rows := [][]float64{}
	for {
		row := make([]float64, width)
		err := reader.Read(row)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// npy is a file of NumPy's.
func npyFile(version byte, header string, numbers ...byte) string {
	b := []byte(npy.Magic)
	b = append(b, version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return string(append(append(b, header...), numbers...))
}

func doubles(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

const dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }   \n"

func TestRead(t *testing.T) {
	want := [][]float64{{1, -0.5}, {0, 1e-7}}
	for name, input := range map[string]string{
		"plain CSV":               "1,-.5\n0,1e-7\n",
		"CSV of another system":   "1,-0.5\r\n0,1e-7",
		"CSV with a header":       "z0,z1\n1,-0.5\n0,1e-7\n",
		"CSV with more columns":   "index,file,z1,label,z0,note\n0,\"a,\nb.png\",-0.5,7,1,x\n1,,1e-7,NaN,0,\n",
		"CSV after a mark":        "\ufeffz0,z1\n1,-0.5\n0,1e-7\n",
		"semicolons":              "z0;z1\r\n1;-0.5\r\n0;1e-7\r\n",
		"decimal commas":          "file;z1;z0\n\"a,b.png\";-0,5;1\n;1e-7;0,0\n",
		"decimal commas, bare":    "1,0;-0,5\n0;1e-7\n",
		"tabs":                    "\ufeff1\t-0.5\n0\t1e-7\n",
		"a semicolon in a name":   "z0,z1,\"a;b\"\n1,-0.5,x\n0,1e-7,y\n",
		"JSON after a mark":       "\ufeff[1,-0.5]\n[0, 1e-7]\n",
		"arrays":                  "[1,-0.5]\n[0, 1e-7]\n",
		"objects":                 `{"index":0,"z":[1,-0.5],"file":"z"}` + "\n" + `{"z":[0,1e-7]}`,
		"NPY 1":                   npyFile(1, dictionary, doubles(1, -0.5, 0, 1e-7)...),
		"NPY 3":                   npyFile(3, dictionary, doubles(1, -0.5, 0, 1e-7)...),
		"NPY in another order":    npyFile(1, "{ 'shape':(2,2),'descr':'<f8','fortran_order':False}", doubles(1, -0.5, 0, 1e-7)...),
		"NPY with a longer shape": npyFile(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2,)}", doubles(1, -0.5, 0, 1e-7)...),
	} {
		for how, r := range map[string]io.Reader{"whole": strings.NewReader(input), "byte by byte": iotest.OneByteReader(strings.NewReader(input))} {
			got, err := all(r, "", 2)
			if err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, how, diff)
			}
		}
	}
}

// Floats of 4 bytes and of the other order.
func TestReadNPYTypes(t *testing.T) {
	big := binary.BigEndian.AppendUint64(nil, math.Float64bits(0.1))
	for descr, numbers := range map[string][]byte{
		"<f4": binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.1)),
		">f4": binary.BigEndian.AppendUint32(nil, math.Float32bits(0.1)),
		">f8": big,
	} {
		got, err := all(strings.NewReader(npyFile(1, "{'descr': '"+descr+"', 'fortran_order': False, 'shape': (1, 1), }", numbers...)), NPY, 1)
		if err != nil || len(got) != 1 || math.Abs(got[0][0]-0.1) > 1e-8 {
			t.Errorf("%s: %v, %v", descr, got, err)
		}
	}
}

// What is wrong is said, with the place, after the rows that are right.
func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		input string
		rows  int    // before the error
		want  string // in it
	}{
		"a short row":            {"1,2\n3\n", 1, "line 2: wrong number of fields"},
		"a long first row":       {"1,2,3\n", 0, "line 1: 3 values, want 2"},
		"a word":                 {"1,2\n3,4\n5,x\n", 2, `line 3, z1: "x" is not a number`},
		"an empty field":         {"1,2\n,4\n", 1, `line 2, z0: "" is not a number`},
		"not a number":           {"1,2\nNaN,4\n", 1, "line 2, z0: NaN is not a finite number"},
		"infinity at once":       {"1,-Inf\n", 0, "line 1, z1: -Inf is not a finite number"},
		"out of range":           {"1,1e999\n", 0, `line 1, z1: "1e999" is out of range`},
		"a space":                {"1,2\n1, 2\n", 1, `line 2, z1: " 2" is not a number`},
		"a missing column":       {"z0,label\n1,2\n", 0, "line 1: no column z1, and z0 to z1 are wanted"},
		"another letter":         {"a,b\n", 0, "line 1: no column z0"},
		"one column more":        {"z0,z1,z2\n1,2,3\n", 0, "line 1: a column z2, and z0 to z1 are all there should be"},
		"a column twice":         {"z0,z1,z0\n", 0, `line 1: two columns "z0"`},
		"a quote never closed":   {"1,\"2" + strings.Repeat("\n", 2*maxLine), 0, "a row of more than 1048576 bytes"},
		"a stray quote":          {"1,2\n1,2\"\n", 1, `line 2: bare " in non-quoted-field`},
		"an endless row":         {strings.Repeat("1,", maxLine), 0, "a row of more than"},
		"a short array":          {"[1,2]\n[1]\n", 1, "line 2: 1 values, want 2"},
		"null":                   {"[1,null]\n", 0, "line 1: z1: null is not a number"},
		"a string":               {`["1",2]`, 0, "line 1: want an array of numbers"},
		"another key":            {`{"Z":[1,2]}`, 0, `line 1: no key "z"`},
		"no array":               {`{"z":3}`, 0, `line 1: key "z"`},
		"two values":             {"[1,2] [3,4]\n", 0, "line 1:"},
		"half an object":         {`{"z":[1,2]`, 0, "line 1: unexpected end"},
		"an empty line":          {"[1,2]\n\n[3,4]\n", 1, "line 2:"},
		"a large number":         {"[1,1e999]", 0, "line 1:"},
		"an endless array":       {"[" + strings.Repeat("1,", maxLine), 0, "a row of more than"},
		"half a magic":           {"\x93NUM", 0, "it ends in the header"},
		"another magic":          {"\x93NUMPZ\x01\x00\x00\x00", 0, "no NPY"},
		"a new version":          {npyFile(9, dictionary), 0, "version 9"},
		"half a header":          {npyFile(1, dictionary)[:30], 0, "it ends in the header"},
		"a huge header":          {"\x93NUMPY\x02\x00\xff\xff\xff\xff", 0, "a header of 4294967295 bytes"},
		"half the numbers":       {npyFile(1, dictionary, doubles(1, 2, 3)...), 1, "it ends in row 1 of 2"},
		"numbers left over":      {npyFile(1, dictionary, doubles(1, 2, 3, 4, 5)...), 2, "it goes on after the 2 rows"},
		"NPY with NaN":           {npyFile(1, dictionary, doubles(1, 2, math.NaN(), 4)...), 1, "row 1, column 0: NaN"},
		"integers":               {npyFile(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }"), 0, "numbers of type '<i8'"},
		"objects":                {npyFile(1, "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }"), 0, "numbers of type '|O'"},
		"columns first":          {npyFile(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }"), 0, "Fortran order"},
		"another width":          {npyFile(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"), 0, "shape (2, 3), want (rows, 2)"},
		"one dimension":          {npyFile(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"), 0, "shape (2,), want (rows, 2)"},
		"no dimension":           {npyFile(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"), 0, "shape (), want (rows, 2)"},
		"more than there can be": {npyFile(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 2), }"), 0, "shape"},
		"a shape of commas":      {npyFile(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,,2), }"), 0, "shape"},
		"no shape":               {npyFile(1, "{'descr': '<f8', 'fortran_order': False, }"), 0, "want descr"},
		"a key twice":            {npyFile(1, "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }"), 0, "descr twice"},
		"another order":          {npyFile(1, "{'descr': '<f8', 'fortran_order': (0), 'shape': (2, 2), }"), 0, "fortran_order (0)"},
		"a program":              {npyFile(1, "{'descr': open('x'), 'fortran_order': False, 'shape': (2, 2), }"), 0, "want a dictionary"},
	} {
		rows, err := all(strings.NewReader(c.input), "", 2)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "input") {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if len(rows) != c.rows {
			t.Errorf("%s: %d rows before the error, want %d", name, len(rows), c.rows)
		}
	}
}

// A failing disk is no malformed input.
func TestReadPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken disk")
	for name, start := range map[string]string{
		"nothing": "", "CSV": "1,2\n3", "JSONL": "[1,2]\n[3", "NPY": npyFile(1, dictionary, 1, 2), "header": "\x93NUMPY",
	} {
		_, err := all(io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken)), "", 2)
		if !errors.Is(err, broken) || errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsNoRows(t *testing.T) {
	for name, input := range map[string]string{"nothing": "", "a header": "z0,z1\n", "no rows": npyFile(1, strings.Replace(dictionary, "(2, 2)", "(0, 2)", 1))} {
		if rows, err := all(strings.NewReader(input), "", 2); err != nil || len(rows) != 0 {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// fields are a row as it may be written.
func fields(z []float64, label float64) []Field {
	return []Field{{Name: "label", Values: []float64{label}}, {Name: "z", Values: z, Vector: true}, {Name: "kl", Values: []float64{0.25}}}
}

// What is written reads as the same bits, in every format.
func TestWrittenRowsAreReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 5).Draw(t, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.Float64(), width, width), 1, 6).Draw(t, "rows")
		for _, format := range Formats() {
			var b bytes.Buffer
			w, err := NewWriter(&b, format, len(rows))
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				f := fields(row, float64(i))
				if format == NPY {
					f = f[1:2]
				}
				if err := w.Write(f); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := all(&b, "", width)
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			if !slices.EqualFunc(got, rows, slices.Equal) {
				t.Fatalf("%s: %v, wrote %v", format, got, rows)
			}
		}
	})
}

func TestWrite(t *testing.T) {
	row := []Field{
		{Name: "file", Text: `a "b",c.png`}, {Name: "label", Values: []float64{7}}, {Name: "z", Values: []float64{1, -0.5e-9}, Vector: true},
	}
	for format, want := range map[Format]string{
		CSV:   "file,label,z0,z1\n\"a \"\"b\"\",c.png\",7,1,-5e-10\n",
		JSONL: `{"file":"a \"b\",c.png","label":7,"z":[1,-5e-10]}` + "\n",
	} {
		var b bytes.Buffer
		w, err := NewWriter(&b, format, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(row), w.Close()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
	var b bytes.Buffer
	w, err := NewWriter(&b, NPY, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(row); !errors.Is(err, errText) {
		t.Errorf("a text in NPY: %v", err)
	}
	if err := w.Write(row[1:]); err != nil {
		t.Fatal(err)
	}
	if b.Len() != 128+3*8 || !strings.Contains(b.String(), "'shape': (2, 3)") {
		t.Errorf("NPY of %d bytes: %q", b.Len(), &b)
	}
	if err := w.Close(); err == nil {
		t.Error("an NPY file of fewer rows than its header says")
	}
}

func TestWriteRefusesWhatCannotBeRead(t *testing.T) {
	for _, format := range Formats() {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			w, err := NewWriter(io.Discard, format, 1)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(fields([]float64{0, v}, 0)); err == nil || !strings.Contains(err.Error(), "z1") {
				t.Errorf("%s wrote %g: %v", format, v, err)
			}
		}
	}
}

func TestFormats(t *testing.T) {
	for path, want := range map[string]Format{"a.csv": CSV, "b.JSONL": JSONL, "x/y.npy": NPY} {
		if got, ok := FormatOf(path); !ok || got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
	for _, path := range []string{"csv", "a.txt", "a", "a.", ""} {
		if got, ok := FormatOf(path); ok {
			t.Errorf("%s is %s", path, got)
		}
	}
	if _, err := NewReader(strings.NewReader(""), "x", "txt", "z", 1); err == nil {
		t.Error("a reader of txt")
	}
	if _, err := NewWriter(io.Discard, "txt", 1); err == nil {
		t.Error("a writer of txt")
	}
}

// fuzz checks a reader on anything: rows of finite numbers and then the end or
// an error that says what is wrong, and what was read can be written and read.
func fuzz(f *testing.F, format Format, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		rows, err := all(bytes.NewReader(input), format, 2)
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Fatalf("error of another kind: %v", err)
		}
		for _, row := range rows {
			for _, v := range row {
				if err := checkFinite(v); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err != nil || len(rows) == 0 {
			return
		}
		var b bytes.Buffer
		w, err := NewWriter(&b, format, len(rows))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := w.Write([]Field{{Name: "z", Values: row, Vector: true}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := all(&b, format, 2)
		if err != nil || !slices.EqualFunc(again, rows, slices.Equal) {
			t.Fatalf("%v became %v: %v", rows, again, err)
		}
	})
}

func FuzzCSV(f *testing.F) {
	fuzz(f, CSV, "1,2\n3,4\n", "z0,z1\n1,2\n", "index,z1,z0\n0,\"1\",2\n", "a\n", "\"", "1,0x1p-2\n", "z0,z1,z2\n", "1,2\r\n\r\n3,4", "#,\n")
}

func FuzzJSONL(f *testing.F) {
	fuzz(f, JSONL, "[1,2]\n[3,4]\n", `{"z":[1,2]}`, `{"z":[1,null]}`, "[", "{}", "null", `{"z":[1,2],"z":[3]}`, "\n")
}

func FuzzNPY(f *testing.F) {
	fuzz(f, NPY, npyFile(1, dictionary, doubles(1, 2, 3, 4)...), npyFile(2, dictionary), npyFile(3, "{}"),
		npyFile(1, fmt.Sprintf("{'descr': '>f4', 'fortran_order': False, 'shape': (%d, 2), }", math.MaxInt64)), npy.Magic)
}
