package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

func engine(t testing.TB, threads int) *kernel.Engine {
	t.Helper()
	return testkit.Engine(t, "", threads)
}

// linear are the posteriors N(gain x, std^2) of N(0, 1) images, and a draw each;
// the dimensions are alike but have values of their own.
func linear(images, dim int, gain, std float64, seed uint64) (q Gaussians, z []float64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	q.Dim = dim
	for range images * dim {
		mean := gain * rng.NormFloat64()
		q.Means = append(q.Means, mean)
		q.LogVars = append(q.LogVars, 2*math.Log(std))
		z = append(z, mean+std*rng.NormFloat64())
	}
	return q, z
}

func information(t testing.TB, e *kernel.Engine, q Gaussians, z []float64) Information {
	t.Helper()
	i, err := MutualInformation(context.Background(), e, q, z, nil)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// With an image x ~ N(0, 1) and q(z|x) = N(gx, s^2) the mutual information is
// ln(1 + g^2/s^2)/2 a dimension.
func TestInformationOfALinearEncoder(t *testing.T) {
	const images = 3000
	for _, c := range []struct {
		dim       int
		gain, std float64
	}{{1, 1, 1}, {1, 2, 0.5}, {3, 1, 1}, {2, 1, 3}, {5, 0, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			want := 0.5 * float64(c.dim) * math.Log1p(c.gain*c.gain/(c.std*c.std))
			q, z := linear(images, c.dim, c.gain, c.std, 3)
			got := information(t, engine(t, 2), q, z)
			if math.Abs(got.Nats-want) > 0.02+4*got.StdErr {
				t.Errorf("%+v, want %g", got, want)
			}
			if got.Cap != math.Log(images) {
				t.Errorf("cap %g", got.Cap)
			}
			// Most of the noise of a log density is common to both of a ratio.
			if c.gain > 0 && !(got.StdErr > 0 && got.StdErr < 0.05) {
				t.Errorf("standard error %g", got.StdErr)
			}
		})
	}
}

// Images that all have their own place are told apart to the last one, and those
// that have one place not at all.
func TestInformationAtItsEnds(t *testing.T) {
	for _, gain := range []float64{10, 1e4, 1e25} { // float32 cannot square the last
		q, z := linear(500, 2, gain, 1e-3, 1)
		got := information(t, engine(t, 1), q, z)
		if math.Abs(got.Nats-math.Log(500)) > 1e-12 || got.StdErr > 1e-12 {
			t.Errorf("%g apart: %+v, want %g", gain, got, math.Log(500))
		}
	}
	q, z := linear(500, 7, 0, 2, 1)
	if got := information(t, engine(t, 1), q, z); math.Abs(got.Nats) > 1e-7 {
		t.Errorf("all alike: %+v, want 0", got)
	}
	if got := information(t, engine(t, 1), Gaussians{1, []float64{3}, []float64{0}}, []float64{4}); got != (Information{}) {
		t.Errorf("one image: %+v", got)
	}
}

// The sum is that over all pairs, written down plainly, and stays below ln N.
func TestInformationIsThatOfAllPairs(t *testing.T) {
	e := engine(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 9).Draw(t, "dim")
		images := rapid.IntRange(1, 60).Draw(t, "images")
		value := rapid.Float64Range(-3, 3)
		q := Gaussians{Dim: dim}
		var z []float64
		for range images * dim {
			mean, logVar := value.Draw(t, "mean"), rapid.Float64Range(-12, 3).Draw(t, "log variance")
			q.Means, q.LogVars = append(q.Means, mean), append(q.LogVars, logVar)
			z = append(z, mean+math.Exp(logVar/2)*value.Draw(t, "draw"))
		}
		var want float64
		for i := range images {
			density := func(j int) (sum float64) {
				for d := range dim {
					delta := z[i*dim+d] - q.Means[j*dim+d]
					sum -= 0.5 * (math.Log(2*math.Pi) + q.LogVars[j*dim+d] + delta*delta/math.Exp(q.LogVars[j*dim+d]))
				}
				return sum
			}
			var mixture float64
			for j := range images {
				mixture += math.Exp(density(j)-density(i)) / float64(images)
			}
			want -= math.Log(mixture) / float64(images)
		}
		got, err := MutualInformation(context.Background(), e, q, z, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Nats-want) > 1e-5 || got.Nats > got.Cap+1e-12 {
			t.Errorf("%+v, want %g", got, want)
		}
	})
}

// The bits do not depend on the number of threads.
func TestInformationDoesNotDependOnThreads(t *testing.T) {
	q, z := linear(2100, 6, 1, 0.5, 9)
	want := information(t, engine(t, 1), q, z)
	for _, threads := range []int{2, 3} {
		if got := information(t, engine(t, threads), q, z); got != want {
			t.Errorf("%d threads: %+v, want %+v", threads, got, want)
		}
	}
}

func TestInformationStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	q, z := linear(2500, 1, 1, 1, 1)
	var heard []int
	_, err := MutualInformation(ctx, engine(t, 2), q, z, func(images int) {
		heard = append(heard, images)
		cancel()
	})
	if !errors.Is(err, context.Canceled) || len(heard) != 1 || heard[0] <= 0 || heard[0] >= 2500 {
		t.Errorf("error %v after %v images", err, heard)
	}
	if _, err := MutualInformation(context.Background(), engine(t, 1), q, z[1:], nil); err == nil {
		t.Error("draws that do not fit were taken")
	}
}

// A model that tells images apart needs few dimensions of each pair, one that
// does not needs all.
func BenchmarkMutualInformation(b *testing.B) {
	for _, gain := range []float64{0, 0.1, 1, 10} {
		b.Run(fmt.Sprintf("gain=%g", gain), func(b *testing.B) {
			q, z := linear(10000, 50, gain, 1, 1)
			e := engine(b, 2)
			for b.Loop() {
				information(b, e, q, z)
			}
		})
	}
}
