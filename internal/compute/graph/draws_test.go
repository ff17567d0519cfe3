package graph

import (
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/dev/testkit"
)

// priorCases are the operations that priors are made of.
func priorCases() []gradientCase {
	return []gradientCase{
		{
			name: "mean of draws", shapes: [][]int{{6, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.MeanOfDraws(l[0], 2)
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "gate", shapes: [][]int{{5, 3}, {5, 3}}, wrt: []int{0, 1},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.Gate(l[0], l[1])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "mixture", shapes: [][]int{{5, 3}, {4, 3}, {4, 3}, {4}}, wrt: []int{0, 1, 2, 3},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.MixtureLogProb(l[0], l[1], l[2], l[3])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "mixture of equal weights", shapes: [][]int{{5, 3}, {4, 3}, {4, 3}}, wrt: []int{0, 1, 2},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.MixtureLogProb(l[0], l[1], l[2], nil)
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
	}
}

func TestGateOfAnotherShape(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	l := gradientCase{shapes: [][]int{{5, 3}, {3, 5}}}.leaves(t, g)
	if _, err := g.Gate(l[0], l[1]); err == nil {
		t.Error("a gate of another shape was accepted")
	}
}

func TestMeanOfDraws(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	x, err := g.Input("x", 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	copy(g.Data(x), []float32{1, 10, 3, 20, -5, 0, 7, 1})
	mean, err := g.MeanOfDraws(x, 2)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := g.MeanOfDraws(x, 4); err != nil || same != x {
		t.Errorf("the mean of one draw is %v, %v", same, err)
	}
	p, err := g.Compile(mean)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	for i, want := range []float32{2, 15, 1, 0.5} {
		if got := p.Value(mean)[i]; got != want {
			t.Errorf("mean %d is %g, want %g", i, got, want)
		}
	}
	for _, images := range []int{0, 3} {
		if _, err := g.MeanOfDraws(x, images); err == nil {
			t.Errorf("4 rows were taken for the draws of %d images", images)
		}
	}
}
