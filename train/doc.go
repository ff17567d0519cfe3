// Package train trains models and keeps the results in a run directory, which package
// rundir describes and reads.
//
// There are three ways in. [Begin] and [Continue] assemble a training from a
// configuration: they check it, load the data, read the weights to start from and lock
// the run's directory. [Create] and [Open] are for programs that have their data in
// memory. [Bench] takes steps without a directory and measures them.
//
// Inside, a session (session.go) is the training as such: configuration, data,
// model, optimiser, and step, the only place where weights change. A loop (loop.go)
// takes the steps of a session, evaluates, saves, and tells recorders. [Pictures]
// and [Events] are recorders; a caller may add others.
//
// All randomness is keyed by seed, purpose and step, so a checkpoint needs no
// generator state, and a resumed run gives the bits of an uninterrupted one, per
// kernel.
package train
