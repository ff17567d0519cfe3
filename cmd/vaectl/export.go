package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/typo"
	"vaectl/train/rundir"
)

// exportFormat is something that export writes.
type exportFormat interface {
	// name selects the format, and help says in a clause what it is.
	name() string
	help() string
	// path is where the export of some runs goes unless --out says otherwise.
	path(runs []string) string
	// files are the names of the files in the folder that an export is; nil where it
	// is one file.
	files() []string
	// most is the number of runs that go into one export.
	most() int
	// addFlags adds the format's own flags.
	addFlags(cmd *cobra.Command)
	// write writes the export of runs to files that are not there yet, or may be
	// replaced, and returns what to tell.
	write(ctx context.Context, env environment, o *exportOptions, runs []*rundir.Run) (exportResult, error)
}

// exportResult is what an export came to: lines for people, and a value for --json.
type exportResult struct {
	lines  []string
	result any
}

// exportFormats lists the formats.
func exportFormats() []exportFormat {
	return []exportFormat{&pageExport{}, onnxExport(), torchExport()}
}

// exportOptions are the flags of export.
type exportOptions struct {
	model   modelOptions
	format  string
	out     string
	force   bool
	threads int
	json    bool
	formats []exportFormat
}

func (o *exportOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	var names []string
	for _, f := range o.formats {
		names = append(names, fmt.Sprintf("%s, %s", f.name(), f.help()))
	}
	flags.StringVar(&o.format, "format", "", "the `form` to write: "+strings.Join(names, "; "))
	flags.StringVarP(&o.out, "out", "o", "", "the `file` or folder to write (default: named after the run, here)")
	flags.BoolVar(&o.force, "force", false, "replace files that are there")
	o.model.addFlags(flags)
	addThreads(flags, &o.threads)
	addJSON(flags, &o.json)
	for _, f := range o.formats {
		f.addFlags(cmd)
	}
}

func newExport(env environment) *cobra.Command {
	o := exportOptions{formats: exportFormats()}
	cmd := &cobra.Command{
		Use:   "export [RUN...]",
		Short: "Write a trained model in a form that works without vaectl",
		Long: "Write a trained model in a form that works without vaectl. RUN is the name of a run, a path, or nothing for the newest run.\n\n" +
			"--format page writes one HTML file with the model inside: sliders, map, samples, the prior plot and a pad to draw on, " +
			"computed by the page itself. It works from a file, with no server and no network. Several runs stand side by side.\n\n" +
			"--format onnx writes a folder with encoder.onnx (images to the mean and log variance of z, and to z), decoder.onnx " +
			"(z to pixels) and sampler.onnx (noise to z and pixels, with the prior inside), of any number of images at a time, for " +
			"ONNX Runtime and whatever else reads ONNX.\n\n" +
			"--format torch writes a folder with model.py, a PyTorch module of the run's own architecture with encode, decode, " +
			"sample, load and save, and model.safetensors, its weights. What it saves, vaectl import makes a run of.",
		Example: "  vaectl export --format page\n" +
			"  vaectl export standard normal uniform --format page -o priors.html\n" +
			"  vaectl export deep --format onnx --out deep-onnx",
		GroupID: groupModels,
	}
	return withRunArguments(cmd, env, &o)
}

func (o *exportOptions) run(ctx context.Context, env environment, refs []string) error {
	format, err := o.chosenFormat()
	if err != nil {
		return err
	}
	runs, err := o.find(format, refs)
	if err != nil {
		return err
	}
	if o.out == "" {
		var names []string
		for _, r := range runs {
			names = append(names, r.Record.Name)
		}
		o.out = format.path(names)
	}
	if err := o.checkOut(format.files()); err != nil {
		return err
	}
	done, err := format.write(ctx, env, o, runs)
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(env.stdout, done.result)
	}
	_, err = fmt.Fprintln(env.stdout, strings.Join(done.lines, "\n"))
	return err
}

// chosenFormat is the format that --format names.
func (o *exportOptions) chosenFormat() (exportFormat, error) {
	var names []string
	for _, f := range o.formats {
		if f.name() == o.format {
			return f, nil
		}
		names = append(names, f.name())
	}
	known := "--format " + strings.Join(names, ", --format ")
	if o.format == "" {
		return nil, &usageError{err: fmt.Errorf("export: no --format"), hint: "choose " + known}
	}
	hint := "choose " + known
	if near, ok := typo.Nearest(o.format, names); ok {
		hint = fmt.Sprintf("did you mean --format %s?", near)
	}
	return nil, &usageError{err: fmt.Errorf("--format %q: no such format", o.format), hint: hint}
}

// find opens the runs. One that is training is refused: its weights change.
func (o *exportOptions) find(format exportFormat, refs []string) ([]*rundir.Run, error) {
	if most := format.most(); len(refs) > most {
		return nil, usagef("export %d runs with --format %s: at most %d go into one", len(refs), format.name(), most)
	}
	runs, err := findRuns(o.model.root, refs, "export")
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		if run.Record.Status == rundir.Running {
			return nil, &usageError{err: fmt.Errorf("run %s is training", run.Record.Name), hint: "export it when it is done, or stop it with Ctrl-C and export what it has come to"}
		}
	}
	return runs, nil
}

// checkOut refuses to replace files unless --force says so. Those that are not there,
// or cannot be looked at, are the writer's to make or to fail at.
func (o *exportOptions) checkOut(names []string) error {
	info, err := os.Stat(o.out)
	if err != nil {
		return nil
	}
	if names == nil {
		if info.IsDir() {
			return usagef("--out %s: is a directory", o.out)
		}
		return o.checkFree(o.out, info)
	}
	if !info.IsDir() {
		return usagef("--out %s: is a file, and --format %s writes a folder", o.out, o.format)
	}
	for _, name := range names {
		path := filepath.Join(o.out, name)
		if info, err := os.Stat(path); err == nil {
			if err := o.checkFree(path, info); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkFree says whether a file that is there may be replaced.
func (o *exportOptions) checkFree(path string, info os.FileInfo) error {
	switch {
	case info.IsDir():
		return usagef("--out: %s is a directory", path)
	case !o.force:
		return &usageError{err: fmt.Errorf("--out: there is such a file as %s", path), hint: "name another place, or add --force to replace it"}
	}
	return nil
}
