package explorer

import (
	"math"
	"net/http"
	"slices"

	"vaectl/internal/compute/diagnosis"
	"vaectl/internal/finite"
	"vaectl/loss"
)

const (
	shownLatents = 12 // unless the request says otherwise
	mostLatents  = 64
	bins         = 48
	curvePoints  = 121
)

// priorMatch is the answer to GET /api/prior: how z is distributed over the
// test images, one draw an image, beside the prior it should follow.
type priorMatch struct {
	Run     string `json:"run"`
	Version string `json:"version"`
	Epoch   int    `json:"epoch"` // of the model, the last one evaluated
	Prior   string `json:"prior"`
	Images  int    `json:"images"`
	// All pools all latents; null where their priors differ.
	All     *aggregate  `json:"all"`
	Latents []aggregate `json:"latents"` // the most active first
	Total   int         `json:"total_latents"`
}

// aggregate is a histogram of z and the density of the prior on the same axis.
type aggregate struct {
	Index int     `json:"index"` // -1 for all latents together
	KL    *number `json:"kl_nats"`
	Mean  number  `json:"mean"`
	Std   number  `json:"std"`
	// PriorMean and PriorStd are null for priors without moments.
	PriorMean number `json:"prior_mean"`
	PriorStd  number `json:"prior_std"`
	// KS is the largest distance between the two distribution functions.
	KS      number  `json:"ks"`
	Low     number  `json:"low"`     // where the first bin begins
	High    number  `json:"high"`    // where the last bin ends
	Heights numbers `json:"heights"` // density in each bin
	X       numbers `json:"x"`
	Density numbers `json:"density"` // the prior's
}

func (e *Explorer) getPrior(_ http.ResponseWriter, r *http.Request) (any, error) {
	q := newQuery(r)
	name := q.text("run")
	count := q.whole("latents", shownLatents, 1, mostLatents)
	if err := q.done(); err != nil {
		return nil, err
	}
	m, err := e.model(r.Context(), name)
	if err != nil {
		return nil, err
	}
	a, err := e.atlas(r.Context(), m)
	if err != nil {
		return nil, err
	}
	done, err := e.computing(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	return describeMatch(m, a, count), nil
}

func describeMatch(m *model, a *atlas, count int) priorMatch {
	latents, kl := m.Latents(), klPerLatent(m)
	out := priorMatch{
		Run: m.run.name, Version: m.run.version, Epoch: m.record.Epoch, Prior: loss.Describe(m.Prior()), Images: len(a.images),
		Latents: []aggregate{}, Total: latents,
	}
	for _, d := range mostActive(m)[:min(count, latents)] {
		z := make([]float64, 0, len(a.images))
		for i := range a.images {
			z = append(z, float64(a.draws[i*latents+d]))
		}
		g := compare(z, m.Prior().Marginal(d))
		g.Index = d
		if kl != nil {
			v := number(kl[d])
			g.KL = &v
		}
		out.Latents = append(out.Latents, g)
	}
	if latents > 1 && alike(m.Prior()) {
		z := make([]float64, len(a.draws))
		for i, v := range a.draws {
			z[i] = float64(v)
		}
		g := compare(z, m.Prior().Marginal(0))
		g.Index = -1
		out.All = &g
	}
	return out
}

// alike says whether all latents have the same prior, judging by its quantiles.
func alike(p loss.Prior) bool {
	first := p.Marginal(0)
	for d := 1; d < p.Latents(); d++ {
		for _, at := range []float64{0.05, 0.3, 0.5, 0.8, 0.95} {
			if p.Marginal(d).Quantile(at) != first.Quantile(at) {
				return false
			}
		}
	}
	return true
}

// compare makes the histogram of z, which it sorts, and the curve of its prior.
func compare(z []float64, p loss.Marginal) aggregate {
	slices.Sort(z)
	n := float64(len(z))
	mean, square := 0.0, 0.0
	for _, v := range z {
		mean += v / n
	}
	for _, v := range z {
		square += (v - mean) * (v - mean) / n
	}
	low, high := axis(z, p)
	width := (high - low) / bins
	g := aggregate{
		Mean: number(mean), Std: number(math.Sqrt(square)), PriorMean: number(p.Mean()), PriorStd: number(p.StdDev()),
		KS: number(diagnosis.KolmogorovSmirnov(z, p.CDF)), Low: number(low), High: number(high), Heights: make(numbers, bins),
	}
	for _, v := range z {
		if v >= low && v <= high {
			g.Heights[min(bins-1, int((v-low)/width))] += 1 / (n * width)
		}
	}
	from, to := low, high
	if a, b := support(p); finite.Is(a) && finite.Is(b) {
		from, to = max(low, a), min(high, b)
	}
	for i := range curvePoints {
		x := from + (to-from)*float64(i)/(curvePoints-1)
		g.X = append(g.X, x)
		g.Density = append(g.Density, math.Exp(p.LogProb(x)))
	}
	return g
}

// axis holds nearly all of the prior and nearly all of the sorted z: what lies
// further out would squeeze the rest.
func axis(z []float64, p loss.Marginal) (low, high float64) {
	low, high = support(p)
	if !finite.Is(low) || !finite.Is(high) {
		low, high = p.Quantile(0.001), p.Quantile(0.999)
	}
	last := len(z) - 1
	low, high = min(low, z[last/1000]), max(high, z[last-last/1000])
	margin := 0.02 * (high - low)
	return low - margin, high + margin
}
