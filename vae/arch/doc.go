// Package arch describes the network of a model as data: its stochastic levels, the
// layers that lead up and down between them, every parameter with the name and shape
// that PyTorch gives it, and what a step costs.
//
// A [Network] is made from a configuration and the shape of the images ([New]).
// Everything that has to know a network reads it there: the model lays out its memory
// and draws its weights by [Network.Parameters], puts [Stack]s on a graph with a
// [Builder], and writes files under the same names; validation, cost estimates and
// what `train` reports about the model read it too. None of them knows kinds of layers.
//
// # Levels
//
// A model of one [Level] has an encoder, Up, from the image to the mean and log
// variance of its latent variable, and a decoder, Down, from the variable to the
// numbers that the likelihood reads. With several levels Up of the next one reads the
// variable of the one below, and Down leads to the mean and log variance of that
// variable. Inference goes up through the levels, generation down.
//
// # How to add a kind of layer
//
//  1. Write one file with one type that implements [Layer]. Shapes between layers are
//     [data.Shape], a vector of n values is [Vector](n); on the graph a layer always reads
//     and writes matrices with one image a row.
//  2. Parameters lists its arrays with PyTorch's names, shapes and fans. [Init] says how
//     each starts: weights and biases follow model.init, a [Constant] its Value. A running
//     statistic is a Buffer. An array that its kernel wants in another order gets a
//     [Layout]; initialisation and files keep PyTorch's order by themselves.
//  3. Add puts it on the graph, with operations of internal/compute/graph. Layers that
//     need to know whether gradients will be taken look at [Builder].Training.
//  4. Operations says it in plain steps, for those who compute a network elsewhere.
//  5. FLOPs and Values say what a step costs: operations, and numbers kept for an image until
//     its gradients are taken, the output included. The check of memory reads them.
//  6. Add the setting to package configs, and let the stacks that [New] makes use the layer
//     and the words of the [Network] name it.
//  7. Add a row to kinds in operation_test.go and to the table of gradients in package vae.
package arch
