package vae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/comm"
)

// labelled is the split of some images with labels 0 to 3.
func labelled(count int) *data.Split {
	s := split(count)
	for i := range count {
		s.Labels = append(s.Labels, i*5%4)
	}
	return s
}

// conditionalModels are settings of which the first layers differ.
func conditionalModels() map[string][]string {
	return map[string][]string{
		"hidden":     nil,
		"linear":     {"model.hidden="},
		"gated":      {"model.gated=true"},
		"two layers": {"model.upper_latent=2", "model.upper_hidden=5"},
	}
}

func conditional(t testing.TB, settings ...string) *Model {
	t.Helper()
	return newModel(t, append([]string{"model.conditional=true", "model.classes=4"}, settings...)...)
}

func TestLabelsAreReadByTheFirstLayers(t *testing.T) {
	for name, want := range map[string][]string{
		"hidden":     {"encoder.0.label.weight [4 9]", "decoder.0.label.weight [4 7]"},
		"linear":     {"head.label.weight [4 6]", "output.label.weight [4 20]"},
		"gated":      {"encoder.0.label.weight [4 9]", "encoder.0.gate.label.weight [4 9]", "decoder.0.label.weight [4 7]", "decoder.0.gate.label.weight [4 7]"},
		"two layers": {"encoder.0.label.weight [4 9]", "decoder.0.label.weight [4 7]"},
	} {
		m := conditional(t, conditionalModels()[name]...)
		plain := newModel(t, conditionalModels()[name]...)
		var got []string
		var others []float32
		for _, p := range m.Parameters() {
			if strings.Contains(p.Name, ".label.") {
				got = append(got, fmt.Sprint(p.Name, " ", p.Shape))
				if !slices.ContainsFunc(p.Data, func(v float32) bool { return v != 0 }) {
					t.Errorf("%s: %s starts at zero", name, p.Name)
				}
				continue
			}
			others = append(others, p.Data...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: tensors of labels are %q, want %q", name, got, want)
		}
		if !slices.Equal(others, plain.Weights()) {
			t.Errorf("%s: the other weights do not start as without labels", name)
		}
	}
}

// With all of a label's rows at zero the model is the one without labels.
func TestConditionalModelWithoutEffectOfLabels(t *testing.T) {
	for name, settings := range conditionalModels() {
		m, plain := conditional(t, settings...), newModel(t, settings...)
		for _, p := range m.Parameters() {
			if strings.Contains(p.Name, ".label.") {
				clear(p.Data)
			}
		}
		got, want := evaluate(t, m, labelled(300), data.Threshold), evaluate(t, plain, split(300), data.Threshold)
		if math.Abs(got.NegELBO-want.NegELBO) > 1e-4 || !got.Bound.Conditional || want.Bound.Conditional {
			t.Errorf("%s: negative ELBO %g of %v, without labels %g of %v", name, got.NegELBO, got.Bound, want.NegELBO, want.Bound)
		}
	}
}

// Every way to a figure reads the labels of the images: those of a split one by
// one, those that are given, and both at once.
func TestLabelsReachEveryFigure(t *testing.T) {
	const count = 30
	for name, settings := range conditionalModels() {
		m := conditional(t, append(settings, "objective.name=iwae", "objective.samples=3")...)
		s := labelled(count)
		whole := evaluate(t, m, s, data.Threshold)
		nll := func(m *Model, s *data.Split, rows int) NLL {
			r, err := data.NewReader(s, data.Threshold, (*Engine)(m.engine))
			if err != nil {
				t.Fatal(err)
			}
			n, err := m.estimateNLL(context.Background(), comm.Local(1)[0], r, 7, 8, rows, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		likelihood := nll(m, s, 1000)
		if other := nll(m, s, 5); math.Abs(other.Nats-likelihood.Nats) > 1e-5 {
			t.Errorf("%s: NLL %g in one piece, %g in pieces", name, likelihood.Nats, other.Nats)
		}
		scorer, err := m.NewScorer(7)
		if err != nil {
			t.Fatal(err)
		}
		labels := s.Labels
		r, err := data.NewReader(s, data.Threshold, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		pixels := make([]float32, count*20)
		r.Read(pixels, consecutive(0, count), data.Draw{})
		scores, err := scorer.Score(Batch{pixels, labels}, 0, 7)
		if err != nil {
			t.Fatal(err)
		}
		q, err := m.Encode(Batch{pixels, labels})
		if err != nil {
			t.Fatal(err)
		}
		means, err := m.Decode(Codes{scores.Z, labels})
		if err != nil {
			t.Fatal(err)
		}
		// The same, a class at a time.
		var sum float64
		for label := range 4 {
			part := &data.Split{Shape: data.Shape{Height: 4, Width: 5, Channels: 1}}
			var rows []int
			for i, l := range labels {
				if l == label {
					part.Bytes = append(part.Bytes, s.Image(i)...)
					part.Count++
					rows = append(rows, i)
				}
			}
			part.Labels = m.SameLabel(label, part.Count)
			e := evaluate(t, m, part, data.Threshold)
			part.Labels = m.SameLabel((label+1)%4, part.Count)
			if wrong := evaluate(t, m, part, data.Threshold); wrong.NegBound == e.NegBound {
				t.Errorf("%s: the label does not matter", name)
			}
			sum += float64(part.Count) * e.Reconstruction / count
			for k, i := range rows {
				one, err := m.Encode(Batch{pixels[i*20 : (i+1)*20], []int{label}})
				if err != nil {
					t.Fatal(err)
				}
				d := m.Latents()
				if k < 3 && !close32(one.Mean, q.Mean[i*d:(i+1)*d]) {
					t.Errorf("%s: image %d encodes to %v alone, %v among others", name, i, one.Mean, q.Mean[i*d:(i+1)*d])
				}
				decoded, err := m.Decode(Codes{scores.Z[i*d : (i+1)*d], []int{label}})
				if err != nil {
					t.Fatal(err)
				}
				if k < 3 && !close32(decoded, means[i*20:(i+1)*20]) {
					t.Errorf("%s: image %d decodes to other pixels alone", name, i)
				}
			}
		}
		// Draws differ with the place in a split, so this is a rough check.
		if math.Abs(sum-whole.Reconstruction) > 0.5 {
			t.Errorf("%s: reconstruction %g class by class, %g together", name, sum, whole.Reconstruction)
		}
		var negative float64
		for i := range count {
			negative += (scores.Reconstruction[i] + scores.KL[i]) / count
		}
		if math.Abs(negative-whole.NegELBO) > 1 {
			t.Errorf("%s: scores %g, evaluation %g", name, negative, whole.NegELBO)
		}
	}
}

func close32[T float32 | float64](a, b []T) bool {
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-5 {
			return false
		}
	}
	return len(a) == len(b)
}

// The samples of a label are what its model makes of the draws that all labels share.
func TestSamplesOfALabel(t *testing.T) {
	m := conditional(t, "model.upper_latent=2")
	all, err := m.Sample(4, 3, []int{0, 1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for label := range 4 {
		own, err := m.Sample(4, 3, m.SameLabel(label, 4))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(own.Z, all.Z) || !close32(own.Means[label*20:(label+1)*20], all.Means[label*20:(label+1)*20]) {
			t.Errorf("label %d: samples differ", label)
		}
	}
}

func TestLabelsThatDoNotFit(t *testing.T) {
	m, plain := conditional(t), newModel(t)
	pixels, z := make([]float32, 40), make([]float64, 6)
	bad := labelled(8)
	bad.Labels[5] = 4
	evaluateOn := func(m *Model, s *data.Split) error {
		r, err := data.NewReader(s, data.Grey, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Evaluate(context.Background(), r, 1)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"none":             {errOf(m.Encode(Batch{Pixels: pixels})), "wants a label from 0 to 3"},
		"none to decode":   {errOf(m.Decode(Codes{Z: z})), "wants a label from 0 to 3"},
		"none to sample":   {errOf(m.Sample(2, 1, nil)), "wants a label from 0 to 3"},
		"too few":          {errOf(m.Encode(Batch{pixels, []int{1}})), "1 labels for 2 rows"},
		"too many":         {errOf(m.Sample(1, 1, []int{1, 2})), "2 labels for 1 rows"},
		"too large":        {errOf(m.Decode(Codes{z, []int{0, 4}})), "label 4, the model knows 0 to 3"},
		"negative":         {errOf(m.Decode(Codes{z, []int{0, -1}})), "label -1"},
		"not conditional":  {errOf(plain.Decode(Codes{z, []int{0, 1}})), "2 labels for a model that reads none"},
		"every label":      {errOf(plain.SampleClasses(1, 1)), "a model that reads none"},
		"unlabelled split": {evaluateOn(m, split(8)), "the images have no labels"},
		"other classes":    {evaluateOn(m, bad), "image 5 has the label 4"},
	} {
		if !errors.Is(c.err, ErrLabels) || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrLabels with %q", name, c.err, c.want)
		}
	}
	for _, settings := range [][]string{{"model.conditional=true"}, {"model.conditional=true", "model.classes=2", "prior.name=vamp"}} {
		if _, err := New(config(settings...), grey(4, 5), (*Engine)(m.engine)); err == nil {
			t.Errorf("%v: no error", settings)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }
