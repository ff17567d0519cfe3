package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/internal/compute/kernel"
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
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(distributedFlag, cobra.FixedCompletions([]string{overMPI}, cobra.ShellCompDirectiveNoFileComp))
}

// peers are the processes that compute together, as one of them sees it.
type peers struct {
	comm.Group
	threads int // of each where nobody says how many: they share the cores of a machine
}

// join joins the other ranks, which --distributed asks for; without it this process is alone.
func (o *distributedOptions) join(env environment) (*peers, error) {
	switch o.how {
	case "":
		return &peers{Group: comm.Local(1)[0]}, nil
	case overMPI:
	default:
		return nil, usagef("--distributed %s: must be %s", quoted(o.how), overMPI)
	}
	g, err := comm.Start(env.getenv)
	if err != nil {
		return nil, fmt.Errorf("--distributed %s: %w", overMPI, err)
	}
	sharing, err := comm.Sharing(g, coresKey())
	if err != nil {
		return nil, err
	}
	return &peers{Group: g, threads: max(1, runtime.NumCPU()/sharing)}, nil
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
func (p *peers) newEngine(env environment, threads int) (*kernel.Engine, error) {
	if threads == 0 {
		threads = p.threads
	}
	return newEngine(env, threads)
}

// first tells whether this is the rank that reads the command line, writes and speaks.
func (p *peers) first() bool { return p.Rank() == 0 }

// assist does the work of a rank that is not the first. Its own error ends all ranks.
func (p *peers) assist(env environment, work func() error) error {
	err := work()
	if err == nil {
		return p.Close()
	}
	host, _ := os.Hostname()
	err = fmt.Errorf("rank %d of %d, on %s: %w", p.Rank(), p.Size(), host, err)
	tellError(env, env.argv, err)
	p.Abort(exitCode(err))
	return err
}

// silently loads data without a word: the first rank says what there is to say.
func silently(env environment) func(context.Context, configs.Data) (*data.Set, error) {
	env.stderr = io.Discard
	return func(ctx context.Context, c configs.Data) (*data.Set, error) { return loadData(ctx, env, c, true) }
}
