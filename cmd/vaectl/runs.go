package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/train/rundir"
)

// runsOptions are the flags of runs.
type runsOptions struct {
	root    string
	filters []string
	sort    string
	limit   int
	json    bool
}

func (o *runsOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	addRoot(flags, &o.root)
	acceptOut(flags)
	flags.StringArrayVar(&o.filters, "filter", nil, "list only runs that meet this `condition`: NAME=VALUE, or with !=, <, <=, > or >=; may be repeated. NAME is that of a setting's flag (beta), or one of status, dataset, loss, kl, active, epoch")
	flags.StringVar(&o.sort, "sort", "", "sort by this `name`, the lowest first, or with a dash before it (-loss) the highest first; names are those of --filter and run (default: the newest first)")
	flags.IntVar(&o.limit, "limit", 0, "list at most this `number` of runs; 0 lists all")
	flags.BoolVar(&o.json, "json", false, "write one JSON object per line, errors too")
}

func newRuns(env environment) *cobra.Command {
	var o runsOptions
	cmd := &cobra.Command{
		Use:   "runs [flags]",
		Short: "List, compare, show, rename and remove runs",
		Long: "List the runs in a folder, the newest first: what differs in their settings, and the figures of their last evaluation in nats per image. " +
			"On a terminal the columns that matter least are left out until the list fits.\n\n" +
			"Below the list stands what keeps losses from being compared. With --json two losses can be compared where loss_kind is the same.",
		Example: "  vaectl runs\n" +
			"  vaectl runs --sort loss --filter beta=4 --limit 5\n" +
			"  vaectl runs --filter 'latent>=10' --filter status=finished --json\n" +
			"  vaectl runs show deep",
		GroupID: groupTrain,
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return o.run(env) },
	}
	o.addFlags(cmd)
	cmd.AddCommand(newRunsShow(env), newRunsRename(env), newRunsRm(env))
	return cmd
}

// statusBroken is shown for a run whose record cannot be read.
const statusBroken = "broken"

// runLine is a line of runs --json: the run's record and where it lies.
type runLine struct {
	Run  string `json:"run"`
	Path string `json:"path"`
	// LossKind is the same for losses that can be compared, and empty where
	// there is no loss.
	LossKind string `json:"loss_kind"`
	// BitsPerDimension is the loss told so, where the likelihood is over levels.
	BitsPerDimension *float64 `json:"bits_per_dimension,omitempty"`
	// Changed are the settings that are not the default, by their keys.
	Changed map[string]string `json:"changed_settings,omitempty"`
	rundir.Record
}

// brokenLine is a line of runs --json for a run that cannot be read.
type brokenLine struct {
	Run    string `json:"run"`
	Path   string `json:"path"`
	Status string `json:"status"`
	Error  string `json:"error"`
}

// listedRun is a run of the list with all that the list says of it.
type listedRun struct {
	rundir.Summary
	loss comparison.Loss
}

func (o *runsOptions) run(env environment) error {
	if o.limit < 0 {
		return usagef("--limit %d: must be 0 or more", o.limit)
	}
	chosen, err := newSelection(o.filters, o.sort)
	if err != nil {
		return err
	}
	runs, err := listRuns(o.root)
	if err != nil {
		return err
	}
	there := len(runs)
	runs = chosen.apply(runs)
	if o.limit > 0 && len(runs) > o.limit {
		runs = runs[:o.limit]
	}
	switch {
	case o.json:
		for _, r := range runs {
			if err := writeJSON(env.stdout, r.line()); err != nil {
				return err
			}
		}
		return nil
	case there == 0:
		_, err := fmt.Fprintf(env.stdout, "no runs yet in %s; train one: vaectl train\n", o.root)
		return err
	case len(runs) == 0:
		_, err := fmt.Fprintf(env.stdout, "none of the %s in %s fits the filters\n", words.Counted(there, "run"), o.root)
		return err
	}
	return writeRuns(env, runs)
}

func listRuns(root string) ([]listedRun, error) {
	summaries, err := rundir.List(root)
	if err != nil {
		return nil, err
	}
	var runs []listedRun
	for _, s := range summaries {
		r := listedRun{Summary: s}
		if s.Err == nil {
			r.loss = comparison.Of(s.Run)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// line is what runs --json writes of a run.
func (r listedRun) line() any {
	if r.Err != nil {
		return brokenLine{Run: r.Name(), Path: r.Dir, Status: statusBroken, Error: r.Err.Error()}
	}
	line := runLine{Run: r.Name(), Path: r.Dir, LossKind: r.loss.Kind(), Record: r.Record}
	if bits, ok := r.loss.Bits(); ok {
		line.BitsPerDimension = &bits
	}
	if !r.loss.Readable() {
		return line
	}
	line.Changed = make(map[string]string)
	for _, d := range configs.Changed(r.loss.Config, r.Record.Dataset.Shape().Channels) {
		line.Changed[d.Key] = d.B
	}
	return line
}
