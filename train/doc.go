// Package train runs the training loop and keeps its results in a run
// directory that every other command reads.
//
// A run directory holds
//
//	config.yaml                     the resolved configuration; training from it repeats the run
//	run.json                        version, command line, seed, data set, machine, status and figures
//	metrics.jsonl                   one object a line: steps and epochs
//	checkpoints/last.safetensors    the newest weights; with train.ema their mean
//	checkpoints/best.safetensors    the weights of the epoch with the lowest loss on the evaluated split
//	checkpoints/*.optimizer.safetensors  the optimiser's state that goes with each
//	                                     and, where those are means, the weights themselves
//	samples/                        pictures, of [Pictures] and of other commands
//	events/                         TensorBoard's files, of [Events]
//
// Every file but metrics.jsonl and TensorBoard's is replaced atomically;
// metrics.jsonl grows by whole lines. A weights file names the optimiser state it belongs to, and
// that state is on disk before the weights are, so the two never disagree,
// whenever a run is killed.
//
// All randomness is keyed by seed, purpose and step, so a checkpoint needs no
// generator state and a resumed run gives the bits of an uninterrupted one.
package train
