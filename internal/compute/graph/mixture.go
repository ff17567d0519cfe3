package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// MixtureLogProb adds the log density in nats of a mixture of Gaussians with
// diagonal covariances,
//
//	ln sum_k w_k N(z; mean_k, exp(logvar_k)),  w = softmax(logits)
//
// one value a row, [rows, 1]. z is [rows, d], means and logvars are [K, d] and
// logits is [K], or nil for equal weights. All are differentiable.
//
// The squares are multiplied out, so that the K densities of all rows are one
// matrix product of [z^2, z] with [-1/2 tau, tau mean], tau = exp(-logvar). What
// that loses to cancellation grows with the squared distance, in standard
// deviations, of the components from their common centre: about 1e-7 times that
// sum over dimensions, in nats.
func (g *Graph) MixtureLogProb(z, means, logvars, logits *gorgonia.Node) (*gorgonia.Node, error) {
	rows, d, err := matrix("draws of a mixture", z)
	if err != nil {
		return nil, err
	}
	components, cols, err := matrix("means of a mixture", means)
	if err != nil {
		return nil, err
	}
	if cols != d || !logvars.Shape().Eq(means.Shape()) {
		return nil, fmt.Errorf("graph: means of shape %v and log variances of %v do not fit draws of %v", means.Shape(), logvars.Shape(), z.Shape())
	}
	inputs, diff := gorgonia.Nodes{z, means, logvars}, []bool{true, true, true}
	if logits != nil {
		if s := logits.Shape(); s.Dims() != 1 || s[0] != components {
			return nil, fmt.Errorf("graph: logits of shape %v do not fit %d components", s, components)
		}
		inputs, diff = append(inputs, logits), append(diff, true)
	}
	m := &mixture{
		engine: g.engine, rows: rows, latents: d, components: components,
		centre: make([]float32, d), maps: make([]float32, components*2*d), offsets: make([]float32, components),
		powers: make([]float32, rows*(2*d+1)), shares: make([]float32, rows*components),
		weights: make([]float32, components),
	}
	m.product = kernel.Gemm{
		TransB: true, M: rows, N: components, K: 2 * d, Alpha: 1,
		A: m.powers, LDA: 2*d + 1, B: m.maps, LDB: 2 * d, C: m.shares, LDC: components, Bias: m.offsets,
	}
	grad := func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		return g.mixtureGrad(m, in, out, grad)
	}
	return g.apply(fmt.Sprintf("mixture of %d", components), m, tensor.Shape{rows, 1}, grad, diff, inputs...)
}

// mixture leaves what its gradients are made of in its slices.
type mixture struct {
	engine                    *kernel.Engine
	rows, latents, components int

	centre  []float32 // [d], the mean of the components' means
	maps    []float32 // [K, 2d]: -1/2 tau and tau (mean - centre)
	offsets []float32 // [K]: what does not depend on z, in nats
	weights []float32 // [K]
	powers  []float32 // [rows, 2d+1]: (z - centre)^2, z - centre and 1
	shares  []float32 // [rows, K]: how much of a row's density is each component's
	product kernel.Gemm

	z, means, logvars, out []float32
}

func (m *mixture) Run(out []float32, in [][]float32) {
	m.out, m.z, m.means, m.logvars = out, in[0], in[1], in[2]
	var logits []float32
	if len(in) == 4 {
		logits = in[3]
	}
	m.weigh(logits)
	m.findCentre()
	m.engine.Run(chunks(m.components, m.perChunk()), (*mixtureMaps)(m))
	m.engine.Run(chunks(m.rows, m.perChunk()), (*mixturePowers)(m))
	m.engine.Gemm(&m.product)
	m.engine.Run(chunks(m.rows, rowsPerChunk(m.components)), (*mixtureShares)(m))
}

// of splits a row of powers, or of sums of them.
func (m *mixture) of(row int, powers []float32) (square, first, one []float32) {
	d, width := m.latents, 2*m.latents+1
	powers = powers[row*width : (row+1)*width]
	return powers[:d], powers[d : 2*d], powers[2*d:]
}

func (m *mixture) perChunk() int { return rowsPerChunk(4 * m.latents) }

// weigh leaves the weights in weights and their logarithms in offsets.
func (m *mixture) weigh(logits []float32) {
	if logits == nil {
		for k := range m.weights {
			m.weights[k] = 1 / float32(m.components)
			m.offsets[k] = float32(-math.Log(float64(m.components)))
		}
		return
	}
	largest := float32(math.Inf(-1))
	for _, v := range logits {
		largest = max(largest, v)
	}
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v - largest))
	}
	logSum := float64(largest) + math.Log(sum)
	for k, v := range logits {
		m.offsets[k] = float32(float64(v) - logSum)
		m.weights[k] = float32(math.Exp(float64(v) - logSum))
	}
}

func (m *mixture) findCentre() {
	for j := range m.centre {
		var sum float64
		for k := range m.components {
			sum += float64(m.means[k*m.latents+j])
		}
		m.centre[j] = float32(sum / float64(m.components))
	}
}

// mixtureMaps fills maps and completes offsets, by component.
type mixtureMaps mixture

func (m *mixtureMaps) Chunk(i int) {
	d := m.latents
	lo, hi := chunk(i, m.components, (*mixture)(m).perChunk())
	for k := lo; k < hi; k++ {
		mean, logvar := m.means[k*d:(k+1)*d], m.logvars[k*d:(k+1)*d]
		scale, product := halves(m.maps, k, d)
		m.engine.Scale(scale, -1, logvar)
		m.engine.Exp(scale, scale)
		offset := float64(m.offsets[k])
		for j, tau := range scale {
			delta := mean[j] - m.centre[j]
			scale[j] = -0.5 * tau
			product[j] = tau * delta
			offset -= 0.5 * (float64(delta)*float64(product[j]) + float64(logvar[j]) + logTwoPi)
		}
		m.offsets[k] = float32(offset)
	}
}

// mixturePowers fills powers, by row.
type mixturePowers mixture

func (m *mixturePowers) Chunk(i int) {
	d := m.latents
	lo, hi := chunk(i, m.rows, (*mixture)(m).perChunk())
	for r := lo; r < hi; r++ {
		square, first, one := (*mixture)(m).of(r, m.powers)
		one[0] = 1
		for j, z := range m.z[r*d : (r+1)*d] {
			first[j] = z - m.centre[j]
			square[j] = first[j] * first[j]
		}
	}
}

// mixtureShares turns log densities into shares and their log sum, by row.
type mixtureShares mixture

func (m *mixtureShares) Chunk(i int) {
	lo, hi := chunk(i, m.rows, rowsPerChunk(m.components))
	for r := lo; r < hi; r++ {
		shares := m.shares[r*m.components : (r+1)*m.components]
		largest := float32(math.Inf(-1))
		for _, v := range shares {
			// Of NaN and a number the maximum is NaN: a diverged run must be seen as one.
			largest = max(largest, v)
		}
		for k := range shares {
			shares[k] -= largest
		}
		m.engine.Exp(shares, shares)
		sum := m.engine.Sum(shares)
		m.engine.Scale(shares, float32(1/sum), shares)
		m.out[r] = float32(float64(largest) + math.Log(sum))
	}
}

func (g *Graph) mixtureGrad(m *mixture, in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	d, rows, components := m.latents, m.rows, m.components
	scaled := &scaledShares{mixture: m, scaled: scaledRows{engine: g.engine, rows: rows, cols: components}}
	shares, err := g.apply("d(mixture)", scaled, tensor.Shape{rows, components}, nil, nil, out, grad)
	if err != nil {
		return nil, err
	}
	draws := &mixtureDrawsGrad{mixture: m, sums: make([]float32, rows*2*d)}
	draws.product = kernel.Gemm{
		M: rows, N: 2 * d, K: components, Alpha: 1, LDA: components, B: m.maps, LDB: 2 * d, C: draws.sums, LDC: 2 * d,
	}
	dz, err := g.apply("d(draws of mixture)", draws, tensor.Shape{rows, d}, nil, nil, shares)
	if err != nil {
		return nil, err
	}
	powers := &product{engine: g.engine, gemm: kernel.Gemm{
		TransA: true, M: components, N: 2*d + 1, K: rows, Alpha: 1, LDA: components, LDB: 2*d + 1, LDC: 2*d + 1,
	}}
	sums, err := g.apply("sums of mixture", &mixtureSums{mixture: m, product: powers}, tensor.Shape{components, 2*d + 1}, nil, nil, shares)
	if err != nil {
		return nil, err
	}
	dMeans, err := g.apply("d(means)", &mixtureMeansGrad{m}, tensor.Shape{components, d}, nil, nil, sums)
	if err != nil {
		return nil, err
	}
	dLogvars, err := g.apply("d(log variances)", &mixtureLogvarsGrad{m}, tensor.Shape{components, d}, nil, nil, sums)
	if err != nil {
		return nil, err
	}
	grads := gorgonia.Nodes{dz, dMeans, dLogvars}
	if len(in) < 4 {
		return grads, nil
	}
	dLogits, err := g.apply("d(logits)", &mixtureLogitsGrad{m}, tensor.Shape{components}, nil, nil, sums)
	return append(grads, dLogits), err
}

// scaledShares multiplies the shares of a row by its gradient.
type scaledShares struct {
	*mixture
	scaled scaledRows
}

func (b *scaledShares) Run(out []float32, in [][]float32) { b.engine.Do(b.bind(out, nil, in)) }

func (b *scaledShares) bind(out []float32, _, in [][]float32) kernel.Work {
	return b.scaled.bind(out, nil, [][]float32{b.shares, in[1]})
}

// mixtureDrawsGrad: d ln p/dz = sum_k share_k tau_k (mean_k - z).
type mixtureDrawsGrad struct {
	*mixture
	sums    []float32 // [rows, 2d]: the shares' sums of maps
	product kernel.Gemm
}

func (b *mixtureDrawsGrad) Run(out []float32, in [][]float32) {
	d := b.latents
	b.product.A = in[0]
	b.engine.Gemm(&b.product)
	for r := range b.rows {
		scale, product := halves(b.sums, r, d)
		_, delta, _ := b.of(r, b.powers)
		for j := range delta {
			out[r*d+j] = product[j] + 2*delta[j]*scale[j]
		}
	}
}

// mixtureSums are, for each component, the sums over rows of its share times
// each of powers, [K, 2d+1].
type mixtureSums struct {
	*mixture
	product *product
}

func (b *mixtureSums) Run(out []float32, in [][]float32) { b.engine.Do(b.bind(out, nil, in)) }

func (b *mixtureSums) bind(out []float32, _, in [][]float32) kernel.Work {
	return b.product.bind(out, nil, [][]float32{in[0], b.powers})
}

// mixtureMeansGrad: d ln p/dmean_k = sum over rows of share_k tau_k (z - mean_k).
type mixtureMeansGrad struct{ *mixture }

func (b *mixtureMeansGrad) Run(out []float32, in [][]float32) {
	d := b.latents
	for k := range b.components {
		_, first, share := b.of(k, in[0])
		scale, product := halves(b.maps, k, d)
		for j := range first {
			out[k*d+j] = -2*scale[j]*first[j] - product[j]*share[0]
		}
	}
}

// mixtureLogvarsGrad: d ln p/dlogvar_k = sum over rows of
// share_k (tau_k (z - mean_k)^2 - 1)/2.
type mixtureLogvarsGrad struct{ *mixture }

func (b *mixtureLogvarsGrad) Run(out []float32, in [][]float32) {
	d := b.latents
	for k := range b.components {
		square, first, share := b.of(k, in[0])
		scale, _ := halves(b.maps, k, d)
		for j := range first {
			delta := b.means[k*d+j] - b.centre[j]
			distance := square[j] - 2*delta*first[j] + delta*delta*share[0]
			out[k*d+j] = -scale[j]*distance - 0.5*share[0]
		}
	}
}

// mixtureLogitsGrad: d ln p/dlogit_k = sum over rows of share_k - w_k.
type mixtureLogitsGrad struct{ *mixture }

func (b *mixtureLogitsGrad) Run(out []float32, in [][]float32) {
	var total float64
	for k := range b.components {
		_, _, share := b.of(k, in[0])
		total += float64(share[0])
	}
	for k := range b.components {
		_, _, share := b.of(k, in[0])
		out[k] = share[0] - float32(total)*b.weights[k]
	}
}
