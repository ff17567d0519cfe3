package vae

import "vaectl/data"

// Engine is what models compute on: the kernels chosen for this CPU and a pool of
// threads. Several models, and the readers of their images, may share one.
type Engine = data.Engine

// NewEngine starts an engine: [data.NewEngine].
func NewEngine(kernelName string, threads int) (*Engine, error) {
	return data.NewEngine(kernelName, threads)
}
