package vae

import (
	"context"
	"fmt"
	"math"

	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/internal/compute/graph"
)

// NLL is an estimate of -log p(x) by importance sampling; of a conditional
// model, of -log p(x|y) given the label y of the image.
type NLL struct {
	Images  int
	Samples int // draws of z an image
	// Nats is the mean over images of -log(1/S sum w) in nats per image, with
	// w = p(x|z) p(z) / q(z|x) (Burda et al. 2016, section 5). Its
	// expectation lies above -log p(x) and falls toward it as S grows.
	Nats float64
	// StdErr is the standard error of that mean as a figure of the
	// distribution the images come from; 0 for one image, which says nothing of it.
	StdErr float64
	// EffectiveSamples is the mean over images of (sum w)^2 / sum w^2 (Kong
	// 1992), from 1 to S: how many draws the estimate rests on.
	EffectiveSamples float64
}

// weighRows is the number of draws weighed at a time: enough for the matrix
// products to run at full speed, few enough for their results to stay in cache.
const weighRows = 1000

// MaxNLLSamples is the most draws an image that [Model.NLL] takes: 64 MiB of
// weights.
const MaxNLLSamples = 1 << 24

// NLL estimates -log p(x) of all images of a reader with the given number of
// draws an image. Draw s of image i depends on the seed, i and s alone, and the
// weights of an image are summed in the order of the draws, so the figure does
// not depend on threads or on how the work is cut. Memory does not grow with
// the number of images. After every few images progress, unless nil, hears how
// many are done. It stops early, with the context's error, when the context ends.
func (m *Model) NLL(ctx context.Context, r *data.Reader, seed uint64, samples int, progress func(images int)) (NLL, error) {
	return m.estimateNLL(ctx, comm.Local(1)[0], r, seed, samples, m.atATime(weighRows, weighRows), progress, nil)
}

// NLLOfEach is [Model.NLL] of every image by itself, in nats: the mean of these is its
// figure.
func (m *Model) NLLOfEach(ctx context.Context, r *data.Reader, seed uint64, samples int, progress func(images int)) ([]float64, error) {
	nats := make([]float64, 0, r.Split().Count)
	each := func(image float64) { nats = append(nats, image) }
	_, err := m.estimateNLL(ctx, comm.Local(1)[0], r, seed, samples, m.atATime(weighRows, weighRows), progress, each)
	return nats, err
}

// NLLAmong divides the estimate among ranks. Every rank must call it, with the same weights and images, and every rank gets the result,
// which has the bits of [Model.NLL]. When the context of one ends, all stop early.
func (m *Model) NLLAmong(ctx context.Context, ranks Ranks, r *data.Reader, seed uint64, samples int, progress func(images int)) (NLL, error) {
	return m.estimateNLL(ctx, ranks, r, seed, samples, m.atATime(weighRows, weighRows), progress, nil)
}

// estimateNLL makes the estimate; each, unless nil, is given that of one image after another.
func (m *Model) estimateNLL(ctx context.Context, ranks Ranks, r *data.Reader, seed uint64, samples, rows int, progress func(int), each func(nats float64)) (NLL, error) {
	if samples < 1 || samples > MaxNLLSamples {
		return NLL{}, fmt.Errorf("%d samples an image: want 1 to %d", samples, MaxNLLSamples)
	}
	images, err := m.Images(r)
	if err != nil {
		return NLL{}, err
	}
	group := m.atATime(evalRows, images.Count())
	e, err := m.newEncoderGraph(group, (*network).encode)
	if err != nil {
		return NLL{}, err
	}
	w, err := m.newWeigher(images.Count(), samples, rows)
	if err != nil {
		return NLL{}, err
	}
	var total nllTotal
	means, effective := make([]float64, group), make([]float64, group)
	add := func(b dealtBatch) error {
		for i := range b.images {
			total.add(means[i], effective[i])
			if each != nil {
				each(-means[i])
			}
		}
		return nil
	}
	batches := deal(ranks, means, effective)
	for first, indices := range images.fill(&e.Inputs, nil, group, data.EvaluationDraw(seed)) {
		err := batches.next(ctx, dealtBatch{first, len(indices)}, func() error {
			e.program.Run()
			for at := 0; at < len(indices); at += w.images {
				count := min(w.images, len(indices)-at)
				w.setPosteriors(e, at, count)
				if err := w.weigh(ctx, seed, first+at, count); err != nil {
					return err
				}
				for i := range count {
					means[at+i], effective[at+i] = summarise(w.logw[i*samples : (i+1)*samples])
				}
				if progress != nil { // the other ranks are about as far
					progress(min(images.Count(), total.images+(at+count)*ranks.Size()))
				}
			}
			return nil
		})
		if err == nil && batches.over() {
			err = batches.settle(ctx, add)
		}
		if err != nil {
			return NLL{}, err
		}
	}
	if err := batches.settle(ctx, add); err != nil {
		return NLL{}, err
	}
	return total.nll(samples), nil
}

// importanceWeigher computes the log importance weights of some images at a time.
type importanceWeigher struct {
	model   *Model
	program *graph.Program
	// A run weighs this many draws of this many images; only where an image
	// has all its draws in one run can there be several images.
	images, draws int
	samples       int
	leaves
	params []float32
	out    []float32 // log weights of a run
	logw   []float32 // of all draws of the images, [images, samples]
}

func (m *Model) newWeigher(images, samples, rows int) (*importanceWeigher, error) {
	w := &importanceWeigher{model: m, samples: samples, images: max(1, min(rows/samples, images))}
	runs := (samples + rows - 1) / rows
	w.draws = (samples + runs - 1) / runs
	b, err := m.newBatch(purpose{images: w.images, samples: w.draws, weights: true, encoded: true})
	if err != nil {
		return nil, err
	}
	if w.program, err = b.graph.Compile(b.logw); err != nil {
		return nil, err
	}
	w.leaves, w.params = b.leaves, b.graph.Data(b.params)
	w.out, w.logw = w.program.Value(b.logw), make([]float32, w.images*samples)
	return w, nil
}

// setPosteriors copies what an encoder says of some images.
func (w *importanceWeigher) setPosteriors(e *encoderGraph, first, count int) {
	values, params := len(w.Pixels)/w.images, len(w.params)/w.images
	copy(w.Pixels, e.Pixels[first*values:(first+count)*values])
	copy(w.params, e.out[first*params:(first+count)*params])
	if w.Labels != nil {
		copy(w.Labels, e.Labels[first:first+count])
	}
}

// weigh fills logw for the images taken, which are those from first on. Draw s
// of S for image i has the number i*S + s.
func (w *importanceWeigher) weigh(ctx context.Context, seed uint64, first, count int) error {
	for draw := 0; draw < w.samples; draw += w.draws {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := count * min(w.draws, w.samples-draw)
		w.noise.draw(w.model.engine, seed, nllStream, first*w.samples+draw, n)
		w.program.Run()
		copy(w.logw[draw:], w.out[:n])
	}
	return nil
}

// nllTotal is a sum over images.
type nllTotal struct {
	images      int
	sum, square float64
	effective   float64
}

// add takes the log of an image's mean weight, and how many draws it rests on.
func (t *nllTotal) add(mean, effective float64) {
	t.images++
	t.sum -= mean
	t.square += mean * mean
	t.effective += effective
}

func (t *nllTotal) nll(samples int) NLL {
	n := float64(t.images)
	mean := t.sum / n
	variance := max(0, t.square/n-mean*mean) * n / max(1, n-1)
	return NLL{
		Images: t.images, Samples: samples,
		Nats: mean, StdErr: math.Sqrt(variance / n), EffectiveSamples: t.effective / n,
	}
}
