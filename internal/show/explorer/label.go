package explorer

import (
	"fmt"

	"vaectl/data"
	"vaectl/vae"
)

// firstLabel is what a conditional model is given where a request names no label.
const firstLabel = 0

// ready is a model that can be used without labels: a conditional one is given
// the first.
func ready(m *vae.Model) (*vae.Model, error) {
	if m.Classes() == 0 {
		return m, nil
	}
	return m.Given(firstLabel)
}

// labels is the label of a request for each of so many rows; none where it names
// none.
func (m *model) labels(label *int, rows int) ([]int, error) {
	if label == nil {
		return nil, nil
	}
	classes := m.Classes()
	if classes == 0 {
		return nil, badRequest("leave label out", "label %d: run %s is not conditional", *label, m.run.name)
	}
	if *label < 0 || *label >= classes {
		return nil, badRequest(fmt.Sprintf("run %s knows the labels 0 to %d", m.run.name, classes-1), "label %d", *label)
	}
	all := make([]int, rows)
	for i := range all {
		all[i] = *label
	}
	return all, nil
}

// labelsOf are those of images of a split for a model that reads them; none
// where it does not or the images have none.
func (m *model) labelsOf(s *data.Split, indices []int32) []int {
	if m.Classes() == 0 || s.Labels == nil {
		return nil
	}
	all := make([]int, len(indices))
	for i, index := range indices {
		all[i] = s.Labels[index]
	}
	return all
}
