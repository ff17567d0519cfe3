package main

// vecFamilies lists the families of vector-maths kernels.
func vecFamilies() map[string]func() {
	return map[string]func(){
		"vec_avx512": func() { emitX86Family(avx512) },
		"vec_avx2":   func() { emitX86Family(avx2) },
	}
}
