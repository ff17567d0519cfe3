package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/hinted"
	"vaectl/internal/typo"
)

// Classes are the classes of a data set: how many there are and what they are called.
type Classes struct {
	// Names are those of the labels, in their order; nil when nobody named them.
	Names []string
	// Count is the number of labels.
	Count int
}

// ClassList is the classes that have names or images.
func (s *Set) ClassList() Classes {
	return Classes{s.Classes, max(len(s.Classes), s.Train.classes(), s.Validation.classes(), s.Test.classes())}
}

// Find is the label that a text names: a class by its name, in capitals or not, or else by
// its number. The error, [ErrClass], says which classes there are.
func (c Classes) Find(text string) (int, error) {
	if i := slices.IndexFunc(c.Names, func(name string) bool { return strings.EqualFold(name, text) }); i >= 0 && i < c.Count {
		return i, nil
	}
	label, err := strconv.Atoi(text)
	if err == nil && label >= 0 && label < c.Count {
		return label, nil
	}
	return 0, c.unknown(text)
}

// FindAll is the labels that texts name, each once and in order. Beside what
// [Classes.Find] takes, "0-3" stands for the labels from 0 to 3.
func (c Classes) FindAll(texts []string) ([]int, error) {
	var labels []int
	for _, text := range texts {
		found, err := c.findSome(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		labels = append(labels, found...)
	}
	slices.Sort(labels)
	return slices.Compact(labels), nil
}

func (c Classes) findSome(text string) ([]int, error) {
	label, err := c.Find(text)
	if err == nil {
		return []int{label}, nil
	}
	low, high, isRange := strings.Cut(text, "-")
	first, lowErr := strconv.Atoi(low)
	last, highErr := strconv.Atoi(high)
	if !isRange || lowErr != nil || highErr != nil || first < 0 || first > last || last >= c.Count {
		return nil, err
	}
	var labels []int
	for label := first; label <= last; label++ {
		labels = append(labels, label)
	}
	return labels, nil
}

// String lists the classes: by their names, or as the range of their numbers.
func (c Classes) String() string {
	if len(c.Names) == 0 {
		return fmt.Sprintf("the labels 0 to %d", c.Count-1)
	}
	return strings.Join(c.Names, ", ")
}

func (c Classes) unknown(text string) error {
	if c.Count == 0 {
		return hinted.New(ErrClass, "", "class %q: the images have no labels", text)
	}
	advice := ""
	if near, ok := typo.Nearest(text, c.Names); ok {
		advice = fmt.Sprintf("did you mean %q?", near)
	}
	return hinted.New(ErrClass, advice, "class %q: there are %s", text, c)
}
