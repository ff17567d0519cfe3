package kernel

import (
	"testing"
	"unsafe"
)

func TestFloatsBeginOnACacheLine(t *testing.T) {
	for _, n := range []int{1, 15, 1000, hugePageBytes/8 - 1, hugePageBytes/4*3 + 5} {
		for range 5 {
			s := Floats(n)
			if len(s) != n {
				t.Fatalf("%d values, want %d", len(s), n)
			}
			if at := uintptr(unsafe.Pointer(&s[0])); at%cacheLineBytes != 0 {
				t.Errorf("%d values at %#x", n, at)
			}
			for i, v := range s {
				if v != 0 {
					t.Fatalf("%d values: value %d is %v", n, i, v)
				}
				s[i] = 1
			}
		}
	}
}
