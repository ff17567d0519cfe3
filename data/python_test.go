package data

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// script runs a program of Python in dir, with $VAECTL_TEST_PYTHON or python3, which
// must have the libraries that it imports.
func script(t *testing.T, dir, text string) string {
	t.Helper()
	python := os.Getenv("VAECTL_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import numpy, PIL, pyarrow").Run(); err != nil {
		t.Skipf("%s has no numpy, Pillow and pyarrow: %v", python, err)
	}
	cmd := exec.Command(python, "-c", text)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// What NumPy, Pillow and pyarrow write is one and the same set.
func TestReadWhatPythonWrites(t *testing.T) {
	dir := t.TempDir()
	script(t, dir, `
import io, json, os
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from PIL import Image
rng = np.random.default_rng(1)
x = rng.integers(0, 256, (30, 9, 7, 3), np.uint8)
y = np.sort(rng.integers(0, 3, 30))
names = ["ant", "bee", "cat & dog"]
parts = {"train": slice(0, 20), "test": slice(20, 30)}
y[:20].sort(); y[20:].sort()
np.savez_compressed("set.npz", **{f"{k}_{p}": v[s] for p, s in parts.items() for k, v in (("x", x), ("y", y))})
os.makedirs("floats"); os.makedirs("parquet")
for p, s in parts.items():
    np.save(f"floats/{p}_x.npy", np.moveaxis(x[s], 3, 1).astype(np.float32) / 255)
    np.save(f"floats/{p}_y.npy", y[s])
    rows = []
    for i, (image, label) in enumerate(zip(x[s], y[s])):
        folder = f"pictures/{p}/{names[label]}"
        os.makedirs(folder, exist_ok=True)
        b = io.BytesIO(); Image.fromarray(image).save(b, "PNG")
        open(f"{folder}/{i:02}.png", "wb").write(b.getvalue())
        rows.append({"bytes": b.getvalue(), "path": None})
    t = pa.table({"image": pa.array(rows, pa.struct([("bytes", pa.binary()), ("path", pa.string())])), "label": pa.array(y[s])})
    meta = {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}}}
    pq.write_table(t.replace_schema_metadata({"huggingface": json.dumps(meta)}), f"parquet/{p}-00000-of-00001.parquet", row_group_size=7)
`)
	var digests []string
	for _, form := range []string{"set.npz", "floats", "parquet", "pictures"} {
		s := loadOwn(t, filepath.Join(dir, form), Preparation{})
		if s.Train.Count != 20 || s.Test.Count != 10 || s.Train.Shape != (Shape{9, 7, 3}) {
			t.Errorf("%s: %v", form, s)
		}
		if names := []string{"ant", "bee", "cat & dog"}; (form == "parquet" || form == "pictures") && !slices.Equal(s.Classes, names) {
			t.Errorf("%s: classes %q", form, s.Classes)
		}
		digests = append(digests, s.Digest)
	}
	if len(slices.Compact(digests)) != 1 {
		t.Errorf("digests %q", digests)
	}
}

// NumPy and Pillow read what is exported and what is prepared.
func TestPythonReadsWhatIsWritten(t *testing.T) {
	dir := t.TempDir()
	s := loadOwn(t, writeTree(t, newSame().forms(t)["pictures"]), Preparation{})
	for _, format := range []Format{NPY, PNG} {
		if err := s.Export(t.Context(), format, filepath.Join(dir, string(format)), nil); err != nil {
			t.Fatal(err)
		}
	}
	o := ownOptions(t, filepath.Join(dir, "png"))
	if _, err := Import(t.Context(), o, filepath.Join(dir, "prepared")); err != nil {
		t.Fatal(err)
	}
	script(t, dir, `
import glob
import numpy as np
from PIL import Image
x, y = np.load("npy/train-images.npy"), np.load("npy/train-labels.npy")
assert x.shape == (8, 32, 32, 3) and x.dtype == np.uint8 and list(y) == [0, 0, 0, 1, 1, 1, 2, 2], (x.shape, y)
files = sorted(glob.glob("png/train/*/*.png"))
assert (np.stack([np.array(Image.open(f)) for f in files]) == x).all()
images = np.load("prepared/images.npy", mmap_mode="r")
splits, labels = np.load("prepared/splits.npy"), np.load("prepared/labels.npy")
assert (images[splits == 0] == x).all() and (labels[splits == 0] == y).all()
`)
}
