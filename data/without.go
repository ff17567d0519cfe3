package data

import (
	"fmt"
	"slices"
)

// Without returns a set like s whose training and validation images have none of the
// classes that texts name, as [Classes.FindAll] reads them. Test images, digest and the
// numbers of the classes are those of s. Images are not copied.
func (s *Set) Without(texts []string) (*Set, error) {
	if len(texts) == 0 {
		return s, nil
	}
	if s.Train.Labels == nil {
		return nil, fmt.Errorf("data set %s has no labels, so no class can be left out", s.Name)
	}
	labels, err := s.ClassList().FindAll(texts)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", s.Name, err)
	}
	part := *s
	part.Train = s.Train.without(labels)
	part.Validation = s.Validation.without(labels)
	if part.Train.Count == 0 {
		return nil, fmt.Errorf("data set %s has no training images of other classes", s.Name)
	}
	return &part, nil
}

// without has the images of other classes than those.
func (s *Split) without(labels []int) Split {
	if s.Labels == nil {
		return *s
	}
	marks := make([]bool, s.Count)
	left := s.Count
	for i, label := range s.Labels {
		if marks[i] = slices.Contains(labels, label); marks[i] {
			left--
		}
	}
	return s.where(marks, false, left)
}
