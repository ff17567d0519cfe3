// Package data is where images come from.
//
// [Load] turns a name into a [Set] of training and test images in memory, one
// byte a pixel. A name is one of
//
//   - a catalogue name (mnist, fashion-mnist, kmnist; see [Catalogue]): four IDX
//     files, looked for on this machine and downloaded when they are not there;
//   - strokes: the built-in set of drawn digits, which needs no file at all;
//   - a directory that holds IDX files under MNIST's four names;
//   - auto: MNIST if it can be had within a few seconds, strokes otherwise.
//
// # Where a catalogue set is looked for
//
// Options.Dir, if given, is the only place looked in: whoever names a directory
// wants what is in it, so a directory without the files is [ErrMissing] and one
// with damaged files is [ErrDamaged], for auto as for every other name. Without it
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
// [ErrDamaged] and [ErrUnknown] with errors.Is, name the file, and carry a
// suggestion behind the method Hint() string, to be found with errors.As.
package data
