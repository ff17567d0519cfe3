package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/internal/printable"
	"vaectl/vae"
)

// distributedFlag is the name of a flag.
const distributedFlag = "distributed"

// overMPI is what --distributed takes.
const overMPI = "mpi"

// distributedOptions is --distributed.
type distributedOptions struct {
	how string
}

func (o *distributedOptions) addFlag(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&o.how, distributedFlag, "", usage)
	completeWords(cmd, distributedFlag, []string{overMPI})
}

// peers are the processes that compute together, as one of them sees it.
type peers struct {
	comm.Group
	threads int // of each where nobody says how many: they share the cores of a machine
	places  []place
}

// join joins the other ranks, which --distributed asks for; without it this process is alone.
func (o *distributedOptions) join(env environment) (*peers, error) {
	switch o.how {
	case "":
		return &peers{Group: comm.Local(1)[0]}, nil
	case overMPI:
	default:
		return nil, usagef("--distributed %s: must be %s", printable.Word(o.how), overMPI)
	}
	g, err := comm.Start(env.getenv)
	if !comm.Available() {
		return nil, &usageError{err: fmt.Errorf("--distributed %s: %w", overMPI, err), hint: hintOf(err)}
	}
	if err != nil {
		return nil, fmt.Errorf("--distributed %s: %w", overMPI, err)
	}
	sharing, err := comm.Sharing(g, coresKey())
	if err != nil {
		return nil, err
	}
	places, err := placesOf(g)
	if err != nil {
		return nil, err
	}
	return &peers{Group: g, threads: max(1, runtime.NumCPU()/sharing), places: places}, nil
}

// coresKey is the same for processes that may run on the same cores: those of one machine that are not bound to some of them, or to the same.
func coresKey() uint64 {
	h := fnv.New64a()
	name, _ := os.Hostname() // one that has none is alone, or among others that have none
	_, _ = io.WriteString(h, name)
	status, _ := os.ReadFile("/proc/self/status") // elsewhere than on Linux nobody binds
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Cpus_allowed_list:") {
			_, _ = io.WriteString(h, line)
		}
	}
	return h.Sum64()
}

// newEngine starts what everything is computed on; 0 threads are this rank's share of the cores.
func (p *peers) newEngine(env environment, threads int) (*vae.Engine, error) {
	if threads == 0 {
		threads = p.threads
	}
	// Messages get on beside the threads that compute, which leave no processor of the runtime to others.
	if p.Size() > 1 && threads >= runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(threads + 1)
	}
	return newEngine(env, threads)
}

// first tells whether this is the rank that reads the command line, writes and speaks.
func (p *peers) first() bool { return p.Rank() == 0 }

// errElsewhere: another rank failed, and says why.
var errElsewhere = errors.New("another rank failed")

// runOnRanks runs the same work on every rank; the first alone is heard. Each must bring an error that others may not have to [peers.agree], or else
// it ends all ranks.
func (o *distributedOptions) runOnRanks(env environment, work func(environment, *peers) error) error {
	p, err := o.join(env)
	if err != nil {
		return err
	}
	heard := env
	if !p.first() {
		heard.stdout, heard.stderr = io.Discard, io.Discard
	}
	err = work(heard, p)
	var known *sharedError
	if err == nil || errors.As(err, &known) || errors.Is(err, errElsewhere) || errors.Is(err, context.Canceled) {
		return errors.Join(err, p.Close())
	}
	return p.fail(env, err)
}

// sharedError is an error that all ranks know of.
type sharedError struct{ error }

func (a *sharedError) Unwrap() error { return a.error }

// agree shares what became of a piece of work that each rank did by itself. Where it failed on any, all return an error: the first rank that it
// failed on its own, and the others errElsewhere.
func (p *peers) agree(err error) error {
	failed := []uint64{0}
	if err != nil {
		failed[0] = 1
	}
	all, lost := comm.Each(p.Group, failed)
	first := slices.Index(all, 1)
	switch {
	case lost != nil:
		return lost
	case first < 0:
		return nil
	case first != p.Rank():
	case p.first():
		return &sharedError{err}
	default:
		return &sharedError{p.withRank(err)}
	}
	return errElsewhere
}

// withRank says which rank an error is of, unless it is the only one.
func (p *peers) withRank(err error) error {
	if p.Size() == 1 {
		return err
	}
	host, _ := os.Hostname() // a rank on a machine without a name has its number
	return fmt.Errorf("rank %d of %d, on %s: %w", p.Rank(), p.Size(), host, err)
}

// fail reports an error that only this rank has, and ends all.
func (p *peers) fail(env environment, err error) error {
	if p.Size() == 1 {
		return err
	}
	err = p.withRank(err)
	tellError(env, env.argv, err)
	p.Abort(exitCode(err))
	return errElsewhere
}

// assist does the work of a rank that is not the first. Its own error ends all ranks.
func (p *peers) assist(env environment, work func() error) error {
	if err := work(); err != nil {
		return p.fail(env, err)
	}
	return p.Close()
}

// quietLoader loads data without a word: the first rank says what there is to say.
func quietLoader(env environment) func(context.Context, configs.Data) (*data.Set, error) {
	env.stderr = io.Discard
	return func(ctx context.Context, c configs.Data) (*data.Set, error) { return loadData(ctx, env, c, true) }
}
