package kernel

import "golang.org/x/sys/cpu"

// nativeLevels lists the assembly levels this CPU can run, best first.
func nativeLevels() []string {
	var native []string
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	if avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
		native = append(native, levelAVX512)
	}
	if avx2 {
		native = append(native, levelAVX2)
	}
	return native
}
