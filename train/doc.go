// Package train trains models and keeps what comes of it in a run directory,
// which package rundir describes.
//
// There are three doors. [Begin] and [Continue] assemble a training from a
// configuration: they check it, load the data, read the weights it starts from
// and lock the run's directory; commands and sweeps use them. [Create] and [Open]
// are for callers that have their data at hand, as a program of one's own. [Bench]
// takes steps without any directory.
//
// Inside, a session (session.go) is the training as such: configuration, data,
// model, optimiser, and step, the one place where weights change. A loop (loop.go)
// takes the steps of a session, evaluates, saves, and tells recorders. [Pictures]
// and [Events] are recorders; a caller may add others.
//
// All randomness is keyed by seed, purpose and step, so a checkpoint needs no
// generator state, and a resumed run gives the bits of an uninterrupted one, per
// kernel.
package train
