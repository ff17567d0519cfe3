// Package page writes what there is to know of runs as one HTML file that
// refers to nothing outside itself: style, figures and pictures are within it,
// and its content security policy keeps a browser from fetching anything.
//
// It lays out words, tables and pictures and knows nothing of what they say. All
// text is escaped. The page follows the reader's choice of light or dark, prints
// in black on white, and is well-formed XML besides HTML.
package page
