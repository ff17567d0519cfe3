package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/internal/lines"
	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/train/rundir"
)

// runsShowOptions are the flags of runs show.
type runsShowOptions struct {
	root string
	json bool
}

func newRunsShow(env environment) *cobra.Command {
	var o runsShowOptions
	cmd := &cobra.Command{
		Use:   "show [RUN]",
		Short: "Show all that is recorded about a run",
		Long: "Show a run: its status, what it was trained on, the settings that are not the default, its figures and its files. " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example:           "  vaectl runs show deep",
		ValidArgsFunction: runNames("runs"),
		Args:              atMostOne("run"),
		RunE:              func(_ *cobra.Command, args []string) error { return o.run(env, first(args)) },
	}
	addRoot(cmd.Flags(), &o.root)
	cmd.Flags().BoolVar(&o.json, "json", false, "write the record as JSON, and errors too")
	return cmd
}

func (o *runsShowOptions) run(env environment, ref string) error {
	run, err := rundir.Find(o.root, ref)
	if err != nil {
		return err
	}
	shown := listedRun{Summary: rundir.Summary{Dir: run.Dir(), Run: run, Record: run.Record}, loss: comparison.Of(run)}
	if o.json {
		return writeJSON(env.stdout, shown.line())
	}
	return shown.write(env.stdout, columnsOf(env))
}

// write writes facts, settings and files.
func (r listedRun) write(w io.Writer, width int) error {
	var text strings.Builder
	facts := r.facts()
	column := 0
	for _, f := range facts {
		column = max(column, len(f.name)+2)
	}
	for _, f := range facts {
		text.WriteString(hanging(f.name, f.text, column, width))
	}
	text.WriteString("\n" + r.changedText())
	files, err := filesOf(r.Dir)
	if err != nil {
		return err
	}
	text.WriteString("\nfiles\n")
	var t strings.Builder
	for _, f := range files {
		fmt.Fprintf(&t, "  %s\t%s\n", f.name, f.text)
	}
	_, err = io.WriteString(w, text.String()+lines.Columns(t.String()))
	return err
}

func (r listedRun) facts() []entry {
	d, m := r.Record.Dataset, r.Record.Machine
	status := fmt.Sprintf("%s, %d of %d epochs, %d steps, %s", r.Record.Status, r.Record.Epoch, r.Record.Epochs, r.Record.Step, words.Duration(r.Record.Seconds))
	if r.Record.Error != "" {
		status += ": " + r.Record.Error
	}
	facts := []entry{
		{"run", r.Dir},
		{"status", status},
		{"started", r.Record.Started.Local().Format("2006-01-02 15:04:05") + ", last written " + r.Record.Updated.Local().Format("2006-01-02 15:04:05")},
		{"command", printable.Command(r.Record.Argv)},
		{"program", fmt.Sprintf("vaectl %s, %s %s/%s, kernel %s on %s", r.Record.Version, m.Go, m.OS, m.Arch, m.Kernel, words.Counted(m.Threads, "thread"))},
		{"data", fmt.Sprintf("%s from %s: %d training and %d test images of %v, %s", d.Name, d.Source, d.Train, d.Test, d.Shape(), words.Pixels(d.Binarize, d.Channels, d.Binary))},
		{"prior", r.Record.Prior},
	}
	if f := r.loss.Figures(); f != nil {
		loss := fmt.Sprintf("%s nats per image (negative %s) = reconstruction %s + KL %s, %s split, epoch %d", words.Nats(f.Loss()), comparison.Bound(f), words.Nats(f.Reconstruction), words.Nats(f.KL), f.Split, f.Epoch)
		if bits, ok := r.loss.Bits(); ok {
			loss += fmt.Sprintf("; %.3f bits per dimension", bits)
		}
		facts = append(facts, entry{"loss", loss}, entry{"active", activeCell(f) + " latents"})
	}
	if r.Record.Best > 0 {
		facts = append(facts, entry{"best", fmt.Sprintf("%s in epoch %d", words.Nats(r.Record.BestLoss), r.Record.Best)})
	}
	for _, w := range r.Record.Warnings {
		facts = append(facts, entry{"warning", w.Text})
	}
	return facts
}

// changedText lists the settings that are not the default, as the flags that
// make them.
func (r listedRun) changedText() string {
	if !r.loss.Readable() {
		return "settings: config.yaml cannot be read\n"
	}
	changed := configs.Changed(r.loss.Config, r.Record.Dataset.Shape().Channels)
	if len(changed) == 0 {
		return "every setting has its default\n"
	}
	var text strings.Builder
	text.WriteString("settings that are not the default\n")
	fields := configs.Fields()
	for _, c := range changed {
		f := fields[slices.IndexFunc(fields, func(f configs.Field) bool { return f.Key == c.Key })]
		fmt.Fprintf(&text, "  --%s %s (default %s)\n", f.Flag, words.Setting(c.B), words.Setting(c.A))
	}
	return text.String()
}

// filesOf lists a run's folders and files with their sizes.
func filesOf(dir string) ([]entry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	var files []entry
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name, size, count := e.Name(), int64(0), 0
		err := filepath.WalkDir(filepath.Join(dir, name), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			size += info.Size()
			count++
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", dir, err)
		}
		what := megabytes(size)
		if e.IsDir() {
			name += string(filepath.Separator)
			what = words.Counted(count, "file") + ", " + what
		}
		files = append(files, entry{name, what})
	}
	return files, nil
}
