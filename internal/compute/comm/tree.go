package comm

import "math/bits"

// node is a complete subtree of the tree over shards: size leaves, a power of two, from a multiple of it on.
type node struct{ first, size int }

// ShardsOf are the shards of a rank: neighbours, and as equally many for each rank as can be.
func ShardsOf(rank, ranks, shards int) (lo, hi int) {
	return rank * shards / ranks, (rank + 1) * shards / ranks
}

// nodesOf are the largest complete subtrees that make up the shards from lo to hi, in their order.
func nodesOf(lo, hi int) []node {
	var nodes []node
	for lo < hi {
		size := 1 << min(bits.TrailingZeros(uint(lo)), bits.Len(uint(hi-lo))-1)
		nodes = append(nodes, node{lo, size})
		lo += size
	}
	return nodes
}

// fold adds what nodes stand for, which cover all leaves in order, as the binary tree over them: two neighbours of the same
// size are added as soon as there are both, and what remains from the right. add puts the sum of nodes i and j, which are
// indices into nodes, in the place of i.
func fold(nodes []node, add func(i, j int)) {
	var stack []int
	sizes := make([]int, 0, len(nodes))
	for i, n := range nodes {
		stack, sizes = append(stack, i), append(sizes, n.size)
		for top := len(stack) - 1; top > 0 && sizes[top] == sizes[top-1]; top-- {
			add(stack[top-1], stack[top])
			stack, sizes = stack[:top], sizes[:top]
			sizes[top-1] *= 2
		}
	}
	for top := len(stack) - 1; top > 0; top-- {
		add(stack[top-1], stack[top])
	}
}
