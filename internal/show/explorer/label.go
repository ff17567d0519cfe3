package explorer

import (
	"fmt"

	"vaectl/data"
)

// firstLabel is what a conditional model reads where a request names no label and
// images have none.
const firstLabel = 0

// labels is the label of a request for each of so many rows, the first one where it
// names none; none for a model that reads no labels.
func (m *model) labels(label *int, rows int) ([]int, error) {
	if label == nil {
		return m.SameLabel(firstLabel, rows), nil
	}
	classes := m.Classes()
	if classes == 0 {
		return nil, badRequest("leave label out", "label %d: run %s is not conditional", *label, m.run.name)
	}
	if *label < 0 || *label >= classes {
		return nil, badRequest(fmt.Sprintf("run %s knows the labels 0 to %d", m.run.name, classes-1), "label %d", *label)
	}
	return m.SameLabel(*label, rows), nil
}

// labelled is a split with labels for a model that reads them.
func (m *model) labelled(s *data.Split) *data.Split {
	if m.Classes() == 0 || s.Labels != nil {
		return s
	}
	with := *s
	with.Labels = m.SameLabel(firstLabel, s.Count)
	return &with
}

// labelsOf is the label of an image of a split, for a model that reads one.
func (m *model) labelsOf(s *data.Split, index int) []int {
	if m.Classes() == 0 {
		return nil
	}
	return []int{m.labelled(s).Labels[index]}
}
