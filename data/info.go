package data

import "context"

// Info is what there is to tell about a data set.
type Info struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Licence  string `json:"licence,omitempty"`
	Source   string `json:"source"`
	Digest   string `json:"digest"`
	Verified bool   `json:"verified"`
	// Substitute and Warning are those of Set.
	Substitute bool       `json:"substitute"`
	Warning    string     `json:"warning,omitempty"`
	Files      []FileInfo `json:"files,omitempty"`
	Train      SplitInfo  `json:"train"`
	Test       SplitInfo  `json:"test"`
}

// SplitInfo sums up a Split.
type SplitInfo struct {
	Count int `json:"count"`
	Shape
	// MeanPixel is over all values of all images, 0 (background) to 1.
	MeanPixel float64 `json:"mean_pixel"`
	// ClassCounts has the number of images of each class up to the largest label; nil
	// when there are no labels.
	ClassCounts []int `json:"class_counts,omitempty"`
}

// Inspect loads the data set that o names and sums it up. It never downloads: a
// catalogue set that is not on this machine is ErrMissing, and auto is then the
// built-in set.
func Inspect(ctx context.Context, o Options) (Info, error) {
	o.Offline = true
	s, err := Load(ctx, o)
	if err != nil {
		return Info{}, err
	}
	return s.Info(), nil
}

// Info sums up the set.
func (s *Set) Info() Info {
	return Info{
		Name: s.Name, Title: s.Title, Licence: s.Licence, Source: s.Source,
		Digest: s.Digest, Verified: s.Verified, Substitute: s.Substitute, Warning: s.Warning,
		Files: s.Files, Train: s.Train.info(), Test: s.Test.info(),
	}
}

func (s *Split) info() SplitInfo {
	return SplitInfo{
		Count: s.Count, Shape: s.Shape,
		MeanPixel: s.MeanPixel(), ClassCounts: s.ClassCounts(),
	}
}
