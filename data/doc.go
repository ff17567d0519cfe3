// Package data is where images come from.
//
// [Load] turns a name into a [Set] of training and test images of one [Shape], one
// byte for each value. A name is one of
//
//   - a catalogue name (mnist, cifar-10 and others; see [Catalogue]): files that are
//     looked for on this machine and downloaded when they are not there;
//   - strokes: the built-in set of drawn digits, which needs no file at all;
//   - a path: a folder or an archive (.zip, .tar, .tar.gz) of pictures, in folders as deep
//     as one likes; arrays in NPY, NPZ, IDX, CSV, CIFAR's binary or Parquet files; four IDX
//     files under MNIST's names; or a directory that [Import] wrote. The content of a file
//     decides what it is; names decide only the split and the class of an image;
//   - auto: MNIST if it can be had within a few seconds, strokes otherwise.
//
// A [Reader] gives a model the rows that it computes with.
//
// # Pictures become images once
//
// [Preparation] says how pictures of any size and colour become images of one shape.
// The result is kept in the cache, under a name that stands for the files (their
// names, sizes and times of change) and for the preparation, and is mapped into memory
// from there: the next start reads no picture, and a set may be larger than memory.
// So nobody copies a set, or parts of it: splits are indices into the same bytes.
//
// # Where a catalogue set is looked for
//
// Options.Dir, if given, is the only place that is searched: a directory without the
// files is [ErrMissing] and one with damaged files is [ErrDamaged], for auto as for
// every other name. Without it
// the places are $VAECTL_DATA_DIR, then the cache, then the catalogue's mirrors.
// Within Dir and $VAECTL_DATA_DIR the set may lie in a subdirectory of its own
// name, in torchvision's layout (MNIST/raw), or in the directory itself.
//
// Nothing is believed because of its name: files of a catalogue set are checked
// against the hashes the catalogue knows, each time they are read. Damaged files
// in a directory of the user's are an error; damaged files in the cache, which is
// ours, are downloaded again.
//
// # Errors
//
// Errors that a user can do something about match one of [ErrMissing],
// [ErrDamaged], [ErrUnclear] and [ErrUnknown] with errors.Is, name the file, and carry a
// suggestion behind the method Hint() string, to be found with errors.As.
package data
