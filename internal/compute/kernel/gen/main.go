// Command gen writes the assembly of package kernel, one kernel family into one file:
//
//	go run . -family gemm_avx512 -out ../gemm_avx512_amd64.s -pkg kernel
//	go run . -family gemm_neon -out ../gemm_neon_arm64.s
//
// A family is a function that emits into avo's build context or, for arm64, which avo does not know, writes
// text. Each lives in a file of its own.
package main

import (
	"bytes"
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
	maps.Copy(all, nestedFamilies())
	maps.Copy(all, vecFamilies())
	return all
}

// texts lists the families that are written as text.
func texts() map[string]func(io.Writer) {
	all := map[string]func(io.Writer){"gemm_neon": gemmNEON, "nested_neon": nestedNEON}
	maps.Copy(all, vecTexts())
	return all
}

func main() {
	name := flag.String("family", "", "kernel family to generate")
	flag.Parse()
	if write, ok := texts()[*name]; ok {
		var text bytes.Buffer
		write(&text)
		if err := os.WriteFile(flag.Lookup("out").Value.String(), text.Bytes(), 0o644); err != nil {
			fmt.Fprintf(os.Stderr, "gen: %v\n", err)
			os.Exit(1)
		}
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
