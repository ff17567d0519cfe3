package loss

import "vaectl/internal/compute/graph"

// Graph is where a model puts its operations. It comes with a [Posterior] or a
// [DecoderOutput]; nobody but a model makes one.
type Graph graph.Graph
