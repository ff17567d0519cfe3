package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/vae"
)

// DecodeBenchmark is how fast this machine weighs draws of z for an
// importance-weighted bound: draw, decode, log p(x|z) + log p(z) - log q(z|x).
type DecodeBenchmark struct {
	Images      int // measured
	Samples     int // draws an image
	ImagesPerS  float64
	SamplesPerS float64
	Kernel      string
	Threads     int
}

// BenchDecode estimates the log-likelihood of test images under a fresh model,
// as [vae.Model.NLL] does with the given number of draws an image, for about
// the given time after a warm-up, and measures. The rate is the median over
// images.
func BenchDecode(ctx context.Context, c configs.Config, d *data.Set, e *vae.Engine, samples int, duration time.Duration) (DecodeBenchmark, error) {
	if err := checkData(c, d); err != nil {
		return DecodeBenchmark{}, err
	}
	c = settled(c, d)
	m, err := vae.New(c, d.Test.Shape, e)
	if err != nil {
		return DecodeBenchmark{}, failure(ErrSettings, "", "%w", err)
	}
	if !loss.HasDensity(m.Prior()) {
		return DecodeBenchmark{}, failure(ErrSettings, "leave out --decode-samples, or take another prior", "prior %s has no density, which draws are weighed by", m.Prior().Name())
	}
	if err := m.Init(c.Train.Seed); err != nil {
		return DecodeBenchmark{}, failure(ErrSettings, "", "%w", err)
	}
	r, err := data.NewReader(&d.Test, data.Binarization(c.Data.Binarize), e)
	if err != nil {
		return DecodeBenchmark{}, failure(ErrSettings, "", "%w", err)
	}
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	clock := decodeClock{warm: time.Now().Add(benchWarmup), duration: duration, enough: cancel}
	for stop.Err() == nil {
		clock.restart()
		if _, err := m.NLL(stop, r, c.Train.Seed, samples, clock.tick); err != nil && !errors.Is(err, context.Canceled) {
			return DecodeBenchmark{}, fmt.Errorf("weighing %d draws an image: %w", samples, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return DecodeBenchmark{}, err
	}
	rate := median(clock.rates)
	return DecodeBenchmark{
		Images: clock.images, Samples: samples, ImagesPerS: rate, SamplesPerS: rate * float64(samples),
		Kernel: e.Kernel(), Threads: e.Threads(),
	}, nil
}

// decodeClock measures from one report of progress to the next.
type decodeClock struct {
	warm     time.Time     // what ends before does not count
	duration time.Duration // to measure after that
	enough   func()        // called when there is a measurement that long
	last     time.Time
	done     int // images of this pass
	images   int // measured
	rates    []float64
}

// restart begins another pass over the images. Its first report carries the
// preparation, which the median leaves out unless there is nothing else.
func (c *decodeClock) restart() { c.last, c.done = time.Now(), 0 }

func (c *decodeClock) tick(images int) {
	now := time.Now()
	if now.After(c.warm) {
		c.rates = append(c.rates, float64(images-c.done)/now.Sub(c.last).Seconds())
		c.images += images - c.done
	}
	c.last, c.done = now, images
	if len(c.rates) > 0 && now.After(c.warm.Add(c.duration)) {
		c.enough()
	}
}
