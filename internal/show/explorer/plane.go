package explorer

import (
	"fmt"
	"net/http"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"vaectl/loss"
)

// plane is the map: a way from the latent space to two coordinates, and back.
type plane interface {
	// place is where the means u of a posterior lie.
	place(u []float64) (x, y float64)
	// lift writes the z that stands at a place to z.
	lift(z []float64, x, y float64)
	// axes names the coordinates.
	axes() [2]string
}

// newPlane takes one or two latents as they are and finds the plane along
// which more of them vary most. Base are means of u, [images, latents].
func newPlane(p loss.Prior, base []float32) (plane, error) {
	if p.Latents() <= 2 {
		return latentPlane{p}, nil
	}
	return newPrincipalPlane(p, base)
}

// latentPlane shows z itself; a single latent lies on a line.
type latentPlane struct{ prior loss.Prior }

func (l latentPlane) place(u []float64) (x, y float64) {
	x = loss.FromBase(l.prior, 0, u[0])
	if len(u) > 1 {
		y = loss.FromBase(l.prior, 1, u[1])
	}
	return x, y
}

func (l latentPlane) lift(z []float64, x, y float64) {
	for d, v := range []float64{x, y}[:len(z)] {
		low, high := support(l.prior.Marginal(d))
		z[d] = min(max(v, low), high)
	}
}

func (l latentPlane) axes() [2]string {
	if l.prior.Latents() == 1 {
		return [2]string{"z0", ""}
	}
	return [2]string{"z0", "z1"}
}

// principalPlane lies along the first two principal components of u, each
// dimension shifted and scaled to the prior's mean and standard deviation.
// Whatever place is lifted, the z there is one the prior can give.
type principalPlane struct {
	prior  loss.Prior
	center []float64
	along  [2][]float64
	share  [2]float64 // of the variance
}

func newPrincipalPlane(p loss.Prior, base []float32) (*principalPlane, error) {
	latents := p.Latents()
	count := len(base) / latents
	fit := fitRows(count, latents)
	points := mat.NewDense(fit, latents, nil)
	for i := range fit {
		row := i * count / fit
		for d := range latents {
			mean, std := loss.Base(p, d)
			points.Set(i, d, (float64(base[row*latents+d])-mean)/std)
		}
	}
	plane := &principalPlane{prior: p, center: make([]float64, latents)}
	for d := range plane.center {
		plane.center[d] = stat.Mean(mat.Col(nil, d, points), nil)
	}
	var components stat.PC
	if fit < 2 || !components.PrincipalComponents(points, nil) {
		return nil, &problem{status: http.StatusConflict, text: fmt.Sprintf("the principal components of %d images in %d latents cannot be found", fit, latents)}
	}
	var vectors mat.Dense
	components.VectorsTo(&vectors)
	variances := components.VarsTo(nil)
	total := 0.0
	for _, v := range variances {
		total += v
	}
	for k := range plane.along {
		plane.along[k] = make([]float64, latents)
		if _, found := vectors.Dims(); k < found {
			plane.along[k] = upright(mat.Col(nil, k, &vectors))
			plane.share[k] = variances[k] / max(total, 1e-300)
		}
	}
	return plane, nil
}

// fitRows bounds the work of the decomposition, which grows with the images
// and with the square of the latents, or the other way about.
func fitRows(count, latents int) int {
	const work = 1 << 29
	fit := work / (latents * latents)
	if fit < latents {
		for fit = 2; (fit+1)*(fit+1)*latents <= work; fit++ {
		}
	}
	return min(count, fit)
}

// upright turns a component so that its largest part is positive; either sign
// is as good, and a map should not flip on a whim.
func upright(v []float64) []float64 {
	largest := 0.0
	for _, x := range v {
		if x*x > largest*largest {
			largest = x
		}
	}
	if largest < 0 {
		for i := range v {
			v[i] = -v[i]
		}
	}
	return v
}

func (p *principalPlane) place(u []float64) (x, y float64) {
	for d, v := range u {
		mean, std := loss.Base(p.prior, d)
		s := (v-mean)/std - p.center[d]
		x += s * p.along[0][d]
		y += s * p.along[1][d]
	}
	return x, y
}

func (p *principalPlane) lift(z []float64, x, y float64) {
	for d := range z {
		mean, std := loss.Base(p.prior, d)
		s := p.center[d] + x*p.along[0][d] + y*p.along[1][d]
		z[d] = loss.FromBase(p.prior, d, mean+std*s)
	}
}

func (p *principalPlane) axes() [2]string {
	var names [2]string
	for k, share := range p.share {
		names[k] = fmt.Sprintf("component %d, %.0f %% of the variance", k+1, 100*share)
	}
	return names
}
