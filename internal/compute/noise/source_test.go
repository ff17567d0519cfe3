package noise

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func TestSourceReadsWordsInOrder(t *testing.T) {
	key := Key(5, Sample, 6)
	source := NewSource(key)
	for i := range uint64(200) {
		want := uint64(key.Word(2*i))<<32 | uint64(key.Word(2*i+1))
		if got := source.Uint64(); got != want {
			t.Fatalf("value %d is %#x, want %#x", i, got, want)
		}
	}
}

func TestSourceFeedsRandAndGonum(t *testing.T) {
	const n = 20000
	r := rand.New(NewSource(Key(1, Sample, 0)))
	gamma := distuv.Gamma{Alpha: 2, Beta: 1, Src: NewSource(Key(1, Sample, 1))}
	var uniform, drawn float64
	for range n {
		uniform += r.Float64()
		drawn += gamma.Rand()
	}
	if z := (uniform/n - 0.5) * math.Sqrt(12*n); math.Abs(z) > 4 {
		t.Errorf("mean of uniform draws %g: z = %.2f", uniform/n, z)
	}
	if z := (drawn/n - 2) / math.Sqrt(2.0/n); math.Abs(z) > 4 {
		t.Errorf("mean of gamma draws %g: z = %.2f", drawn/n, z)
	}
}
