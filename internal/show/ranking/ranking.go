// Package ranking orders images by how unusual a model finds them, and tells how well
// that order separates classes.
package ranking

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vaectl/data"
	"vaectl/internal/finite"
	"vaectl/internal/show/posteriors"
	"vaectl/vae"
)

// Ranking is some images of a split and what a model says of each, in nats. Places count
// the images from 0.
type Ranking struct {
	// Images are the indices in the split.
	Images []int32
	// Values are what the images are ranked by, one each: the negative ELBO at one draw
	// of z, or an estimate of -log p(x).
	Values []float64
	// Reconstruction and KL are the two parts of a negative ELBO; nil for an estimate of
	// -log p(x).
	Reconstruction, KL []float64
	// Order is the places, the most unusual first; equal ones stay in their order.
	Order []int32
	// Mean is the mean of the values.
	Mean float64
}

// NotFinite says that a model has no value for an image.
type NotFinite struct{ Image int32 }

func (e *NotFinite) Error() string { return fmt.Sprintf("the loss is not finite on image %d", e.Image) }

// ByELBO ranks the images with the given indices, all of the split where there are none.
// The draw for an image is that of an evaluation with the seed, so that the mean over a
// whole split is the evaluation's negative ELBO. Progress, unless nil, hears how many
// images are done.
func ByELBO(ctx context.Context, m *vae.Model, r *data.Reader, indices []int32, seed uint64, progress func(images int)) (*Ranking, error) {
	ranking := &Ranking{Images: indices}
	if indices == nil {
		ranking.Images = all(r.Split().Count)
	}
	for part, err := range posteriors.Score(ctx, m, r, indices, seed) {
		if err != nil {
			return nil, err
		}
		ranking.Reconstruction = append(ranking.Reconstruction, part.Value.Reconstruction...)
		ranking.KL = append(ranking.KL, part.Value.KL...)
		if progress != nil {
			progress(len(ranking.KL))
		}
	}
	for i, reconstruction := range ranking.Reconstruction {
		ranking.Values = append(ranking.Values, reconstruction+ranking.KL[i])
	}
	return ranking, ranking.sort()
}

// ByNLL ranks all images of a split by -log p(x), estimated with the given number of
// draws of z an image.
func ByNLL(ctx context.Context, m *vae.Model, r *data.Reader, seed uint64, samples int, progress func(images int)) (*Ranking, error) {
	nats, err := m.NLLOfEach(ctx, r, seed, samples, progress)
	if err != nil {
		return nil, err
	}
	ranking := &Ranking{Images: all(len(nats)), Values: nats}
	return ranking, ranking.sort()
}

func all(count int) []int32 {
	indices := make([]int32, count)
	for i := range indices {
		indices[i] = int32(i)
	}
	return indices
}

func (r *Ranking) sort() error {
	for i, v := range r.Values {
		if !finite.Is(v) {
			return &NotFinite{r.Images[i]}
		}
		r.Mean += v / float64(len(r.Values))
		r.Order = append(r.Order, int32(i))
	}
	slices.SortStableFunc(r.Order, func(a, b int32) int { return cmp.Compare(r.Values[b], r.Values[a]) })
	return nil
}

// Ends are the places of so many of the most unusual images, the most unusual first, and of
// so many of the most typical, the most typical first. No image is among both, so that of
// few images there are fewer.
func (r *Ranking) Ends(count int) (unusual, typical []int32) {
	count = min(count, max(1, len(r.Order)/2))
	unusual = r.Order[:count]
	if len(r.Order) > 1 {
		typical = slices.Clone(r.Order[len(r.Order)-count:])
		slices.Reverse(typical)
	}
	return unusual, typical
}
