package explorer

import (
	"cmp"
	"context"
	"math"
	"slices"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
)

// neighbour is a training image near another image.
type neighbour struct {
	Index int  `json:"index"`
	Label *int `json:"label"`
	// Distance is the root of the mean squared difference of pixels in [0, 1].
	Distance number  `json:"distance"`
	Image    picture `json:"image"`
}

// nearest finds the training images nearest to an image. Without a data set it
// says why.
func (e *Explorer) nearest(ctx context.Context, m *model, image []byte, count int) ([]neighbour, *problemJSON, error) {
	found := []neighbour{}
	if count == 0 {
		return found, nil, nil
	}
	set, err := e.dataset(ctx, m)
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, err
		}
		return found, newProblemJSON(err), nil
	}
	done, err := e.computing(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	search := newSearch(&set.Train, image, count)
	if search.unseen, err = set.ClassList().FindAll(m.Config().Data.WithoutClasses); err != nil {
		search.unseen = nil // the classes of other data than the run's
	}
	(*kernel.Engine)(e.options.Engine).Run(search.chunks(), search)
	for _, h := range search.best() {
		n := neighbour{Index: h.index, Image: set.Train.Image(h.index), Distance: number(math.Sqrt(float64(h.distance)/float64(len(image))) / 255)}
		n.Label = labelOf(&set.Train, h.index)
		found = append(found, n)
	}
	return found, nil, nil
}

func labelOf(s *data.Split, i int) *int {
	if s.Labels == nil {
		return nil
	}
	label := s.Labels[i]
	return &label
}

// hit is an image and the sum of its squared differences.
type hit struct {
	index    int
	distance int64
}

// search compares an image with all of a split, each chunk with some of them.
type search struct {
	split *data.Split
	image []byte
	count int
	// unseen are labels of images to pass over: those of classes that the run was trained
	// without.
	unseen []int
	hits   [][]hit
}

const searchChunk = 4096

func newSearch(s *data.Split, image []byte, count int) *search {
	q := &search{split: s, image: image, count: count}
	q.hits = make([][]hit, q.chunks())
	return q
}

func (s *search) chunks() int { return (s.split.Count + searchChunk - 1) / searchChunk }

// Chunk finds the nearest images among some.
func (s *search) Chunk(i int) {
	hits := make([]hit, 0, s.count+1)
	worst := int64(math.MaxInt64)
	for index := i * searchChunk; index < min((i+1)*searchChunk, s.split.Count); index++ {
		if s.split.Labels != nil && slices.Contains(s.unseen, s.split.Labels[index]) {
			continue
		}
		d := distance(s.image, s.split.Image(index), worst)
		if d >= worst {
			continue
		}
		at, _ := slices.BinarySearchFunc(hits, hit{index, d}, compareHits)
		hits = slices.Insert(hits, at, hit{index, d})
		if len(hits) > s.count {
			hits = hits[:s.count]
		}
		if len(hits) == s.count {
			worst = hits[s.count-1].distance
		}
	}
	s.hits[i] = hits
}

func compareHits(a, b hit) int {
	return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.index, b.index))
}

// best are the nearest images of all chunks.
func (s *search) best() []hit {
	all := slices.Concat(s.hits...)
	slices.SortFunc(all, compareHits)
	return all[:min(s.count, len(all))]
}

// distanceBlock is the number of pixels after which a comparison looks whether
// the image is too far away already.
const distanceBlock = 112

// distance is the sum of squared differences, or any number not below limit
// where it is not. It begins in the middle, where images differ most, so that
// most comparisons end early.
func distance(a, b []byte, limit int64) int64 {
	middle := len(a) / 2 / distanceBlock * distanceBlock
	sum := partial(a[middle:], b[middle:], limit)
	if sum >= limit {
		return sum
	}
	return sum + partial(a[:middle], b[:middle], limit-sum)
}

func partial(a, b []byte, limit int64) int64 {
	var sum int64
	for len(a) > 0 && sum < limit {
		n := min(distanceBlock, len(a))
		x, y := a[:n], b[:n]
		var block int32
		for i, v := range x {
			d := int32(v) - int32(y[i])
			block += d * d
		}
		sum += int64(block)
		a, b = a[n:], b[n:]
	}
	return sum
}
