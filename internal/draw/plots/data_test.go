package plots

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The figures of the tests: small, the same on every run, and with the oddities
// that must not disturb them.

func normalDensity(mean, std float64) Density {
	d := Density{Mean: mean, Std: std}
	for i := range 241 {
		u := -6 + float64(i)/20
		d.X = append(d.X, mean+std*u)
		d.P = append(d.P, math.Exp(-u*u/2)/(std*math.Sqrt(2*math.Pi)))
	}
	return d
}

func uniformDensity(low, high float64) Density {
	p := 1 / (high - low)
	return Density{X: []float64{low, high}, P: []float64{p, p}, Mean: (low + high) / 2, Std: (high - low) / math.Sqrt(12)}
}

// draws are n images of a slightly skewed normal in each latent.
func draws(n, latents int, mean, std float64) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	z := make([]float32, 0, n*latents)
	for range n {
		for j := range latents {
			u := r.NormFloat64()
			u += 0.05 * float64(j%3) * (u*u - 1)
			z = append(z, float32(mean+std*u))
		}
	}
	return z
}

func falling(n int) []float64 {
	kl := make([]float64, n)
	for j := range kl {
		kl[j] = math.Max(0, 2.6*math.Cos(float64(j*7%n)/float64(n)*1.7))
	}
	return kl
}

func normalRun() PriorRun {
	return PriorRun{Name: "n01 · prior N(0, 1)", Z: draws(1500, 8, 0, 1), Latents: 8, KL: falling(8), Priors: []Density{normalDensity(0, 1)}}
}

func narrowRun() PriorRun {
	return PriorRun{Name: "n05 · prior N(0.5, 0.1)", Z: draws(1500, 8, 0.5, 0.1), Latents: 8, KL: falling(8), Priors: []Density{normalDensity(0.5, 0.1)}}
}

func uniformRun() PriorRun {
	z := draws(1500, 8, 0, 1)
	for i, u := range z {
		z[i] = float32(math.Erf(float64(u) / math.Sqrt2))
	}
	return PriorRun{Name: "uniform · prior U(−1, 1)", Z: z, Latents: 8, KL: falling(8), Priors: []Density{uniformDensity(-1, 1)}}
}

func curvePanels() []Panel {
	var panels []Panel
	for i, title := range []string{"Loss", "Reconstruction", "KL"} {
		panel := Panel{Title: title, X: "epoch", Y: "nats per image", Whole: true}
		for j, name := range []string{"n01", "n05", "uniform"} {
			for _, dashed := range []bool{false, true} {
				s := Series{Name: name, Dashed: dashed}
				for epoch := range 10 {
					y := []float64{105, 80, 25}[i] + []float64{22, 25, -6}[i]*math.Exp(-float64(epoch)/2.2) + 0.9*float64(j)
					if dashed {
						y -= 1.5
					}
					s.X, s.Y = append(s.X, float64(epoch+1)), append(s.Y, y)
				}
				panel.Series = append(panel.Series, s)
			}
		}
		panel.Series[2].Y[4] = math.NaN()
		panels = append(panels, panel)
	}
	return panels
}

func cloudOf(n int) Points {
	r := rand.New(rand.NewPCG(3, 4))
	p := Points{XLabel: "z0", YLabel: "z1"}
	for i := range n {
		class := i % 10
		angle := float64(class) * 0.7
		radius := 1.2 + 0.6*math.Sin(float64(class)*5)
		p.X = append(p.X, radius*math.Cos(angle)+r.NormFloat64()*0.35)
		p.Y = append(p.Y, radius*math.Sin(angle)+r.NormFloat64()*0.3)
		p.Classes = append(p.Classes, class)
	}
	for _, radius := range []float64{1, 2} {
		ring := Series{Name: "prior, 1 and 2 standard deviations"}
		for i := range 61 {
			angle := float64(i) / 60 * 2 * math.Pi
			ring.X, ring.Y = append(ring.X, radius*math.Cos(angle)), append(ring.Y, radius*math.Sin(angle))
		}
		p.Guides = append(p.Guides, ring)
	}
	p.X[7], p.Y[8], p.Classes[9] = math.NaN(), math.Inf(1), 77
	return p
}

func latentsOf(n int) Latents {
	return Latents{Values: falling(n), YLabel: "KL (nats per image)", Threshold: 0.1, ThresholdName: "active above 0.1 nats"}
}

func labelsOf(title string) Labels {
	return Labels{Title: title, Subtitle: "strokes, 10 epochs", Caption: fmt.Sprintf("%s of a made-up run.", title)}
}
