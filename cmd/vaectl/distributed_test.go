package main

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"vaectl/internal/compute/comm"
)

// Ranks that do not all fail agree on who says so.
func TestRanksAgreeOnAFailure(t *testing.T) {
	cases := map[string]struct {
		failing []int
		speaks  int // the rank whose error is reported, -1 for none
	}{
		"none":  {nil, -1},
		"all":   {[]int{0, 1, 2}, 0},
		"one":   {[]int{2}, 2},
		"some":  {[]int{1, 2}, 1},
		"first": {[]int{0}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			errs := make([]error, 3)
			var wait sync.WaitGroup
			for r, g := range comm.Local(3) {
				wait.Go(func() {
					var own error
					for _, f := range c.failing {
						if f == r {
							own = errors.New("no data")
						}
					}
					errs[r] = (&peers{Group: g}).agree(own)
				})
			}
			wait.Wait()
			for r, err := range errs {
				var out bytes.Buffer
				tellError(environment{stdout: &out, stderr: &out}, nil, err)
				if spoke := out.Len() > 0; spoke != (r == c.speaks) {
					t.Errorf("rank %d says %q", r, out.String())
				}
				if (err == nil) != (c.speaks < 0) {
					t.Errorf("rank %d goes on with %v", r, err)
				}
			}
			if c.speaks > 0 && !strings.Contains(errs[c.speaks].Error(), "rank ") {
				t.Errorf("the error %q does not name its rank", errs[c.speaks])
			}
		})
	}
}
