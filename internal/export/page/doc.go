// Package page writes runs as one HTML file with their models inside: the page of
// package explorer, answered by JavaScript that computes in the reader's browser.
// It works from a file, with no server, no network and no vaectl.
//
// A file holds, beside the page, a gzipped archive (archive.go): what the explorer
// answers about each run, some test images, and the weights as integers with a step
// for each row (weights.go). [Write] finds the fewest bits for which pixels and
// loss stay what they were, and says what is left of a difference ([Cost]).
//
// The page itself is page.html, which gen makes of the explorer's front end and of
// js; a test says when it is to be made again:
//
//	go generate ./internal/export/page
package page

//go:generate go run ./gen
