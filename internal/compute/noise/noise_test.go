package noise

import (
	"testing"

	"vaectl/internal/compute/kernel"
)

// The numbers are part of every stream a checkpoint depends on.
func TestPurposesKeepTheirNumbers(t *testing.T) {
	for number, purpose := range []Purpose{1: Init, 2: Shuffle, 3: Epsilon, 4: Binarize, 5: Sample, 6: EvalEpsilon, 7: EvalBinarize, 8: Stroke, 9: Split} {
		if number > 0 && int(purpose) != number {
			t.Errorf("purpose %d has become %d", number, purpose)
		}
	}
}

func TestKeyHoldsItsParts(t *testing.T) {
	if got, want := Key(1<<63+5, Sample, 1<<40), (kernel.Key{Seed: 1<<63 + 5, Step: 1 << 40, Purpose: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
