package vae

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/finite"
)

// choicesOf are the words that a setting allows.
func choicesOf(t *testing.T, key string) []string {
	t.Helper()
	fields := configs.Fields()
	i := slices.IndexFunc(fields, func(f configs.Field) bool { return f.Key == key })
	if i < 0 || len(fields[i].Choices) < 2 {
		t.Fatalf("no words to choose from for %s", key)
	}
	return fields[i].Choices
}

// priorSettings are all priors, those that can be learned in both ways.
func priorSettings(t *testing.T) [][]string {
	t.Helper()
	all := [][]string{{"prior.name=mixture", "prior.learned=true", "prior.components=4"}}
	for _, name := range choicesOf(t, "prior.name") {
		settings := []string{"prior.name=" + name}
		if name == "vamp" {
			settings = append(settings, "prior.components=4")
		}
		all = append(all, settings)
	}
	return all
}

func objectiveSettings(t *testing.T) [][]string {
	t.Helper()
	all := [][]string{{"objective.samples=3"}, {"objective.free_bits=0.2"}, {"objective.name=iwae", "objective.samples=3", "objective.gradient=dreg"}}
	for _, name := range choicesOf(t, "objective.name") {
		all = append(all, []string{"objective.name=" + name, "objective.samples=2"})
	}
	return all
}

// convolutional are networks that together have every kind of layer, with labels and
// without, in one and two stochastic levels.
func convolutional() [][]string {
	return [][]string{
		{"model.conv=3k3s2p1,4k3s1p1", "model.hidden=6", "model.norm=batch", "model.blocks=1"},
		{"model.conv=4k3s1p1", "model.hidden=", "model.norm=group", "model.upsampling=nearest", "model.activation=silu", "model.conditional=true", "model.classes=3"},
		{"model.conv=2k3s2p1", "model.gated=true", "model.hidden=5", "model.upper_latent=2"},
		{"model.conv=3k3s1p0,2k2s2p0", "model.norm=batch", "model.gated=true", "model.hidden=5", "model.conditional=true", "model.classes=3"},
	}
}

// Every prior, likelihood and objective works with convolutions, with labels and
// without: what a dense network can be told, a convolutional one can, and it takes
// steps to finite weights, is evaluated, and draws.
func TestConvolutionsWorkWithEverything(t *testing.T) {
	e := engine(t)
	trained := 0
	for i, prior := range priorSettings(t) {
		for j, objective := range objectiveSettings(t) {
			for k, likelihood := range choicesOf(t, "model.likelihood") {
				shape := convolutional()[(i+j+k)%len(convolutional())]
				settings := slices.Concat(prior, objective, []string{"model.likelihood=" + likelihood}, shape)
				dense := slices.DeleteFunc(slices.Clone(settings), func(s string) bool {
					return strings.HasPrefix(s, "model.conv=") || strings.HasPrefix(s, "model.norm=") || strings.HasPrefix(s, "model.blocks=") || strings.HasPrefix(s, "model.upsampling=")
				})
				c := config(append(settings, "model.network=conv")...)
				err, refused := configs.Validate(c), configs.Validate(config(dense...))
				if (err == nil) != (refused == nil) {
					t.Errorf("%v: error %v, of a dense network %v", settings, err, refused)
				}
				if err != nil {
					continue
				}
				m, err := New(c, grey(4, 5), e)
				if err != nil {
					t.Errorf("%v: %v", settings, err)
					continue
				}
				trained++
				t.Run(strings.Join(settings, " "), func(t *testing.T) { checkWorks(t, m) })
			}
		}
	}
	if trained < 200 {
		t.Errorf("only %d combinations are allowed", trained)
	}
}

// checkWorks trains a model for two steps, the second of fewer images, and uses it.
func checkWorks(t *testing.T, m *Model) {
	t.Helper()
	if err := m.Init(1); err != nil {
		t.Fatal(err)
	}
	images := split(9)
	for i := range images.Count {
		images.Labels = append(images.Labels, i%3)
	}
	r, err := data.NewReader(images, data.Grey, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(m.Weights())
	for number, count := range []int{6, 3} {
		grads := make([]float32, len(m.Weights()))
		s, err := m.NewStep(count, Collecting{Gradients: grads})
		if err != nil {
			t.Fatal(err)
		}
		s.Read(r, consecutive(6*number, count), data.Draw{})
		s.Draw(1, uint64(number))
		s.Run()
		if !finite.Is(s.Loss()) || slices.ContainsFunc(grads, notFinite) {
			t.Fatalf("step %d: loss %g, or a gradient, is not finite", number, s.Loss())
		}
		for i, g := range grads {
			m.Weights()[i] -= 0.001 * g
		}
	}
	if slices.Equal(before, m.Weights()) {
		t.Error("no weight was moved")
	}
	evaluation, err := m.Evaluate(context.Background(), r, 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.IsNaN(evaluation.NegELBO) || math.IsNaN(evaluation.Selection) {
		t.Errorf("evaluated: %+v", evaluation)
	}
	samples, err := m.Sample(3, 1, m.SameLabel(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	b := Batch{Pixels: samples.Means}
	if m.Classes() > 0 {
		b.Labels = samples.Labels
	}
	if _, err := m.Encode(b); err != nil || slices.ContainsFunc(samples.Means, notFinite) {
		t.Errorf("samples %v, encoded: %v", samples.Means, err)
	}
}

func notFinite(v float32) bool { return !finite.Is(v) }
