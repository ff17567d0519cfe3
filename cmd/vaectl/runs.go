package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vaectl/train/rundir"
	"vaectl/vae"
)

// runsOptions are the flags of runs.
type runsOptions struct {
	root string
	json bool
}

func (o *runsOptions) addFlags(cmd *cobra.Command) {
	addRoot(cmd.Flags(), &o.root)
	acceptOut(cmd.Flags())
	cmd.Flags().BoolVar(&o.json, "json", false, "write one JSON object a line, errors too")
}

func newRuns(env environment) *cobra.Command {
	var o runsOptions
	cmd := &cobra.Command{
		Use:   "runs [flags]",
		Short: "List the runs with their figures",
		Long: "List the runs in a folder, the newest first, with the figures of their last evaluation in nats per image.\n" +
			"Below the list stands what keeps losses from being compared; with --json two losses can be where loss_kind is the same.",
		Example: "  vaectl runs\n  vaectl runs --json",
		GroupID: groupTrain,
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return o.run(env) },
	}
	o.addFlags(cmd)
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
	rundir.Record
}

// brokenLine is a line of runs --json for a run that cannot be read.
type brokenLine struct {
	Run    string `json:"run"`
	Path   string `json:"path"`
	Status string `json:"status"`
	Error  string `json:"error"`
}

func (o *runsOptions) run(env environment) error {
	runs, err := rundir.List(o.root)
	if err != nil {
		return err
	}
	if o.json {
		for _, r := range runs {
			if err := writeJSON(env.stdout, jsonLine(r)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(runs) == 0 {
		_, err := fmt.Fprintf(env.stdout, "no runs yet in %s; train one: vaectl train\n", o.root)
		return err
	}
	return writeRuns(env.stdout, runs)
}

func jsonLine(s rundir.Summary) any {
	name := s.Name()
	if s.Err != nil {
		return brokenLine{Run: name, Path: s.Dir, Status: statusBroken, Error: s.Err.Error()}
	}
	return runLine{Run: name, Path: s.Dir, LossKind: measuredIn(s.Run).kind(), Record: s.Record}
}

func writeRuns(w io.Writer, runs []rundir.Summary) error {
	var text, notes strings.Builder
	var all []measured
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "run\tstatus\tprior\tdata set\tpixels\tepochs\tsplit\tloss\treconstruction\tKL\tactive\tstarted")
	substitutes, others, conditional := false, false, false
	for _, s := range runs {
		name := s.Name()
		if s.Err != nil {
			fmt.Fprintf(t, "%s\t%s\n", name, statusBroken)
			fmt.Fprintf(&notes, "%s is broken: %v\n", name, s.Err)
			continue
		}
		r := s.Record
		m := measuredIn(s.Run)
		all = append(all, m)
		if collapsed(r) {
			fmt.Fprintf(&notes, "%s has collapsed: its z says next to nothing of the image\n", name)
		}
		dataset := r.Dataset.Name
		if r.Dataset.Substitute {
			dataset += " (!)"
			substitutes = true
		}
		pixels := r.Dataset.Binarize
		if r.Likelihood != "" && r.Likelihood != bernoulli {
			pixels += ", " + r.Likelihood
			others = true
		}
		split, loss, reconstruction, kl, active := "-", "-", "-", "-", "-"
		if f := m.figures(); f != nil {
			conditional = conditional || f.Conditional
			split, loss, reconstruction, kl = f.Split, lossCell(f), nats(f.Reconstruction), nats(f.KL)
			active = fmt.Sprintf("%d/%d", f.ActiveUnits, len(f.AggregateMean))
			if f.LowerActiveUnits != nil {
				active = fmt.Sprintf("%d/%d + ", *f.LowerActiveUnits, len(f.LowerKLPerDim)) + active
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\t%s\t%s\t%s\n", name, r.Status, r.Prior, dataset, pixels,
			r.Epoch, r.Epochs, split, loss, reconstruction, kl, active, r.Started.Local().Format("2006-01-02 15:04"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	text.WriteString("\nloss is the negative ELBO on the images of that split, nats per image, z sampled;\n" +
		"with iwae, the negative importance-weighted bound of so many samples\n")
	if reasons := incomparable(all); len(reasons) > 0 {
		fmt.Fprintf(&text, "not all of these losses can be compared: runs differ in %s\n", strings.Join(reasons, "; "))
	}
	if others {
		text.WriteString("the likelihood is named beside the pixels unless it is bernoulli\n")
	}
	if conditional {
		text.WriteString("p(x|y): given the label, not to be compared with losses without\n")
	}
	if substitutes {
		text.WriteString("(!) trained on the built-in set because the one asked for could not be had; not to be compared with it\n")
	}
	_, err := io.WriteString(w, text.String()+notes.String())
	return err
}

// lossCell is a run's loss and, unless it is the ELBO, which bound it is.
func lossCell(f *rundir.Figures) string {
	text := nats(f.NegELBO)
	if f.Objective == vae.IWAE {
		text = fmt.Sprintf("%s iwae %d", nats(f.NegBound), f.Samples)
	}
	if f.Conditional {
		text += " p(x|y)"
	}
	if f.NoDensity {
		text += " no bound"
	}
	return text
}
