package posteriors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"vaectl/data"
	"vaectl/vae"
)

// Neighbour is an image of a split by its index, and how far its posterior is from
// another.
type Neighbour struct {
	Image    int
	Distance float64
}

// errQuery: nearest to what?
var errQuery = errors.New("one posterior is wanted to look for its neighbours")

// Nearest finds the images of a split whose posteriors are nearest to the one of query, the
// nearest first and of equally near ones the one with the smaller index. It passes over the
// image with the index without; -1 passes over none.
func Nearest(ctx context.Context, m *vae.Model, r *data.Reader, seed uint64, query vae.Encoding, by Distance, count, without int) ([]Neighbour, error) {
	if len(query.Mean) != m.Latents() {
		return nil, fmt.Errorf("%w: %d means for %d latents", errQuery, len(query.Mean), m.Latents())
	}
	latents := m.Latents()
	nearest := make([]Neighbour, 0, count+1)
	for part, err := range Encode(ctx, m, r, nil, seed) {
		if err != nil {
			return nil, err
		}
		q := part.Value
		for i := range len(q.Mean) / latents {
			lo, hi := i*latents, (i+1)*latents
			n := Neighbour{part.First + i, by.Between(query.Mean, query.Std, q.Mean[lo:hi], q.Std[lo:hi])}
			if n.Image == without || math.IsNaN(n.Distance) || len(nearest) == count && compare(n, nearest[count-1]) >= 0 {
				continue
			}
			at, _ := slices.BinarySearchFunc(nearest, n, compare)
			nearest = slices.Insert(nearest, at, n)
			nearest = nearest[:min(len(nearest), count)]
		}
	}
	return nearest, nil
}

func compare(a, b Neighbour) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Image, b.Image))
}
