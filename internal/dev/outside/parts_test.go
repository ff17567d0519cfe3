package outside

import (
	"fmt"
	"log"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/vae"
)

// gumbel is a density on the line, with the slope of its logarithm: all that a prior
// of independent dimensions needs.
type gumbel struct{ distuv.GumbelRight }

func (g gumbel) Score(z float64) float64 { return math.Expm1(g.Mu - z) }

// laplacePixels is a likelihood of grey pixels, the Laplace distribution about the
// decoder's outputs: its error is measured in absolute differences.
type laplacePixels struct{ scale float64 }

func (l laplacePixels) Name() string { return "laplace" }
func (l laplacePixels) Comparable() string {
	return "density of grey pixels: comparable with laplace figures of one scale only"
}
func (l laplacePixels) Outputs(image data.Shape) int { return image.Values() }

func (l laplacePixels) LogProb(d *loss.DecoderOutput) (*gorgonia.Node, error) {
	return d.Rows(loss.RowFunc{
		Name:           "laplace pixels",
		Differentiable: []bool{true, false},
		Forward: func(out []float32, in [][]float32) {
			var sum float64
			for i, m := range in[0] {
				sum -= math.Abs(float64(in[1][i]-m))/l.scale + math.Log(2*l.scale)
			}
			out[0] = float32(sum)
		},
		Backward: func(_ int, din []float32, in [][]float32, _, dout []float32) {
			for i, m := range in[0] {
				switch x := in[1][i]; {
				case x > m:
					din[i] += dout[0] / float32(l.scale)
				case x < m:
					din[i] -= dout[0] / float32(l.scale)
				}
			}
		},
	}, d.Outputs(), d.Images())
}

func (l laplacePixels) Means(_ loss.Math, dst, outputs []float32) {
	for i, m := range outputs {
		dst[i] = min(max(m, 0), 1)
	}
}

func (l laplacePixels) Draw(n loss.Noise, dst, outputs []float32) {
	n.Uniform(dst)
	for i, m := range outputs {
		u := float64(dst[i]) + 0x1p-25 - 0.5
		noise := -l.scale * math.Copysign(math.Log1p(-2*math.Abs(u)), u)
		dst[i] = float32(min(max(float64(m)+noise, 0), 1))
	}
}

func (l laplacePixels) OutputsAt(dst []float32, means []float64) {
	for i, mean := range means {
		dst[i] = float32(mean)
	}
}

// crosses are 64 images of 5x5 pixels: a row and a column each.
func crosses() *data.Split {
	s := &data.Split{Count: 64, Shape: data.Shape{Height: 5, Width: 5, Channels: 1}, Bytes: make([]byte, 64*25)}
	for i := range s.Count {
		for j := range 5 {
			s.Bytes[25*i+5*(i%5)+j] = 255
			s.Bytes[25*i+5*j+i/5%5] = 255
		}
	}
	return s
}

// A prior and a likelihood written outside make a model, and a loop of one's own trains
// it.
func Example_parts() {
	prior, err := loss.NewIndependent("gumbel", nil, []loss.ScoredMarginal{
		gumbel{distuv.GumbelRight{Mu: 0, Beta: 1}}, gumbel{distuv.GumbelRight{Mu: 0, Beta: 1}},
	})
	if err != nil {
		log.Fatal(err)
	}
	engine, err := vae.NewEngine("", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{32}, 2
	images := crosses()
	m, err := vae.NewWith(c, vae.Parts{Prior: prior, Likelihood: laplacePixels{0.1}}, images.Shape, engine)
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		log.Fatal(err)
	}

	reader, err := data.NewReader(images, data.Grey, engine)
	if err != nil {
		log.Fatal(err)
	}
	gradients := make([]float32, len(m.Weights()))
	step, err := m.NewStep(images.Count, vae.Collecting{Gradients: gradients})
	if err != nil {
		log.Fatal(err)
	}
	all := make([]int32, images.Count)
	for i := range all {
		all[i] = int32(i)
	}
	var first float64
	for n := range uint64(400) {
		step.Read(reader, all, data.TrainingDraw(1, n))
		step.Draw(1, n)
		step.Run()
		if n == 0 {
			first = step.Loss()
		}
		for i, g := range gradients {
			m.Weights()[i] -= 2e-4 * g
		}
	}
	samples, err := m.Sample(3, 1, nil)
	if err != nil {
		log.Fatal(err)
	}
	drawn := m.DrawPixels(samples, 1)
	fmt.Printf("prior %s, likelihood %s: the loss fell by more than 5 nats: %t; %d samples of %d pixels\n",
		m.Prior().Name(), m.Likelihood().Name(), step.Loss() < first-5, len(drawn)/m.Values(), m.Values())
	// Output: prior gumbel, likelihood laplace: the loss fell by more than 5 nats: true; 3 samples of 25 pixels
}
