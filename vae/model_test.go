package vae

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/internal/dev/testkit"
	"vaectl/internal/format/safetensors"
	"vaectl/loss"
)

func engine(t testing.TB) *Engine {
	t.Helper()
	return (*Engine)(testkit.Engine(t, "", 2))
}

func config(settings ...string) configs.Config {
	c := configs.Default()
	for _, s := range append([]string{"model.hidden=9,7", "model.latent=3"}, settings...) {
		key, value, _ := strings.Cut(s, "=")
		if err := c.Set(key, value); err != nil {
			panic(err)
		}
	}
	return c
}

func newModel(t testing.TB, settings ...string) *Model {
	t.Helper()
	return modelOn(t, engine(t), settings...)
}

func modelOn(t testing.TB, e *Engine, settings ...string) *Model {
	t.Helper()
	m, err := New(config(settings...), grey(4, 5), e)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		t.Fatal(err)
	}
	return m
}

func split(count int) *data.Split {
	s := &data.Split{Count: count, Shape: data.Shape{Height: 4, Width: 5, Channels: 1}, Bytes: make([]byte, count*20)}
	for i := range s.Bytes {
		s.Bytes[i] = byte(i * 37 % 256)
	}
	return s
}

func evaluate(t testing.TB, m *Model, s *data.Split, mode data.Binarization) Evaluation {
	t.Helper()
	r, err := data.NewReader(s, mode, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Evaluate(context.Background(), r, 7)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParametersAreNamedAndShapedAsNnLinear(t *testing.T) {
	m := newModel(t)
	want := map[string][]int{
		"encoder.0.weight": {9, 20}, "encoder.0.bias": {9}, "encoder.1.weight": {7, 9}, "encoder.1.bias": {7},
		"head.weight": {6, 7}, "head.bias": {6},
		"decoder.0.weight": {7, 3}, "decoder.0.bias": {7}, "decoder.1.weight": {9, 7}, "decoder.1.bias": {9},
		"output.weight": {20, 9}, "output.bias": {20},
	}
	total := 0
	for _, p := range m.Parameters() {
		if !slices.Equal(p.Shape, want[p.Name]) {
			t.Errorf("%s has shape %v, want %v", p.Name, p.Shape, want[p.Name])
		}
		delete(want, p.Name)
		total += len(p.Data)
	}
	if len(want) != 0 || total != len(m.Weights()) {
		t.Errorf("missing %v; %d of %d weights named", want, total, len(m.Weights()))
	}
}

// Weights lie in the bounds of their initialisation and fill them.
func TestInit(t *testing.T) {
	for _, c := range []struct {
		init   string
		limit  func(in, out int) float64
		biases bool
	}{
		{"torch", func(in, _ int) float64 { return 1 / math.Sqrt(float64(in)) }, true},
		{"glorot", func(in, out int) float64 { return math.Sqrt(6 / float64(in+out)) }, false},
	} {
		m := newModel(t, "model.init="+c.init, "model.hidden=200", "model.latent=30")
		for _, p := range m.Parameters() {
			if len(p.Shape) == 1 {
				if zero := !slices.ContainsFunc(p.Data, func(v float32) bool { return v != 0 }); zero == c.biases {
					t.Errorf("%s: bias %s zero: %t", c.init, p.Name, zero)
				}
				continue
			}
			out := p.Shape[0]
			if p.Name == "head.weight" {
				out /= 2
			}
			limit := c.limit(p.Shape[1], out)
			var most, square float64
			for _, v := range p.Data {
				most = max(most, math.Abs(float64(v)))
				square += float64(v) * float64(v) / float64(len(p.Data))
			}
			if most > limit*(1+1e-6) || most < 0.99*limit || math.Abs(square-limit*limit/3) > 0.1*limit*limit/3 {
				t.Errorf("%s: %s reaches %g and has variance %g for a limit of %g", c.init, p.Name, most, square, limit)
			}
		}
		again := newModel(t, "model.init="+c.init, "model.hidden=200", "model.latent=30")
		if !slices.Equal(again.Weights(), m.Weights()) {
			t.Errorf("%s: the same seed gives other weights", c.init)
		}
		if err := again.Init(2); err != nil || slices.Equal(again.Weights(), m.Weights()) {
			t.Errorf("%s: another seed gives the same weights (%v)", c.init, err)
		}
	}
}

// An image's part in an evaluation does not depend on what it is evaluated
// with: not on the chunk it falls in, nor on the padding of the last.
func TestEvaluationIsTheMeanOverImages(t *testing.T) {
	for _, mode := range []data.Binarization{data.Grey, data.Threshold, data.Dynamic} {
		m := newModel(t)
		const n = evalRows + 3
		all := split(n)
		want := evaluate(t, m, all, mode)
		prefix := *all
		prefix.Count = evalRows - 1
		prefix.Bytes = all.Bytes[:prefix.Count*20]
		head := evaluate(t, m, &prefix, mode)
		// The reference sums the last four images one evaluation at a time,
		// from evaluations of ever longer prefixes.
		sum := head.NegELBO * float64(prefix.Count)
		for count := prefix.Count + 1; count <= n; count++ {
			longer := *all
			longer.Count = count
			longer.Bytes = all.Bytes[:count*20]
			e := evaluate(t, m, &longer, mode)
			image := e.NegELBO*float64(count) - sum
			if image < 0 || image > 40 {
				t.Errorf("%s: image %d contributes %g nats", mode, count-1, image)
			}
			sum = e.NegELBO * float64(count)
		}
		if math.Abs(sum/n-want.NegELBO) > 1e-9 {
			t.Errorf("%s: %g nats, by prefixes %g", mode, want.NegELBO, sum/n)
		}
		if math.Abs(want.Reconstruction+want.KL-want.NegELBO) > 1e-9 {
			t.Errorf("%s: parts %g + %g do not make %g", mode, want.Reconstruction, want.KL, want.NegELBO)
		}
	}
}

// The evaluation agrees with float64 code written from the definitions, for
// each prior: encoder, reparameterisation, decoder, cross-entropy and KL.
func TestEvaluationAgainstReference(t *testing.T) {
	for _, settings := range [][]string{
		{},
		{"prior.mean=0.5", "prior.std=0.1"},
		{"prior.mean=0.5", "prior.std=0.1", "prior.standardize=none"},
		{"prior.name=uniform"},
		{"prior.name=uniform", "prior.standardize=full", "model.activation=tanh"},
		{"model.activation=softplus", "model.hidden="},
		{"model.activation=elu"},
		{"prior.name=laplace", "prior.location=0.5", "prior.scale=0.1"},
		{"prior.name=logistic", "prior.standardize=full"},
		{"prior.name=student-t", "prior.scale=0.2", "prior.dof=1", "prior.standardize=full"},
		{"prior.name=mixture", "prior.stds=0.2"},
		{"prior.name=mixture", "prior.learned=true", "prior.components=7"},
		{"prior.name=vamp", "prior.components=7"},
		{"prior.name=flow"},
		{"model.gated=true", "model.init=he"},
	} {
		m := newModel(t, settings...)
		s := split(5)
		got := evaluate(t, m, s, data.Grey)
		eps := make([]float32, 5*m.Latents())
		m.engine.Normal(eps, noise.Key(7, noise.EvalEpsilon, 0), 0)
		reconstruction, kl := reference(m, s, eps)
		if math.Abs(got.Reconstruction-reconstruction) > 1e-4 || math.Abs(got.KL-kl) > 1e-4*(1+kl) {
			t.Errorf("%v: reconstruction %g and KL %g, reference %g and %g", settings, got.Reconstruction, got.KL, reconstruction, kl)
		}
	}
}

// reference computes both parts of the loss in float64, in nats per image.
func reference(m *Model, s *data.Split, eps []float32) (reconstruction, kl float64) {
	parameter := map[string]Parameter{}
	for _, p := range m.Parameters() {
		parameter[p.Name] = p
	}
	act := map[string]func(float64) float64{
		"relu": func(x float64) float64 { return max(x, 0) }, "tanh": math.Tanh,
		"softplus": func(x float64) float64 { return math.Log1p(math.Exp(x)) },
		"elu": func(x float64) float64 {
			if x > 0 {
				return x
			}
			return math.Expm1(x)
		},
	}[m.Config().Model.Activation]
	gate := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	linear := func(x []float64, name string) []float64 {
		w, b := parameter[name+".weight"], parameter[name+".bias"]
		out := make([]float64, w.Shape[0])
		for i := range out {
			out[i] = float64(b.Data[i])
			for j, v := range x {
				out[i] += v * float64(w.Data[i*len(x)+j])
			}
		}
		return out
	}
	hidden := func(x []float64, names ...string) []float64 {
		for _, name := range names {
			h := linear(x, name)
			for i := range h {
				if m.Config().Model.Gated {
					h[i] *= gate(linear(x, name+".gate")[i])
				} else {
					h[i] = act(h[i])
				}
			}
			x = h
		}
		return x
	}
	var encoder, decoder []string
	for i := range m.Config().Model.Hidden {
		encoder = append(encoder, "encoder."+string(rune('0'+i)))
		decoder = append(decoder, "decoder."+string(rune('0'+i)))
	}
	shift, scale := m.frame.Head()
	for n := range s.Count {
		x := make([]float64, s.Values())
		for i, p := range s.Image(n) {
			x[i] = float64(p) / 255
		}
		head := linear(hidden(x, encoder...), "head")
		code, z := make([]float64, m.Latents()), make([]float64, m.Latents())
		for d := range code {
			mu, sigma := shift[d]+scale[d]*head[d], scale[d]*math.Exp(0.5*head[m.Latents()+d])
			e := float64(eps[n*m.Latents()+d])
			z[d] = loss.FromBase(m.network.Prior, d, mu+sigma*e)
			if loss.KLMethod(m.network.Prior) == loss.MonteCarlo {
				kl += (-e*e/2 - math.Log(sigma*math.Sqrt(2*math.Pi))) / float64(s.Count)
			} else {
				kl += loss.DivergenceOf(m.network.Prior, d, mu, sigma).KL / float64(s.Count)
			}
			code[d] = m.frame.InputOf(d, z[d])
		}
		if loss.KLMethod(m.network.Prior) == loss.MonteCarlo {
			kl -= m.network.Prior.LogDensity(z) / float64(s.Count)
		}
		for i, l := range linear(hidden(code, decoder...), "output") {
			reconstruction -= (x[i]*l - math.Log1p(math.Exp(-math.Abs(l))) - max(l, 0)) / float64(s.Count)
		}
	}
	return reconstruction, kl
}

// Decoding a sample gives the pixels the sampler gave, and samples depend on
// the seed and their index alone.
func TestSamplesAndDecode(t *testing.T) {
	for _, settings := range [][]string{{}, {"prior.name=uniform", "prior.standardize=full"}, {"prior.mean=3", "prior.std=0.2"}} {
		m := newModel(t, settings...)
		all, err := m.Sample(evalRows+5, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		few, err := m.Sample(5, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(few.Z, all.Z[:len(few.Z)]) || !slices.Equal(few.Means, all.Means[:len(few.Means)]) {
			t.Errorf("%v: the first samples of many are not those of few", settings)
		}
		again, err := m.Decode(all.Codes)
		if err != nil || !slices.Equal(again, all.Means) {
			t.Errorf("%v: decoding the z of the samples gives other pixels (%v)", settings, err)
		}
		for i, v := range all.Means {
			if !(v > 0 && v < 1) {
				t.Fatalf("%v: pixel %d is %g", settings, i, v)
			}
		}
		drawn := m.DrawPixels(all, 3)
		var mean, ones float64
		for i, v := range drawn {
			if v != 0 && v != 1 {
				t.Fatalf("%v: drawn pixel %d is %g", settings, i, v)
			}
			mean += float64(all.Means[i])
			ones += float64(v)
		}
		if math.Abs(mean-ones) > 4*math.Sqrt(float64(len(drawn))/4) {
			t.Errorf("%v: %g of %d pixels drawn, %g expected", settings, ones, len(drawn), mean)
		}
	}
	if _, err := newModel(t).Sample(0, 1, nil); err == nil {
		t.Error("zero samples were drawn")
	}
	if _, err := newModel(t).Decode(Codes{Z: make([]float64, 4)}); err == nil {
		t.Error("a z of the wrong length was decoded")
	}
	if _, err := newModel(t).Encode(Batch{Pixels: make([]float32, 19)}); err == nil {
		t.Error("an image of the wrong size was encoded")
	}
}

// A step's gradients are those of its loss, taken by differences through the
// whole model.
func TestStepGradients(t *testing.T) {
	for _, settings := range [][]string{
		{"model.activation=tanh"},
		{"model.activation=softplus", "prior.mean=0.5", "prior.std=0.3"},
		{"model.activation=tanh", "prior.name=uniform"},
		{"model.activation=tanh", "objective.samples=3", "prior.mean=1"},
		{"model.activation=tanh", "objective.name=iwae"},
		{"model.activation=softplus", "objective.name=iwae", "objective.samples=5", "prior.mean=0.5", "prior.std=0.3"},
		{"model.activation=tanh", "objective.name=iwae", "objective.samples=4", "prior.name=uniform"},
		{"model.activation=tanh", "objective.name=iwae", "objective.samples=4", "prior.std=2", "prior.standardize=none"},
		{"model.activation=tanh", "model.upper_latent=2", "model.upper_hidden=5,4", "objective.samples=2"},
		{"model.activation=tanh", "model.upper_latent=2", "model.upper_hidden=5", "prior.name=uniform"},
		{"model.activation=tanh", "model.upper_latent=2", "model.upper_hidden=5", "objective.name=iwae", "objective.samples=3", "prior.mean=1", "prior.std=0.5"},
		{"model.activation=tanh", "prior.name=laplace", "prior.scale=0.4"},
		{"model.activation=tanh", "prior.name=student-t", "prior.location=1", "prior.standardize=full"},
		{"model.activation=tanh", "prior.name=mixture"},
		{"model.activation=tanh", "prior.name=mixture", "prior.learned=true", "prior.components=4"},
		{"model.activation=tanh", "prior.name=vamp", "prior.components=4"},
		{"model.activation=tanh", "prior.name=vamp", "prior.components=4", "model.upper_latent=2", "model.upper_hidden=5"},
		{"model.activation=tanh", "model.conditional=true", "model.classes=3"},
		{"model.gated=true", "model.conditional=true", "model.classes=3", "objective.name=iwae", "objective.samples=3"},
		{"model.hidden=", "model.conditional=true", "model.classes=3", "objective.samples=2"},
		{"model.activation=tanh", "model.conditional=true", "model.classes=3", "model.upper_latent=2", "objective.samples=2"},
		{"model.gated=true"},
		{"model.gated=true", "model.upper_latent=2", "model.upper_hidden=5", "objective.name=iwae", "objective.samples=2"},
		{"model.gated=true", "prior.name=vamp", "prior.components=4"},
		{"model.activation=tanh", "model.likelihood=continuous-bernoulli"},
		{"model.activation=tanh", "model.likelihood=gaussian", "model.pixel_std=0.7"},
		{"model.activation=tanh", "model.likelihood=gaussian", "model.pixel_std=0.7", "model.pixel_std_learned=true", "prior.name=mixture", "prior.learned=true"},
		{"model.activation=tanh", "model.likelihood=logistic", "model.pixel_std_learned=true", "model.pixel_std=0.5", "objective.samples=2"},
		{"model.activation=tanh", "prior.name=flow", "prior.flow_layers=3", "prior.flow_hidden=4"},
		{"model.activation=tanh", "prior.name=vamp", "prior.components=4", "objective.name=iwae", "objective.samples=3"},
		{"model.activation=tanh", "prior.name=vamp", "prior.components=4", "objective.name=iwae", "objective.samples=1", "prior.standardize=none"},
		{"model.activation=tanh", "prior.name=mixture", "prior.learned=true", "prior.components=3", "objective.name=iwae", "objective.samples=3"},
	} {
		m := newModel(t, settings...)
		spreadLearned(m)
		grads := make([]float32, len(m.Weights()))
		s, err := m.NewStep(4, Collecting{Gradients: grads})
		if err != nil {
			t.Fatal(err)
		}
		r, err := data.NewReader(split(4), data.Grey, (*Engine)(m.engine))
		if err != nil {
			t.Fatal(err)
		}
		r.Read(s.Pixels, []int32{0, 1, 2, 3}, data.Draw{})
		m.engine.Normal(s.Noise, kernel.Key{}, 0)
		for i := range s.Labels {
			s.Labels[i] = float32(i % 2)
		}
		s.Beta = 0.7
		s.Run()
		analytic := slices.Clone(grads)
		loss := func() float64 {
			s.Run()
			return s.Loss()
		}
		weights := m.Weights()
		for i := 0; i < len(weights); i += 3 {
			central := func(h float32) float64 {
				old := weights[i]
				defer func() { weights[i] = old }()
				weights[i] = old + h
				plus := loss()
				weights[i] = old - h
				return (plus - loss()) / (2 * float64(h))
			}
			want := (4*central(1.0/64) - central(1.0/32)) / 3
			if math.Abs(want-float64(analytic[i])) > 3e-3*(1+math.Abs(want)) {
				t.Errorf("%v: gradient %d is %g, differences say %g", settings, i, analytic[i], want)
			}
		}
	}
}

// spreadLearned takes pseudo-inputs where no small step leaves [0, 1], and the maps
// of a flow away from zero.
func spreadLearned(m *Model) {
	for _, p := range m.Parameters() {
		for i := range p.Data {
			switch {
			case p.Name == "prior.pseudo_inputs":
				p.Data[i] = 0.2 + 0.6*float32(i%17)/16
			case strings.HasPrefix(p.Name, "prior.") && strings.Contains(p.Name, ".output."):
				p.Data[i] = 0.4 * float32(i%7-3)
			}
		}
	}
}

func TestWeightsSurviveAFile(t *testing.T) {
	m := newModel(t, "prior.mean=0.1,0.2,0.3", "prior.std=2")
	var file bytes.Buffer
	if err := m.Write(&file, map[string]string{"note": "mine"}); err != nil {
		t.Fatal(err)
	}
	back, metadata, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.Weights(), m.Weights()) || metadata["note"] != "mine" {
		t.Error("weights or metadata changed on the way")
	}
	if diff := configs.Diff(back.Config(), m.Config()); len(diff) != 0 {
		t.Errorf("configuration changed on the way: %v", diff)
	}
}

// Files of another model, or with something missing, added or not finite, are
// refused and the model keeps its weights.
func TestForeignWeightsAreRefused(t *testing.T) {
	m := newModel(t)
	before := slices.Clone(m.Weights())
	good := m.tensors()
	clone := func() []safetensors.Tensor {
		all := slices.Clone(good)
		for i := range all {
			all[i].Data = slices.Clone(all[i].Data)
		}
		return all
	}
	for name, tensors := range map[string][]safetensors.Tensor{
		"missing": clone()[1:],
		"added":   append(clone(), safetensors.Tensor{Name: "extra", Shape: []int{1}, Data: []float32{1}}),
		"renamed": func() []safetensors.Tensor { all := clone(); all[0].Name = "encoder.9.weight"; return all }(),
		"transposed": func() []safetensors.Tensor {
			all := clone()
			all[0].Shape = []int{all[0].Shape[1], all[0].Shape[0]}
			return all
		}(),
		"NaN": func() []safetensors.Tensor { all := clone(); all[2].Data[0] = float32(math.NaN()); return all }(),
	} {
		var file bytes.Buffer
		if err := safetensors.Write(&file, tensors, nil); err != nil {
			t.Fatal(err)
		}
		if err := m.ReadWeights(bytes.NewReader(file.Bytes()), int64(file.Len())); !errors.Is(err, ErrWeights) {
			t.Errorf("%s: error %v", name, err)
		}
		if !slices.Equal(m.Weights(), before) {
			t.Fatalf("%s: the weights changed", name)
		}
	}
	for name, metadata := range map[string]map[string]string{
		"no metadata":        nil,
		"another format":     {"format": "vaectl 9"},
		"no configuration":   {"format": format, "height": "x"},
		"an unknown key":     {"format": format, "config": "model: {size: 3}", "height": "4", "width": "5"},
		"an invalid setting": {"format": format, "config": "model: {latent: -1}", "height": "4", "width": "5"},
		"a huge image":       {"format": format, "config": "", "height": "999999", "width": "5"},
	} {
		var file bytes.Buffer
		if err := safetensors.Write(&file, good, metadata); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), (*Engine)(m.engine)); !errors.Is(err, ErrWeights) || errors.Is(err, configs.ErrInvalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// grey is the shape of images in grey.
func grey(height, width int) data.Shape {
	return data.Shape{Height: height, Width: width, Channels: 1}
}
