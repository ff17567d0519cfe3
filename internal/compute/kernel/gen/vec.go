package main

import "io"

// vecFamilies lists the families of vector-maths kernels.
func vecFamilies() map[string]func() {
	return map[string]func(){
		"vec_avx512": func() { emitX86Family(avx512) },
		"vec_avx2":   func() { emitX86Family(avx2) },
	}
}

// vecTexts lists the families that are written as text.
func vecTexts() map[string]func(io.Writer) {
	return map[string]func(io.Writer){"vec_neon": writeVecNEON, "vec_neon_stubs": writeVecNEONStubs}
}
