package gallery

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"

	"vaectl/internal/draw/picture"
	"vaectl/vae"
)

// Manifold draws what the model decodes on the plane of two latents, the others
// at their medians: a square of side x side images, the first latent rising to
// the right and the second upward, both evenly in the prior's probability. A
// conditional model decodes them under the label.
func Manifold(m *vae.Model, right, up, side, label int, opt picture.Options) (image.Image, error) {
	if side < 1 {
		return nil, fmt.Errorf("a plane of %d images", side)
	}
	for _, d := range []int{right, up} {
		if d < 0 || d >= m.Latents() {
			return nil, fmt.Errorf("latent %d of %d", d, m.Latents())
		}
	}
	x, y := make([]float64, side), make([]float64, side)
	for i := range side {
		p := (float64(i) + 0.5) / float64(side)
		x[i], y[i] = m.Prior().Marginal(right).Quantile(p), m.Prior().Marginal(up).Quantile(p)
	}
	opt.ColumnLabels = numerals(x)
	opt.RowLabels = numerals(y)
	slices.Reverse(opt.RowLabels)
	median := Median(m.Prior())
	var z []float64
	for row := range side {
		for _, left := range x {
			at := len(z)
			z = append(z, median...)
			z[at+right], z[at+up] = left, y[side-1-row]
		}
	}
	decoded, err := m.Decode(vae.Codes{Z: z, Labels: m.SameLabel(label, side*side)})
	if err != nil {
		return nil, err
	}
	opt.Columns, opt.Gap = side, -1
	size := m.Shape()
	return picture.Grid(decoded, size, opt)
}

// numerals writes rising numbers with as many decimals as tell neighbours apart.
func numerals(x []float64) []string {
	decimals := 2
	if spacing := (x[len(x)-1] - x[0]) / float64(len(x)); spacing > 0 {
		decimals = min(max(1-int(math.Floor(math.Log10(spacing))), 0), 9)
	}
	words := make([]string, len(x))
	for i, v := range x {
		words[i] = strconv.FormatFloat(v, 'f', decimals, 64)
	}
	return words
}
