package explorer

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"vaectl/data"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// modelKey names the weights of a run as they are now.
type modelKey struct{ name, version string }

func (r run) key() modelKey { return modelKey{r.name, r.version} }

// model is a model with compiled coders to borrow.
type model struct {
	*vae.Model
	run    run
	record rundir.Record
	// low and high are where the prior begins and ends, a value a latent.
	low, high []float64

	singles  pool[*vae.Decoder]
	batches  pool[*vae.Decoder]
	encoders pool[*vae.Encoder]
	samplers pool[*vae.Sampler]
	scorers  pool[*vae.Scorer]
}

// batchRows is the number of images that the decoder of batches and a sampler
// compute at a time.
const batchRows = 32

// model returns the model of a run and keeps no older one of it.
func (e *Explorer) model(ctx context.Context, name string) (*model, error) {
	r, err := e.find(name)
	if err != nil {
		return nil, err
	}
	return e.load(ctx, r)
}

func (e *Explorer) load(ctx context.Context, r run) (*model, error) {
	if r.version == "" {
		return nil, &problem{
			status: http.StatusConflict,
			text:   fmt.Sprintf("run %s has no checkpoint yet", r.name),
			hint:   "a training writes one when it starts and after every epoch",
		}
	}
	m, err := e.models.get(ctx, r.key(), func(ctx context.Context) (*model, int64, error) {
		done, err := e.computing(ctx)
		if err != nil {
			return nil, 0, err
		}
		defer done()
		opened, err := r.open()
		if err != nil {
			return nil, 0, err
		}
		checkpoint, err := opened.Checkpoint(e.options.Checkpoint, e.options.Engine)
		if err != nil {
			return nil, 0, err
		}
		return newModel(checkpoint.Model, r, opened.Record), int64(4 * len(checkpoint.Model.Weights())), nil
	})
	if err != nil {
		return nil, err
	}
	stale := func(k modelKey) bool { return k.name == r.name && k.version != r.version }
	e.models.drop(stale)
	e.atlases.drop(stale)
	e.rankings.drop(stale)
	return m, nil
}

func newModel(weights *vae.Model, r run, record rundir.Record) *model {
	m := &model{
		Model: weights, run: r, record: record,
		singles:  newPool(func() (*vae.Decoder, error) { return weights.NewDecoder(1) }),
		batches:  newPool(func() (*vae.Decoder, error) { return weights.NewDecoder(batchRows) }),
		encoders: newPool(func() (*vae.Encoder, error) { return weights.NewEncoder(1) }),
		samplers: newPool(func() (*vae.Sampler, error) { return weights.NewSampler(batchRows) }),
		scorers:  newPool(func() (*vae.Scorer, error) { return weights.NewScorer(guessDraws) }),
	}
	for d := range weights.Latents() {
		low, high := support(weights.Prior().Marginal(d))
		m.low, m.high = append(m.low, low), append(m.high, high)
	}
	return m
}

// decode computes images for any number of rows of z, with a label each or none.
// Its caller holds a slot.
func (m *model) decode(z []float64, labels []int) ([]float32, error) {
	count := len(z) / m.Latents()
	decoders := m.singles
	if count > 1 {
		decoders = m.batches
	}
	d, err := decoders.take()
	if err != nil {
		return nil, err
	}
	defer decoders.give(d)
	means := make([]float32, count*m.Values())
	if err := d.Decode(means, vae.Codes{Z: z, Labels: labels}); err != nil {
		return nil, err
	}
	return means, m.checkMeans(means, "ask for a z nearer to the prior")
}

// sample draws from the model. Its caller holds a slot.
func (m *model) sample(count int, seed uint64, labels []int) (vae.Samples, error) {
	s, err := m.samplers.take()
	if err != nil {
		return vae.Samples{}, err
	}
	defer m.samplers.give(s)
	drawn, err := s.Sample(count, seed, labels)
	if err != nil {
		return vae.Samples{}, err
	}
	return drawn, m.checkMeans(drawn.Means, "ask for another seed")
}

// checkMeans refuses images that are not: a decoder overflows far from the prior.
func (m *model) checkMeans(means []float32, hint string) error {
	for i, v := range means {
		if math.IsNaN(float64(v)) {
			return badRequest(hint, "row %d: the decoder overflows at this z", i/m.Values())
		}
	}
	return nil
}

// encode computes the posterior of one image. Its caller holds a slot.
func (m *model) encode(pixels []float32, labels []int) (vae.Encoding, error) {
	coder, err := m.encoders.take()
	if err != nil {
		return vae.Encoding{}, err
	}
	defer m.encoders.give(coder)
	return coder.Encode(vae.Batch{Pixels: pixels, Labels: labels})
}

// seen is what the model reads of an image: where it was trained on black and
// white, pixels are cut at one half. Drawing them would give another answer
// every time.
func (m *model) seen(pixels []byte) []float32 {
	binary := data.Binarization(m.Config().Data.Binarize) != data.Grey
	planes := make([]byte, len(pixels))
	separate(planes, pixels, m.Shape().Channels)
	out := make([]float32, len(pixels))
	for i, b := range planes {
		switch {
		case !binary:
			out[i] = float32(b) / 255
		case b >= 128:
			out[i] = 1
		}
	}
	return out
}

// pool lends values that one caller may use at a time, and makes more of them
// when all are out. A few are kept.
type pool[V any] struct {
	idle   chan V
	create func() (V, error)
}

const kept = 4

func newPool[V any](create func() (V, error)) pool[V] {
	return pool[V]{idle: make(chan V, kept), create: create}
}

func (p pool[V]) take() (V, error) {
	select {
	case v := <-p.idle:
		return v, nil
	default:
		return p.create()
	}
}

func (p pool[V]) give(v V) {
	select {
	case p.idle <- v:
	default:
	}
}
