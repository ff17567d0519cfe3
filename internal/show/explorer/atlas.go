package explorer

import (
	"context"
	"fmt"
	"net/http"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/internal/finite"
	"vaectl/internal/show/posteriors"
	"vaectl/loss"
)

// atlas is what a model makes of the test images: where they lie in the latent
// space.
type atlas struct {
	split  *data.Split
	images []int32 // of the split
	// base are the means of the variable u that z is a function of, draws one z
	// an image drawn from its posterior; both [images, latents].
	base  []float32
	draws []float32
	plane plane
	dark  float64   // share of the images' values that are nearly black
	x, y  []float64 // of the images, on the plane
}

const (
	maxAtlasImages = 10000
	maxAtlasValues = 4 << 20 // images times latents
)

// atlas returns the atlas of a model, which takes a fraction of a second the
// first time.
func (e *Explorer) atlas(ctx context.Context, m *model) (*atlas, error) {
	set, err := e.dataset(ctx, m)
	if err != nil {
		return nil, err
	}
	return e.atlases.get(ctx, m.run.key(), func(ctx context.Context) (*atlas, int64, error) {
		done, err := e.computing(ctx)
		if err != nil {
			return nil, 0, err
		}
		defer done()
		a, err := e.survey(ctx, m, &set.Test)
		if err != nil {
			return nil, 0, err
		}
		return a, int64(4*(len(a.base)+len(a.draws)+len(a.images)) + 16*len(a.x)), nil
	})
}

// survey encodes images spread over a split.
func (e *Explorer) survey(ctx context.Context, m *model, split *data.Split) (*atlas, error) {
	latents := m.Latents()
	indices := spread(split.Count, min(maxAtlasImages, maxAtlasValues/latents))
	count := len(indices)
	a := &atlas{split: split, images: indices, base: make([]float32, count*latents), draws: make([]float32, count*latents)}
	reader, err := data.NewReader(m.labelled(split), data.Binarization(m.Config().Data.Binarize), e.options.Engine)
	if err != nil {
		return nil, err
	}
	seed := m.Config().Train.Seed
	eps := make([]float32, latents)
	for part, err := range posteriors.Encode(ctx, m.Model, reader, a.images, seed) {
		if err != nil {
			return nil, err
		}
		q, first := part.Value, part.First
		for r, image := range a.images[first : first+len(q.Z)/latents] {
			// The draw that an evaluation makes for this image.
			(*kernel.Engine)(e.options.Engine).Normal(eps, noise.Key(seed, noise.EvalEpsilon, 0), uint64(image)*uint64(latents))
			for d := range latents {
				at, from := (first+r)*latents+d, r*latents+d
				if !finite.Is(q.Mean[from]) || !finite.Is(q.Std[from]) {
					return nil, &problem{status: http.StatusConflict, text: fmt.Sprintf("the encoder of run %s overflows on test image %d", m.run.name, image)}
				}
				a.base[at] = float32(q.Mean[from])
				a.draws[at] = float32(loss.FromBase(m.Prior(), d, q.Mean[from]+q.Std[from]*float64(eps[d])))
			}
		}
	}
	a.dark = darkShare(split, a.images)
	if a.plane, err = newPlane(m.Prior(), a.base); err != nil {
		return nil, err
	}
	a.x, a.y = make([]float64, count), make([]float64, count)
	u := make([]float64, latents)
	for i := range a.images {
		for d := range u {
			u[d] = float64(a.base[i*latents+d])
		}
		a.x[i], a.y[i] = a.plane.place(u)
	}
	return a, nil
}

// nearlyBlack is the value below which a byte counts as black.
const nearlyBlack = 32

// darkShare is the share of the values of some images that are nearly black.
func darkShare(split *data.Split, images []int32) float64 {
	const enough = 500
	dark, all := 0, 0
	for _, i := range images[:min(enough, len(images))] {
		for _, v := range split.Image(int(i)) {
			if v < nearlyBlack {
				dark++
			}
		}
		all += split.Values()
	}
	return float64(dark) / float64(max(all, 1))
}

// place says where a posterior with these means of u lies on the map.
func (a *atlas) place(u []float64) numbers {
	x, y := a.plane.place(u)
	return numbers{x, y}
}
