package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"
)

// setting is one way to run PyTorch.
type setting struct {
	python      python
	threads     int
	compile     bool
	adam        string   // single, foreach or fused; empty where nothing is trained
	chunk       int      // samples decoded at once; 0 where nothing is only decoded
	environment []string // as NAME=value
}

func (s setting) String() string {
	parts := []string{"torch " + s.python.Torch, plural(s.threads, "thread")}
	if s.compile {
		parts = append(parts, "compiled")
	} else {
		parts = append(parts, "eager")
	}
	if s.adam != "" {
		parts = append(parts, s.adam+" Adam")
	}
	if s.chunk != 0 {
		parts = append(parts, fmt.Sprintf("%d samples at once", s.chunk))
	}
	return strings.Join(append(parts, s.environment...), ", ")
}

// flags are those of torch_vae.py.
func (s setting) flags() []string {
	flags := []string{"--threads", strconv.Itoa(s.threads)}
	if s.compile {
		flags = append(flags, "--compile")
	}
	if s.adam != "" {
		flags = append(flags, "--adam", s.adam)
	}
	if s.chunk != 0 {
		flags = append(flags, "--chunk", strconv.Itoa(s.chunk))
	}
	return flags
}

// settings are all ways to run c with p that are worth trying on a machine with
// so many cores.
func settings(p python, c comparison, cores int, coreTypes []string) []setting {
	threads, environments := threadCounts(cores), [][]string{nil}
	if p.BLAS == "openblas" {
		environments = openBLASEnvironments(coreTypes)
	}
	if c.oneThread {
		threads, environments = []int{1}, oneThreaded(environments)
	}
	compile := []bool{false}
	if p.CanCompile {
		compile = append(compile, true)
	}
	var found []setting
	for _, environment := range environments {
		for _, n := range threads {
			for _, compiled := range compile {
				s := setting{python: p, threads: n, compile: compiled, environment: environment}
				found = append(found, s.variants(c.decoding)...)
			}
		}
	}
	return found
}

// variants are s with every optimiser, or with every size of a decoder's batch.
func (s setting) variants(decoding bool) []setting {
	var found []setting
	if decoding {
		for _, s.chunk = range []int{250, 1000, 5000} {
			found = append(found, s)
		}
		return found
	}
	optimisers := []string{"single", "foreach"}
	if s.python.FusedAdam {
		optimisers = []string{"foreach", "fused"}
	}
	for _, s.adam = range optimisers {
		found = append(found, s)
	}
	return found
}

// threadCounts are the powers of two below cores, and cores.
func threadCounts(cores int) []int {
	var counts []int
	for n := 1; n < cores; n *= 2 {
		counts = append(counts, n)
	}
	return append(counts, cores)
}

// openBLASEnvironments crosses the two variables that decide how fast an OpenBLAS under PyTorch is: its own threads
// quarrel with PyTorch's, and on a CPU it does not know it takes an older one's kernels.
func openBLASEnvironments(coreTypes []string) [][]string {
	var found [][]string
	for _, core := range append([]string{""}, coreTypes...) {
		for _, threads := range []string{"", "1"} {
			var environment []string
			if threads != "" {
				environment = append(environment, "OPENBLAS_NUM_THREADS="+threads)
			}
			if core != "" {
				environment = append(environment, "OPENBLAS_CORETYPE="+core)
			}
			found = append(found, environment)
		}
	}
	return found
}

// openBLASCoreTypes are the kernels of OpenBLAS that this CPU can run.
func openBLASCoreTypes() []string {
	var types []string
	if runtime.GOARCH == "amd64" && cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		types = append(types, "Haswell")
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
			types = append(types, "SkylakeX")
		}
	}
	return types
}

// oneThreaded keeps the environments in which OpenBLAS has no threads of its own beside PyTorch's.
func oneThreaded(environments [][]string) [][]string {
	if len(environments) == 1 {
		return environments
	}
	return slices.DeleteFunc(environments, func(e []string) bool { return !slices.Contains(e, "OPENBLAS_NUM_THREADS=1") })
}
