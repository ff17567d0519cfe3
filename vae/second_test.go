package vae

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

func TestTwoLayersAreNamedAndShapedAsNnLinear(t *testing.T) {
	m := newModel(t, "model.upper_latent=2", "model.upper_hidden=6,5")
	want := []struct {
		name  string
		shape []int
	}{
		{"encoder.0", []int{9, 20}}, {"encoder.1", []int{7, 9}}, {"head", []int{6, 7}},
		{"upper_encoder.0", []int{6, 3}}, {"upper_encoder.1", []int{5, 6}}, {"upper_head", []int{4, 5}},
		{"upper_decoder.0", []int{5, 2}}, {"upper_decoder.1", []int{6, 5}}, {"conditional", []int{6, 6}},
		{"decoder.0", []int{7, 3}}, {"decoder.1", []int{9, 7}}, {"output", []int{20, 9}},
	}
	for i, p := range m.Parameters() {
		w := want[i/2]
		name, shape := w.name+".weight", w.shape
		if i%2 == 1 {
			name, shape = w.name+".bias", w.shape[:1]
		}
		if p.Name != name || !slices.Equal(p.Shape, shape) {
			t.Errorf("parameter %d is %s %v, want %s %v", i, p.Name, p.Shape, name, shape)
		}
	}
	if m.Latents() != 2 || m.Prior().Latents() != 2 {
		t.Errorf("z has %d dimensions, the prior %d, want 2", m.Latents(), m.Prior().Latents())
	}
	var file bytes.Buffer
	if err := m.Write(&file, nil); err != nil {
		t.Fatal(err)
	}
	back, _, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), (*Engine)(m.engine))
	if err != nil || !slices.Equal(back.Weights(), m.Weights()) {
		t.Errorf("the weights changed on their way through a file (%v)", err)
	}
}

// reference64 computes a model of two stochastic layers in float64.
type reference64 struct {
	model      *Model
	parameters map[string]Parameter
}

func newReference64(m *Model) reference64 {
	r := reference64{m, map[string]Parameter{}}
	for _, p := range m.Parameters() {
		r.parameters[p.Name] = p
	}
	return r
}

func (r reference64) linear(x []float64, name string) []float64 {
	w, b := r.parameters[name+".weight"], r.parameters[name+".bias"]
	out := make([]float64, w.Shape[0])
	for i := range out {
		out[i] = float64(b.Data[i])
		for j, v := range x {
			out[i] += v * float64(w.Data[i*len(x)+j])
		}
	}
	return out
}

func (r reference64) tanh(x []float64, name string, layers int) []float64 {
	for i := range layers {
		x = r.linear(x, name+"."+string(rune('0'+i)))
		for j := range x {
			x[j] = math.Tanh(x[j])
		}
	}
	return x
}

func logNormal(x, mean, logvar float64) float64 {
	return -0.5 * ((x-mean)*(x-mean)*math.Exp(-logvar) + logvar + math.Log(2*math.Pi))
}

// draw is one draw of both layers for one image: the log-likelihood, the KL in
// the form the ELBO takes, and the log weight.
func (r reference64) draw(x, eps1, eps2 []float64) (loglik, kl, logw float64) {
	m := r.model
	c := m.Config().Model
	head := r.linear(r.tanh(x, "encoder", len(c.Hidden)), "head")
	h := make([]float64, c.Latent)
	for d := range h {
		logvar := head[c.Latent+d]
		h[d] = head[d] + math.Exp(logvar/2)*eps1[d]
		q := logNormal(h[d], head[d], logvar)
		kl, logw = kl+q, logw-q
	}
	shift, scale := m.frame.Head()
	above := r.linear(r.tanh(h, "upper_encoder", len(c.UpperHidden)), "upper_head")
	code, z := make([]float64, c.UpperLatent), make([]float64, c.UpperLatent)
	for d := range code {
		mean, logvar := shift[d]+scale[d]*above[d], 2*math.Log(scale[d])+above[c.UpperLatent+d]
		u := mean + math.Exp(logvar/2)*eps2[d]
		z[d] = loss.FromBase(m.network.Prior, d, u)
		code[d] = m.frame.InputOf(d, z[d])
		baseMean, baseStd := loss.Base(m.network.Prior, d)
		logw += logNormal(u, baseMean, 2*math.Log(baseStd)) - logNormal(u, mean, logvar)
		kl += loss.DivergenceOf(m.network.Prior, d, mean, math.Exp(logvar/2)).KL
	}
	conditional := r.linear(r.tanh(code, "upper_decoder", len(c.UpperHidden)), "conditional")
	for d := range h {
		p := logNormal(h[d], conditional[d], conditional[c.Latent+d])
		kl, logw = kl-p, logw+p
	}
	for i, l := range r.linear(r.tanh(h, "decoder", len(c.Hidden)), "output") {
		loglik += x[i]*l - math.Log1p(math.Exp(-math.Abs(l))) - max(l, 0)
	}
	return loglik, kl, logw + loglik
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// Evaluation, ELBO and importance-weighted bound, agrees with float64 code
// written from the definitions.
func TestTwoLayersAgainstReference(t *testing.T) {
	for _, settings := range [][]string{
		{"prior.mean=0.5", "prior.std=0.1"},
		{"prior.name=uniform"},
		{"objective.name=iwae", "objective.samples=3"},
		{"objective.name=iwae", "objective.samples=3", "prior.name=uniform", "prior.standardize=full"},
	} {
		m := newModel(t, append([]string{"model.activation=tanh", "model.upper_latent=2", "model.upper_hidden=5,4"}, settings...)...)
		s := split(5)
		got := evaluate(t, m, s, data.Grey)
		k := got.Bound.Samples
		eps1, eps2 := make([]float32, 5*k*3), make([]float32, 5*k*2)
		m.engine.Normal(eps1, noise.Key(7, noise.EvalEpsilon, evalStream), 0)
		m.engine.Normal(eps2, noise.Key(7, noise.EvalEpsilon, evalStream+1), 0)
		r := newReference64(m)
		var reconstruction, kl, bound float64
		for i := range s.Count {
			x := make([]float64, s.Values())
			for j, p := range s.Image(i) {
				x[j] = float64(p) / 255
			}
			var sum float64
			for row := i * k; row < (i+1)*k; row++ {
				ll, divergence, logw := r.draw(x, widen(eps1[row*3:row*3+3]), widen(eps2[row*2:row*2+2]))
				reconstruction -= ll / float64(5*k)
				kl += divergence / float64(5*k)
				sum += math.Exp(logw) / float64(k)
			}
			bound -= math.Log(sum) / 5
		}
		if math.Abs(got.Reconstruction-reconstruction) > 1e-4 || math.Abs(got.KL-kl) > 1e-4*(1+kl) {
			t.Errorf("%v: reconstruction %g and KL %g, reference %g and %g", settings, got.Reconstruction, got.KL, reconstruction, kl)
		}
		if k > 1 && math.Abs(got.NegBound-bound) > 1e-4 {
			t.Errorf("%v: bound %g, reference %g", settings, got.NegBound, bound)
		}
		if len(got.KLPerDim) != 2 || len(got.ActivityPerDim) != 2 || len(got.AggregateMean) != 2 || len(got.Lower[0].KLPerDim) != 3 || len(got.Lower[0].ActivityPerDim) != 3 {
			t.Errorf("%v: figures of %d and %d dimensions", settings, len(got.KLPerDim), len(got.Lower[0].KLPerDim))
		}
	}
}

// With both layers of one dimension an integral over each gives log p(x): the
// NLL is it, and the bounds lie above.
func TestTwoLayersAgainstQuadrature(t *testing.T) {
	m := newModel(t, "model.hidden=", "model.latent=1", "model.upper_latent=1")
	// Posteriors with wider tails than the prior's, without which importance
	// weights have no variance to speak of.
	for _, p := range m.Parameters() {
		switch p.Name {
		case "head.weight":
			clear(p.Data[m.Values():])
		case "upper_head.weight", "conditional.weight":
			p.Data[1] = 0
		case "head.bias", "upper_head.bias":
			p.Data[1] = 1
		}
	}
	r := newReference64(m)
	const different, cells, reach = 64, 500, 12.0
	images := split(different)
	step := 2 * reach / cells
	// The density of h, by the rectangle rule over u and then over h, whose
	// integrands vanish at the ends.
	density := make([]float64, cells+1)
	for i := range density {
		h := -reach + float64(i)*step
		for j := range cells + 1 {
			u := -reach + float64(j)*step
			p := r.linear([]float64{u}, "conditional")
			density[i] += step * math.Exp(logNormal(u, 0, 0)+logNormal(h, p[0], p[1]))
		}
	}
	logits := make([][]float64, cells+1)
	for i := range logits {
		logits[i] = r.linear([]float64{-reach + float64(i)*step}, "output")
	}
	var exact float64
	for n := range different {
		var sum float64
		for i, row := range logits {
			var loglik float64
			for j, l := range row {
				loglik -= max(l, 0) + math.Log1p(math.Exp(-math.Abs(l)))
				if images.Image(n)[j] >= 128 {
					loglik += l
				}
			}
			sum += step * density[i] * math.Exp(loglik)
		}
		exact -= math.Log(sum) / different
	}
	nll, err := m.NLL(context.Background(), reader(t, m, images, data.Threshold), 3, 20000, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(nll.Nats-exact) > 0.01 {
		t.Errorf("NLL %g, quadrature %g (%.0f effective samples)", nll.Nats, exact, nll.EffectiveSamples)
	}
	if e := evaluate(t, m, split(30*different), data.Threshold); e.NegELBO < exact+0.05 {
		t.Errorf("negative ELBO %g, -log p(x) is %g", e.NegELBO, exact)
	}
}

// The activity of the upper layer is that of E[u|x]: draws of the lower layer
// that say nothing of the image do not count.
func TestActivityOfTheUpperLayer(t *testing.T) {
	for _, c := range []struct {
		name            string
		lowerWeight     float32 // of a mean of h on a pixel
		low, high       float64
		wantLowerActive int
	}{
		{"the lower layer ignores the image", 0, 0, 0.05, 0},
		{"the lower layer follows the image", 10, 1, math.Inf(1), 1},
	} {
		m := newModel(t, "model.hidden=", "model.latent=1", "model.upper_latent=1")
		clear(m.Weights())
		for _, p := range m.Parameters() {
			switch p.Name {
			case "head.weight":
				p.Data[0] = c.lowerWeight
			case "upper_head.weight":
				p.Data[0] = 1
			}
		}
		e := evaluate(t, m, split(4096), data.Grey)
		if got := e.ActivityPerDim[0]; got < c.low || got > c.high {
			t.Errorf("%s: activity %g of the upper layer, want %g to %g", c.name, got, c.low, c.high)
		}
		if got := e.Lower[0].ActiveUnits(); got != c.wantLowerActive {
			t.Errorf("%s: %d active units in the lower layer, want %d", c.name, got, c.wantLowerActive)
		}
	}
}

func TestTwoLayersSampleEncodeAndDecode(t *testing.T) {
	m := newModel(t, "model.upper_latent=2", "model.upper_hidden=6")
	all, err := m.Sample(evalRows+5, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	few, err := m.Sample(5, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Z) != 2*(evalRows+5) || !slices.Equal(few.Z, all.Z[:10]) || !slices.Equal(few.Means, all.Means[:100]) {
		t.Error("the first samples of many are not those of few")
	}
	atMean, err := m.Decode(few.Codes)
	if err != nil || len(atMean) != len(few.Means) || slices.Equal(atMean, few.Means) {
		t.Errorf("decoding takes the lower layer's draw and not its mean (%v)", err)
	}
	// Without its noise a sample is what z decodes to.
	d, err := m.newDecoder(5, true)
	if err != nil {
		t.Fatal(err)
	}
	still := make([]float32, len(atMean))
	if err := d.Decode(still, few.Codes); err != nil || !slices.Equal(still, atMean) {
		t.Errorf("the draw without noise is not the mean (%v)", err)
	}
	r := reader(t, m, split(3), data.Grey)
	pixels := make([]float32, 60)
	r.Read(pixels, []int32{0, 1, 2}, data.Draw{})
	e, err := m.Encode(Batch{Pixels: pixels})
	if err != nil || len(e.Mean) != 6 || len(e.Z) != 6 {
		t.Errorf("an encoding of %d means (%v)", len(e.Mean), err)
	}
	for i, s := range e.Std {
		if !(s > 0) {
			t.Errorf("standard deviation %d is %g", i, s)
		}
	}
}
