package diagnosis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// normals are draws of N(shift, std^2), [draws, dim].
func normals(draws, dim int, shift, std float64, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 2))
	x := make([]float64, draws*dim)
	for i := range x {
		x[i] = shift + std*rng.NormFloat64()
	}
	return x
}

func discrepancy(t testing.TB, x, y []float64, dim int) Discrepancy {
	t.Helper()
	d, err := MeanDiscrepancy(engine(t, 2), x, y, dim)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Two points r apart: the kernel is 1 within and c/(c + r^2) across.
func TestDiscrepancyOfPoints(t *testing.T) {
	x, y := make([]float64, 10), make([]float64, 10)
	for i := range y {
		y[i] = 3
	}
	got := discrepancy(t, x, y, 2) // 18 apart, and the bandwidth is 1
	if want := 2 - 2.0/19; math.Abs(got.Squared-want) > 1e-12 || got.Bandwidth != 1 || got.Draws != 5 || got.NullStd != 0 {
		t.Errorf("%+v, want %g", got, want)
	}
}

// The estimate and its variance are those of their definitions.
func TestDiscrepancyIsThatOfAllPairs(t *testing.T) {
	const n, dim = 37, 3
	x, y := normals(n, dim, 0.3, 1.2, 1), normals(n, dim, 0, 1, 2)
	got := discrepancy(t, x, y, dim)
	k := func(a, b []float64, i, j int) float64 {
		var square float64
		for d := range dim {
			square += math.Pow(a[i*dim+d]-b[j*dim+d], 2)
		}
		return got.Bandwidth / (got.Bandwidth + square)
	}
	var want float64
	for i := range n {
		for j := range n {
			if i != j {
				want += (k(x, x, i, j) + k(y, y, i, j)) / (n * (n - 1))
			}
			want -= 2 * k(x, y, i, j) / (n * n)
		}
	}
	if math.Abs(got.Squared-want) > 1e-12 {
		t.Errorf("%+v, want %g", got, want)
	}
}

// Samples of one distribution give estimates around 0 whose spread is the one
// foretold; those of another are far outside of it.
func TestDiscrepancyUnderTheNull(t *testing.T) {
	for _, dim := range []int{1, 2, 20} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			const trials, draws = 120, 150
			var sum, square float64
			for i := range uint64(trials) {
				d := discrepancy(t, normals(draws, dim, 0, 1, 2*i), normals(draws, dim, 0, 1, 2*i+1), dim)
				sum += deviations(d)
				square += deviations(d) * deviations(d)
			}
			mean := sum / trials
			if std := math.Sqrt(square/trials - mean*mean); math.Abs(mean) > 4/math.Sqrt(trials) || std < 0.75 || std > 1.3 {
				t.Errorf("estimates lie at %g ± %g standard deviations of the null", mean, std)
			}
			for name, x := range map[string][]float64{
				"shifted": normals(draws, dim, 0.5, 1, 999), "wide": normals(draws, dim, 0, 2, 999), "narrow": normals(draws, dim, 0, 0.4, 999),
			} {
				d := discrepancy(t, x, normals(draws, dim, 0, 1, 1000), dim)
				if d.Squared <= 0 || deviations(d) < 5 {
					t.Errorf("%s: %+v, %g deviations", name, d, deviations(d))
				}
			}
		})
	}
}

func TestDiscrepancyDoesNotDependOnThreads(t *testing.T) {
	x, y := normals(301, 5, 0.1, 1, 1), normals(301, 5, 0, 1, 2)
	want, err := MeanDiscrepancy(engine(t, 1), x, y, 5)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := MeanDiscrepancy(engine(t, 3), x, y, 5); err != nil || got != want {
		t.Errorf("%+v, want %+v (%v)", got, want, err)
	}
}

func TestDiscrepancyRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct{ x, y, dim int }{{8, 6, 2}, {9, 9, 2}, {6, 6, 2}, {4, 4, 0}} {
		if _, err := MeanDiscrepancy(engine(t, 1), make([]float64, c.x), make([]float64, c.y), c.dim); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func BenchmarkMeanDiscrepancy(b *testing.B) {
	const draws, dim = 4000, 50
	x, y := normals(draws, dim, 0.1, 1, 1), normals(draws, dim, 0, 1, 2)
	for b.Loop() {
		discrepancy(b, x, y, dim)
	}
}

// deviations is how many standard deviations of the null the estimate is from 0.
func deviations(d Discrepancy) float64 { return d.Squared / d.NullStd }
