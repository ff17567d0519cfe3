package gallery

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"vaectl/internal/draw/plots"
	"vaectl/loss"
)

// errPlane: the codes have no two directions.
var errPlane = errors.New("the codes do not span a plane")

// guideShare is the share of the prior, in each latent, within the dashed lines.
const guideShare = 0.95

// Plane places codes, rows of z of the prior, on a plane: two latents as they
// are, and more on the two directions in which the codes vary most.
func Plane(p loss.Prior, z []float64) (plots.Points, error) {
	d := p.Latents()
	if len(z) == 0 || len(z)%d != 0 {
		return plots.Points{}, fmt.Errorf("%d values are not codes of %d", len(z), d)
	}
	switch d {
	case 1:
		return plots.Points{}, fmt.Errorf("%w: there is one latent", errPlane)
	case 2:
		return Axes(p, z, 0, 1), nil
	}
	return principal(z, d)
}

// Axes places codes, rows of z of the prior, on two of the latents, with lines
// around the middle of the prior.
func Axes(p loss.Prior, z []float64, right, up int) plots.Points {
	points := plots.Points{XLabel: fmt.Sprintf("z%d", right), YLabel: fmt.Sprintf("z%d", up), Guides: guides(p, right, up)}
	for i := 0; i < len(z); i += p.Latents() {
		points.X, points.Y = append(points.X, z[i+right]), append(points.Y, z[i+up])
	}
	return points
}

// guides are the lines between which the middle of the prior is, as a box.
func guides(p loss.Prior, right, up int) []plots.Series {
	tail := (1 - guideShare) / 2
	x, y := p.Marginal(right), p.Marginal(up)
	left, rightmost := x.Quantile(tail), x.Quantile(1-tail)
	bottom, top := y.Quantile(tail), y.Quantile(1-tail)
	return []plots.Series{{
		Name: fmt.Sprintf("%.0f %% of the prior in each latent", 100*guideShare),
		X:    []float64{left, rightmost, rightmost, left, left},
		Y:    []float64{bottom, bottom, top, top, bottom},
	}}
}

// principal projects codes on their first two principal components.
func principal(z []float64, d int) (plots.Points, error) {
	n := len(z) / d
	codes := mat.NewDense(n, d, append([]float64(nil), z...))
	var pc stat.PC
	if !pc.PrincipalComponents(codes, nil) {
		return plots.Points{}, fmt.Errorf("principal components of %d codes of %d: no convergence", n, d)
	}
	variances := pc.VarsTo(nil)
	var total float64
	for _, v := range variances {
		total += v
	}
	if len(variances) < 2 || !(variances[1] > 0) || math.IsInf(total, 0) {
		return plots.Points{}, fmt.Errorf("%w: variances %v", errPlane, variances)
	}
	var directions mat.Dense
	pc.VectorsTo(&directions)
	axes := directions.Slice(0, d, 0, 2)
	center(codes)
	var projected mat.Dense
	projected.Mul(codes, axes)
	points := plots.Points{X: make([]float64, n), Y: make([]float64, n)}
	mat.Col(points.X, 0, &projected)
	mat.Col(points.Y, 1, &projected)
	points.XLabel = fmt.Sprintf("first principal component, %.0f %% of the variance", 100*variances[0]/total)
	points.YLabel = fmt.Sprintf("second principal component, %.0f %%", 100*variances[1]/total)
	fixSign(points.X)
	fixSign(points.Y)
	return points, nil
}

func center(m *mat.Dense) {
	rows, columns := m.Dims()
	for c := range columns {
		mean := mat.Sum(m.ColView(c)) / float64(rows)
		for r := range rows {
			m.Set(r, c, m.At(r, c)-mean)
		}
	}
}

// fixSign turns a component so that its longer tail is positive: the sign that
// a decomposition gives is not the same on every machine.
func fixSign(x []float64) {
	var cubes float64
	for _, v := range x {
		cubes += v * v * v
	}
	if cubes >= 0 {
		return
	}
	for i := range x {
		x[i] = -x[i]
	}
}
