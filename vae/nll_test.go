package vae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/internal/compute/kernel"
)

func reader(t testing.TB, m *Model, s *data.Split, mode data.Binarization) *data.Reader {
	t.Helper()
	r, err := data.NewReader(s, mode, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// quadrature is the mean over images of -log p(x) for a model with one latent
// dimension and no hidden layer, by Simpson's rule over z in float64: x is
// binary and its logits are linear in z.
func quadrature(m *Model, pixels []float32) float64 {
	byName := map[string]Parameter{}
	for _, p := range m.Parameters() {
		byName[p.Name] = p
	}
	weight, bias := byName["output.weight"].Data, byName["output.bias"].Data
	prior := m.Prior().Marginal(0)
	count := len(pixels) / m.Values()
	var total float64
	for i := range count {
		x := pixels[i*m.Values() : (i+1)*m.Values()]
		// Over the unit interval of the prior's distribution function.
		const n = 2000
		var sum float64
		for k := 0; k <= n; k++ {
			z := prior.Quantile(min(max(float64(k)/n, 1e-9), 1-1e-9))
			code := m.frame.InputOf(0, z)
			var loglik float64
			for j := range x {
				l := float64(weight[j])*code + float64(bias[j])
				loglik += float64(x[j])*l - max(l, 0) - math.Log1p(math.Exp(-math.Abs(l)))
			}
			factor := 2.0
			switch {
			case k == 0 || k == n:
				factor = 1
			case k%2 == 1:
				factor = 4
			}
			sum += factor / (3 * n) * math.Exp(loglik)
		}
		total -= math.Log(sum)
	}
	return total / float64(count)
}

// On a model whose log p(x) an integral over one dimension gives: the ELBO lies
// below it, the importance-weighted bound rises with the number of draws
// toward it, and the NLL is it.
func TestBoundsAgainstQuadrature(t *testing.T) {
	for _, prior := range [][]string{
		nil,
		{"prior.mean=0.5", "prior.std=0.1"},
		{"prior.name=uniform"},
		{"prior.name=uniform", "prior.standardize=full"},
	} {
		settings := append([]string{"model.hidden=", "model.latent=1"}, prior...)
		m := newModel(t, settings...)
		for i := range m.Weights() {
			m.Weights()[i] *= 2
		}
		// Enough images to make the noise of the bounds small; after 64 they repeat.
		const different = 64
		images := split(30 * different)
		r := reader(t, m, images, data.Threshold)
		pixels := make([]float32, images.Count*m.Values())
		r.Read(pixels, consecutive(0, images.Count), data.Draw{})
		exact := quadrature(m, pixels[:different*m.Values()])
		elbo := evaluate(t, m, images, data.Threshold).NegELBO
		previous := elbo
		for _, k := range []int{1, 2, 8, 64} {
			w := newModel(t, append(settings, "objective.name=iwae", fmt.Sprintf("objective.samples=%d", k))...)
			copy(w.Weights(), m.Weights())
			e := evaluate(t, w, images, data.Threshold)
			if e.Bound != (Bound{Name: IWAE, Samples: k}) {
				t.Fatalf("%v: the evaluation is of the %v", prior, e.Bound)
			}
			if k == 1 && math.Abs(e.NegBound-elbo) > 0.05 {
				t.Errorf("%v: the bound of one sample is %g, the ELBO %g", prior, e.NegBound, elbo)
			}
			if k > 1 && !(e.NegBound < previous) || e.NegBound < exact-0.01 {
				t.Errorf("%v: the negative bound of %d samples is %g after %g, -log p(x) is %g", prior, k, e.NegBound, previous, exact)
			}
			previous = e.NegBound
		}
		if elbo < exact+0.05 {
			t.Errorf("%v: the negative ELBO %g is not above -log p(x) %g: the test shows nothing", prior, elbo, exact)
		}
		nll, err := m.NLL(context.Background(), r, 3, 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(nll.Nats-exact) > 0.003 {
			t.Errorf("%v: NLL %g, quadrature %g", prior, nll.Nats, exact)
		}
		if nll.Images != images.Count || nll.Samples != 1000 || !(nll.EffectiveSamples > 1 && nll.EffectiveSamples < 1000) {
			t.Errorf("%v: %+v", prior, nll)
		}
	}
}

// consecutive are so many indices from the first.
func consecutive(first, count int) []int32 {
	indices := make([]int32, count)
	for i := range indices {
		indices[i] = int32(first + i)
	}
	return indices
}

// The figure has the same bits on any number of threads and however the work is
// cut, and depends on the seed.
func TestNLLDoesNotDependOnChunksOrThreads(t *testing.T) {
	for _, kernels := range kernel.Supported() {
		for _, settings := range [][]string{{"data.binarize=dynamic"}, {"model.activation=tanh", "prior.name=uniform", "data.binarize=dynamic"}, {"model.upper_latent=2", "model.upper_hidden=6"}} {
			var first NLL
			for i, c := range []struct{ threads, rows int }{{1, 1000}, {2, 1000}, {3, 64}, {1, 7}, {2, 41}, {2, 20000}} {
				e, err := NewEngine(kernels, c.threads)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				m, err := New(config(settings...), grey(4, 5), e)
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Init(1); err != nil {
					t.Fatal(err)
				}
				r := reader(t, m, split(301), data.Dynamic)
				got, err := m.estimateNLL(context.Background(), comm.Local(1)[0], r, 5, 41, c.rows, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					first = got
					other, err := m.NLL(context.Background(), r, 6, 41, nil)
					if err != nil || other.Nats == got.Nats {
						t.Errorf("%s: another seed gives %g too (%v)", kernels, got.Nats, err)
					}
				}
				if got != first {
					t.Errorf("%s: %d threads, %d rows: %+v, want %+v", kernels, c.threads, c.rows, got, first)
				}
			}
		}
	}
}

// The mean over images of prefixes: an image's part is its own.
func TestNLLIsTheMeanOverImages(t *testing.T) {
	m := newModel(t)
	all := split(evalRows + 3)
	sum, square := 0.0, 0.0
	var got NLL
	for _, n := range []int{evalRows + 1, evalRows + 2, evalRows + 3} {
		s := *all
		s.Count, s.Bytes = n, all.Bytes[:n*20]
		nll, err := m.NLL(context.Background(), reader(t, m, &s, data.Grey), 1, 300, nil)
		if err != nil {
			t.Fatal(err)
		}
		if sum != 0 {
			if image := nll.Nats*float64(n) - sum; image < 0 || image > 40 {
				t.Errorf("image %d contributes %g nats", n-1, image)
			}
		}
		sum, got = nll.Nats*float64(n), nll
	}
	// The standard error against one from single images.
	for i := range all.Count {
		one := data.Split{Count: 1, Shape: data.Shape{Height: 4, Width: 5, Channels: 1}, Bytes: all.Image(i)}
		nll, err := m.NLL(context.Background(), reader(t, m, &one, data.Grey), 1, 300, nil)
		if err != nil {
			t.Fatal(err)
		}
		if nll.StdErr != 0 {
			t.Fatalf("the standard error over one image is %g", nll.StdErr)
		}
		square += nll.Nats * nll.Nats
		if i == 0 {
			sum = 0
		}
		sum += nll.Nats
	}
	n := float64(all.Count)
	want := math.Sqrt((square/n - sum/n*sum/n) / (n - 1))
	if math.Abs(got.StdErr-want) > 0.05*want {
		t.Errorf("standard error %g, from single images %g", got.StdErr, want)
	}
}

func TestNLLStopsAndReports(t *testing.T) {
	m := newModel(t)
	r := reader(t, m, split(20), data.Grey)
	ctx, cancel := context.WithCancel(context.Background())
	var heard []int
	_, err := m.NLL(ctx, r, 1, 300, func(images int) {
		heard = append(heard, images)
		if images >= 9 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context ended", err)
	}
	if fmt.Sprint(heard) != "[3 6 9]" {
		t.Errorf("progress was told %v, want [3 6 9]: 1000 rows are 3 images of 300 draws", heard)
	}
	for _, samples := range []int{0, -1, MaxNLLSamples + 1} {
		if _, err := m.NLL(context.Background(), r, 1, samples, nil); err == nil {
			t.Errorf("%d samples were taken", samples)
		}
	}
	other := &data.Split{Count: 1, Shape: data.Shape{Height: 2, Width: 2, Channels: 1}, Bytes: make([]byte, 4)}
	if _, err := m.NLL(context.Background(), reader(t, m, other, data.Grey), 1, 3, nil); err == nil {
		t.Error("images of another size were taken")
	}
}

// BenchmarkNLL is the estimate of log p(x) with 5,000 draws an image, the
// decoder of the IWAE paper's model.
func BenchmarkNLL(b *testing.B) {
	for _, rows := range []int{250, 500, 1000, 2000} {
		b.Run(fmt.Sprintf("784-200-200-50/rows%d", rows), func(b *testing.B) {
			m, err := New(config("model.hidden=200,200", "model.latent=50", "model.activation=tanh"), grey(28, 28), engine(b))
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Init(1); err != nil {
				b.Fatal(err)
			}
			images := &data.Split{Count: b.N, Shape: data.Shape{Height: 28, Width: 28, Channels: 1}, Bytes: make([]byte, b.N*784)}
			for i := range images.Bytes {
				images.Bytes[i] = byte(i * 31 % 256)
			}
			r := reader(b, m, images, data.Dynamic)
			b.ResetTimer()
			if _, err := m.estimateNLL(context.Background(), comm.Local(1)[0], r, 1, 5000, rows, nil, nil); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)*5000/b.Elapsed().Seconds(), "draws/s")
		})
	}
}
