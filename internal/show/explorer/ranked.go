package explorer

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"vaectl/data"
	"vaectl/internal/show/ranking"
)

const (
	shownRanked = 8 // at each end, unless the request says otherwise
	mostRanked  = 48
)

// rankedImages is the answer to GET /api/ranked: the test images that the model
// finds least and most likely, by the negative ELBO at one draw of z.
type rankedImages struct {
	Run     string `json:"run"`
	Version string `json:"version"`
	Split   string `json:"split"`
	Dataset string `json:"dataset"`
	Note    string `json:"note"`   // as that of worldMap
	Images  int    `json:"images"` // how many were scored
	Mean    number `json:"mean_neg_elbo_nats"`
	data.Shape
	Unusual []rankedImage `json:"unusual"` // the least likely first
	Typical []rankedImage `json:"typical"` // the most likely first
}

// rankedImage is a test image with its part of the loss.
type rankedImage struct {
	Index          int     `json:"index"`
	Label          *int    `json:"label"`
	NegELBO        number  `json:"neg_elbo_nats"`
	ReconLoss      number  `json:"reconstruction_nats"`
	KL             number  `json:"kl_nats"`
	Image          picture `json:"image"`
	Reconstruction picture `json:"reconstruction"` // decoded at the posterior's mean
}

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
	s, err := e.ranking(r.Context(), m, &set.Test)
	if err != nil {
		return nil, err
	}
	done, err := e.computing(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	answer := rankedImages{
		Run: m.run.name, Version: m.run.version, Split: "test", Dataset: set.Name, Note: otherData(m.record.Dataset, set),
		Images: len(s.Images), Mean: number(s.Mean), Shape: m.Shape(),
	}
	unusual, typical := s.Ends(count)
	if answer.Unusual, err = m.describeScored(&set.Test, s, unusual); err != nil {
		return nil, err
	}
	answer.Typical, err = m.describeScored(&set.Test, s, typical)
	return answer, err
}

// describeScored encodes and decodes the images at some places. Its caller
// holds a slot.
func (m *model) describeScored(split *data.Split, s *ranking.Ranking, places []int32) ([]rankedImage, error) {
	out := make([]rankedImage, 0, len(places))
	for _, i := range places {
		index := s.Images[i]
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
		out = append(out, rankedImage{
			Index: int(index), Label: labelOf(split, int(index)), NegELBO: number(s.Values[i]),
			ReconLoss: number(s.Reconstruction[i]), KL: number(s.KL[i]), Image: image, Reconstruction: pictures(means, m.Shape())[0],
		})
	}
	return out, nil
}

// ranking ranks the test images of a model, once.
func (e *Explorer) ranking(ctx context.Context, m *model, split *data.Split) (*ranking.Ranking, error) {
	return e.rankings.get(ctx, m.run.key(), func(ctx context.Context) (*ranking.Ranking, int64, error) {
		done, err := e.computing(ctx)
		if err != nil {
			return nil, 0, err
		}
		defer done()
		s, err := e.rank(ctx, m, split)
		if err != nil {
			return nil, 0, err
		}
		return s, int64(32 * len(s.Images)), nil
	})
}

// rank ranks all images of a split, or of a large one some that are spread over it.
func (e *Explorer) rank(ctx context.Context, m *model, split *data.Split) (*ranking.Ranking, error) {
	reader, err := data.NewReader(m.labelled(split), data.Binarization(m.Config().Data.Binarize), e.options.Engine)
	if err != nil {
		return nil, err
	}
	var indices []int32
	if split.Count > maxAtlasImages {
		indices = spread(split.Count, maxAtlasImages)
	}
	s, err := ranking.ByELBO(ctx, m.Model, reader, indices, m.Config().Train.Seed, nil)
	var wrong *ranking.NotFinite
	if errors.As(err, &wrong) {
		return nil, &problem{status: http.StatusConflict, text: fmt.Sprintf("run %s: %v of the test images", m.run.name, wrong)}
	}
	return s, err
}

// spread lists the indices of at most so many images, evenly over a split.
func spread(count, most int) []int32 {
	indices := make([]int32, max(1, min(count, most)))
	for i := range indices {
		indices[i] = int32(int64(i) * int64(count) / int64(len(indices)))
	}
	return indices
}
