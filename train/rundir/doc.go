// Package rundir keeps a run in a directory. What a training writes there, every other
// command reads. It does not know how a model is trained, and a program that only reads
// runs does not link the trainer.
//
//	config.yaml                     the resolved configuration; training from it repeats the run
//	run.json                        [Record]: version, command line, seed, data set, machine, status and figures
//	metrics.jsonl                   [Metrics]: one object a line, of steps and epochs
//	checkpoints/last.safetensors    the newest weights; with train.ema their mean
//	checkpoints/best.safetensors    the weights of the epoch with the lowest loss on the evaluated split
//	checkpoints/*.optimizer.safetensors  the optimiser's state that goes with each
//	                                     and, where those are means, the weights themselves
//	samples/                        pictures
//	events/                         TensorBoard's files
//	.lock                           held by the process that trains
//
// [Open] reads a run: record, configuration, metrics, checkpoints. [OpenFS] reads one
// from any file system, such as one embedded in a program. [Store] makes a [Writer],
// which holds the lock and alone may change the run.
//
// # Reading
//
// A run directory may come from anywhere. Every file is opened through one door
// (door.go), which takes regular files inside the directory only, up to a size;
// text of a record is escaped where a terminal could not show it. Weights and
// the optimiser's state carry a checksum that every reading checks.
//
// # The protocol
//
// A process can be killed, and a call to the system fail, at any point. Whatever
// is on the disk then is a run that can be resumed and that ends with the bits of
// one left alone. Each file but metrics.jsonl is written under a temporary name
// beside it, synced and renamed; these are the sets of files that belong
// together, and the one rename by which each changes:
//
//   - A new run: all it has before its first step is written into a hidden folder
//     beside it (.new-...): config.yaml, the checkpoint of the untrained model and
//     run.json. Renaming the folder makes the run. A kill before that leaves the
//     hidden folder, which the next training there removes.
//   - A run that replaces another: the two folders exchange their names, and the
//     old one is removed. Both locks are held meanwhile. Where the system cannot
//     exchange names, the old run steps aside under another hidden name (.old-...)
//     first, and gets its name back should the process be killed right then.
//   - A checkpoint: the optimiser's state gets a name that no other state has, so
//     that the weights in place keep theirs. Renaming the weights, which name their
//     companion, changes the pair. States that no weights name are removed after
//     that. The best checkpoint is written before the last one: a process killed
//     between them repeats the epoch and writes the same best again.
//   - metrics.jsonl grows by whole lines, which are synced before the checkpoint of
//     their step. Lines beyond the last checkpoint are of steps that will be
//     repeated; opening the metrics to train on removes them.
//   - config.yaml and the checkpoint, which holds a copy: the checkpoint decides.
//     When a run is continued to more epochs the checkpoint is saved first.
//   - run.json is written after what it tells of. Its figures are repeated when the
//     training's end is: a run whose last checkpoint is that of its last epoch, and
//     whose record does not say finished, is completed by resuming it.
//
// Temporary files of killed processes are removed when the run is next trained,
// hidden folders when any run beside them is.
package rundir
