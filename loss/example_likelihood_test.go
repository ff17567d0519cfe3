package loss_test

import (
	"fmt"
	"log"
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/vae"
)

// Noisy is a likelihood of the caller's own: binary pixels of which each was flipped
// with a known probability, as a bad scanner does. The decoder's output for a pixel is
// the logit of what it was before.
type Noisy struct{ Flipped float64 }

func (Noisy) Name() string { return "noisy" }

func (Noisy) Comparable() string {
	return "probability of binary pixels: comparable with bernoulli figures"
}

func (Noisy) Outputs(image data.Shape) int { return image.Values() }

// probability is that of a 1 after the noise, and its slope in the logit.
func (n Noisy) probability(logit float32) (p, slope float64) {
	clean := 1 / (1 + math.Exp(-float64(logit)))
	return n.Flipped + (1-2*n.Flipped)*clean, (1 - 2*n.Flipped) * clean * (1 - clean)
}

// LogProb sums x ln p + (1-x) ln(1-p) over the pixels of an image.
func (n Noisy) LogProb(d *loss.DecoderOutput) (*gorgonia.Node, error) {
	return d.Rows(loss.RowFunc{
		Name:           "noisy pixels",
		Differentiable: []bool{true, false}, // in the outputs, not in the image
		Forward: func(out []float32, in [][]float32) {
			var sum float64
			for i, logit := range in[0] {
				p, _ := n.probability(logit)
				x := float64(in[1][i])
				sum += x*math.Log(p) + (1-x)*math.Log(1-p)
			}
			out[0] = float32(sum)
		},
		Backward: func(_ int, din []float32, in [][]float32, _, dout []float32) {
			for i, logit := range in[0] {
				p, slope := n.probability(logit)
				din[i] += dout[0] * float32((float64(in[1][i])-p)/(p*(1-p))*slope)
			}
		},
	}, d.Outputs(), d.Images())
}

func (n Noisy) Means(_ loss.Math, dst, outputs []float32) {
	for i, logit := range outputs {
		p, _ := n.probability(logit)
		dst[i] = float32(p)
	}
}

func (n Noisy) Draw(noise loss.Noise, dst, outputs []float32) {
	n.Means(noise.Math, dst, outputs)
	noise.Bernoulli(dst, dst)
}

func (n Noisy) OutputsAt(dst []float32, means []float64) {
	for i, mean := range means {
		clean := (mean - n.Flipped) / (1 - 2*n.Flipped)
		clean = min(max(clean, 1e-3), 1-1e-3)
		dst[i] = float32(math.Log(clean / (1 - clean)))
	}
}

// A likelihood of one's own stands where those of this package do.
func ExampleLikelihood() {
	engine, err := vae.NewEngine("", 1)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{8}, 2
	m, err := vae.NewWith(c, vae.Parts{Likelihood: Noisy{Flipped: 0.05}}, data.Shape{Height: 4, Width: 4, Channels: 1}, engine)
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		log.Fatal(err)
	}
	gradients := make([]float32, len(m.Weights()))
	step, err := m.NewStep(8, vae.Collecting{Gradients: gradients})
	if err != nil {
		log.Fatal(err)
	}
	for i := range step.Pixels {
		step.Pixels[i] = float32(i / 8 % 2) // black and white halves
	}
	step.Draw(1, 0)
	step.Run()
	before := step.Loss()
	for range 200 {
		step.Run()
		for i, g := range gradients {
			m.Weights()[i] -= 0.01 * g
		}
	}
	fmt.Printf("16 pixels, one in twenty flipped, cost at least %.2f nats\n", 16*-math.Log(0.95))
	fmt.Printf("the loss fell: %t\n", step.Loss() < before)
	// Output:
	// 16 pixels, one in twenty flipped, cost at least 0.82 nats
	// the loss fell: true
}
