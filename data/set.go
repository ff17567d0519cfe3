package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Set is a data set in memory.
type Set struct {
	// Name is the catalogue name, "strokes", or the directory's base name.
	Name string
	// Title says in a few words what the images show; Licence under which terms
	// they may be used ("" when unknown).
	Title, Licence string
	// Source is the directory the files were read from, or "built-in".
	Source string
	// Digest is the SHA-256, in hex, of the set's content: of its IDX files,
	// uncompressed, one after the other in the order training images, training
	// labels, test images, test labels. Labels that are not there contribute nothing.
	// Every other set is digested as if it lay in IDX files.
	Digest string
	// Verified is true when every file matched a hash of the catalogue, or when the
	// set is the built-in one.
	Verified bool
	// Substitute is true when auto could not get MNIST and took the built-in set;
	// Warning then says so, why, and what to do, for the caller to show where it cannot
	// be missed. It is empty otherwise.
	Substitute bool
	Warning    string
	// Files are the files the set was read from; none for the built-in set.
	Files []FileInfo
	// Classes names the classes by label; nil when nobody named them, as in a set of
	// bare numbers. [Set.ClassName] has a name for every label.
	Classes []string
	// Binary is true when every value is that of black or white: the pixels are
	// binarised as they lie there.
	Binary bool
	// Notes say how a set of one's own was read, a sentence each.
	Notes []string
	// Sizes are the sizes of the pictures an own set was made of, the most frequent
	// first; Broken those that could not be read and were left out, BrokenCount of them.
	Sizes       []SizeCount
	Broken      []BrokenPicture
	BrokenCount int
	// Train and Test have images of the same shape.
	Train, Test Split
	// Validation holds what HoldOut took from the training images, or the validation
	// images that the set has of its own.
	Validation Split

	dir     string // of a prepared set
	mapping []byte // of its images
}

// String describes the set in a line, so that printing one does not print its pixels.
func (s *Set) String() string {
	return fmt.Sprintf("%s: %d training and %d test images of %v from %s",
		s.Name, s.Train.Count, s.Test.Count, s.Train.Shape, s.Source)
}

// FileInfo says which file was read and what was in it.
type FileInfo struct {
	// Path of the file.
	Path string `json:"path"`
	// SHA256 is the hash of the IDX content, uncompressed, in hex.
	SHA256 string `json:"sha256"`
	// Verified is true when the content, or the archive it came in, has the hash that
	// the catalogue gives.
	Verified bool `json:"verified"`
}

// areBinary reports whether all values are those of black or white.
func areBinary(values []byte) bool {
	return !slices.ContainsFunc(values, func(v byte) bool { return v != 0 && v != 255 })
}

// digest computes Set.Digest from what is in memory: the set is hashed as if it lay
// in IDX files, those of images with a fourth dimension, the channels, where they
// have more than one. Reading IDX is strict, so memory and file content determine
// each other.
func digest(splits ...*Split) string {
	text, _ := digestOf(context.Background(), func(int) {}, splits...) // nobody ends it
	return text
}

// digestOf is [digest] of a set that takes a while: tell hears of the number of images.
func digestOf(ctx context.Context, tell func(done int), splits ...*Split) (string, error) {
	h, done := sha256.New(), 0
	for _, s := range splits {
		if s.Count == 0 {
			continue
		}
		h.Write(imageHeader(s.Count, s.Shape))
		for i := range s.Count {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			h.Write(s.Image(i))
			done++
			tell(done)
		}
		if s.Labels != nil {
			h.Write(labelFile(s.Labels))
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
