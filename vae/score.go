package vae

import "fmt"

// Scores are the parts of the negative ELBO of single images, at one draw of z
// an image.
type Scores struct {
	Z              []float64 // the draws, in the prior's own units, [images, latents]
	Reconstruction []float64 // -log p(x|z) in nats, summed over pixels, one an image
	// KL is KL(q(z|x) || p(z)) in nats, summed over dimensions, one an image;
	// over all stochastic levels.
	KL []float64
}

// Scorer computes [Scores], with a graph compiled once and buffers of its own.
// It follows the model's weights and is not safe for concurrent use.
type Scorer struct {
	model     *Model
	evaluator *evaluator
}

// NewScorer compiles a scorer that computes the given number of images at a
// time. Fewer cost as much.
func (m *Model) NewScorer(rows int) (*Scorer, error) {
	if rows < 1 {
		return nil, fmt.Errorf("a scorer of %d rows", rows)
	}
	e, err := m.newEvaluator(rows, Bound{Name: ELBO, Samples: 1})
	if err != nil {
		return nil, err
	}
	return &Scorer{model: m, evaluator: e}, nil
}

// Score scores any number of images. The draw of z for image i of the batch
// is a pure function of the seed and first+i: with first the index of the first
// image in its split it is that of [Model.Evaluate], whose figures for the ELBO
// are then the means of these.
func (s *Scorer) Score(b Batch, first int, seed uint64) (Scores, error) {
	count, err := s.model.checkBatch(b)
	if err != nil {
		return Scores{}, err
	}
	e := s.evaluator
	scores := Scores{
		Z:              make([]float64, 0, count*s.model.Latents()),
		Reconstruction: make([]float64, 0, count), KL: make([]float64, 0, count),
	}
	for done := 0; done < count; done += e.images {
		n := e.set(b, done, s.model.Values())
		e.noise.draw(s.model.engine, seed, evalStream, first+done, e.images)
		e.program.Run()
		scores.add(e, n, s.model.Latents())
	}
	return scores, nil
}

// add appends the first n images of a graph that has run.
func (s *Scores) add(e *evaluator, n, latents int) {
	for _, v := range e.z[:n*latents] {
		s.Z = append(s.Z, float64(v))
	}
	width := len(e.kl) / e.klRows
	for r := range n {
		var kl float64
		for _, v := range e.kl[r*width : (r+1)*width] {
			kl += float64(v)
		}
		s.KL = append(s.KL, kl)
		s.Reconstruction = append(s.Reconstruction, -float64(e.loglik[r]))
	}
}
