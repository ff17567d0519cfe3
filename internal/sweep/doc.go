// Package sweep trains a model under many settings and compares what comes of it.
//
// A sweep is a file: what is common to all trials, what is varied, and the figure they are judged by. Its list of trials is
// a pure function of the file ([File.Trials]); trial i of the file beta.yaml is the run beta-i. There is no other state: what has been
// done is read from the run directories ([File.Look]), so a sweep that is run again does what is missing, and several
// machines may work on one folder at once, each trial being taken by the lock of its run.
//
// Which settings train on after a rung of successive halving is a pure function of the results so far ([File.Plan]).
package sweep
