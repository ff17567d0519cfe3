package vae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/data"
)

func diagnose(t testing.TB, m *Model, s *data.Split, mode data.Binarization) (Evaluation, Diagnosis) {
	t.Helper()
	e := evaluate(t, m, s, mode)
	d, err := m.Diagnose(context.Background(), reader(t, m, s, mode), e, 7, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// weightsOf is the memory of one parameter.
func weightsOf(t testing.TB, m *Model, name string) []float32 {
	t.Helper()
	for _, p := range m.Parameters() {
		if p.Name == name {
			return p.Data
		}
	}
	t.Fatalf("no parameter %s", name)
	return nil
}

// An encoder that puts black images at -a and white ones at a, exactly, says
// which of the two an image is and no more.
func TestDiagnosisOfTwoPoints(t *testing.T) {
	const images, a, logVar = 400, 0.7, -16
	m := newModel(t, "model.hidden=", "model.latent=1")
	clear(m.Weights())
	weightsOf(t, m, "head.weight")[0] = 2 * a
	copy(weightsOf(t, m, "head.bias"), []float32{-a, logVar})
	s := split(images)
	for i := range s.Bytes {
		s.Bytes[i] = byte(255 * (i / 20 % 2))
	}
	e, d := diagnose(t, m, s, data.Threshold)
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	near("the information", d.Information, math.Ln2, 1e-5)
	near("its cap", d.InformationCap, math.Log(images), 0)
	// The entropy of two narrow Gaussians, and E[z^2].
	variance := math.Exp(logVar)
	near("the marginal KL", d.MarginalKL, -math.Ln2-0.5*(1+logVar)+0.5*(a*a+variance), 1e-4)
	near("the KL", e.KL, d.Information+d.MarginalKL, 1e-12)
	below := distuv.UnitNormal.CDF(-a)
	near("KS", d.KS[0], max(below, 0.5-below), 0.003)
	if d.KSDraws != 0 {
		t.Errorf("compared with %d draws of a prior that has a distribution function", d.KSDraws)
	}
	if d.MMD == nil || d.MMD.Deviations() < 10 || d.MMD.Draws != images {
		t.Errorf("MMD %+v", d.MMD)
	}
}

// Where every posterior is the prior, the code says nothing and follows it.
func TestDiagnosisOfACollapsedModel(t *testing.T) {
	for _, c := range []struct {
		settings []string
		joint    bool
	}{
		{nil, false},
		{[]string{"prior.mean=0.5", "prior.std=0.1"}, false},
		{[]string{"prior.name=uniform", "prior.low=2", "prior.high=5"}, false},
		{[]string{"prior.name=vamp", "prior.components=7"}, true},
		{[]string{"prior.name=flow"}, true},
		{[]string{"model.upper_latent=2", "model.upper_hidden=4", "prior.std=3"}, false},
	} {
		t.Run(fmt.Sprint(c.settings), func(t *testing.T) {
			m := newModel(t, c.settings...)
			clear(m.Weights())
			_, d := diagnose(t, m, split(1200), data.Grey)
			if math.Abs(d.Information) > 1e-6 || math.Abs(d.MarginalKL) > 0.05 {
				t.Errorf("information %g, marginal KL %g, want 0", d.Information, d.MarginalKL)
			}
			if _, worst := d.WorstKS(); worst > 1.6*d.KSLevel || len(d.KS) != m.Latents() {
				t.Errorf("KS %v, level %g", d.KS, d.KSLevel)
			}
			if math.Abs(d.MMD.Deviations()) > 4 {
				t.Errorf("MMD %+v", d.MMD)
			}
			if joint := d.KSDraws == 1200; joint != c.joint || (!joint && d.KSDraws != 0) {
				t.Errorf("compared with %d draws", d.KSDraws)
			}
		})
	}
}

// Figures are numbers for every prior, also those without moments, and the
// information of two layers is that of the lower.
func TestDiagnosisOfEveryPrior(t *testing.T) {
	for _, settings := range [][]string{
		{"prior.name=laplace"}, {"prior.name=logistic", "prior.location=3"}, {"prior.name=mixture"},
		{"prior.name=student-t", "prior.dof=0.05", "prior.standardize=full"}, {"prior.name=mixture", "prior.learned=true", "prior.components=3"},
		{"prior.name=uniform", "prior.standardize=full"}, {"model.latent=1"},
		{"model.upper_latent=2", "model.upper_hidden=6", "prior.name=vamp", "prior.components=4"},
	} {
		m := newModel(t, settings...)
		for i := range m.Weights() {
			m.Weights()[i] *= 3
		}
		e, d := diagnose(t, m, split(300), data.Grey)
		_, worst := d.WorstKS()
		for what, v := range map[string]float64{
			"information": d.Information, "its error": d.InformationStdErr, "marginal KL": d.MarginalKL,
			"KS": worst, "median KS": d.MedianKS(), "MMD": d.MMD.Squared, "its deviation": d.MMD.NullStd,
		} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%v: %s is %g", settings, what, v)
			}
		}
		if d.Information <= 0 || d.Information > d.InformationCap || worst > 1 || worst <= 0 || d.MedianKS() > worst {
			t.Errorf("%v: %+v", settings, d)
		}
		if math.Abs(d.Information+d.MarginalKL-e.KL) > 1e-9 {
			t.Errorf("%v: the KL %g is not the sum of %g and %g", settings, e.KL, d.Information, d.MarginalKL)
		}
	}
}

// The codes are those of the evaluation, labels and all, and the figures do not
// depend on the number of threads.
func TestDiagnosisIsOfTheEvaluatedCodes(t *testing.T) {
	for _, settings := range [][]string{{"prior.mean=0.5", "prior.std=0.1"}, {"model.conditional=true", "model.classes=4"}} {
		s := labelled(301)
		var first Diagnosis
		for _, threads := range []int{1, 3} {
			e, err := NewEngine("", threads)
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
			evaluation, d := diagnose(t, m, s, data.Dynamic)
			images, err := m.Images(reader(t, m, s, data.Dynamic))
			if err != nil {
				t.Fatal(err)
			}
			c, err := m.codesOf(context.Background(), images, 7)
			if err != nil {
				t.Fatal(err)
			}
			for dim, want := range evaluation.AggregateMean {
				for _, rows := range [][]float64{c.z, c.first} {
					var mean float64
					for _, v := range column(rows, dim, m.Latents()) {
						mean += v / float64(s.Count)
					}
					if math.Abs(mean-want) > 1e-6 {
						t.Errorf("%v: codes have mean %g in dimension %d, those evaluated %g", settings, mean, dim, want)
					}
				}
			}
			if threads == 1 {
				first = d
			} else if diff := cmp.Diff(first, d); diff != "" {
				t.Errorf("%v: %d threads: %s", settings, threads, diff)
			}
		}
	}
}

func TestDiagnosisOfFewImagesAndOfNoTime(t *testing.T) {
	m := newModel(t)
	if _, d := diagnose(t, m, split(1), data.Grey); d.MMD != nil || d.Information != 0 || d.InformationCap != 0 {
		t.Errorf("of one image: %+v", d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Diagnose(ctx, reader(t, m, split(9), data.Grey), Evaluation{}, 7, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	other := &data.Split{Count: 1, Shape: data.Shape{Height: 2, Width: 2, Channels: 1}, Bytes: make([]byte, 4)}
	if _, err := m.Diagnose(context.Background(), reader(t, m, other, data.Grey), Evaluation{}, 7, nil); err == nil {
		t.Error("images of another size were taken")
	}
}

func TestKSOfDimensions(t *testing.T) {
	d := Diagnosis{KS: []float64{0.3, 0.1, 0.9, 0.2}}
	if dim, worst := d.WorstKS(); dim != 2 || worst != 0.9 {
		t.Errorf("worst %g in %d", worst, dim)
	}
	if got := d.MedianKS(); got != 0.25 || !slices.Equal(d.KS, []float64{0.3, 0.1, 0.9, 0.2}) {
		t.Errorf("median %g of %v", got, d.KS)
	}
}
