// Command gen writes the assembly of package kernel, one kernel family into one file:
//
//	go run . -family gemm_avx512 -out ../gemm_avx512_amd64.s -pkg kernel
//	go run . -family gemm_neon >../gemm_neon_arm64.s
//
// A family is a function that emits into avo's build context or, for arm64, which avo does not know, writes text
// to standard output. Each lives in a file of its own.
package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/build"
)

// families lists the kernel families by name.
func families() map[string]func() {
	all := map[string]func(){}
	maps.Copy(all, gemmFamilies())
	maps.Copy(all, vecFamilies())
	return all
}

// texts lists the families that are written as text.
func texts() map[string]func(io.Writer) {
	return map[string]func(io.Writer){"gemm_neon": gemmNEON}
}

func main() {
	name := flag.String("family", "", "kernel family to generate")
	flag.Parse()
	if write, ok := texts()[*name]; ok {
		write(os.Stdout)
		return
	}
	all := families()
	emit, ok := all[*name]
	if !ok {
		fmt.Fprintf(os.Stderr, "gen: unknown -family %q; known: %s\n", *name, strings.Join(slices.Sorted(maps.Keys(all)), ", ")+", "+strings.Join(slices.Sorted(maps.Keys(texts())), ", "))
		os.Exit(2)
	}
	emit()
	build.Generate()
}
