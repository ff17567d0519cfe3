package vae

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

// learned are the weights a part of the loss brings to the model, after the
// layers' in its memory: those of a prior or a likelihood that is trained with it.
type learned struct {
	prefix  string // of the parameters' names
	weights []loss.Weight
	bind    func(values [][]float32)
	places  []int // among the model's parameters
}

// learnedPrior is what the prior learns; nil when that is nothing.
func learnedPrior(p loss.Prior) *learned {
	if p, ok := p.(loss.Learned); ok {
		return &learned{prefix: "prior.", weights: p.Weights(), bind: p.Bind}
	}
	return nil
}

// learnedLikelihood is what the likelihood learns; nil when that is nothing.
func learnedLikelihood(l loss.Likelihood) *learned {
	if l, ok := l.(loss.LearnedLikelihood); ok && len(l.Weights()) > 0 {
		return &learned{prefix: "likelihood.", weights: l.Weights(), bind: l.Bind}
	}
	return nil
}

// parts lists what learns beside the layers, in the order of memory.
func (m *Model) parts() []*learned {
	var parts []*learned
	for _, part := range []*learned{m.learnedPrior, m.learnedLikelihood} {
		if part != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// bindLearned tells the parts of the loss where their weights are.
func (m *Model) bindLearned() {
	for _, part := range m.parts() {
		var values [][]float32
		for _, place := range part.places {
			values = append(values, m.parameters[place].Data)
		}
		part.bind(values)
	}
}

func (l *learned) size() int {
	n := 0
	for _, w := range l.weights {
		n += w.Size()
	}
	return n
}

// initLearned draws the initial values of what the parts of the loss learn,
// from streams of their own: the layers' weights do not depend on them.
func (m *Model) initLearned(seed uint64) {
	step := uint64(0)
	for _, part := range m.parts() {
		for i, w := range part.weights {
			step++
			w.Init(m.parameters[part.places[i]].Data, rand.New(noise.NewSource(noise.Key(seed, noise.Init, step))))
		}
	}
}

// nodes are a part's weights on the graph; none of no part.
func (n *network) nodes(part *learned) gorgonia.Nodes {
	var nodes gorgonia.Nodes
	if part == nil {
		return nodes
	}
	for _, place := range part.places {
		nodes = append(nodes, n.parameters[place])
	}
	return nodes
}
