package noise

import (
	"testing"

	"vaectl/internal/compute/kernel"
)

// The numbers are part of every stream a checkpoint depends on: a purpose keeps its
// own for good, and a new one is added here as it is there.
func TestPurposesKeepTheirNumbers(t *testing.T) {
	pinned := []Purpose{
		1: Init, 2: Shuffle, 3: Epsilon, 4: Binarize, 5: Sample, 6: EvalEpsilon, 7: EvalBinarize,
		8: Stroke, 9: Split, 10: SamplePixels, 11: SampleLower, 12: Match, 13: EvalMatch,
		14: Complete, 15: CompletePixels,
	}
	for number, purpose := range pinned {
		if int(purpose) != number {
			t.Errorf("purpose %d has become %d", number, purpose)
		}
	}
	if int(purposes) != len(pinned) {
		t.Errorf("%d purposes, of which %d are pinned here", purposes-1, len(pinned)-1)
	}
}

func TestKeyHoldsItsParts(t *testing.T) {
	if got, want := Key(1<<63+5, Sample, 1<<40), (kernel.Key{Seed: 1<<63 + 5, Step: 1 << 40, Purpose: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
