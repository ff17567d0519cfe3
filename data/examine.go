package data

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"os"
	"path/filepath"
)

// Findings are what looking at every image of a set brings to light.
type Findings struct {
	// Mean and Std are of each channel over the training images, from 0 to 1.
	Mean []float64 `json:"mean"`
	Std  []float64 `json:"std"`
	// Plain are images that are all one colour, PlainCount of them.
	Plain      []string `json:"plain,omitempty"`
	PlainCount int      `json:"plain_count,omitempty"`
	// Copies are images that came before, each with the one that it is a copy of;
	// CopyCount of them. Leaked counts the test images among them whose original is a
	// training image.
	Copies    []Copy `json:"copies,omitempty"`
	CopyCount int    `json:"copy_count,omitempty"`
	Leaked    int    `json:"leaked,omitempty"`
}

// Copy is an image with the pixels of another one.
type Copy struct {
	Name string `json:"name"`
	Of   string `json:"of"`
}

// splits are the parts of the set with their names.
func (s *Set) splits() []namedSplit {
	return []namedSplit{{"train", &s.Train}, {"validation", &s.Validation}, {"test", &s.Test}}
}

type namedSplit struct {
	name   string
	images *Split
}

// place is one image of a set.
type place struct {
	split int
	index int
}

// Examine looks at every image. tell, unless nil, hears how it gets on.
func (s *Set) Examine(ctx context.Context, tell func(Reading)) (f Findings, err error) {
	if tell == nil {
		tell = func(Reading) {}
	}
	err = inOrder(s.mapping, func() (err error) {
		f, err = s.examine(ctx, tell)
		return err
	})
	return f, err
}

func (s *Set) examine(ctx context.Context, tell func(Reading)) (Findings, error) {
	names, err := s.names()
	if err != nil {
		return Findings{}, err
	}
	f := Findings{}
	f.Mean, f.Std = s.Train.moments()
	first := map[uint64][]place{}
	seed := maphash.MakeSeed()
	progress := Reading{Dataset: s.Name, Stage: "examining images", Total: s.Train.Count + s.Test.Count + s.Validation.Count}
	for i, split := range s.splits() {
		for j := range split.images.Count {
			if err := ctx.Err(); err != nil {
				return f, err
			}
			progress.Done++
			tell(progress)
			image := split.images.Image(j)
			if isPlain(image, s.Train.Channels) {
				f.PlainCount++
				f.Plain = appendListed(f.Plain, s.nameOf(place{i, j}, names))
			}
			key := maphash.Bytes(seed, image)
			original, found := s.same(image, first[key])
			if !found {
				first[key] = append(first[key], place{i, j})
				continue
			}
			f.CopyCount++
			f.Copies = appendListed(f.Copies, Copy{s.nameOf(place{i, j}, names), s.nameOf(original, names)})
			if split.name == "test" && s.splits()[original.split].name == "train" {
				f.Leaked++
			}
		}
	}
	return f, nil
}

// appendListed adds to a list that is kept for people, who do not read a million.
func appendListed[T any](list []T, one T) []T {
	if len(list) < listed {
		return append(list, one)
	}
	return list
}

func (s *Set) same(image []byte, places []place) (place, bool) {
	for _, p := range places {
		if bytes.Equal(image, s.splits()[p.split].images.Image(p.index)) {
			return p, true
		}
	}
	return place{}, false
}

func isPlain(image []byte, channels int) bool {
	for i := channels; i < len(image); i++ {
		if image[i] != image[i-channels] {
			return false
		}
	}
	return true
}

// moments are mean and standard deviation of each channel.
func (s *Split) moments() (mean, std []float64) {
	var counts [3][256]int
	for i := range s.Count {
		for j, v := range s.Image(i) {
			counts[j%s.Channels][v]++
		}
	}
	n := float64(s.Count * s.Pixels())
	for c := range s.Channels {
		var sum, squares float64
		for v, k := range counts[c] {
			x := float64(v) / 255
			sum += x * float64(k)
			squares += x * x * float64(k)
		}
		m := sum / n
		mean, std = append(mean, m), append(std, math.Sqrt(max(0, squares/n-m*m)))
	}
	return mean, std
}

// names are those of the pictures of a prepared set, in the order of their pixels; nil
// where there are none.
func (s *Set) names() ([]string, error) {
	if s.dir == "" {
		return nil, nil
	}
	path := filepath.Join(s.dir, namesName)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, missing("prepare the set again", "%w", err)
	}
	var names []string
	for name := range bytes.SplitSeq(bytes.TrimSuffix(b, []byte{0}), []byte{0}) {
		names = append(names, string(name))
	}
	if want := s.Train.Count + s.Validation.Count + s.Test.Count; len(names) != want {
		return nil, damaged(path, "%d names of %d images", len(names), want)
	}
	return names, nil
}

// nameOf says which image it is: by its file's name, or by its number.
func (s *Set) nameOf(p place, names []string) string {
	split := s.splits()[p.split]
	if names != nil && split.images.Index != nil {
		return names[split.images.Index[p.index]]
	}
	return fmt.Sprintf("%s %d", split.name, p.index)
}
