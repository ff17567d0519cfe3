package posteriors

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"pgregory.net/rapid"

	"vaectl/data"
	"vaectl/internal/dev/testkit/small"
	"vaectl/vae"
)

func gaussian(t *rapid.T, mean, std []float64) *distmv.Normal {
	variance := mat.NewSymDense(len(mean), nil)
	for i, s := range std {
		variance.SetSym(i, i, s*s)
	}
	n, ok := distmv.NewNormal(mean, variance, nil)
	if !ok {
		t.Fatal("no Gaussian")
	}
	return n
}

// Distances of diagonal Gaussians are those of Gaussians with any covariance.
func TestDistances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "dimensions")
		means := rapid.SliceOfN(rapid.Float64Range(-3, 3), n, n)
		stds := rapid.SliceOfN(rapid.Float64Range(0.2, 2), n, n)
		meanA, meanB := means.Draw(t, "mean a"), means.Draw(t, "mean b")
		stdA, stdB := stds.Draw(t, "std a"), stds.Draw(t, "std b")
		a, b := gaussian(t, meanA, stdA), gaussian(t, meanB, stdB)
		for by, want := range map[Distance]float64{
			KL:          distmv.KullbackLeibler{}.DistNormal(a, b) + distmv.KullbackLeibler{}.DistNormal(b, a),
			Wasserstein: math.Sqrt(max(0, distmv.Wasserstein{}.DistNormal(a, b))),
		} {
			got := by.Between(meanA, stdA, meanB, stdB)
			// The general form of the second takes roots of matrices.
			if math.Abs(got-want) > 1e-6*(1+want) {
				t.Errorf("%s is %.12g, want %.12g", by, got, want)
			}
			if back := by.Between(meanB, stdB, meanA, stdA); math.Abs(back-got) > 1e-12*(1+got) {
				t.Errorf("%s is %.12g one way and %.12g the other", by, got, back)
			}
			if same := by.Between(meanA, stdA, meanA, stdA); same != 0 {
				t.Errorf("%s of a Gaussian to itself is %g", by, same)
			}
		}
	})
}

const side = 4

func world(t *testing.T, settings ...string) (*vae.Model, *data.Reader) {
	t.Helper()
	e, shape := small.Engine(t, "portable", 1), data.Shape{Height: side, Width: side, Channels: 1}
	m := small.Model(t, e, shape, 3, append([]string{"model.hidden=9", "model.latent=3"}, settings...)...)
	s := &data.Split{Count: 523, Shape: shape}
	for i := range s.Count {
		for p := range side * side {
			s.Bytes = append(s.Bytes, byte(i%500*(p+3)*7+i%500/256*(p*p+1)))
		}
		s.Labels = append(s.Labels, i%5)
	}
	return m, small.Reader(t, e, s)
}

// every is the posteriors of all images of a split, at once.
func every(t *testing.T, m *vae.Model, r *data.Reader) vae.Encoding {
	t.Helper()
	images, err := m.Images(r)
	if err != nil {
		t.Fatal(err)
	}
	var all []int32
	for i := range images.Count() {
		all = append(all, int32(i))
	}
	q, err := m.Encode(images.Batch(all, data.EvaluationDraw(1)))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func one(q vae.Encoding, i, latents int) vae.Encoding {
	return vae.Encoding{Mean: q.Mean[i*latents : (i+1)*latents], Std: q.Std[i*latents : (i+1)*latents]}
}

// The neighbours are those that sorting all images by their distance finds. Images 0 and
// 500 are equal.
func TestNearest(t *testing.T) {
	for name, settings := range map[string][]string{
		"normal":      nil,
		"conditional": {"model.conditional=true", "model.classes=5"},
		"two levels":  {"model.upper_latent=2", "model.upper_hidden=5"},
		"sphere":      {"prior.name=sphere", "objective.name=mmd"},
	} {
		m, r := world(t, settings...)
		q := every(t, m, r)
		for _, by := range Distances() {
			for _, query := range []int{0, 411} {
				asked := one(q, query, m.Latents())
				var want []Neighbour
				for i := range r.Split().Count {
					other := one(q, i, m.Latents())
					if i != query {
						want = append(want, Neighbour{i, by.Between(asked.Mean, asked.Std, other.Mean, other.Std)})
					}
				}
				slices.SortFunc(want, compare)
				for _, count := range []int{1, 7, 1000} {
					got, err := Nearest(t.Context(), m, r, 1, asked, by, count, query)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(got, want[:min(count, len(want))]) {
						t.Errorf("%s, %s: the %d nearest to image %d are wrong", name, by, count, query)
					}
				}
				with, err := Nearest(t.Context(), m, r, 1, asked, by, 1, -1)
				if err != nil || with[0] != (Neighbour{query, 0}) {
					t.Errorf("%s, %s: nearest to image %d is %v (%v)", name, by, query, with, err)
				}
			}
		}
	}
	m, r := world(t)
	if _, err := Nearest(t.Context(), m, r, 1, vae.Encoding{}, KL, 3, -1); err == nil {
		t.Error("neighbours of nothing")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Nearest(ctx, m, r, 1, one(every(t, m, r), 0, 3), KL, 3, -1); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
}

func TestDirection(t *testing.T) {
	m, r := world(t)
	q := every(t, m, r)
	for label := range 5 {
		d, err := DirectionOf(t.Context(), m, r, 1, label)
		if err != nil {
			t.Fatal(err)
		}
		var class, others [3]float64
		for i, is := range r.Split().Labels {
			for k := range 3 {
				if is == label {
					class[k] += q.Mean[3*i+k] / float64(d.Images)
				} else {
					others[k] += q.Mean[3*i+k] / float64(d.Others)
				}
			}
		}
		for k, got := range d.Step {
			if want := class[k] - others[k]; math.Abs(got-want) > 1e-12 {
				t.Errorf("class %d goes %g along u%d, want %g", label, got, k, want)
			}
		}
		length := math.Hypot(math.Hypot(d.Step[0], d.Step[1]), d.Step[2])
		if d.Images+d.Others != 523 || d.Images < 104 || math.Abs(d.Length()-length) > 1e-12 {
			t.Errorf("%+v of length %g, want %g", d, d.Length(), length)
		}
	}
	if _, err := DirectionOf(t.Context(), m, r, 1, 5); !errors.Is(err, ErrOneKind) {
		t.Errorf("a class without images: %v", err)
	}
}
