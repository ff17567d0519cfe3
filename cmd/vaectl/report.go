package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/draw/page"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/show/report"
	"vaectl/internal/show/words"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// reportOptions are the flags of report.
type reportOptions struct {
	root    string
	out     string
	split   splitOptions
	card    bool
	threads int
	json    bool
	flags   *pflag.FlagSet
}

func (o *reportOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.flags = flags
	flags.StringVarP(&o.out, "out", "o", "report.html", "the HTML `file` to write; with --card the Markdown file (default RUN-card.md)")
	flags.BoolVar(&o.card, "card", false, "write a model card of one run instead, as Markdown: data, figures with errors, prior match, limits, command, checksums")
	addRoot(flags, &o.root)
	addThreads(flags, &o.threads)
	addJSON(flags, &o.json)
	o.split.name = splitTest
	o.split.settings.addFields(cmd, func(key string) bool { return key == "data.dir" }, "the runs'")
}

func newReport(env environment) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [RUN... | FILE.yaml]",
		Short: "Write a page about runs: settings, figures, curves, samples, latents",
		Long: "Write one self-contained HTML file about a run, or about several side by side, starting with the settings in which\n" +
			"they differ; or about the sweep that FILE.yaml describes: its table and plots, then its best runs.\n" +
			"Without the data set some pictures are missing, and the page says which.\n" +
			"Pictures show the checkpoint that was tested, or else the last. RUN is the name of a run, a path, or nothing\n" +
			"for the newest run.",
		Example: "  vaectl report\n" +
			"  vaectl report shift standard plain -o priors.html\n" +
			"  vaectl report beta.yaml\n" +
			"  vaectl report deep --card -o MODEL-CARD.md",
		GroupID: groupModels,
	}
	return withRunArguments(cmd, env, &o)
}

// reportResult is what report --json writes.
type reportResult struct {
	Path  string   `json:"path"`
	Runs  []string `json:"runs"`
	Paths []string `json:"run_paths"`
	// Missing says, picture by picture, why it could not be made.
	Missing  []string `json:"missing,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

func (o *reportOptions) run(ctx context.Context, env environment, refs []string) error {
	if o.card && len(refs) > 1 {
		return usagef("report --card: a card is of one run")
	}
	ofSweep, err := o.readSweep(refs)
	if err != nil {
		return err
	}
	if ofSweep != nil {
		refs = ofSweep.runs()
	}
	opened, err := findRuns(o.root, refs, "report")
	if err != nil {
		return err
	}
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	runs, err := o.load(ctx, env, opened, engine)
	if err != nil {
		return err
	}
	if o.card {
		return o.writeCard(ctx, env, opened[0], runs[0])
	}
	document, err := report.New(ctx, "vaectl "+programVersion(), runs)
	if err != nil {
		return err
	}
	if ofSweep != nil {
		if document, err = ofSweep.complete(ctx, document); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err = atomicfile.WriteFile(o.out, func(w io.Writer) error { return page.Write(w, document) })
	if err != nil {
		return err
	}
	return o.writeResult(env, dirsOf(opened), document)
}

// load reads the runs and their images.
func (o *reportOptions) load(ctx context.Context, env environment, opened []*rundir.Run, e *vae.Engine) ([]*report.Run, error) {
	labels := legendNames(dirsOf(opened))
	sets := make(map[string]*data.Set)
	var runs []*report.Run
	for i, run := range opened {
		r := &report.Run{Label: labels[i], Dir: run.Dir(), Record: run.Record}
		var err error
		if r.Config, err = run.Config(); err != nil {
			return nil, err
		}
		if r.Metrics, err = run.Metrics(); err != nil {
			return nil, err
		}
		c, err := run.Checkpoint(r.Checkpoint(), e)
		if err == nil {
			r.Model = c.Model
			r.Images, r.NoImages = o.readImages(ctx, env, runModel{Model: c.Model, dir: run.Dir(), record: run.Record}, sets, e)
		} else {
			r.NoModel, r.NoImages = err, err
		}
		if errors.Is(r.NoImages, context.Canceled) {
			return nil, r.NoImages
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// readImages reads the run's test images; sets are those read for other runs, by how they were read.
func (o *reportOptions) readImages(ctx context.Context, env environment, m runModel, sets map[string]*data.Set, e *vae.Engine) (report.Images, error) {
	s, err := o.split.loadBy(m, e, func(wanted configs.Data) (*data.Set, error) {
		source := wanted
		source.Binarize, source.Validation, source.WithoutClasses = "", 0, nil
		key := fmt.Sprintf("%+v", source)
		if set, there := sets[key]; there {
			return set, nil
		}
		set, err := loadData(ctx, env, wanted, false)
		if err == nil {
			sets[key] = set
		}
		return set, err
	})
	if err != nil {
		return report.Images{}, err
	}
	return report.Images{Set: s.set, Split: s.images, Reader: s.reader, Binarize: s.binarize, Engine: e, Notes: (&splitOptions{}).notes(m, s)}, nil
}

func (o *reportOptions) writeResult(env environment, dirs []string, d page.Document) error {
	result := reportResult{Path: o.out, Runs: legendNames(dirs), Paths: dirs}
	for _, s := range d.Sections {
		for _, p := range s.Pictures {
			if p.Missing != "" {
				where := s.Title
				if p.Title != "" {
					where += ", " + p.Title
				}
				result.Missing = append(result.Missing, where+": "+p.Missing)
			}
		}
	}
	for _, w := range d.Warnings {
		text := w.Text
		if w.About != "" {
			text = w.About + ": " + text
		}
		result.Warnings = append(result.Warnings, text)
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	tellNotes(env, result.Missing)
	_, err := fmt.Fprintf(env.stdout, "%s: %s\n", o.out, withRunNames("report on "+words.Counted(len(dirs), "run"), result.Runs))
	return err
}
