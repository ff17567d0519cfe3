package data

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
	// Classes, Notes, Sizes and what is broken are those of Set.
	Classes     []string        `json:"classes,omitempty"`
	Notes       []string        `json:"notes,omitempty"`
	Sizes       []SizeCount     `json:"sizes,omitempty"`
	Broken      []BrokenPicture `json:"broken,omitempty"`
	BrokenCount int             `json:"broken_count,omitempty"`
	Train       SplitInfo       `json:"train"`
	// Validation are validation images that the set has of its own.
	Validation *SplitInfo `json:"validation,omitempty"`
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

// Info sums up the set.
func (s *Set) Info() Info {
	info := Info{
		Name: s.Name, Title: s.Title, Licence: s.Licence, Source: s.Source,
		Digest: s.Digest, Verified: s.Verified, Substitute: s.Substitute, Warning: s.Warning,
		Files: s.Files, Classes: s.Classes, Notes: s.Notes, Sizes: s.Sizes, Broken: s.Broken, BrokenCount: s.BrokenCount,
		Train: s.Train.info(), Test: s.Test.info(),
	}
	if s.Validation.Count > 0 {
		v := s.Validation.info()
		info.Validation = &v
	}
	return info
}

func (s *Split) info() SplitInfo {
	return SplitInfo{
		Count: s.Count, Shape: s.Shape,
		MeanPixel: s.MeanPixel(), ClassCounts: s.ClassCounts(),
	}
}
