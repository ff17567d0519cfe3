package configs

import (
	"fmt"
	"slices"
)

// Difference is one setting with unlike values in two configurations, each written as a flag would give it.
type Difference struct {
	Key  string
	A, B string
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s against %s", d.Key, orEmpty(d.A), orEmpty(d.B))
}

// Changed lists the settings of c, for images of so many channels, that are not the default (A) and have an effect, in the order of
// the file.
func Changed(c Config, channels int) []Difference {
	return slices.DeleteFunc(Diff(DefaultFor(c, channels), c.Settled(channels)), func(d Difference) bool { return !c.HasEffect(d.Key) })
}

// Varying lists the keys of the settings in which configurations differ, in the order of the file. Where a setting has no effect it
// counts as the default: that one network is convolutional does not make its norm of "none" a difference to a dense one.
func Varying(all []Config) []string {
	usual := Default()
	var keys []string
	for _, key := range Keys() {
		values := make(map[string]bool)
		for i := range all {
			c := &all[i]
			if !c.HasEffect(key) {
				c = &usual
			}
			s, err := c.setting(key)
			if err != nil {
				panic(fmt.Sprintf("configs: %v", err))
			}
			values[textOf(s.pointer)] = true
		}
		if len(values) > 1 {
			keys = append(keys, key)
		}
	}
	return keys
}

// Diff lists the settings a and b disagree on, in the order of the file.
func Diff(a, b Config) []Difference {
	var differences []Difference
	right := settings(&b)
	for i, left := range settings(&a) {
		if x, y := textOf(left.pointer), textOf(right[i].pointer); x != y {
			differences = append(differences, Difference{Key: left.key, A: x, B: y})
		}
	}
	return differences
}
