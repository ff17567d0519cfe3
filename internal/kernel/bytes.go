package kernel

// ScaleBytes writes b/255, correctly rounded, for every byte b of src.
func (e *Engine) ScaleBytes(dst []float32, src []byte) {
	sameLength(len(dst), len(src))
	for i, b := range src {
		dst[i] = float32(b) / 255
	}
}

// ThresholdBytes writes 1 where a byte of src is at least 128, else 0.
func (e *Engine) ThresholdBytes(dst []float32, src []byte) {
	sameLength(len(dst), len(src))
	for i, b := range src {
		dst[i] = float32(b >> 7)
	}
}

// BernoulliBytes draws pixels that are 1 with probability b/255, else 0: 1 iff the random word at the pixel's position
// is below ceil(b * 2^32 / 255). src[i] has position pos+i. 0 and 255 are never random.
func (e *Engine) BernoulliBytes(dst []float32, src []byte, k Key, pos uint64) {
	sameLength(len(dst), len(src))
	var words [wordGroup]uint32
	for len(dst) > 0 {
		k.group(&words, pos/wordGroup)
		from := words[pos%wordGroup:]
		n := min(len(from), len(dst))
		for i, b := range src[:n] {
			dst[i] = bernoulliByte(b, from[i])
		}
		dst, src, pos = dst[n:], src[n:], pos+uint64(n)
	}
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
	var words [wordGroup]uint32
	for len(dst) > 0 {
		k.group(&words, pos/wordGroup)
		from := words[pos%wordGroup:]
		n := min(len(from), len(dst))
		for i, probability := range p[:n] {
			dst[i] = 0
			if uniformOf(from[i]) < probability {
				dst[i] = 1
			}
		}
		dst, p, pos = dst[n:], p[n:], pos+uint64(n)
	}
}
