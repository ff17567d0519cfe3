package sweep

import (
	"path/filepath"
	"strings"

	"vaectl/configs"
)

// File is a sweep as its file describes it.
type File struct {
	Name string // of the sweep: that of the file, without its extension
	Path string
	// Base is what all trials have in common: the configuration named by config, changed by set.
	Base configs.Config
	// Variables are what is varied, those of the grid first, each in the order of the file.
	Variables []Variable
	// Draws is the number of points drawn over the drawn variables; 1 where there are none.
	Draws int
	// Seed decides the points that are drawn.
	Seed uint64
	// Quasi draws the points evenly, from a scrambled Halton sequence, in place of independently.
	Quasi bool
	// Seeds are those that every setting is trained with.
	Seeds []uint64
	Judge Criterion
	// Validation is the number of training images held out to judge by; 0 leaves it to the size of the data set, see
	// [HeldOut].
	Validation int
	// Rungs are the epochs after which successive halving decides, the last of them the whole training; nil without.
	Rungs []int
	// Keep is the part of the settings that train on after a rung.
	Keep float64
	// Files are all that were read, the sweep's own first.
	Files []string
}

// Variable is something that is varied: one setting, or several under a name of their own.
type Variable struct {
	Name string
	// Choices are the values there are; nil for a range.
	Choices []Choice
	Range   *Range
	// Drawn: one value is drawn a point; otherwise every choice is combined with all others.
	Drawn bool
}

// Choice is a value of a variable.
type Choice struct {
	Label string // as it stands in tables
	Set   []Assignment
}

// Assignment gives a setting a value.
type Assignment struct {
	Key  string // dotted, as "train.lr"
	Text string // as a flag would give it
}

// Range is where numbers are drawn from, ends included.
type Range struct {
	Key       string
	Low, High float64
	Log       bool // the logarithm of the value is uniform
	Whole     bool
}

// Run is the name of a trial's run.
func (f *File) Run(trial int) string { return runName(f.Name, trial) }

// Epochs is how long a trial that is never cut trains.
func (f *File) Epochs(t Trial) int { return t.Config.Train.Epochs }

// sweepName is the name of the sweep that a file holds.
func sweepName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// HeldOut is the number of images that a sweep holds out of so many training images where its file does not say: a
// tenth, and no more than 5,000.
func HeldOut(training int) int { return max(1, min(5000, training/10)) }
