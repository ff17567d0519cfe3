package vae

import (
	"math"
	"slices"
	"testing"

	"vaectl/data"
)

// scored are the scores of a whole split, in pieces of the given size.
func scored(t *testing.T, m *Model, s *data.Split, mode data.Binarization, rows, piece int) Scores {
	t.Helper()
	r, err := data.NewReader(s, mode, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	scorer, err := m.NewScorer(rows)
	if err != nil {
		t.Fatal(err)
	}
	var all Scores
	for first := 0; first < s.Count; first += piece {
		indices := consecutive(first, min(piece, s.Count-first))
		pixels := make([]float32, len(indices)*m.Values())
		r.Read(pixels, indices, data.EvaluationDraw(7))
		scores, err := scorer.Score(Batch{Pixels: pixels}, first, 7)
		if err != nil {
			t.Fatal(err)
		}
		all.Z = append(all.Z, scores.Z...)
		all.KL = append(all.KL, scores.KL...)
		all.Reconstruction = append(all.Reconstruction, scores.Reconstruction...)
	}
	return all
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// The means of single images are the figures of the split, however it is cut.
func TestScoresAreThePartsOfAnEvaluation(t *testing.T) {
	for name, settings := range map[string][]string{
		"normal":     {"prior.mean=0.5", "prior.std=0.1"},
		"uniform":    {"prior.name=uniform"},
		"two layers": {"model.upper_hidden=6", "model.upper_latent=2"},
	} {
		t.Run(name, func(t *testing.T) {
			m, images := newModel(t, settings...), split(23)
			want := evaluate(t, m, images, data.Dynamic)
			got := scored(t, m, images, data.Dynamic, 5, 23)
			if a, b := mean(got.Reconstruction), want.Reconstruction; math.Abs(a-b) > 1e-5*b {
				t.Errorf("mean reconstruction %.9g, the evaluation says %.9g", a, b)
			}
			if a, b := mean(got.KL), want.KL; math.Abs(a-b) > 1e-5*b {
				t.Errorf("mean KL %.9g, the evaluation says %.9g", a, b)
			}
			for d, b := range want.AggregateMean {
				var column []float64
				for i := d; i < len(got.Z); i += m.Latents() {
					column = append(column, got.Z[i])
				}
				if a := mean(column); math.Abs(a-b) > 1e-5 {
					t.Errorf("mean of z%d %.9g, the evaluation says %.9g", d, a, b)
				}
			}
			pieces := scored(t, m, images, data.Dynamic, 5, 7)
			if !slices.Equal(pieces.Z, got.Z) || !slices.Equal(pieces.KL, got.KL) || !slices.Equal(pieces.Reconstruction, got.Reconstruction) {
				t.Error("the scores depend on how the images are cut into pieces")
			}
		})
	}
}

func TestScorerRefusesWhatItCannotScore(t *testing.T) {
	m := newModel(t)
	if _, err := m.NewScorer(0); err == nil {
		t.Error("a scorer of no rows")
	}
	s, err := m.NewScorer(2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Score(Batch{Pixels: make([]float32, m.Values()+1)}, 0, 1); err == nil {
		t.Error("scored a part of an image")
	}
}
