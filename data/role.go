package data

// role is what one of a set's four files is for.
type role int

const (
	trainImages role = iota
	trainLabels
	testImages
	testLabels
	roleCount
)

// stem is the base name of MNIST's file for the role, in the style of its archives.
func (r role) stem() string {
	return [roleCount]string{
		"train-images-idx3-ubyte",
		"train-labels-idx1-ubyte",
		"t10k-images-idx3-ubyte",
		"t10k-labels-idx1-ubyte",
	}[r]
}

// dottedStem is the other style, which some archivers made of it.
func (r role) dottedStem() string {
	return [roleCount]string{
		"train-images.idx3-ubyte",
		"train-labels.idx1-ubyte",
		"t10k-images.idx3-ubyte",
		"t10k-labels.idx1-ubyte",
	}[r]
}

// fileNames are the names under which the role's file is looked for, best first.
func (r role) fileNames() []string {
	return []string{r.stem(), r.stem() + ".gz", r.dottedStem(), r.dottedStem() + ".gz"}
}

func (r role) isLabels() bool { return r == trainLabels || r == testLabels }
