// Package outside uses the library as another module does, which cannot reach what is
// internal: a prior, a likelihood, a data source and a recorder of its own. Its tests are
// the examples, and they break when the public packages do.
package outside
