// Command gen writes the assembly of package kernel, one kernel family into one file:
//
//	go run . -family gemm_amd64 -out ../gemm_amd64.s -stubs ../gemm_amd64_stubs.go -pkg kernel
//
// A family is a function that emits into avo's build context; it lives in a file of its own.
package main

import (
	"flag"
	"fmt"
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

func main() {
	name := flag.String("family", "", "kernel family to generate")
	flag.Parse()
	all := families()
	emit, ok := all[*name]
	if !ok {
		fmt.Fprintf(os.Stderr, "gen: unknown -family %q; known: %s\n", *name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
		os.Exit(2)
	}
	emit()
	build.Generate()
}
