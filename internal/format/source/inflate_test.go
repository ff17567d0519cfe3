package source

import (
	"io"
	"testing"
)

// endless has zeros without end, and makes none.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestInflation(t *testing.T) {
	const packed = 10 << 20
	for name, c := range map[string]struct {
		size int64
		ok   bool
	}{
		"below what is free":  {unpackedFreely, true},
		"as the ratio allows": {packed * unpackedTimes, true},
		"more than that":      {packed*unpackedTimes + 1<<20, false},
		"for ever":            {1 << 50, false},
	} {
		r := &inflatingReader{plain: io.LimitReader(endless{}, c.size), packed: func() int64 { return packed }}
		n, err := io.Copy(io.Discard, r)
		if (err == nil) != c.ok || c.ok && n != c.size || n > packed*unpackedTimes+1<<20 {
			t.Errorf("%s: %d bytes of %d, %v", name, n, c.size, err)
		}
	}
	// Without a ratio to go by, what is free is free.
	small := &inflatingReader{plain: io.LimitReader(endless{}, unpackedFreely), packed: func() int64 { return 0 }}
	if n, err := io.Copy(io.Discard, small); err != nil || n != unpackedFreely {
		t.Errorf("%d bytes, %v", n, err)
	}
}
