package noise

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func TestPermutationHoldsEveryIndexOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 500).Draw(t, "n")
		order := shuffled(rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "epoch"), n)
		slices.Sort(order)
		for i, v := range order {
			if int(v) != i {
				t.Fatalf("index %d is missing or double: sorted, place %d holds %d", i, i, v)
			}
		}
		if len(order) != n {
			t.Fatalf("%d indices, want %d", len(order), n)
		}
	})
}

// Every permutation of four is as likely as any other.
func TestPermutationsAreUniform(t *testing.T) {
	const perOrder, orders = 1000, 24
	counts := map[[4]int32]float64{}
	var order [4]int32
	for epoch := range uint64(perOrder * orders) {
		PermuteInto(order[:], Key(17, Shuffle, epoch))
		counts[order]++
	}
	if len(counts) != orders {
		t.Fatalf("%d different permutations, want %d", len(counts), orders)
	}
	var chi2 float64
	for _, n := range counts {
		chi2 += (n - perOrder) * (n - perOrder) / perOrder
	}
	if p := (distuv.ChiSquared{K: orders - 1}).Survival(chi2); p < 1e-4 || p > 1-1e-4 {
		t.Errorf("chi-squared %.1f: p = %g", chi2, p)
	}
}

// A stored run is repeated only if the order of its images never changes.
func TestPermutationIsTheRecordedOne(t *testing.T) {
	if diff := cmp.Diff([]int32{7, 1, 9, 0, 4, 3, 5, 8, 6, 2}, shuffled(1, 2, 10)); diff != "" {
		t.Errorf("(-recorded +drawn)\n%s", diff)
	}
}

func TestEpochsAndSeedsShuffleDifferently(t *testing.T) {
	first := shuffled(1, 0, 100)
	for name, other := range map[string][]int32{"epoch": shuffled(1, 1, 100), "seed": shuffled(2, 0, 100)} {
		if slices.Equal(first, other) {
			t.Errorf("the next %s has the same order", name)
		}
	}
}

func TestPermuteIntoAllocatesNothing(t *testing.T) {
	order := make([]int32, 100)
	if n := testing.AllocsPerRun(10, func() { PermuteInto(order, Key(1, Shuffle, 2)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// 2^32 words onto 3*2^30 values: without rejection every third value would come up twice as often as the others.
func TestBoundedIntegersAreUnbiased(t *testing.T) {
	const n, drawn = 3 << 30, 100_000
	words := wordReader{key: Key(3, Split, 0)}
	var third float64
	for range drawn {
		v := words.below(n)
		if v >= n {
			t.Fatalf("%d is not below %d", v, uint32(n))
		}
		if v%3 == 0 {
			third++
		}
	}
	if z := (third - drawn/3.0) / math.Sqrt(drawn*2/9.0); math.Abs(z) > 4 {
		t.Errorf("%g of %d draws are multiples of 3: z = %.2f", third, drawn, z)
	}
}

// shuffled is the order of an epoch.
func shuffled(seed, epoch uint64, n int) []int32 {
	order := make([]int32, n)
	PermuteInto(order, Key(seed, Shuffle, epoch))
	return order
}
