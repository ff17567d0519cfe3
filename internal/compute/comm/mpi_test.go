//go:build mpi && (linux || darwin)

package comm_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"vaectl/internal/compute/comm"
	"vaectl/internal/compute/kernel"
)

// rankVariable makes this test program one of the ranks.
const rankVariable = "VAECTL_TEST_RANK"

func TestMain(m *testing.M) {
	switch os.Getenv(rankVariable) {
	case "":
		os.Exit(m.Run())
	case "sum":
		exit(sumOverRanks())
	case "abort":
		exit(abortFromTheLast())
	case "crash":
		exit(crashInTheLast())
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// launchersHere are those that are installed, with the arguments they need to start more ranks than there are cores.
func launchersHere(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, args := range map[string][]string{
		"mpirun.openmpi": {"--allow-run-as-root", "--oversubscribe", "--bind-to", "none"},
		"mpirun.mpich":   nil,
	} {
		if path, err := exec.LookPath(name); err == nil {
			found[path] = args
		}
	}
	if len(found) == 0 {
		t.Skip("neither mpirun.openmpi nor mpirun.mpich is installed")
	}
	return found
}

func ranks(path string, args []string, n int, what string, env ...string) *exec.Cmd {
	cmd := exec.Command(path, append(append([]string{"-n", strconv.Itoa(n)}, args...), os.Args[0])...)
	cmd.Env = append(append(os.Environ(), rankVariable+"="+what), env...)
	return cmd
}

const testShards, testWeights = 8, 30*comm.Chunk - 5

// sumOverRanks writes the digest of a sum over shards on every rank.
func sumOverRanks() error {
	g, err := comm.Start(os.Getenv)
	if err != nil {
		return err
	}
	e, err := kernel.New(kernel.Options{Threads: 1})
	if err != nil {
		return err
	}
	s, err := comm.NewSum(g, e, testShards, 0, 8*comm.Chunk, 20*comm.Chunk, testWeights)
	if err != nil {
		return err
	}
	all := leaves(1, testShards, testWeights)
	lo, hi := s.Shards()
	for i := lo; i < hi-1; i++ {
		s.Add(1, all[i])
	}
	s.Begin(1, all[hi-1])
	for _, from := range []int{25 * comm.Chunk, 20 * comm.Chunk, comm.Chunk} {
		if err := s.Ready(from); err != nil {
			return err
		}
		// Compute.
		time.Sleep(time.Duration(g.Rank()) * time.Millisecond)
	}
	sum, err := s.Reduce()
	if err != nil {
		return err
	}
	weights := make([]float32, testWeights)
	for _, p := range sum {
		copy(weights[p.First:], p.Sum)
	}
	if err := s.Share(weights); err != nil {
		return err
	}
	word := make([]byte, 4)
	if g.Rank() == 0 {
		copy(word, "word")
	}
	if err := g.Broadcast(word); err != nil {
		return err
	}
	if string(word) != "word" {
		return fmt.Errorf("rank %d heard %q", g.Rank(), word)
	}
	figures, err := comm.Each(g, []float64{float64(g.Rank())})
	if err != nil {
		return err
	}
	for r, f := range figures {
		if f != float64(r) {
			return fmt.Errorf("rank %d collected %v", g.Rank(), figures)
		}
	}
	whole := make([]float64, g.Size())
	bounds := make([]int, g.Size()+1)
	for r := range bounds {
		bounds[r] = 8 * r
	}
	whole[g.Rank()] = float64(g.Rank() + 1)
	if err := g.Collect(comm.Bytes(whole), bounds); err != nil {
		return err
	}
	for r, v := range whole {
		if g.Rank() == 0 && v != float64(r+1) {
			return fmt.Errorf("collected %v", whole)
		}
	}
	fmt.Printf("%s: %d of %d: %x\n", g.Name(), g.Rank(), g.Size(), sha256.Sum256(comm.Bytes(weights)))
	return g.Close()
}

func TestMPISumsAsOneProcessDoes(t *testing.T) {
	want := fmt.Sprintf("%x", sha256.Sum256(comm.Bytes(tree(leaves(1, testShards, testWeights)))))
	for path, args := range launchersHere(t) {
		for _, n := range []int{1, 2, 3, 4, 8} {
			out, err := ranks(path, args, n, "sum").CombinedOutput()
			if err != nil {
				t.Fatalf("%s -n %d: %v\n%s", path, n, err, out)
			}
			if got := strings.Count(string(out), want); got != n {
				t.Errorf("%s -n %d: %d ranks have the sum\n%s", path, n, got, out)
			}
		}
	}
}

func abortFromTheLast() error {
	g, err := comm.Start(os.Getenv)
	if err != nil {
		return err
	}
	if g.Rank() == g.Size()-1 {
		g.Abort(4)
	}
	_, err = comm.Each(g, []float64{1})
	return err
}

func TestMPIAbortEndsAllRanksWithItsStatus(t *testing.T) {
	for path, args := range launchersHere(t) {
		cmd := ranks(path, args, 3, "abort")
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 4 {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
}

func crashInTheLast() error {
	g, err := comm.Start(os.Getenv)
	if err != nil {
		return err
	}
	// A nil dereference is recovered, though the library has seen to signals of its own.
	func() {
		defer func() { _ = recover() }()
		var nothing *int
		*nothing = g.Rank()
	}()
	if g.Rank() == g.Size()-1 {
		process, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		return process.Kill()
	}
	_, err = comm.Each(g, []float64{1})
	return err
}

func TestMPIEndsWhenARankDies(t *testing.T) {
	for path, args := range launchersHere(t) {
		if out, err := ranks(path, args, 3, "crash").CombinedOutput(); err == nil {
			t.Errorf("%s ends well without a rank\n%s", path, out)
		}
	}
}

// A library of another family gives every process a world of its own.
func TestMPIRefusesTheLibraryOfAnotherLauncher(t *testing.T) {
	here := launchersHere(t)
	if len(here) < 2 {
		t.Skip("needs two families of MPI")
	}
	for path, args := range here {
		other := "libmpich.so.12"
		if strings.Contains(path, "mpich") {
			other = "libmpi.so.40"
		}
		out, err := ranks(path, args, 2, "sum", comm.LibraryVariable+"="+other).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "this MPI library does not belong to the launcher") {
			t.Errorf("%s with %s: %v\n%s", path, other, err, out)
		}
	}
}
