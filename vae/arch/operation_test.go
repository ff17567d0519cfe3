package arch

import (
	"slices"
	"testing"

	"vaectl/data"
)

// kinds are networks that have every kind of layer.
func kinds() [][]string {
	conv := []string{"model.network=conv", "model.conv=4,6", "model.hidden=10"}
	return [][]string{
		{"model.hidden=9,7", "model.activation=silu"},
		{"model.gated=true", "model.conditional=true", "model.classes=3", "model.upper_latent=4"},
		conv,
		append(slices.Clone(conv), "model.norm=batch", "model.blocks=1", "model.activation=leaky-relu"),
		append(slices.Clone(conv), "model.norm=group", "model.blocks=2", "model.upsampling=nearest", "model.conditional=true", "model.classes=3"),
		append(slices.Clone(conv), "model.gated=true", "model.norm=batch"),
	}
}

// parametersOf are the names of what operations read.
func parametersOf(operations []Operation) []string {
	suffixes := map[OperationKind][]string{
		Linear: {".weight", ".bias"}, Convolving: {".weight", ".bias"}, Transposing: {".weight", ".bias"},
		BatchNorm: {".weight", ".bias", ".running_mean", ".running_var"}, GroupNorm: {".weight", ".bias"},
	}
	var names []string
	for _, o := range operations {
		for _, suffix := range suffixes[o.Kind] {
			names = append(names, o.Name+suffix)
		}
		if o.Labelled {
			names = append(names, o.Name+".label.weight")
		}
		names = slices.Concat(names, parametersOf(o.Body), parametersOf(o.Gate))
	}
	return names
}

// checkChain wants every operation to read what the one before writes.
func checkChain(t *testing.T, operations []Operation, in, out data.Shape) {
	t.Helper()
	at := in
	for _, o := range operations {
		if o.In.Values() != at.Values() {
			t.Errorf("%s %s reads %v after %v", o.Kind, o.Name, o.In, at)
		}
		for _, inner := range [][]Operation{o.Body, o.Gate} {
			if len(inner) > 0 {
				checkChain(t, inner, o.In, o.Out)
			}
		}
		at = o.Out
	}
	if at.Values() != out.Values() {
		t.Errorf("operations end in %v, the layer in %v", at, out)
	}
}

// The operations of a network read each of its parameters once and fit together.
func TestOperations(t *testing.T) {
	for _, values := range kinds() {
		n := describe(t, data.Shape{Height: 16, Width: 16, Channels: 3}, values...)
		var want []string
		for _, p := range n.Layers().Parameters() {
			want = append(want, p.Name)
		}
		got := parametersOf(n.Layers().Operations())
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%v: operations read %q, the network has %q", values, got, want)
		}
		for _, l := range n.Layers() {
			checkChain(t, l.Operations(), l.In(), l.Out())
		}
	}
}
