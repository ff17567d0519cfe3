package vae

import (
	"fmt"

	"vaectl/data"
	"vaectl/internal/compute/graph"
	"vaectl/loss"
)

// PixelScorer tells where in an image its reconstruction term comes from. A likelihood
// takes the pixels to be independent given z, so that of each pixel is that of an image of
// one pixel. A PixelScorer follows the model's weights and is not safe for concurrent use.
type PixelScorer struct {
	model  *Model
	trip   *roundTrip
	judge  *graph.Program
	given  []float32 // what the decoder puts out for each pixel, [images*pixels, outputs of a pixel]
	x      []float32 // the pixels, [images*pixels, channels]
	loglik []float32 // [images*pixels]
}

// NewPixelScorer compiles a scorer that computes the given number of images at a time.
// It refuses a likelihood that the configuration does not name.
func (m *Model) NewPixelScorer(images int) (*PixelScorer, error) {
	if images < 1 {
		return nil, fmt.Errorf("a scorer of the pixels of %d images", images)
	}
	one := data.Shape{Height: 1, Width: 1, Channels: m.Shape().Channels}
	likelihood, err := loss.NewLikelihood(m.config.Model, one)
	if err != nil {
		return nil, err
	}
	if own := m.network.Likelihood.Name(); own != likelihood.Name() {
		return nil, fmt.Errorf("the pixels of likelihood %s cannot be told apart", own)
	}
	s := &PixelScorer{model: m}
	if s.trip, err = m.newRoundTrip(images); err != nil {
		return nil, err
	}
	n, err := m.newNetwork()
	if err != nil {
		return nil, err
	}
	rows := images * m.Shape().Pixels()
	given, err := n.graph.Input("outputs of pixels", rows, likelihood.Outputs(one))
	if err != nil {
		return nil, err
	}
	x, err := n.graph.Input("pixels", rows, one.Channels)
	if err != nil {
		return nil, err
	}
	loglik, err := likelihood.LogProb(loss.NewDecoderOutput((*loss.Graph)(n.graph), given, x, n.nodes(m.network.LikelihoodParameters())...))
	if err != nil {
		return nil, fmt.Errorf("likelihood %s: %w", likelihood.Name(), err)
	}
	if s.judge, err = n.graph.Compile(loglik); err != nil {
		return nil, err
	}
	s.given, s.x, s.loglik = n.graph.Data(given), n.graph.Data(x), s.judge.Value(loglik)
	return s, nil
}

// Score is -log p(pixel|z) in nats, over all channels of a pixel, of any number of images:
// [images, pixels]. The draws are those of [Scorer.Score], whose reconstruction terms are
// the sums of these.
func (s *PixelScorer) Score(b Batch, first int, seed uint64) ([]float64, error) {
	count, err := s.model.checkBatch(b)
	if err != nil {
		return nil, err
	}
	pixels := s.model.Shape().Pixels()
	nats := make([]float64, 0, count*pixels)
	for done := 0; done < count; done += s.trip.images {
		n := s.trip.set(b, done, s.model.Values())
		s.trip.noise.draw(s.model.engine, seed, evalStream, first+done, s.trip.images)
		s.trip.program.Run()
		gather(s.given, s.trip.outputs, pixels, s.trip.images)
		gather(s.x, s.trip.Pixels, pixels, s.trip.images)
		s.judge.Run()
		for _, v := range s.loglik[:n*pixels] {
			nats = append(nats, -float64(v))
		}
	}
	return nats, nil
}

// gather turns images of planes into pixels: [images, planes, pixels] into [images,
// pixels, planes].
func gather(dst, src []float32, pixels, images int) {
	planes := len(src) / (pixels * images)
	for i := range images {
		from, to := src[i*planes*pixels:], dst[i*planes*pixels:]
		for k := range planes {
			for p, v := range from[k*pixels : (k+1)*pixels] {
				to[p*planes+k] = v
			}
		}
	}
}
