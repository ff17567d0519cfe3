package source

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"vaectl/internal/printable"
)

// splitNamed is the split that a folder's name, or a word of a file's name, stands for.
func splitNamed(word string) Split {
	switch strings.ToLower(word) {
	case "train", "training":
		return Train
	case "test", "testing", "t10k":
		return Test
	case "val", "valid", "validation", "dev":
		return Validation
	}
	return Undecided
}

// splitInName finds the split in the words of a path, those of the file first.
func splitInName(name string) Split {
	parts := strings.Split(name, "/")
	for _, part := range slices.Backward(parts) {
		words := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, word := range words {
			if s := splitNamed(word); s != Undecided {
				return s
			}
		}
	}
	return Undecided
}

// place is where a picture's folders put it.
type place struct {
	split Split
	class string
}

// unsorted is the class of pictures that lie beside the folders of the classes.
const unsorted = "."

// places reads splits and classes from the folders of pictures. Folders around all
// of them say nothing. The first that differ are the splits, if they have the names
// of splits, or else the classes.
func places(names []string) ([]place, error) {
	folders := make([][]string, len(names))
	for i, name := range names {
		if dir := path.Dir(name); dir != "." {
			folders[i] = strings.Split(dir, "/")
		}
	}
	strip(folders)
	found := make([]place, len(names))
	if bySplit, err := areSplits(folders); err != nil {
		return nil, err
	} else if bySplit {
		for i := range folders {
			found[i].split = splitNamed(folders[i][0])
			folders[i] = folders[i][1:]
		}
		strip(folders)
	}
	classes := slices.ContainsFunc(folders, func(f []string) bool { return len(f) > 0 })
	for i, f := range folders {
		switch {
		case len(f) > 0:
			found[i].class = f[0]
		case classes:
			found[i].class = unsorted
		}
	}
	return found, nil
}

// strip takes away the folders that are around everything.
func strip(folders [][]string) {
	for len(folders) > 0 && len(folders[0]) > 0 {
		first := folders[0][0]
		if slices.ContainsFunc(folders, func(f []string) bool { return len(f) == 0 || f[0] != first }) {
			return
		}
		for i := range folders {
			folders[i] = folders[i][1:]
		}
	}
}

// areSplits reports whether the outermost folders are splits: one of them for
// training. Then nothing else may lie beside them.
func areSplits(folders [][]string) (bool, error) {
	splits, others, training, beside := map[string]bool{}, map[string]bool{}, false, 0
	for _, f := range folders {
		switch {
		case len(f) == 0:
			beside++
		case splitNamed(f[0]) == Undecided:
			others[f[0]] = true
		default:
			splits[f[0]] = true
			training = training || splitNamed(f[0]) == Train
		}
	}
	if !training || len(splits) < 2 {
		return false, nil
	}
	if beside > 0 || len(others) > 0 {
		what := fmt.Sprintf("%d pictures lie", beside)
		if beside == 0 {
			what = "there is " + printable.Text(sortedKeys(others)[0]) + "/"
		}
		return false, malformed("rename the folders of the splits if they are classes, or move what is beside them",
			"the folders %s/ are splits, but %s beside them", strings.Join(sortedKeys(splits), "/, "), what)
	}
	return true, nil
}

func sortedKeys(set map[string]bool) []string {
	var keys []string
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
