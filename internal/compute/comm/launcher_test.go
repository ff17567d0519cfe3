package comm

import (
	"errors"
	"strings"
	"testing"
)

func TestLauncherIsFoundByItsVariables(t *testing.T) {
	cases := map[string]struct {
		set    map[string]string
		family string
		ranks  int
	}{
		"nobody":                  {nil, "", 0},
		"mpirun of Open MPI":      {map[string]string{"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "0"}, openMPI, 4},
		"mpiexec of MPICH":        {map[string]string{"PMI_RANK": "1", "PMI_SIZE": "3"}, mpich, 3},
		"srun --mpi=pmix":         {map[string]string{"PMIX_RANK": "1", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, openMPI, 2},
		"srun --mpi=pmi2":         {map[string]string{"PMI_RANK": "1", "PMI_SIZE": "2", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, mpich, 2},
		"srun":                    {map[string]string{"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, "", 2},
		"a batch script":          {map[string]string{"SLURM_PROCID": "0", "SLURM_NTASKS": "2"}, "", 0},
		"mpirun in a batch":       {map[string]string{"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, openMPI, 4},
		"PMIx without a size":     {map[string]string{"PMIX_RANK": "1"}, openMPI, 0},
		"a size that is none":     {map[string]string{"PMI_RANK": "1", "PMI_SIZE": "many"}, "", 0},
		"MVAPICH's mpirun, alone": {map[string]string{"MV2_COMM_WORLD_RANK": "1", "MV2_COMM_WORLD_SIZE": "8"}, mpich, 8},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			by, ranks := launched(func(v string) string { return c.set[v] })
			if by.family != c.family || ranks != c.ranks {
				t.Errorf("%s (%s) started %d, want %s %d", by.name, by.family, ranks, c.family, c.ranks)
			}
		})
	}
}

func TestTheLaunchersLibraryIsTriedFirst(t *testing.T) {
	if first := libraries(openMPI)[0]; first != "libmpi.so.40" {
		t.Errorf("under Open MPI %s", first)
	}
	if first := libraries(mpich)[0]; first != "libmpi_abi.so.1" {
		t.Errorf("under MPICH %s", first)
	}
}

func TestAWorldThatIsNotTheLaunchersIsAnError(t *testing.T) {
	by := launchers()[0]
	if err := checkWorld(by, 4, 4, "Open MPI 4"); err != nil {
		t.Error(err)
	}
	if err := checkWorld(launcher{}, 0, 1, "Open MPI 4"); err != nil {
		t.Error(err)
	}
	err := checkWorld(by, 4, 1, "MPICH 4")
	var library *LibraryError
	if !errors.As(err, &library) || !strings.Contains(err.Error(), "Open MPI's mpirun started 4 ranks, but MPICH 4 knows 1") || !strings.Contains(library.Hint(), LibraryVariable) {
		t.Errorf("got %v", err)
	}
}
