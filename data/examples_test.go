package data

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExamples(t *testing.T) {
	every := make([]int, 40)
	for i := range every {
		every[i] = 20 - i/2
	}
	for name, c := range map[string]struct {
		split  Split
		rounds int
		want   []int32
	}{
		"rounds go through the classes": {Split{Count: 6, Labels: []int{2, 0, 2, 0, 2, 0}}, 2, []int32{1, 0, 3, 2}},
		"a class that runs out":         {Split{Count: 4, Labels: []int{5, 5, 3, 5}}, 3, []int32{2, 0, 1, 3}},
		"ten classes of many":           {Split{Count: 40, Labels: every}, 1, []int32{38, 36, 34, 32, 30, 28, 26, 24, 22, 20}},
		"without labels":                {Split{Count: 30}, 2, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}},
		"few images without labels":     {Split{Count: 3}, 2, []int32{0, 1, 2}},
		"no images":                     {Split{}, 2, nil},
		"labels of no images":           {Split{Labels: []int{}}, 2, nil},
	} {
		if diff := cmp.Diff(c.want, c.split.Examples(c.rounds)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
