package train

import (
	"fmt"
	"slices"

	"vaectl/train/rundir"
	"vaectl/vae"
)

// optimizerArray is an array of the optimiser under its name in a checkpoint: one value for
// each value of a parameter, in the same order of memory.
type optimizerArray struct {
	name   string
	of     vae.Parameter
	memory []float32
}

// arrays are both moments and, where the weights file holds their mean, the
// weights themselves, each under the name of its parameter.
func (o *optimizer) arrays(m *vae.Model) []optimizerArray {
	var all []optimizerArray
	offset := 0
	for _, p := range m.Parameters() {
		if p.Buffer {
			continue
		}
		n := len(p.Data)
		all = append(all,
			optimizerArray{"first." + p.Name, p, o.first[offset : offset+n]},
			optimizerArray{"second." + p.Name, p, o.second[offset : offset+n]})
		if o.config.EMA > 0 {
			all = append(all, optimizerArray{"weights." + p.Name, p, o.weights[offset : offset+n]})
		}
		offset += n
	}
	return all
}

// tensors are the arrays in PyTorch's order.
func (o *optimizer) tensors(m *vae.Model) []rundir.Tensor {
	var all []rundir.Tensor
	for _, k := range o.arrays(m) {
		all = append(all, rundir.Tensor{Name: k.name, Shape: k.of.Shape, Data: k.of.Export(k.memory)})
	}
	return all
}

// restore puts the tensors back.
func (o *optimizer) restore(m *vae.Model, tensors []rundir.Tensor) error {
	want := o.arrays(m)
	if len(tensors) != len(want) {
		return fmt.Errorf("%d tensors, the optimiser has %d", len(tensors), len(want))
	}
	for _, t := range tensors {
		i := slices.IndexFunc(want, func(k optimizerArray) bool { return k.name == t.Name })
		if i < 0 {
			return fmt.Errorf("tensor %s is none of the optimiser's", t.Name)
		}
		if !slices.Equal(t.Shape, want[i].of.Shape) {
			return fmt.Errorf("tensor %s has shape %v, the optimiser's is %v", t.Name, t.Shape, want[i].of.Shape)
		}
		want[i].of.Import(want[i].memory, t.Data)
	}
	return nil
}
