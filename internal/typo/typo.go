// Package typo finds the known word a misspelt one was probably meant to be.
package typo

import (
	"strings"
	"unicode/utf8"
)

// longest bounds, in runes, the words worth comparing: no known word is longer, and the cost grows with the product of the lengths.
const longest = 64

// Nearest returns the word of known closest to word, ignoring case, and whether one is close enough to suggest:
// at most one edit in three letters. The first of equally close words wins.
func Nearest(word string, known []string) (string, bool) {
	if utf8.RuneCountInString(word) > longest {
		return "", false
	}
	letters := []rune(strings.ToLower(word))
	best, bestDistance := "", len(letters)+1
	for _, candidate := range known {
		if d := distance(letters, []rune(strings.ToLower(candidate))); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best, best != "" && bestDistance <= max(1, len(letters)/3)
}

// distance counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b
// (Damerau-Levenshtein, no letter edited twice).
func distance(a, b []rune) int {
	beforeLast, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		beforeLast, last, row = last, row, beforeLast
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], beforeLast[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
