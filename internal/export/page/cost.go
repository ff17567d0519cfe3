package page

import (
	"context"
	"fmt"
	"math"

	"vaectl/data"
	"vaectl/vae"
	"vaectl/vae/arch"
)

// Cost is what it costs that a page holds weights in fewer bits.
type Cost struct {
	Run         string `json:"run"`
	EncoderBits int    `json:"encoder_bits"`
	DecoderBits int    `json:"decoder_bits"`
	// Pixels is the largest difference between means of pixels, in 255ths, over
	// Decoded draws from the prior.
	Pixels  float64 `json:"pixels_255ths"`
	Decoded int     `json:"decoded"`
	// Loss and RoundedLoss are the negative ELBO in nats per image before and after,
	// over Images test images; nil where the run's data set was not there.
	Loss        *float64 `json:"loss_nats"`
	RoundedLoss *float64 `json:"rounded_loss_nats"`
	Images      int      `json:"images"`
}

const (
	fewestBits = 8
	mostBits   = 16
	// A difference of half a 255th is never more than one in a byte.
	pixelsAllowed = 0.5
	lossAllowed   = 6e-5 // nats per value of an image: 0.05 for 28x28 of them
	decodedDraws  = 1024
	scoredImages  = 1000
)

// roundingCost measures what rounding costs a model.
type roundingCost struct {
	model  *vae.Model
	engine *vae.Engine
	reader *data.Reader // nil without a data set
	codes  vae.Codes
	means  []float32
	loss   float64
}

// newJudge looks at draws of the prior and at test images; set may be nil.
func newJudge(ctx context.Context, m *vae.Model, set *data.Set, e *vae.Engine) (*roundingCost, error) {
	j := &roundingCost{model: m, engine: e, codes: vae.Codes{Z: m.DrawLatents(decodedDraws, 1), Labels: m.SameLabel(0, decodedDraws)}}
	for i := range j.codes.Labels {
		j.codes.Labels[i] = i % m.Classes()
	}
	var err error
	if j.means, err = m.Decode(j.codes); err != nil || set == nil {
		return j, err
	}
	split := first(&set.Test, scoredImages)
	if j.reader, err = data.NewReader(split, data.Binarization(m.Config().Data.Binarize), e); err != nil {
		return nil, err
	}
	evaluation, err := m.Evaluate(ctx, j.reader, m.Config().Train.Seed)
	j.loss = evaluation.NegELBO
	return j, err
}

// first is a split of only so many images.
func first(s *data.Split, most int) *data.Split {
	out := *s
	out.Count = min(s.Count, most)
	return &out
}

// pixels is the largest difference of a pixel in 255ths.
func (j *roundingCost) pixels(m *vae.Model) (float64, error) {
	means, err := m.Decode(j.codes)
	if err != nil {
		return 0, err
	}
	largest := 0.0
	for i, v := range means {
		largest = max(largest, 255*math.Abs(float64(v)-float64(j.means[i])))
	}
	return largest, nil
}

// mostCoarser bounds how much coarser a row is rounded than others.
const mostCoarser = 256

// coarser finds rows of the last layer that need less precision than others: pixels
// that are black or white whatever z is. A change of a logit moves such a pixel's mean
// by that change times mean (1 - mean), which is a quarter at most.
func (j *roundingCost) coarser() map[string][]float64 {
	last := j.model.Network().Levels[0].Down.Last().Operations()
	if j.model.Likelihood().Name() != "bernoulli" || len(last) != 1 || last[0].Kind != arch.Linear {
		return nil
	}
	values := j.model.Values()
	factors := make([]float64, values)
	for i := range factors {
		slope := 0.0
		for at := i; at < len(j.means); at += values {
			mean := float64(j.means[at])
			slope = max(slope, mean*(1-mean))
		}
		factors[i] = min(mostCoarser, 0.25/max(slope, 1e-12))
	}
	return map[string][]float64{last[0].Name + ".weight": factors}
}

// find returns the fewest bits that cost next to nothing and what they cost; wanted,
// unless 0, is the number of bits for all weights.
func (j *roundingCost) find(ctx context.Context, wanted int) (rounding, Cost, error) {
	bits := rounding{encoder: mostBits, decoder: fewestBits, coarser: j.coarser()}
	cost := Cost{Decoded: decodedDraws}
	if wanted > 0 {
		bits = rounding{encoder: wanted, decoder: wanted}
	}
	for ; ; bits.decoder++ {
		m, err := rounded(j.model, bits, j.engine)
		if err != nil {
			return bits, cost, err
		}
		if cost.Pixels, err = j.pixels(m); err != nil {
			return bits, cost, err
		}
		if wanted > 0 || bits.decoder == mostBits {
			break
		}
		if cost.Pixels > pixelsAllowed {
			continue
		}
		// Half of what the loss may change is left for the encoder.
		change, err := j.lossChange(ctx, m, &cost)
		if err != nil {
			return bits, cost, err
		}
		if change <= lossAllowed/2 {
			break
		}
	}
	if j.reader != nil {
		if wanted == 0 {
			bits.encoder = fewestBits
		}
		if err := j.fitEncoder(ctx, &bits, &cost, wanted > 0); err != nil {
			return bits, cost, err
		}
	}
	cost.EncoderBits, cost.DecoderBits = bits.encoder, bits.decoder
	return bits, cost, nil
}

// fitEncoder raises the encoder's bits until the loss is what it was.
func (j *roundingCost) fitEncoder(ctx context.Context, bits *rounding, cost *Cost, fixed bool) error {
	for ; ; bits.encoder++ {
		m, err := rounded(j.model, *bits, j.engine)
		if err != nil {
			return err
		}
		change, err := j.lossChange(ctx, m, cost)
		if err != nil {
			return err
		}
		if fixed || change <= lossAllowed || bits.encoder == mostBits {
			return nil
		}
	}
}

// lossChange is how much the loss of a model differs, in nats per value of an image,
// and 0 without a data set. What it is goes into the cost.
func (j *roundingCost) lossChange(ctx context.Context, m *vae.Model, cost *Cost) (float64, error) {
	if j.reader == nil {
		return 0, nil
	}
	evaluation, err := m.Evaluate(ctx, j.reader, m.Config().Train.Seed)
	if err != nil {
		return 0, err
	}
	cost.Loss, cost.RoundedLoss, cost.Images = &j.loss, &evaluation.NegELBO, j.reader.Split().Count
	return math.Abs(evaluation.NegELBO-j.loss) / float64(m.Values()), nil
}

// String says it in a line.
func (c Cost) String() string {
	text := fmt.Sprintf("weights in %d and %d bits (to z and from it): pixels differ by %.2f/255 at most over %d draws", c.EncoderBits, c.DecoderBits, c.Pixels, c.Decoded)
	if c.Loss == nil {
		return text + "; without its data set the loss was not measured"
	}
	return text + fmt.Sprintf(", loss %.3f nats before and %.3f after on %d test images", *c.Loss, *c.RoundedLoss, c.Images)
}
