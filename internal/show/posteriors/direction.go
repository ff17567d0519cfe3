package posteriors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"vaectl/data"
	"vaectl/vae"
)

// Direction is where a class lies among all images, in the space of u, the Gaussian
// variable that z is a function of.
type Direction struct {
	// Step is the mean of the posterior means of the class less that of all other images.
	Step []float64
	// Images are those of the class, Others the rest.
	Images, Others int
}

// Length is that of the step in units of u.
func (d Direction) Length() float64 {
	var sum float64
	for _, v := range d.Step {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// ErrOneKind: there are no images of a class, or of no other.
var ErrOneKind = errors.New("there must be images of the class and of others")

// DirectionOf finds the direction of the class with a label over all images of a split
// (Larsen et al. 2016, section 4.2; White 2016, section 3). It returns [ErrOneKind] unless
// there are images of the class and of others.
func DirectionOf(ctx context.Context, m *vae.Model, r *data.Reader, seed uint64, label int) (Direction, error) {
	labels, latents := r.Split().Labels, m.Latents()
	sums := [2][]float64{make([]float64, latents), make([]float64, latents)}
	var counts [2]int
	for part, err := range Encode(ctx, m, r, nil, seed) {
		if err != nil {
			return Direction{}, err
		}
		for mean := range slices.Chunk(part.Value.Mean, latents) {
			side := 0
			if labels[part.First] == label {
				side = 1
			}
			part.First++
			counts[side]++
			for d, v := range mean {
				sums[side][d] += v
			}
		}
	}
	d := Direction{Images: counts[1], Others: counts[0]}
	if d.Images == 0 || d.Others == 0 {
		return d, fmt.Errorf("%d images of the class and %d of others: %w", d.Images, d.Others, ErrOneKind)
	}
	for i := range latents {
		d.Step = append(d.Step, sums[1][i]/float64(d.Images)-sums[0][i]/float64(d.Others))
	}
	return d, nil
}
