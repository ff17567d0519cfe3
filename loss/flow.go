package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// Flow is a prior made of N(0, I) by an invertible map that is learned: affine
// coupling layers (Dinh et al. 2017, equations 4 to 8). Each layer leaves one
// half of the dimensions as it is and moves the other,
//
//	b -> b exp(s(a)) + t(a),  s bounded to ±2 by 2 tanh(./2),
//
// with s and t from a network of one hidden layer, and the halves take turns.
// The map from z to the Gaussian is the one the layers compute, so that
//
//	ln p(z) = ln N(f(z); 0, I) + sum of all s
//
// and sampling goes through their inverses. The last maps start at zero, so the
// prior starts at N(0, I). Its dimensions depend on each other, so its KL is one
// value an image, estimated from the draws.
type Flow struct {
	wholeLine
	layers, hidden int
	values         [][]float32

	mu     sync.Mutex
	known  []float32   // the weights that draws are of
	drawn  [][]float64 // by dimension
	weight []Weight
}

// NewFlow makes the prior over at least two latent dimensions, with the given
// number of coupling layers and hidden units in each.
func NewFlow(latents, layers, hidden int) (*Flow, error) {
	if latents < 2 {
		return nil, fmt.Errorf("a coupling flow in %d dimensions: one half moves by the other, so there must be two", latents)
	}
	if layers < 1 || hidden < 1 {
		return nil, fmt.Errorf("a flow of %d layers of %d hidden units", layers, hidden)
	}
	f := &Flow{wholeLine: wholeLine{latents}, layers: layers, hidden: hidden}
	for l := range layers {
		fixed, moved := f.halves(l)
		limit := 1 / math.Sqrt(float64(fixed))
		f.weight = append(f.weight,
			Weight{fmt.Sprintf("%d.hidden.weight", l), []int{hidden, fixed}, uniformInit(limit)},
			Weight{fmt.Sprintf("%d.hidden.bias", l), []int{hidden}, uniformInit(limit)},
			Weight{fmt.Sprintf("%d.output.weight", l), []int{2 * moved, hidden}, constantInit(0)},
			Weight{fmt.Sprintf("%d.output.bias", l), []int{2 * moved}, constantInit(0)})
	}
	if err := checkSize(f.Name(), f.weight); err != nil {
		return nil, err
	}
	f.Bind(initial(f.weight))
	return f, nil
}

// halves is how many dimensions layer l leaves and how many it moves: the first
// half and the second, in turn.
func (f *Flow) halves(l int) (fixed, moved int) {
	first := f.latents / 2
	if l%2 == 0 {
		return first, f.latents - first
	}
	return f.latents - first, first
}

// split cuts a z into what layer l leaves and what it moves.
func (f *Flow) split(l int, z []float64) (fixed, moved []float64) {
	first, second := z[:f.latents/2], z[f.latents/2:]
	if l%2 == 0 {
		return first, second
	}
	return second, first
}

// Name is "flow".
func (f *Flow) Name() string { return "flow" }

// Parameters has the shape of the networks.
func (f *Flow) Parameters() []Parameter {
	return []Parameter{{"layers", []float64{float64(f.layers)}}, {"hidden", []float64{float64(f.hidden)}}}
}

// Weights are those of each layer's two maps, shaped as PyTorch's nn.Linear.
func (f *Flow) Weights() []Weight { return f.weight }

// StepValues is what the layers put out and its gradients.
func (f *Flow) StepValues(rows float64) float64 {
	return 2 * rows * float64(f.layers) * float64(f.hidden+2*f.latents)
}

// Bind reads the maps from now on.
func (f *Flow) Bind(values [][]float32) {
	checkBound(f.Name(), f.weight, values)
	f.values = values
}

const (
	flowWeights   = 4 // arrays a layer
	flowScaleSpan = 2 // of s either way
)

// flowScale bounds the network's output to the logarithm of a scale, and gives
// its derivative.
func flowScale(raw float64) (s, slope float64) {
	t := math.Tanh(raw / flowScaleSpan)
	return flowScaleSpan * t, 1 - t*t
}

// LogProb adds log p(z), [rows, 1].
func (f *Flow) LogProb(q *Posterior) (*gorgonia.Node, error) {
	return q.once(f, func() (*gorgonia.Node, error) {
		w, err := learnedNodes(q, f.Name(), flowWeights*f.layers)
		if err != nil {
			return nil, err
		}
		first, err := q.graph.Columns(q.U(), 0, f.latents/2)
		if err != nil {
			return nil, err
		}
		second, err := q.graph.Columns(q.U(), f.latents/2, f.latents)
		if err != nil {
			return nil, err
		}
		halves := [2]*gorgonia.Node{first, second}
		var maps gorgonia.Nodes
		for l := range f.layers {
			fixed, moved := halves[l%2], &halves[1-l%2]
			of := w[flowWeights*l:]
			h, err := q.graph.Linear(fixed, of[0], of[1], kernel.Tanh)
			if err != nil {
				return nil, fmt.Errorf("layer %d: %w", l, err)
			}
			out, err := q.graph.Linear(h, of[2], of[3], kernel.Identity)
			if err != nil {
				return nil, fmt.Errorf("layer %d: %w", l, err)
			}
			if *moved, err = q.graph.Rows(coupling((*moved).Shape()[1]), *moved, out); err != nil {
				return nil, fmt.Errorf("layer %d: %w", l, err)
			}
			maps = append(maps, out)
		}
		return q.graph.Rows(flowDensity(len(maps)), append(maps, halves[0], halves[1])...)
	})
}

// coupling moves b, the first input, by s and t, the two halves of the second.
func coupling(width int) graph.RowFunc {
	return graph.RowFunc{
		Name:           "coupling",
		Columns:        width,
		Differentiable: []bool{true, true},
		Forward: func(out []float32, in [][]float32) {
			b, raw, t := in[0], in[1][:width], in[1][width:]
			for i := range out {
				s, _ := flowScale(float64(raw[i]))
				out[i] = float32(float64(b[i])*math.Exp(s)) + t[i]
			}
		},
		Backward: func(wrt int, din []float32, in [][]float32, _, dout []float32) {
			b, raw := in[0], in[1][:width]
			for i, d := range dout {
				s, slope := flowScale(float64(raw[i]))
				scale := math.Exp(s)
				if wrt == 0 {
					din[i] += d * float32(scale)
					continue
				}
				din[i] += d * float32(float64(b[i])*scale*slope)
				din[width+i] += d
			}
		},
	}
}

// flowDensity is ln N(e; 0, I) of the last two inputs, the halves of e, plus the
// sum of s over the maps before them.
func flowDensity(maps int) graph.RowFunc {
	differentiable := make([]bool, maps+2)
	for i := range differentiable {
		differentiable[i] = true
	}
	return graph.RowFunc{
		Name:           "flow log density",
		Columns:        1,
		Differentiable: differentiable,
		Forward: func(out []float32, in [][]float32) {
			var sum float64
			for i, row := range in {
				if i >= maps {
					for _, e := range row {
						sum -= halfLog2Pi + 0.5*float64(e)*float64(e)
					}
					continue
				}
				for _, raw := range row[:len(row)/2] {
					s, _ := flowScale(float64(raw))
					sum += s
				}
			}
			out[0] = float32(sum)
		},
		Backward: func(i int, din []float32, in [][]float32, _, dout []float32) {
			if i >= maps {
				for j, e := range in[i] {
					din[j] -= dout[0] * e
				}
				return
			}
			for j, raw := range in[i][:len(din)/2] {
				_, slope := flowScale(float64(raw))
				din[j] += dout[0] * float32(slope)
			}
		},
	}
}

// KL adds an estimate from the draws, [images, 1].
func (f *Flow) KL(q *Posterior) (*gorgonia.Node, error) {
	logP, err := f.LogProb(q)
	if err != nil {
		return nil, err
	}
	return MonteCarloKL(q, logP)
}

// network evaluates s and t of layer l in float64.
func (f *Flow) network(l int, fixed []float64) (s, t []float64) {
	of := f.values[flowWeights*l:]
	h := affineMap(fixed, of[0], of[1])
	for i, v := range h {
		h[i] = math.Tanh(v)
	}
	out := affineMap(h, of[2], of[3])
	s, t = out[:len(out)/2], out[len(out)/2:]
	for i, raw := range s {
		s[i], _ = flowScale(raw)
	}
	return s, t
}

// affineMap is W x + b with W of shape [out, in].
func affineMap(x []float64, w, b []float32) []float64 {
	out := make([]float64, len(b))
	for i := range out {
		out[i] = float64(b[i])
		for j, v := range x {
			out[i] += v * float64(w[i*len(x)+j])
		}
	}
	return out
}

// LogDensity is the density of the Gaussian that z is mapped to, times the
// volume the map stretches.
func (f *Flow) LogDensity(z []float64) float64 {
	f.checkLatents(z)
	e := slices.Clone(z)
	var density float64
	for l := range f.layers {
		fixed, moved := f.split(l, e)
		s, t := f.network(l, fixed)
		for i := range moved {
			moved[i] = moved[i]*math.Exp(s[i]) + t[i]
			density += s[i]
		}
	}
	for _, v := range e {
		density -= halfLog2Pi + 0.5*v*v
	}
	return density
}

// Sample draws from N(0, I) and goes back through the layers.
func (f *Flow) Sample(z []float64, rng *rand.Rand) {
	for d := range z {
		z[d] = rng.NormFloat64()
	}
	for l := f.layers - 1; l >= 0; l-- {
		fixed, moved := f.split(l, z)
		s, t := f.network(l, fixed)
		for i := range moved {
			moved[i] = (moved[i] - t[i]) * math.Exp(-s[i])
		}
	}
}

// flowDraws is how many draws a marginal is estimated from.
const flowDraws = 2048

// Marginal is an estimate: dimension d of 2,048 draws, each widened to a Gaussian
// (Silverman 1986, equation 3.31, with the draws pulled together so that the
// variance stays what it was). The marginals of a flow have no formula.
func (f *Flow) Marginal(d int) Marginal { return f.estimate(d) }

func (f *Flow) estimate(d int) mixtureCurve { return smoothed(f.draws()[d]) }

// smoothed is a density of sorted draws.
func smoothed(x []float64) mixtureCurve {
	mean, std := stat.MeanStdDev(x, nil)
	spread := std
	if quartiles := x[len(x)*3/4] - x[len(x)/4]; quartiles > 0 {
		spread = min(std, quartiles/1.34)
	}
	width := 0.9 * spread * math.Pow(float64(len(x)), -0.2)
	pull := math.Sqrt(1 - width*width/(std*std))
	m := mixtureCurve{}
	for _, v := range x {
		m.logWeights = append(m.logWeights, -math.Log(float64(len(x))))
		m.parts = append(m.parts, distuv.Normal{Mu: mean + pull*(v-mean), Sigma: width})
	}
	return m
}

// draws are some of the prior with the present weights, by dimension, sorted.
func (f *Flow) draws() [][]float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	current := slices.Concat(f.values...)
	if slices.Equal(current, f.known) {
		return f.drawn
	}
	rng := rand.New(rand.NewPCG(1, 1))
	drawn := make([][]float64, f.latents)
	z := make([]float64, f.latents)
	for range flowDraws {
		f.Sample(z, rng)
		for d, v := range z {
			drawn[d] = append(drawn[d], v)
		}
	}
	for _, x := range drawn {
		slices.Sort(x)
	}
	f.known, f.drawn = current, drawn
	return drawn
}

// Divergence is that to the estimated marginal of dimension d. It leaves out how
// the dimensions depend on each other.
func (f *Flow) Divergence(d int, mu, sigma float64) Divergence {
	v := f.estimate(d).divergence(mu, sigma)
	v.Method = MonteCarlo
	return v
}
