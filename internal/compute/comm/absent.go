//go:build !mpi || !(linux || darwin)

package comm

import "errors"

// Start joins the ranks that an MPI launcher started. This program was built without MPI: it is an error.
func Start(func(string) string) (Group, error) {
	return nil, &absentError{errors.New("this program was built without MPI")}
}

type absentError struct{ error }

// Hint says how to get the other program.
func (*absentError) Hint() string {
	return "`make build-mpi` builds bin/vaectl-mpi, which loads the MPI library of the machine when it starts; it needs no C compiler"
}

// Available reports whether this program can join ranks.
func Available() bool { return false }
