package kernel

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// The known answers of Philox4x32-10 published with the Random123 distribution (kat_vectors).
func TestPhiloxKnownAnswers(t *testing.T) {
	const ones = 0xffffffff
	for _, c := range []struct {
		name    string
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{"zeros", [4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{"ones", [4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{"pi", [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := philoxOf(c.counter, c.key); got != c.want {
				t.Errorf("got %#x, want %#x", got, c.want)
			}
		})
	}
}

func philoxOf(c [4]uint32, k [2]uint32) (words [4]uint32) {
	words[0], words[1], words[2], words[3] = philox(c[0], c[1], c[2], c[3], k[0], k[1])
	return words
}

// The layout of positions and keys is part of every stored result: it must not change.
func TestWordLayout(t *testing.T) {
	key := Key{Seed: 0x2222222211111111, Step: 0x4444444433333333, Purpose: 0x55}
	const pos = 64*0x123456789a + 16*2 + 5 // group 0x123456789a, word 2 of lane 5
	const block = 16*0x123456789a + 5
	counter := [4]uint32{block & 0xffffffff, block>>32 | 0x55<<24, 0x33333333, 0x44444444}
	want := philoxOf(counter, [2]uint32{0x11111111, 0x22222222})[2]
	if got := key.Word(pos); got != want {
		t.Errorf("word at %#x is %#x, want %#x", uint64(pos), got, want)
	}
}

// positions draws a place to read words from: anywhere, but often about where counters carry.
func positions() *rapid.Generator[uint64] {
	return rapid.Custom(func(t *rapid.T) uint64 {
		base := rapid.SampledFrom([]uint64{0, 64, 1 << 20, wordGroup << 28, wordGroup << 29, 1 << 50}).Draw(t, "base")
		return base - min(base, rapid.Uint64Range(0, 300).Draw(t, "before")) + rapid.Uint64Range(0, 200).Draw(t, "after")
	})
}

func keys() *rapid.Generator[Key] {
	return rapid.Custom(func(t *rapid.T) Key {
		return Key{rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "step"), rapid.Uint8().Draw(t, "purpose")}
	})
}

func TestWordsAreThoseOfTheDefinition(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		rapid.Check(t, func(t *rapid.T) {
			key, pos := keys().Draw(t, "key"), positions().Draw(t, "pos")
			n := rapid.IntRange(0, 700).Draw(t, "n")
			buffer := make([]uint32, n+2)
			buffer[0], buffer[n+1] = 0xdead, 0xbeef
			e.Words(buffer[1:n+1], key, pos)
			for i, got := range buffer[1 : n+1] {
				if want := key.Word(pos + uint64(i)); got != want {
					t.Fatalf("word %d is %#x, want %#x", i, got, want)
				}
			}
			if buffer[0] != 0xdead || buffer[n+1] != 0xbeef {
				t.Fatal("wrote outside its slice")
			}
		})
	})
}

// A long request goes through every path of the assembly: several groups at once, calls cut short, a plan that changes.
func TestLongRunsOfWordsCrossPlans(t *testing.T) {
	const n = 3*callElements + 100
	const pos = wordGroup<<28 - callElements - 77 // the block's bit 32 changes on the way
	key := Key{Seed: 5, Step: 6, Purpose: 7}
	forEachEngine(t, func(t *testing.T, e *Engine) {
		words := make([]uint32, n)
		e.Words(words, key, pos)
		for i, got := range words {
			if want := key.Word(pos + uint64(i)); got != want {
				t.Fatalf("word %d is %#x, want %#x", i, got, want)
			}
		}
	})
}

func TestUniformIsTheWordsHighBits(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		key := Key{Seed: 1, Purpose: 2}
		got := newGuarded(2*passElements + 13)
		e.Uniform(got.inner, key, 5)
		for i, v := range got.inner {
			if want := float32(float64(key.Word(5+uint64(i))>>8) / (1 << 24)); v != want || v < 0 || v >= 1 {
				t.Fatalf("draw %d is %g, want %g", i, v, want)
			}
		}
		got.check(t, "uniform")
	})
}

// exactNormal is the draw at pos in float64, straight from its definition.
func exactNormal(k Key, pos uint64) float64 {
	even := pos &^ 16
	u := float32((float64(k.Word(even)) + 0.5) * 0x1p-32)
	sin, cos := math.Sincos(2 * math.Pi * float64(k.Word(even+16)>>8) * 0x1p-24)
	if r := math.Sqrt(-2 * math.Log(float64(u))); pos == even {
		return r * cos
	} else {
		return r * sin
	}
}

func TestNormalFollowsItsDefinition(t *testing.T) {
	const n = 200_003
	const bound = 4 // ulp
	forEachEngine(t, func(t *testing.T, e *Engine) {
		key := Key{Seed: 3, Step: 1, Purpose: 9}
		got := newGuarded(n)
		const pos = 1000*wordGroup + 21
		e.Normal(got.inner, key, pos)
		got.check(t, "normal")
		var worst float64
		for i, v := range got.inner {
			want := exactNormal(key, pos+uint64(i))
			if math.Abs(want) < 1e-15 {
				want = 0 // the reference's pi is not exact: sin of half a turn is 0
				if math.Abs(float64(v)) > 1e-6 {
					t.Fatalf("draw %d is %g, want 0", i, v)
				}
				continue
			}
			worst = max(worst, ulpError(v, want))
		}
		t.Logf("worst error %.2f ulp", worst)
		if worst > bound {
			t.Errorf("worst error %.2f ulp, allowed %d", worst, bound)
		}
	})
}

// radiusExtremes are first words at which the radius is largest, smallest and hard to round.
func TestNormalRadiusAtTheEnds(t *testing.T) {
	words := []uint32{0, 1, 2, 0xff, 0xffff, 0x10000, 1<<24 - 1, 1 << 24, 1<<24 + 1, 1<<25 - 1, 0x7fffffff, 0x80000000,
		0x80000080, 0x8000007f, 0xbfffffff, 0xc0000000, 0xffffff00, 0xffffff7f, 0xffffff80, 0xffffffff}
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, word := range words {
			group := make([]uint32, normalGroup) // all angles 0: the cosine is 1
			for i := range normalGroup / 2 {
				group[i] = word
			}
			draws := asFloats(group)
			e.vec.normals(draws)
			u := float32((float64(word) + 0.5) * 0x1p-32)
			want := math.Sqrt(-2 * math.Log(float64(u)))
			if err := ulpError(draws[0], want); err > 2 {
				t.Errorf("radius for word %#x is %g, want %g", word, draws[0], want)
			}
			if draws[normalGroup/2] != 0 {
				t.Errorf("sine of 0 is %g", draws[normalGroup/2])
			}
		}
	})
}

func TestBernoulliBytesFollowTheirDefinition(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		rapid.Check(t, func(t *rapid.T) {
			key, pos := keys().Draw(t, "key"), positions().Draw(t, "pos")
			src := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]byte{0, 255, 1, 254, 128}), rapid.Byte()), 0, 700).Draw(t, "bytes")
			blank := rapid.IntRange(0, len(src)).Draw(t, "blank")
			clear(src[:blank])
			got := newGuarded(len(src))
			e.BernoulliBytes(got.inner, src, key, pos)
			for i, v := range got.inner {
				// word < ceil(b * 2^32 / 255), in integers.
				limit := (uint64(src[i])<<32 + 254) / 255
				want := float32(0)
				if uint64(key.Word(pos+uint64(i))) < limit {
					want = 1
				}
				if v != want {
					t.Fatalf("pixel %d of byte %d is %g, want %g", i, src[i], v, want)
				}
			}
			got.check(t, "bernoulli bytes")
		})
	})
}

// Words at the very edge of a byte's bound are too rare to be drawn.
func TestBernoulliByteBounds(t *testing.T) {
	for b := range 256 {
		limit := new(big.Int).Lsh(big.NewInt(int64(b)), 32)
		limit.Add(limit, big.NewInt(254)).Div(limit, big.NewInt(255))
		for _, offset := range []int64{-1, 0, 1} {
			word := limit.Int64() + offset
			if word < 0 || word > math.MaxUint32 {
				continue
			}
			if got, want := bernoulliByte(byte(b), uint32(word)) == 1, offset < 0; got != want {
				t.Errorf("byte %d, word %#x: drawn %v, want %v", b, word, got, want)
			}
		}
	}
}

func TestBernoulliProbsCompareUniforms(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		key := Key{Seed: 8, Step: 9, Purpose: 1}
		const n, pos = 2003, 33
		uniform := make([]float32, n)
		e.Uniform(uniform, key, pos)
		p := newGuarded(n)
		for i := range p.inner {
			p.inner[i] = []float32{0, 1, 0.5, uniform[i], math.Nextafter32(uniform[i], 2), float32(math.NaN())}[i%6]
		}
		want := make([]float32, n)
		for i, v := range p.inner {
			if uniform[i] < v {
				want[i] = 1
			}
		}
		e.BernoulliProbs(p.inner, p.inner, key, pos)
		for i, v := range p.inner {
			if v != want[i] {
				t.Fatalf("draw %d (case %d) is %g, want %g", i, i%6, v, want[i])
			}
		}
		p.check(t, "bernoulli probabilities")
	})
}

// noiseFunctions draw float32s at positions.
func noiseFunctions() map[string]func(e *Engine, dst []float32, k Key, pos uint64) {
	src := make([]byte, 1<<13)
	for i := range src {
		src[i] = byte(i * 7)
	}
	p := spread(len(src), 0, 1)
	return map[string]func(e *Engine, dst []float32, k Key, pos uint64){
		"words":   func(e *Engine, dst []float32, k Key, pos uint64) { e.Words(asWords(dst), k, pos) },
		"uniform": (*Engine).Uniform,
		"normal":  (*Engine).Normal,
		"bernoulliBytes": func(e *Engine, dst []float32, k Key, pos uint64) {
			e.BernoulliBytes(dst, src[pos:][:len(dst)], k, pos)
		},
		"bernoulliProbs": func(e *Engine, dst []float32, k Key, pos uint64) {
			e.BernoulliProbs(dst, p[pos:][:len(dst)], k, pos)
		},
	}
}

func FuzzDrawsDoNotDependOnHowTheyAreCut(f *testing.F) {
	f.Add(uint64(1), uint16(0), uint16(700), uint16(64))
	f.Add(uint64(2), uint16(63), uint16(130), uint16(1))
	f.Add(uint64(3), uint16(4000), uint16(4096), uint16(2049))
	f.Fuzz(func(t *testing.T, seed uint64, pos, n, cut uint16) {
		from, length := uint64(pos)%4096, int(n)%4097
		at := int(cut) % (length + 1)
		key := Key{Seed: seed, Step: seed >> 7, Purpose: uint8(seed)}
		forEachEngine(t, func(t *testing.T, e *Engine) {
			for name, draw := range noiseFunctions() {
				whole, parts := make([]float32, length), make([]float32, length)
				draw(e, whole, key, from)
				draw(e, parts[:at], key, from)
				draw(e, parts[at:], key, from+uint64(at))
				for i := range whole {
					if math.Float32bits(whole[i]) != math.Float32bits(parts[i]) {
						t.Fatalf("%s: draw %d is %g in one piece, %g cut at %d", name, i, whole[i], parts[i], at)
					}
				}
			}
		})
	})
}
