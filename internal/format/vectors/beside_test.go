package vectors

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// float64NPY is an array of float64 as the writer writes it.
func float64NPY(t *testing.T, rows ...[]float64) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, NPY, len(rows))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write([]Field{{Name: "x", Values: row, Vector: true}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A number beside the others is found by its name, or stands after them.
func TestNumbersBeside(t *testing.T) {
	for name, text := range map[string]string{
		"named columns":    "label,z1,other,z0\n7,2,x,1\n-3,4,y,3\n",
		"columns in order": "1,2,7\n3,4,-3\n",
		"objects":          `{"label":7,"z":[1,2]}` + "\n" + `{"z":[3,4],"label":-3}` + "\n",
		"arrays":           "[1,2,7]\n[3,4,-3]\n",
		"npy":              float64NPY(t, []float64{1, 2, 7}, []float64{3, 4, -3}),
	} {
		r, err := NewReader(strings.NewReader(text), name, "", "z", 2, "label")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, want := range [][]float64{{1, 2, 7}, {3, 4, -3}} {
			got := make([]float64, 3)
			if err := r.Read(got); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: got %v (%v), want %v", name, got, err, want)
			}
		}
		if err := r.Read(make([]float64, 3)); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after the last row: %v", name, err)
		}
	}
}

func TestNumbersBesideThatAreNotThere(t *testing.T) {
	for text, want := range map[string]string{
		"z0,z1\n1,2\n":                         "no column label",
		"z0,z1,label\n1,2,seven\n":             `line 2, label: "seven" is not a number`,
		"1,2\n":                                "2 values, want 3",
		`{"z":[1,2]}` + "\n":                   `no key "label"`,
		`{"z":[1,2,7]}` + "\n":                 `key "z": 3 values, want 2`,
		`{"z":[1,2],"label":"7"}` + "\n":       `key "label"`,
		`{"z":[1,2],"label":null}` + "\n":      "null is not a number",
		"[1,2]\n":                              "2 values, want 3",
		float64NPY(t, []float64{1, 2}):         "want (rows, 3)",
		`{"z":[1],"label":7,"other":1}` + "\n": `key "z": 1 values, want 2`,
	} {
		r, err := NewReader(strings.NewReader(text), "input", "", "z", 2, "label")
		if err == nil {
			err = r.Read(make([]float64, 3))
		}
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want ErrFormat with %q", text, err, want)
		}
	}
}
