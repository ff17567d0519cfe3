package arch

// labelTable is what a layer adds before its activation for a label: one row a
// label, shaped as nn.Embedding has it. It starts as the weights of its layer do,
// drawn after all others so that those do not depend on it.
type labelTable struct {
	name           string
	classes, width int
	init           Init
}

// parameter is the table, [classes, width].
func (t *labelTable) parameter() Parameter {
	return Parameter{Name: t.name, Shape: []int{t.classes, t.width}, Init: t.init}
}
