package gallery

import (
	"fmt"
	"image"
	"slices"

	"vaectl/internal/draw/picture"
	"vaectl/loss"
	"vaectl/vae"
)

// outermost is the probability below the first value of a sweep and above the
// last one.
const outermost = 0.01

// Probabilities are where a sweep of a latent stops: evenly from 1 to 99 % of
// the prior. One step is its median.
func Probabilities(steps int) []float64 {
	p := make([]float64, steps)
	for i := range p {
		p[i] = 0.5
		if steps > 1 {
			p[i] = outermost + (1-2*outermost)*float64(i)/float64(steps-1)
		}
	}
	return p
}

// Median is the code in the middle of the prior: the median of each dimension.
func Median(p loss.Prior) []float64 {
	z := make([]float64, p.Latents())
	for d := range z {
		z[d] = p.Marginal(d).Quantile(0.5)
	}
	return z
}

// Traversal draws a row for each of the given latents: what the code around
// decodes to with this one latent at each of the steps of [Probabilities], under the
// label where the model reads one.
func Traversal(m *vae.Model, around []float64, latents []int, steps, label int, opt picture.Options) (image.Image, error) {
	if len(around) != m.Latents() {
		return nil, fmt.Errorf("a code of %d values for %d latents", len(around), m.Latents())
	}
	if steps < 1 || len(latents) == 0 {
		return nil, fmt.Errorf("a traversal of %d latents in %d steps", len(latents), steps)
	}
	probabilities := Probabilities(steps)
	var z []float64
	for _, d := range latents {
		for _, p := range probabilities {
			row := slices.Clone(around)
			row[d] = m.Prior().Marginal(d).Quantile(p)
			z = append(z, row...)
		}
	}
	decoded, err := m.Decode(vae.Codes{Z: z, Labels: m.SameLabel(label, len(latents)*steps)})
	if err != nil {
		return nil, err
	}
	opt.Columns = steps
	for _, p := range probabilities {
		opt.ColumnLabels = append(opt.ColumnLabels, fmt.Sprintf("%.0f%%", 100*p))
	}
	size := m.Shape()
	return picture.Grid(decoded, size, opt)
}
