package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"
)

// setting is one way to run a rival.
type setting struct {
	python      python
	threads     int // 0 leaves them to JAX
	compile     bool
	inside      bool     // channels innermost
	bf16        bool     // bfloat16 where PyTorch finds it wise
	scan        int      // steps in one call of JAX; 0 for PyTorch
	adam        string   // single, foreach or fused; empty where nothing is trained
	chunk       int      // samples decoded at once; 0 where nothing is only decoded
	environment []string // as NAME=value
}

func (s setting) String() string {
	if s.scan != 0 {
		parts := []string{"JAX " + s.python.JAX, fmt.Sprintf("%s a call", plural(s.scan, "step"))}
		if s.threads != 0 {
			parts = append(parts, "on one core")
		}
		return strings.Join(parts, ", ")
	}
	parts := []string{"torch " + s.python.Torch, plural(s.threads, "thread")}
	if s.compile {
		parts = append(parts, "compiled")
	} else {
		parts = append(parts, "eager")
	}
	if s.inside {
		parts = append(parts, "channels last")
	}
	if s.bf16 {
		parts = append(parts, "bfloat16")
	}
	if s.adam != "" {
		parts = append(parts, s.adam+" Adam")
	}
	if s.chunk != 0 {
		parts = append(parts, fmt.Sprintf("%d samples at once", s.chunk))
	}
	return strings.Join(append(parts, s.environment...), ", ")
}

// flags are those of the rival's script.
func (s setting) flags() []string {
	flags := []string{"--threads", strconv.Itoa(s.threads)}
	if s.scan != 0 {
		return append(flags, "--scan", strconv.Itoa(s.scan))
	}
	if s.compile {
		flags = append(flags, "--compile")
	}
	if s.inside {
		flags = append(flags, "--channels-last")
	}
	if s.bf16 {
		flags = append(flags, "--bf16")
	}
	if s.adam != "" {
		flags = append(flags, "--adam", s.adam)
	}
	if s.chunk != 0 {
		flags = append(flags, "--chunk", strconv.Itoa(s.chunk))
	}
	return flags
}

// jaxSettings are all ways to run c with p that are worth trying.
func jaxSettings(p python, c comparison) []setting {
	var found []setting
	for _, scan := range []int{1, 8, 50} {
		s := setting{python: p, scan: scan}
		if c.oneThread {
			if !p.CanPin {
				return nil
			}
			s.threads = 1
		}
		found = append(found, s)
	}
	return found
}

// torchSettings are all ways to run c with p that are worth trying on a machine with
// so many cores.
func torchSettings(p python, c comparison, cores int, coreTypes []string) []setting {
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
				s := setting{python: p, threads: n, compile: compiled, bf16: c.bf16, environment: environment}
				found = append(found, s.variants(c.decoding)...)
				if c.convolves() {
					s.inside = true
					found = append(found, s.variants(c.decoding)...)
				}
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
