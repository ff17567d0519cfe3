package explorer

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"vaectl/data"
)

const (
	shownRanked = 8 // at each end, unless the request says otherwise
	mostRanked  = 48
)

// ranking is the answer to GET /api/ranked: the test images that the model
// finds least and most likely, by the negative ELBO at one draw of z.
type ranking struct {
	Run     string `json:"run"`
	Version string `json:"version"`
	Split   string `json:"split"`
	Dataset string `json:"dataset"`
	Note    string `json:"note"`   // as that of worldMap
	Images  int    `json:"images"` // how many were scored
	Mean    number `json:"mean_neg_elbo_nats"`
	data.Shape
	Unusual []scored `json:"unusual"` // the least likely first
	Typical []scored `json:"typical"` // the most likely first
}

// scored is a test image with its part of the loss.
type scored struct {
	Index          int     `json:"index"`
	Label          *int    `json:"label"`
	NegELBO        number  `json:"neg_elbo_nats"`
	ReconLoss      number  `json:"reconstruction_nats"`
	KL             number  `json:"kl_nats"`
	Image          picture `json:"image"`
	Reconstruction picture `json:"reconstruction"` // decoded at the posterior's mean
}

// scores are the parts of the negative ELBO of images spread over a split.
type scores struct {
	images             []int32
	reconstruction, kl []float64
	order              []int32 // places in images, the least likely first
	mean               float64
}

func (s *scores) negELBO(i int32) float64 { return s.reconstruction[i] + s.kl[i] }

func (e *Explorer) getRanked(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := newQuery(r)
	name := q.text("run")
	count := q.whole("count", shownRanked, 1, mostRanked)
	if err := q.done(); err != nil {
		return nil, err
	}
	m, set, err := e.modelWithData(r.Context(), name)
	if err != nil {
		return nil, err
	}
	s, err := e.scores(r.Context(), m, &set.Test)
	if err != nil {
		return nil, err
	}
	done, err := e.computing(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	answer := ranking{
		Run: m.run.name, Version: m.run.version, Split: "test", Dataset: set.Name, Note: otherData(m.record.Dataset, set),
		Images: len(s.images), Mean: number(s.mean), Shape: m.Shape(),
	}
	count = min(count, max(1, len(s.order)/2))
	if answer.Unusual, err = m.describeScored(&set.Test, s, s.order[:count]); err != nil {
		return nil, err
	}
	last := slices.Clone(s.order[len(s.order)-count:])
	slices.Reverse(last)
	answer.Typical, err = m.describeScored(&set.Test, s, last)
	return answer, err
}

// describeScored encodes and decodes the images at some places. Its caller
// holds a slot.
func (m *model) describeScored(split *data.Split, s *scores, places []int32) ([]scored, error) {
	out := make([]scored, 0, len(places))
	for _, i := range places {
		index := s.images[i]
		image := split.Image(int(index))
		labels := m.labelsOf(split, int(index))
		q, err := m.encode(m.seen(image), labels)
		if err != nil {
			return nil, err
		}
		means, err := m.decode(q.Z, labels)
		if err != nil {
			return nil, err
		}
		out = append(out, scored{
			Index: int(index), Label: labelOf(split, int(index)), NegELBO: number(s.negELBO(i)),
			ReconLoss: number(s.reconstruction[i]), KL: number(s.kl[i]), Image: image, Reconstruction: pictures(means, m.Shape())[0],
		})
	}
	return out, nil
}

// scores scores the test images of a model, once.
func (e *Explorer) scores(ctx context.Context, m *model, split *data.Split) (*scores, error) {
	return e.rankings.get(ctx, m.run.key(), func(ctx context.Context) (*scores, int64, error) {
		done, err := e.computing(ctx)
		if err != nil {
			return nil, 0, err
		}
		defer done()
		s, err := e.score(ctx, m, split)
		if err != nil {
			return nil, 0, err
		}
		return s, int64(24 * len(s.images)), nil
	})
}

// score draws z as an evaluation does, so that the mean over a whole split is
// the evaluation's figure.
func (e *Explorer) score(ctx context.Context, m *model, split *data.Split) (*scores, error) {
	s := &scores{images: spread(split.Count, maxAtlasImages)}
	reader, err := data.NewReader(m.labelled(split), data.Binarization(m.Config().Data.Binarize), e.options.Engine)
	if err != nil {
		return nil, err
	}
	images, err := m.Images(reader)
	if err != nil {
		return nil, err
	}
	// The noise of a batch is that of consecutive images.
	rows := 1
	if len(s.images) == split.Count {
		rows = min(encodeRows, split.Count)
	}
	scorer, err := m.NewScorer(rows)
	if err != nil {
		return nil, err
	}
	seed := m.Config().Train.Seed
	for first, batch := range images.Batches(s.images, rows, data.EvaluationDraw(seed)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := scorer.Score(batch, int(s.images[first]), seed)
		if err != nil {
			return nil, err
		}
		s.reconstruction, s.kl = append(s.reconstruction, part.Reconstruction...), append(s.kl, part.KL...)
	}
	for i, index := range s.images {
		value := s.negELBO(int32(i))
		if !finite(value) {
			return nil, &problem{status: http.StatusConflict, text: fmt.Sprintf("the loss of run %s is not finite on test image %d", m.run.name, index)}
		}
		s.mean += value / float64(len(s.images))
		s.order = append(s.order, int32(i))
	}
	slices.SortStableFunc(s.order, func(a, b int32) int { return cmp.Compare(s.negELBO(b), s.negELBO(a)) })
	return s, nil
}

// spread lists the indices of at most so many images, evenly over a split.
func spread(count, most int) []int32 {
	indices := make([]int32, max(1, min(count, most)))
	for i := range indices {
		indices[i] = int32(int64(i) * int64(count) / int64(len(indices)))
	}
	return indices
}
