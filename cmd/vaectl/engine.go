package main

import "vaectl/vae"

// kernelVariable chooses the kernel by hand, for tests and reports of bugs.
const kernelVariable = "VAECTL_KERNEL"

// newEngine starts what everything is computed on; 0 threads are all cores.
func newEngine(env environment, threads int) (*vae.Engine, error) {
	if err := checkRange("--threads", threads, 0, maxThreads); err != nil {
		return nil, err
	}
	e, err := vae.NewEngine(env.getenv(kernelVariable), threads)
	if err != nil {
		return nil, usagef("%s: %w", kernelVariable, err)
	}
	return e, nil
}

// maxThreads is the limit of the configuration's own setting.
const maxThreads = 1024
