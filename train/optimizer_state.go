package train

import (
	"fmt"
	"slices"

	"vaectl/internal/format/safetensors"
	"vaectl/vae"
)

// tensors are both moments and, where the weights file holds their mean, the
// weights themselves, each under the name of its parameter.
func (o *optimizer) tensors(m *vae.Model) []safetensors.Tensor {
	var all []safetensors.Tensor
	offset := 0
	for _, p := range m.Parameters() {
		n := len(p.Data)
		all = append(all,
			safetensors.Tensor{Name: "first." + p.Name, Shape: p.Shape, Data: o.first[offset : offset+n]},
			safetensors.Tensor{Name: "second." + p.Name, Shape: p.Shape, Data: o.second[offset : offset+n]})
		if o.config.EMA > 0 {
			all = append(all, safetensors.Tensor{Name: "weights." + p.Name, Shape: p.Shape, Data: o.weights[offset : offset+n]})
		}
		offset += n
	}
	return all
}

// restore puts the tensors back.
func (o *optimizer) restore(m *vae.Model, tensors []safetensors.Tensor) error {
	want := o.tensors(m)
	if len(tensors) != len(want) {
		return fmt.Errorf("%d tensors, the optimiser has %d", len(tensors), len(want))
	}
	for _, t := range tensors {
		i := slices.IndexFunc(want, func(w safetensors.Tensor) bool { return w.Name == t.Name })
		if i < 0 {
			return fmt.Errorf("tensor %s is none of the optimiser's", t.Name)
		}
		if !slices.Equal(t.Shape, want[i].Shape) {
			return fmt.Errorf("tensor %s has shape %v, the optimiser's is %v", t.Name, t.Shape, want[i].Shape)
		}
		copy(want[i].Data, t.Data)
	}
	return nil
}
