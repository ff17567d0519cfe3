package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// LabelledLinear is [Graph.Linear] of x beside the one-hot code of a label
// (Sohn et al. 2015): y = act(x W^T + b + E[label]). E is [classes, out] as in
// PyTorch's nn.Embedding, so that [W | E^T] is the weight of a layer that reads
// both. labels are class numbers, [images]; where x has several rows an image,
// row r has the label of image r*images/rows. The labels are not differentiable.
func (g *Graph) LabelledLinear(x, w, b, table, labels *gorgonia.Node, act kernel.Activation) (*gorgonia.Node, error) {
	plain, err := g.linear(x, w, b, act)
	if err != nil {
		return nil, err
	}
	classes, out, err := matrix("table of labels", table)
	if err != nil {
		return nil, err
	}
	rows := plain.gemm.M
	if labels.Shape().Dims() != 1 || rows%labels.Shape()[0] != 0 || out != plain.gemm.N {
		return nil, fmt.Errorf("graph: labels of shape %v and a table of %v do not fit %d rows of %d", labels.Shape(), table.Shape(), rows, plain.gemm.N)
	}
	at := labelRows{classes: classes, perLabel: rows / labels.Shape()[0]}
	forward := &labelledProduct{product: plain, labelRows: at}
	forward.product.gemm.Beta = 1
	grad := func(inputs gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		ds, db, err := g.preActivation(y, dy, act)
		if err != nil {
			return nil, err
		}
		dx, dw, err := g.productGrads(inputs[0], inputs[1], ds)
		if err != nil {
			return nil, err
		}
		back := &labelGrad{engine: g.engine, labelRows: at, rows: rows, cols: out}
		dt, err := g.apply("d(labels)", back, tensor.Shape{classes, out}, nil, nil, ds, inputs[4])
		return gorgonia.Nodes{dx, dw, db, dt, nil}, err
	}
	name := fmt.Sprintf("labelled linear %dx%d", plain.gemm.K, out)
	return g.apply(name, forward, tensor.Shape{rows, out}, grad, []bool{true, true, true, true, false}, x, w, b, table, labels)
}

// labelRows finds the row of a table that belongs to a row of a batch.
type labelRows struct{ classes, perLabel int }

// of panics on a label that is no class: labels are checked before they come here.
func (l labelRows) of(labels []float32, row int) int {
	label := int(labels[row/l.perLabel])
	if label < 0 || label >= l.classes {
		panic(fmt.Sprintf("graph: label %d of %d classes", label, l.classes))
	}
	return label
}

// labelledProduct adds the product to rows of the table.
type labelledProduct struct {
	product *product
	labelRows

	out, table, labels []float32
}

func (p *labelledProduct) Run(out []float32, in [][]float32) {
	p.product.engine.Do(p.bind(out, nil, in))
}

func (p *labelledProduct) bind(out []float32, _, in [][]float32) kernel.Work {
	rows := *p
	rows.out, rows.table, rows.labels = out, in[3], in[4]
	return &labelledWork{Work: p.product.bind(out, nil, in[:3]), rows: &rows}
}

// labelledWork is a product that is added to rows of a table.
type labelledWork struct {
	kernel.Work
	rows *labelledProduct
}

func (w *labelledWork) Start() int {
	g := &w.rows.product.gemm
	w.rows.product.engine.Run(chunks(g.M, rowsPerChunk(g.N)), w.rows)
	return w.Work.Start()
}

func (p *labelledProduct) multiplication() (bare body, inputs int) {
	alone := &product{engine: p.product.engine, gemm: p.product.gemm}
	alone.gemm.Beta = 0
	return alone, 3
}

func (p *labelledProduct) flops() float64 { return p.product.flops() }

func (p *labelledProduct) rows() int { return p.product.gemm.M }

func (p *labelledProduct) unpacked() body {
	return &labelledProduct{product: p.product.fast(), labelRows: p.labelRows}
}

// Chunk writes the rows that the product is added to.
func (p *labelledProduct) Chunk(i int) {
	n := p.product.gemm.N
	lo, hi := chunk(i, p.product.gemm.M, rowsPerChunk(n))
	for r := lo; r < hi; r++ {
		label := p.of(p.labels, r)
		copy(p.out[r*n:(r+1)*n], p.table[label*n:(label+1)*n])
	}
}

// labelGrad sums the gradient before the activation over the rows of each
// label. Columns are split among the cores, so each sum has one order.
type labelGrad struct {
	engine *kernel.Engine
	labelRows
	rows, cols int

	out, ds, labels []float32
}

func (l *labelGrad) Run(out []float32, in [][]float32) {
	l.out, l.ds, l.labels = out, in[0], in[1]
	l.engine.Run(chunks(l.cols, gradColumns(l.rows)), l)
}

func (l *labelGrad) Chunk(i int) {
	lo, hi := chunk(i, l.cols, gradColumns(l.rows))
	for c := range l.classes {
		clear(l.out[c*l.cols+lo : c*l.cols+hi])
	}
	for r := range l.rows {
		at := l.of(l.labels, r) * l.cols
		l.engine.Accumulate(l.out[at+lo:at+hi], l.ds[r*l.cols+lo:r*l.cols+hi])
	}
}
