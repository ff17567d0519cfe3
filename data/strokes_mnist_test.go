package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"
)

// mnistVariable names a directory with MNIST's four files; without it the tests on real digits are skipped.
const mnistVariable = "VAECTL_TEST_MNIST"

// The built-in set stands in for real digits, so a classifier trained on it must read them.
func TestStrokesTeachToReadMNIST(t *testing.T) {
	const read = 1000
	images, labels := mnistTestDigits(t)
	right := readByStrokes(images[:read*strokesPixels], labels[:read])
	total := 0
	for _, n := range right {
		total += n
	}
	if total < read*70/100 {
		t.Errorf("1-nearest-neighbour on %d strokes reads %d of %d MNIST test digits, want 70 %%", strokesDrawn, total, read)
	}
}

// BenchmarkStrokesReadingMNIST reports how much of MNIST's whole test set is read, in per cent, all and by digit.
func BenchmarkStrokesReadingMNIST(b *testing.B) {
	images, labels := mnistTestDigits(b)
	var count [strokesClasses]int
	for _, label := range labels {
		count[label]++
	}
	for b.Loop() {
		total := 0
		for digit, n := range readByStrokes(images, labels) {
			total += n
			b.ReportMetric(100*float64(n)/float64(count[digit]), fmt.Sprintf("%%-of-%ds", digit))
		}
		b.ReportMetric(100*float64(total)/float64(len(labels)), "%-of-all")
	}
}

const strokesDrawn = 20000

// readByStrokes counts, for each digit, the images that lie nearest to a stroke digit of their own class.
func readByStrokes(images, labels []byte) (right [strokesClasses]int) {
	pixels, digits := generateStrokes(strokesDrawn, 1, runtime.GOMAXPROCS(0))
	for i, j := range nearestNeighbours(pixels, images) {
		if digits[j] == labels[i] {
			right[labels[i]]++
		}
	}
	return right
}

func mnistTestDigits(t testing.TB) (images, labels []byte) {
	t.Helper()
	dir := os.Getenv(mnistVariable)
	if dir == "" {
		t.Skipf("%s names no directory with MNIST", mnistVariable)
	}
	open := func(name string) *os.File {
		t.Helper()
		f, err := os.Open(filepath.Join(dir, name+".gz"))
		if os.IsNotExist(err) {
			f, err = os.Open(filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	file := open("t10k-images-idx3-ubyte")
	split, err := imagesIn(file, file.Name(), 0)
	if err != nil {
		t.Fatal(err)
	}
	file = open("t10k-labels-idx1-ubyte")
	labels, err = labelsIn(file, file.Name(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return split.Bytes, labels
}

// nearestNeighbours is for each query the index of the known image at the least Euclidean distance.
func nearestNeighbours(known, queries []byte) []int {
	knownVectors, queryVectors := vectors(known), vectors(queries)
	halfNorms := make([]float32, len(knownVectors))
	for i, v := range knownVectors {
		halfNorms[i] = blas32.Dot(v, v) / 2
	}
	nearest := make([]int, len(queryVectors))
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		first, last := w*len(nearest)/workers, (w+1)*len(nearest)/workers
		group.Go(func() {
			searchBlocks(nearest[first:last], queryVectors[first:last], knownVectors, halfNorms)
		})
	}
	group.Wait()
	return nearest
}

// searchBlocks takes the known images a cacheful at a time past all queries.
func searchBlocks(nearest []int, queries, known []blas32.Vector, halfNorms []float32) {
	const block = 64
	best := make([]float32, len(queries))
	for i := range best {
		best[i] = float32(math.Inf(1))
	}
	for first := 0; first < len(known); first += block {
		last := min(first+block, len(known))
		for i, query := range queries {
			for j := first; j < last; j++ {
				if d := halfNorms[j] - blas32.Dot(query, known[j]); d < best[i] {
					best[i], nearest[i] = d, j
				}
			}
		}
	}
}

func vectors(pixels []byte) []blas32.Vector {
	values := make([]float32, len(pixels))
	for i, p := range pixels {
		values[i] = float32(p) / 255
	}
	rows := make([]blas32.Vector, len(pixels)/strokesPixels)
	for i := range rows {
		rows[i] = blas32.Vector{N: strokesPixels, Inc: 1, Data: values[i*strokesPixels : (i+1)*strokesPixels]}
	}
	return rows
}
