package ranking

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/internal/dev/testkit/small"
	"vaectl/vae"
)

const side = 4

func model(t *testing.T, settings ...string) (*vae.Model, *vae.Engine) {
	t.Helper()
	e := small.Engine(t, "portable", 1)
	settings = append([]string{"model.hidden=9", "model.latent=3"}, settings...)
	return small.Model(t, e, data.Shape{Height: side, Width: side, Channels: 1}, 3, settings...), e
}

// reader reads a split of which every third image is like the one before it.
func reader(t *testing.T, e *vae.Engine, count int) *data.Reader {
	t.Helper()
	s := &data.Split{Count: count, Shape: data.Shape{Height: side, Width: side, Channels: 1}}
	for i := range count {
		for p := range side * side {
			s.Bytes = append(s.Bytes, byte((i-i%3/2)*37+p*p*11))
		}
	}
	return small.Reader(t, e, s)
}

// The mean of a ranking is the figure of the evaluation, and its order that of the values.
func TestRankings(t *testing.T) {
	for name, settings := range map[string][]string{
		"normal":     nil,
		"uniform":    {"prior.name=uniform"},
		"two layers": {"model.upper_latent=2", "model.upper_hidden=5"},
	} {
		m, e := model(t, settings...)
		r := reader(t, e, 301)
		evaluation, err := m.Evaluate(t.Context(), r, 5)
		if err != nil {
			t.Fatal(err)
		}
		heard := 0
		elbo, err := ByELBO(t.Context(), m, r, nil, 5, func(images int) { heard = images })
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(elbo.Mean-evaluation.NegELBO) > 1e-6*elbo.Mean || heard != 301 {
			t.Errorf("%s: the mean is %.9g, the evaluation says %.9g; %d images were told", name, elbo.Mean, evaluation.NegELBO, heard)
		}
		nll, err := ByNLL(t.Context(), m, r, 5, 20, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.NLL(t.Context(), r, 5, 20, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(nll.Mean-want.Nats) > 1e-12*want.Nats || nll.Mean >= elbo.Mean {
			t.Errorf("%s: the mean -log p is %.12g, want %.12g, below %g", name, nll.Mean, want.Nats, elbo.Mean)
		}
		for _, ranking := range []*Ranking{elbo, nll} {
			for i, place := range ranking.Order[1:] {
				if ranking.Values[place] > ranking.Values[ranking.Order[i]] {
					t.Fatalf("%s: rank %d has a higher value than the one before it", name, i+2)
				}
			}
		}
	}
}

// An image has its value among whichever others it is ranked.
func TestRankingOfSomeImages(t *testing.T) {
	m, e := model(t)
	r := reader(t, e, 40)
	all, err := ByELBO(t.Context(), m, r, nil, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	some, err := ByELBO(t.Context(), m, r, []int32{31, 2, 17}, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, index := range some.Images {
		if math.Abs(some.Values[i]-all.Values[index]) > 1e-5*all.Values[index] {
			t.Errorf("image %d has %.9g, among all %.9g", index, some.Values[i], all.Values[index])
		}
	}
}

func TestEnds(t *testing.T) {
	r := &Ranking{Order: []int32{4, 2, 0, 1, 3}}
	for count, want := range map[int][2][]int32{
		1: {{4}, {3}},
		2: {{4, 2}, {3, 1}},
		9: {{4, 2}, {3, 1}},
	} {
		unusual, typical := r.Ends(count)
		if !slices.Equal(unusual, want[0]) || !slices.Equal(typical, want[1]) {
			t.Errorf("%d at each end: %v and %v", count, unusual, typical)
		}
	}
	if unusual, typical := (&Ranking{Order: []int32{0}}).Ends(3); len(unusual) != 1 || len(typical) != 0 {
		t.Errorf("of one image %v and %v", unusual, typical)
	}
}

func TestRankingSaysWhatHasNoValue(t *testing.T) {
	m, e := model(t)
	r := reader(t, e, 5)
	for i := range m.Weights() {
		m.Weights()[i] = float32(math.NaN())
	}
	_, err := ByELBO(t.Context(), m, r, nil, 5, nil)
	var wrong *NotFinite
	if !errors.As(err, &wrong) || wrong.Image != 0 {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ByELBO(ctx, m, r, nil, 5, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
}
