package data

import (
	"math/rand/v2"
	"sync"

	"vaectl/internal/compute/noise"
)

const (
	strokesSide    = 28
	strokesPixels  = strokesSide * strokesSide
	strokesClasses = 10
)

// generateStrokes draws count handwritten-looking digits: pixels holds count images of 28x28 bytes, row by row,
// 0 for paper and 255 for ink; labels holds the digit of each. Image i and its label are a function of (seed, i)
// alone, so a longer set begins with the shorter one and the number of workers changes nothing. Every run of ten
// images that starts at a multiple of ten holds each digit once.
//
// The same bytes come out on every architecture: the arithmetic is IEEE addition, multiplication, division and
// square root only, and each product that feeds a sum is rounded on its own (an explicit conversion), so that no
// compiler may fuse the two.
func generateStrokes(count int, seed uint64, workers int) (pixels, labels []byte) {
	pixels = make([]byte, count*strokesPixels)
	labels = make([]byte, count)
	digits := strokeDigits()
	workers = max(1, min(workers, count))
	var done sync.WaitGroup
	for w := range workers {
		first, last := w*count/workers, (w+1)*count/workers
		done.Go(func() {
			artist := strokeArtist{digits: digits}
			for i := first; i < last; i++ {
				labels[i] = strokeLabel(seed, i)
				artist.draw(pixels[i*strokesPixels:(i+1)*strokesPixels], labels[i], strokeChance(seed, uint64(i)))
			}
		})
	}
	done.Wait()
	return pixels, labels
}

// strokeLabel is the digit of image i: its place in a random order of the ten digits, drawn anew for every ten images.
func strokeLabel(seed uint64, i int) byte {
	// Orders are counted down from the top, so that no image shares its draws with one.
	c := strokeChance(seed, ^uint64(i/strokesClasses))
	var order [strokesClasses]byte
	for k := range order {
		j := c.below(k + 1)
		order[k] = order[j]
		order[j] = byte(k)
	}
	return order[i%strokesClasses]
}

// strokeChance is the source of every random choice for one image.
func strokeChance(seed, image uint64) chance {
	return chance{source: noise.NewSource(noise.Key(seed, noise.Stroke, image))}
}

// chance turns random words into the few distributions that handwriting needs, without transcendental functions.
type chance struct {
	source rand.Source
}

// unit is uniform in [0, 1).
func (c chance) unit() float64 {
	return float64(c.source.Uint64()>>11) / (1 << 53)
}

// below is uniform over 0..n-1, for n so small that the bias of a 32-bit multiplication does not matter.
func (c chance) below(n int) int {
	return int(c.source.Uint64() >> 32 * uint64(n) >> 32)
}

// bell has mean 0, standard deviation 1 and the shape of a sum of four uniforms, so nothing lies beyond 3.47.
func (c chance) bell() float64 {
	word := c.source.Uint64()
	sum := word&0xffff + word>>16&0xffff + word>>32&0xffff + word>>48
	const sqrt3 = 1.7320508075688772
	return float64(float64(sum)/(1<<16)-2) * sqrt3
}

// spread is a bell with the given mean and standard deviation.
func (c chance) spread(mean, deviation float64) float64 {
	return mean + float64(deviation*c.bell())
}
