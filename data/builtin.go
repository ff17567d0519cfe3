package data

import "runtime"

// builtinName is the name of the set that needs no file.
const builtinName = "strokes"

// The built-in set is one fixed set, like MNIST: it has seeds of its own and does
// not depend on the seed of a run.
const (
	builtinTrainSeed = 1
	builtinTestSeed  = 2

	builtinTrain = 60000
	builtinTest  = 10000
)

// builtin draws the built-in set.
func builtin(o Options) *Set {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	s := &Set{
		Name:     builtinName,
		Title:    "strokes, digits drawn by this program",
		Licence:  "none needed, the images are computed",
		Source:   "built-in",
		Verified: true,
		Train:    strokesSplit(orDefault(o.BuiltinTrain, builtinTrain), builtinTrainSeed, workers),
		Test:     strokesSplit(orDefault(o.BuiltinTest, builtinTest), builtinTestSeed, workers),
	}
	s.Digest = digest(&s.Train, &s.Test)
	return s
}

func strokesSplit(count int, seed uint64, workers int) Split {
	pixels, labels := generateStrokes(count, seed, workers)
	return Split{Count: count, Shape: Shape{Height: strokesSide, Width: strokesSide, Channels: 1}, Bytes: pixels, Labels: toInts(labels)}
}

func orDefault(n, fallback int) int {
	if n <= 0 {
		return fallback
	}
	return n
}
