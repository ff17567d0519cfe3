// Package source finds out what lies at a path and reads the images there.
//
// A path may be a folder, a .zip, .tar, .tar.gz or .tgz archive, or a file. In it may
// be pictures, in folders as deep as one likes, or arrays: NPY and NPZ, IDX, tables of
// text (CSV), CIFAR's binary files, and Parquet with pictures in it. What a file is,
// its content decides; names decide only which split and which class an image
// belongs to. [Open] looks, [Source.Each] reads.
//
// Nothing here trusts what it reads. Archives are never unpacked into a directory, so
// a path in one leads nowhere; links are not followed out of a folder; sizes that a
// header declares are limited before there is memory for them.
package source
