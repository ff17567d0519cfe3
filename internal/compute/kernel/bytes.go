package kernel

// bytesPerTurn is what the assembly conversions of bytes take at once.
const bytesPerTurn = 16

// A byteFunction makes a pixel from a byte.
type byteFunction uint8

const (
	byteScale byteFunction = iota
	byteThreshold
)

// ScaleBytes writes b/255, correctly rounded, for every byte b of src.
func (e *Engine) ScaleBytes(dst []float32, src []byte) { e.vec.bytes(byteScale, dst, src) }

// ThresholdBytes writes 1 where a byte of src is at least 128, else 0.
func (e *Engine) ThresholdBytes(dst []float32, src []byte) { e.vec.bytes(byteThreshold, dst, src) }

func (t *vecTable) bytes(f byteFunction, dst []float32, src []byte) {
	sameLength(len(dst), len(src))
	for len(src) >= bytesPerTurn {
		n := min(len(src)-len(src)%bytesPerTurn, callElements)
		t.bytesCall(f, dst[:n], src[:n])
		dst, src = dst[n:], src[n:]
	}
	bytesPortable(f, dst, src)
}

func bytesPortable(f byteFunction, dst []float32, src []byte) {
	for i, b := range src {
		if f == byteScale {
			dst[i] = float32(b) / 255
		} else {
			dst[i] = float32(b >> 7)
		}
	}
}

// BernoulliBytes draws pixels that are 1 with probability b/255, else 0: 1 iff the random word at the pixel's position
// is below ceil(b * 2^32 / 255). src[i] has position pos+i. 0 and 255 are never random.
// Groups of 64 positions from a multiple of 64 on are drawn together: fastest is a pos that is one.
func (e *Engine) BernoulliBytes(dst []float32, src []byte, k Key, pos uint64) {
	sameLength(len(dst), len(src))
	s := wordStream{key: k}
	if within := int(pos % wordGroup); within != 0 {
		n := min(len(dst), wordGroup-within)
		e.vec.partialBernoulliBytes(dst[:n], src[:n], &s, pos)
		dst, src, pos = dst[n:], src[n:], pos+uint64(n)
	}
	for len(dst) >= wordGroup {
		n := wordGroup * groupRun(pos/wordGroup, len(dst)/wordGroup)
		e.vec.bernoulliBytesCall(dst[:n], src[:n], &s, pos/wordGroup*groupBlocks)
		dst, src, pos = dst[n:], src[n:], pos+uint64(n)
	}
	if len(dst) > 0 {
		e.vec.partialBernoulliBytes(dst, src, &s, pos)
	}
}

// partialBernoulliBytes draws the pixels of a part of one group.
func (t *vecTable) partialBernoulliBytes(dst []float32, src []byte, s *wordStream, pos uint64) {
	var pixels [wordGroup]float32
	var bytes [wordGroup]byte
	within := pos % wordGroup
	copy(bytes[within:], src)
	t.bernoulliBytesCall(pixels[:], bytes[:], s, pos/wordGroup*groupBlocks)
	copy(dst, pixels[within:])
}

// bernoulliByte compares a word with ceil(b * 2^32 / 255). As 2^32 = 255*0x01010101 + 1, that is b*0x01010101 + 1 for 0 < b < 255.
func bernoulliByte(b byte, word uint32) float32 {
	if b != 0 && word <= uint32(b)*0x01010101 {
		return 1
	}
	return 0
}

// BernoulliProbs writes 1 where Uniform at the element's position is below p, else 0. dst may be p.
func (e *Engine) BernoulliProbs(dst, p []float32, k Key, pos uint64) {
	sameLength(len(dst), len(p))
	var words [8 * wordGroup]uint32
	s := wordStream{key: k}
	for len(p) > 0 {
		n := min(len(p), len(words)-int(pos%wordGroup))
		e.vec.words(words[:n], &s, pos)
		e.vec.binary(binaryBelow, dst[:n], asFloats(words[:n]), p[:n])
		dst, p, pos = dst[n:], p[n:], pos+uint64(n)
	}
}
