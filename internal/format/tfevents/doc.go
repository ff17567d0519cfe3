// Package tfevents writes what happens during training as TensorBoard event
// files: scalars, images and histograms, each with the metadata by which the
// current TensorBoard finds the tab it belongs to.
//
// A file is a series of TFRecords, each a serialised Event message, appended
// and never rewritten. A record cut off by a crash is what TensorBoard expects
// of a file that is still growing.
package tfevents
