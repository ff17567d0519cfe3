package explorer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/internal/dev/testkit"
)

// blobs are images with content in their middle, as digits have.
func blobs(count, side int) data.Split {
	s := data.Split{Count: count, Shape: data.Shape{Height: side, Width: side, Channels: 1}, Bytes: make([]byte, count*side*side)}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range count {
		cx, cy := rng.Float64()*float64(side), rng.Float64()*float64(side)
		for p := range side * side {
			dx, dy := float64(p%side)-cx, float64(p/side)-cy
			s.Image(i)[p] = byte(255 * math.Exp(-(dx*dx+dy*dy)/float64(side)))
		}
	}
	return s
}

func TestSearchFindsTheNearest(t *testing.T) {
	for _, side := range []int{1, 3, 11, 28} {
		split := blobs(2*searchChunk+37, side)
		one := blobs(1, side)
		probe := one.Image(0)
		var want []hit
		for i := range split.Count {
			var sum int64
			for j, v := range probe {
				d := int64(v) - int64(split.Image(i)[j])
				sum += d * d
			}
			want = append(want, hit{i, sum})
		}
		slices.SortFunc(want, compareHits)
		e := testkit.Engine(t, "", 2)
		for _, count := range []int{1, 8, 24} {
			s := newSearch(&split, probe, count)
			e.Run(s.chunks(), s)
			if got := s.best(); !slices.Equal(got, want[:count]) {
				t.Errorf("side %d: nearest %d are %v, want %v", side, count, got, want[:count])
			}
		}
	}
	few := blobs(3, 4)
	s := newSearch(&few, few.Image(1), 8)
	s.Chunk(0)
	if got := s.best(); len(got) != 3 || got[0] != (hit{1, 0}) {
		t.Errorf("of three images: %v", got)
	}
	few.Labels = []int{0, 1, 0}
	s.unseen = []int{1}
	s.Chunk(0)
	if got := s.best(); len(got) != 2 || got[0].index == 1 || got[1].index == 1 {
		t.Errorf("of two images of classes that were trained on: %v", got)
	}
}

func BenchmarkSearch(b *testing.B) {
	e := testkit.Engine(b, "", 0)
	split := blobs(60000, 28)
	probe := split.Image(59)
	for b.Loop() {
		s := newSearch(&split, probe, 8)
		e.Run(s.chunks(), s)
	}
}
