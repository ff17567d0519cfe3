package exporttest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/internal/export/latent"
	"vaectl/internal/format/npy"
	"vaectl/vae"
)

// count is the number of images, codes and draws that are compared.
const count = 64

const seed = 5

// manyDraws are enough to know a prior by.
const manyDraws = 2000

// Array is what goes into a file: []float32, or []int64.
type Array struct {
	Shape  []int
	Values any
}

// References are what a model reads and computes, by name. An encoder reads x and
// label, and computes mean, log_variance and z_of_mean; a decoder reads z and label,
// and computes pixels; a sampler reads noise, choice, noise_level_0 and label, and
// computes sample_z and sample_pixels. Further draws of the prior are in draws.
type References map[string]Array

// Compute computes with a model.
func Compute(m *vae.Model, e *vae.Engine) (References, error) {
	r := make(References)
	image, latents := m.Shape(), m.Latents()
	planes := []int{count, image.Channels, image.Height, image.Width}
	x := make([]float32, count*m.Values())
	(*kernel.Engine)(e).Uniform(x, noise.Key(seed, noise.Init, 1000), 0)
	r["x"] = Array{planes, x}
	labels := m.SameLabel(0, count)
	if labels != nil {
		all := make([]int64, count)
		for i := range labels {
			labels[i], all[i] = i%m.Classes(), int64(i%m.Classes())
		}
		r["label"] = Array{[]int{count}, all}
	}
	codes := []int{count, latents}
	q, err := m.Encode(vae.Batch{Pixels: x, Labels: labels})
	if err != nil {
		return nil, err
	}
	logVariances := make([]float64, len(q.Std))
	for i, s := range q.Std {
		logVariances[i] = 2 * math.Log(s)
	}
	r["mean"], r["log_variance"], r["z_of_mean"] = Array{codes, latent.Narrow(q.Mean)}, Array{codes, latent.Narrow(logVariances)}, Array{codes, latent.Narrow(q.Z)}

	// The draws of another seed than the sampler's, as float32 holds them.
	z := latent.Narrow(m.DrawLatents(count, seed+1))
	r["z"] = Array{codes, z}
	pixels, err := m.Decode(vae.Codes{Z: latent.Widen(z), Labels: labels})
	if err != nil {
		return nil, err
	}
	r["pixels"] = Array{planes, pixels}
	r["draws"] = Array{[]int{manyDraws, latents}, latent.Narrow(m.DrawLatents(manyDraws, seed+2))}
	return r, r.addSamples(m, (*kernel.Engine)(e), labels)
}

// addSamples adds draws with the noise they are made of.
func (r References) addSamples(m *vae.Model, e *kernel.Engine, labels []int) error {
	image, latents := m.Shape(), m.Latents()
	z, err := r.draw(m, e)
	if err != nil {
		return err
	}
	var pixels []float32
	if sizes := m.Network().Sizes(); len(sizes) > 1 {
		below := make([]float32, count*sizes[0])
		e.Normal(below, noise.Key(seed, noise.SampleLower, 0), 0)
		r["noise_level_0"] = Array{[]int{count, sizes[0]}, below}
		s, err := m.Sample(count, seed, labels)
		if err != nil {
			return err
		}
		pixels = s.Means
	} else if pixels, err = m.Decode(vae.Codes{Z: z, Labels: labels}); err != nil {
		return err
	}
	r["sample_z"] = Array{[]int{count, latents}, latent.Narrow(z)}
	r["sample_pixels"] = Array{[]int{count, image.Channels, image.Height, image.Width}, pixels}
	return nil
}

// draw turns noise into z as a sampler is to do it.
func (r References) draw(m *vae.Model, e *kernel.Engine) ([]float64, error) {
	p, err := latent.Describe(m)
	if err != nil {
		return nil, err
	}
	n := count * p.Latents
	drawn, z := make([]float32, n), make([]float64, n)
	r["noise"] = Array{[]int{count, p.Latents}, drawn}
	components := len(p.Components.Weights)
	switch {
	case components == 0 || components == 1 && p.Family == "normal":
		// The model's own draws are made of normal noise, a source an image.
		for i := range count {
			rng := rand.New(noise.NewSource(noise.Key(seed, noise.Sample, uint64(i))))
			for d := range p.Latents {
				drawn[i*p.Latents+d] = float32(rng.NormFloat64())
			}
		}
		return m.DrawLatents(count, seed), nil
	case components == 1:
		e.Normal(drawn, noise.Key(seed, noise.Init, 1001), 0)
		for i, v := range drawn {
			z[i] = quantile(p, i%p.Latents, float64(v))
		}
		return z, nil
	}
	e.Normal(drawn, noise.Key(seed, noise.Init, 1001), 0)
	shape := []int{count, p.Latents}
	if p.Joint {
		shape = []int{count}
	}
	choice := make([]float32, n/p.Latents)
	if !p.Joint {
		choice = make([]float32, n)
	}
	e.Uniform(choice, noise.Key(seed, noise.Init, 1002), 0)
	r["choice"] = Array{shape, choice}
	for i, v := range drawn {
		place := choice[i*len(choice)/n]
		at := picked(p.Components.Weights, float64(place))*p.Latents + i%p.Latents
		z[i] = p.Components.Locations[at] + p.Components.Scales[at]*float64(v)
	}
	return z, nil
}

// quantile is F^-1(Phi(x)) from the tail that x is in.
func quantile(p latent.Prior, d int, x float64) float64 {
	m := p.Marginal(d)
	if x <= 0 || p.Family == "uniform" {
		return m.Quantile(distuv.UnitNormal.CDF(x))
	}
	return 2*p.Components.Locations[d] - m.Quantile(distuv.UnitNormal.CDF(-x))
}

func picked(weights []float64, place float64) int {
	var sum float64
	for k, w := range weights[:len(weights)-1] {
		if sum += w; place < sum {
			return k
		}
	}
	return len(weights) - 1
}

// Write writes the arrays as NPY files.
func (r References) Write(dir string) error {
	for name, a := range r {
		if err := writeArray(filepath.Join(dir, name+".npy"), a); err != nil {
			return err
		}
	}
	return nil
}

func writeArray(path string, a Array) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	kind := "<f4"
	if _, whole := a.Values.([]int64); whole {
		kind = "<i8"
	}
	if err := npy.WriteHeader(f, npy.Header{Type: kind, Shape: a.Shape}); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return binary.Write(f, binary.LittleEndian, a.Values)
}
