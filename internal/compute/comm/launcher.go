package comm

import (
	"fmt"
	"strconv"
)

// launcher is what started this process among others.
type launcher struct {
	name    string
	family  string // of the MPI library that belongs to it, "" where any may
	rankVar string // where it writes the rank
	sizeVar string // where it writes the number of ranks
}

const (
	openMPI = "Open MPI"
	mpich   = "MPICH"
)

// launchers are told apart by the variables they set. mpirun comes first: under a Slurm allocation Slurm's are there too.
func launchers() []launcher {
	return []launcher{
		{"Open MPI's mpirun", openMPI, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
		{"MPICH's mpiexec", mpich, "PMI_RANK", "PMI_SIZE"},
		{"MVAPICH's mpirun", mpich, "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"},
		{"srun with PMIx", openMPI, "PMIX_RANK", "SLURM_STEP_NUM_TASKS"},
		{"PMIx", openMPI, "PMIX_RANK", ""},
		{"srun", "", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
	}
}

// launched is who started this process, and the number of ranks it was started as, 0 where nobody says.
func launched(getenv func(string) string) (by launcher, ranks int) {
	for _, l := range launchers() {
		if getenv(l.rankVar) == "" || l.sizeVar != "" && getenv(l.sizeVar) == "" {
			continue
		}
		if l.sizeVar == "" {
			return l, 0
		}
		if n, err := strconv.Atoi(getenv(l.sizeVar)); err == nil && n > 0 {
			return l, n
		}
	}
	return launcher{}, 0
}

// libraries are the files that may hold MPI, the likeliest first: the launcher's own family, then the others, since a library
// that does not belong to the launcher makes every process a world of its own.
func libraries(family string) []string {
	ofOpenMPI := []string{"libmpi.so.40", "libmpi.so.80"}
	ofMPICH := []string{"libmpi_abi.so.1", "libmpi_abi.so.0", "libmpich.so.12", "libmpi.so.12"}
	if family == openMPI {
		return append(ofOpenMPI, ofMPICH...)
	}
	return append(ofMPICH, append(ofOpenMPI, "libmpi.so")...)
}

// checkWorld reports a library whose world is not the launcher's.
func checkWorld(by launcher, launched, size int, library string) error {
	if launched == 0 || launched == size {
		return nil
	}
	return &LibraryError{
		err: fmt.Errorf("%s started %d ranks, but %s knows %d: this MPI library does not belong to the launcher", by.name, launched, library, size),
	}
}

// LibraryError is one of the MPI library that was, or was not, found.
type LibraryError struct{ err error }

func (e *LibraryError) Error() string { return e.err.Error() }
func (e *LibraryError) Unwrap() error { return e.err }

// Hint says what to do about it.
func (e *LibraryError) Hint() string {
	return "name the launcher's own library, as in " + LibraryVariable + "=/usr/lib/x86_64-linux-gnu/libmpi.so.40"
}

// LibraryVariable names the variable with the path of the MPI library, for those that are found nowhere or wrongly.
const LibraryVariable = "VAECTL_MPI"
