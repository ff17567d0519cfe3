package kernel

// prefetch asks for some bytes of each of some rows, a stride of bytes apart, to be brought into the second-level cache.
//
//go:noescape
func prefetch(p *float32, rows, bytes, stride int)
