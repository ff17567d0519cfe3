//go:build !unix

package rundir

// nonblock is nothing where named pipes do not lie in directories.
const nonblock = 0
