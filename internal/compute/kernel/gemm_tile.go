package kernel

//go:generate go run -C gen . -family gemm_avx512 -out ../gemm_avx512_amd64.s -pkg kernel
//go:generate go run -C gen . -family gemm_avx2 -out ../gemm_avx2_amd64.s -pkg kernel
//go:generate go run -C gen . -family gemm_dot -out ../gemm_dot_amd64.s -pkg kernel
//go:generate go run -C gen . -family gemm_pack -out ../gemm_pack_amd64.s -pkg kernel
//go:generate go run -C gen . -family gemm_neon -out ../gemm_neon_arm64.s

// gemmTile is the argument of the assembly kernels, which read its fields by offset: keep it as the generator has it.
// A kernel computes Repeats tiles of C below each other, each as tall as the kernel's rows:
// C = alpha*A*B + beta*C + bias, then relu. Those that read B transposed as it is stored compute tiles beside each other:
// bRow leads to the next stored row of B, which is a column of op(B), and aCol is not used.
type gemmTile struct {
	a       *float32
	aRow    int // bytes from one row of op(A) to the next
	aCol    int // bytes from one column of op(A) to the next
	b       *float32
	bRow    int // bytes from one row of op(B) to the next
	k       int // terms of each sum
	c       *float32
	cRow    int // bytes from one row of C to the next
	repeats int
	cols    int      // columns of C in use; only these are read and written
	bias    *float32 // cols elements, or nil
	alpha   float32
	beta    float32 // 0 leaves C unread
	relu    bool
	_       [7]byte
	fetch   gemmFetch
	_       [3]uintptr // places in A and C, and the tiles that are left, for kernels to keep
}

// gemmKernels lists kernels by their width in units less one, then by the number of rows.
type gemmKernels [][]func(*gemmTile)
