package main

// vecFamilies lists the families of vector-maths kernels.
func vecFamilies() map[string]func() {
	return map[string]func(){}
}
