package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// mixtureOf makes a likelihood of a small image and outputs for it, some of them far
// out.
func mixtureOf(t *testing.T, channels, components int, spread float64) (*LogisticMixture, []float32) {
	t.Helper()
	l, err := NewLogisticMixture(data.Shape{Height: 2, Width: 3, Channels: channels}, components)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(uint64(channels), uint64(components)))
	outputs := make([]float32, l.Outputs(l.image))
	for i := range outputs {
		outputs[i] = float32(spread * rng.NormFloat64())
	}
	p := l.planes(outputs)
	for k := range components {
		for c := range channels {
			for i := range p.pixels {
				p.logScales(k, c)[i] = float32(-3.5 + 3*rng.NormFloat64())
			}
		}
	}
	return l, outputs
}

// cellMass is the mass that a logistic distribution has in the cell of a level of y,
// as a difference of distribution functions from the end where they are small.
func cellMass(level int, mean, scale float64) float64 {
	survival := func(edge int) float64 { // beyond the lower edge of a level
		if edge == 0 {
			return 1
		}
		if edge == levels {
			return 0
		}
		return 1 / (1 + math.Exp(((float64(2*edge)-1)/(levels-1)-1-mean)/scale))
	}
	below := func(edge int) float64 {
		if edge == 0 {
			return 0
		}
		if edge == levels {
			return 1
		}
		return 1 / (1 + math.Exp(-((float64(2*edge)-1)/(levels-1)-1-mean)/scale))
	}
	if y := 2*float64(level)/(levels-1) - 1; y > mean {
		return survival(level) - survival(level+1)
	}
	return below(level+1) - below(level)
}

// reference is the log mass of an image from the definition, in float64; NaN where that
// underflows.
func (l *LogisticMixture) reference(outputs []float64, at []int) float64 {
	channels, n := l.image.Channels, l.image.Pixels()
	plane := func(p, i int) float64 { return outputs[p*n+i] }
	var total float64
	for i := range n {
		var norm, joint float64
		for k := range l.components {
			norm += math.Exp(plane(k, i))
			mass := math.Exp(plane(k, i))
			first := l.components + k*l.perComponent()
			share := first + 2*channels
			for c := range channels {
				mean := plane(first+c, i)
				for j := range c {
					mean += math.Tanh(plane(share, i)) * (2*float64(at[j*n+i])/(levels-1) - 1)
					share++
				}
				mass *= cellMass(at[c*n+i], mean, math.Exp(max(-7, plane(first+channels+c, i))))
			}
			joint += mass
		}
		if joint < 1e-250 {
			return math.NaN()
		}
		total += math.Log(joint / norm)
	}
	return total
}

func mixtureRowOf(e *kernel.Engine, l *LogisticMixture, residual, outputs []float32, at []int) float64 {
	x := make([]float32, len(at))
	for i, level := range at {
		x[i] = float32(level) / (levels - 1)
	}
	scratch := make([][]float32, l.scratch())
	for i := range scratch {
		scratch[i] = make([]float32, len(x))
	}
	v, _ := l.row(e, residual, outputs, x, 0, scratch)
	return v
}

// randomLevels are those of an image, with black and white among them.
func randomLevels(l *LogisticMixture, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, 2))
	at := make([]int, l.image.Values())
	for i := range at {
		at[i] = []int{0, levels - 1, 1 + rng.IntN(levels-2), 100 + rng.IntN(50)}[rng.IntN(4)]
	}
	return at
}

func TestLogisticMixtureAgainstItsDefinition(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	for _, channels := range []int{1, 2, 3} {
		for _, components := range []int{1, 4} {
			l, outputs := mixtureOf(t, channels, components, 0.3)
			for seed := range uint64(8) {
				at := randomLevels(l, seed)
				residual := make([]float32, len(outputs))
				got := mixtureRowOf(e, l, residual, outputs, at)
				wide := make([]float64, len(outputs))
				for i, v := range outputs {
					wide[i] = float64(v)
				}
				want := l.reference(wide, at)
				if math.IsNaN(want) {
					continue
				}
				if math.Abs(got-want) > 2e-5*(1+math.Abs(want)) {
					t.Errorf("%d channels, %d components: log mass %g, by definition %g", channels, components, got, want)
				}
				for i, v := range wide {
					const h = 1e-5
					wide[i] = v + h
					plus := l.reference(wide, at)
					wide[i] = v - h
					slope := (plus - l.reference(wide, at)) / (2 * h)
					wide[i] = v
					if v < minLogScale && residual[i] < 0 {
						t.Errorf("%d channels, %d components: a log scale of %g is led on by %g", channels, components, v, residual[i])
					}
					if math.IsNaN(slope) || v < minLogScale {
						continue // below the limit a slope that leads back is kept
					}
					if math.Abs(slope-float64(residual[i])) > 1e-3*(1+math.Abs(slope)) {
						t.Errorf("%d channels, %d components: derivative by output %d is %g, differences say %g", channels, components, i, residual[i], slope)
					}
				}
			}
		}
	}
}

// The masses of all levels of the last channel sum to that of the channels before.
func TestLogisticMixtureHasMassOne(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	for _, channels := range []int{1, 3} {
		l, err := NewLogisticMixture(data.Shape{Height: 1, Width: 1, Channels: channels}, 3)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(3, 3))
		for range 20 {
			outputs := make([]float32, l.Outputs(l.image))
			for i := range outputs {
				outputs[i] = float32(rng.NormFloat64())
			}
			// All components alike before the last channel: then the sum is known.
			at := make([]int, channels)
			var before float64
			p := l.planes(outputs)
			for c := range channels - 1 {
				at[c] = rng.IntN(levels)
				for k := range 3 {
					p.means(k, c)[0], p.logScales(k, c)[0] = 0.2, -1
					for j := range c {
						p.share(k, c, j)[0] = 0
					}
				}
				before += math.Log(cellMass(at[c], float64(float32(0.2)), math.Exp(-1)))
			}
			var sum float64
			for level := range levels {
				at[channels-1] = level
				sum += math.Exp(mixtureRowOf(e, l, nil, outputs, at) - before)
			}
			if math.Abs(sum-1) > 1e-4 {
				t.Errorf("%d channels: the masses sum to %g", channels, sum)
			}
		}
	}
}

// Draws have the masses that LogProb gives, and depend on the noise and the image's
// place alone.
func TestLogisticMixtureDraws(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	const images = 2000
	l, outputs := mixtureOf(t, 3, 2, 0.4)
	all := slices.Repeat(outputs, images)
	values := l.image.Values()
	drawn, few := make([]float32, images*values), make([]float32, 2*values)
	n := NewNoise((*data.Engine)(e), Key{Seed: 5})
	l.Draw(n, drawn, all)
	l.Draw(n, few, all[:2*len(outputs)])
	if !slices.Equal(few, drawn[:2*values]) {
		t.Error("the first images drawn depend on how many there are")
	}
	// The share of draws in which red is in its lower and blue in its upper half.
	pixels := l.image.Pixels()
	for i := range pixels {
		var share float64
		for image := range images {
			at := drawn[image*values:]
			if at[i] < 0.5 && at[2*pixels+i] >= 0.5 {
				share += 1.0 / images
			}
		}
		want := l.halves(outputs, i)
		if math.Abs(share-want) > 4.5*math.Sqrt(want*(1-want)/images)+1e-4 {
			t.Errorf("pixel %d: %.4f of the draws have little red and much blue, want %.4f", i, share, want)
		}
	}
}

// halves is the probability of red below one half and blue above it, by quadrature
// over red and green.
func (l *LogisticMixture) halves(outputs []float32, pixel int) float64 {
	p := l.planes(outputs)
	weights := make([]float64, l.components)
	p.weights(weights, pixel)
	var sum float64
	for k, weight := range weights {
		redMean, redScale := p.location(k, 0, pixel, nil)
		for red := range levels / 2 {
			y := []float64{2*float64(red)/(levels-1) - 1, 0}
			r := cellMass(red, redMean, redScale)
			if r < 1e-7 {
				continue
			}
			greenMean, greenScale := p.location(k, 1, pixel, y)
			for green := range levels {
				g := cellMass(green, greenMean, greenScale)
				if g < 1e-7 {
					continue
				}
				y[1] = 2*float64(green)/(levels-1) - 1
				blueMean, blueScale := p.location(k, 2, pixel, y)
				sum += weight * r * g / (1 + math.Exp((0-blueMean)/blueScale))
			}
		}
	}
	return sum
}

// Means are those of the draws where nothing lies beyond black and white; of the first
// channel everywhere.
func TestLogisticMixtureMeans(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	const images = 5000
	for _, spread := range []float64{0.1, 0.8} {
		l, outputs := mixtureOf(t, 3, 3, spread)
		p := l.planes(outputs)
		for k := range 3 {
			for c := range 3 {
				for i := range p.pixels {
					p.logScales(k, c)[i] = -3
				}
			}
		}
		values := l.image.Values()
		means, drawn := make([]float32, values), make([]float32, images*values)
		l.Means(NewMath((*data.Engine)(e)), means, outputs)
		l.Draw(NewNoise((*data.Engine)(e), Key{Seed: 6}), drawn, slices.Repeat(outputs, images))
		for j, mean := range means {
			if spread > 0.5 && j >= l.image.Pixels() {
				break
			}
			var sum, square float64
			for image := range images {
				v := float64(drawn[image*values+j])
				sum, square = sum+v/images, square+v*v/images
			}
			if se := math.Sqrt((square - sum*sum) / images); math.Abs(sum-float64(mean)) > 4.5*se+1e-4 {
				t.Errorf("spread %g: value %d has the mean %g, draws %g (%g)", spread, j, mean, sum, se)
			}
		}
	}
}

func TestLogisticMixtureStartsAtMeans(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	l, outputs := mixtureOf(t, 3, 4, 1)
	want := make([]float64, l.image.Values())
	for i := range want {
		want[i] = 0.02 + 0.96*float64(i)/float64(len(want))
	}
	l.OutputsAt(outputs, want)
	means := make([]float32, len(want))
	l.Means(NewMath((*data.Engine)(e)), means, outputs)
	for i, mean := range means {
		if math.Abs(float64(mean)-want[i]) > 1e-5 {
			t.Errorf("value %d starts at %g, want %g", i, mean, want[i])
		}
	}
	// One number a plane, as a convolution's bias has it.
	planes := make([]float32, l.Outputs(data.Shape{Height: 1, Width: 1, Channels: 3}))
	l.OutputsAt(planes, []float64{0.1, 0.5, 0.9})
	if fmt.Sprint(planes[4], planes[7]) == "0 0" || planes[4] >= planes[5] || planes[7] != startLogScale {
		t.Errorf("a plane each starts at %v", planes[4:])
	}
}

func TestLogisticMixtureAllocatesNothing(t *testing.T) {
	e := testkit.Engine(t, "", 1)
	l, outputs := mixtureOf(t, 3, 4, 0.3)
	x, residual := make([]float32, l.image.Values()), make([]float32, len(outputs))
	scratch := make([][]float32, l.scratch())
	for i := range scratch {
		scratch[i] = make([]float32, len(x))
	}
	if n := testing.AllocsPerRun(10, func() { l.row(e, residual, outputs, x, 0, scratch) }); n != 0 {
		t.Errorf("%g allocations a row", n)
	}
	if _, err := NewLogisticMixture(l.image, 0); err == nil {
		t.Error("a mixture of nothing was made")
	}
}

func TestBitsPerDimension(t *testing.T) {
	// A uniform distribution over 256 levels takes 8 bits a value.
	if got := BitsPerDimension(3*math.Log(256), 3); math.Abs(got-8) > 1e-12 {
		t.Errorf("%g bits", got)
	}
}
