package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"vaectl/data"
	"vaectl/internal/printable"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// labelFlag is the flag of commands that can ask a conditional model for one label.
const labelFlag = "label"

// addLabel adds --label; otherwise says what holds without it.
func (o *viewOptions) addLabel(cmd *cobra.Command, otherwise string) {
	o.flags.StringVar(&o.labelText, labelFlag, "", "the `class` to ask a conditional model for, by number or by name (default: "+otherwise+")")
	completeClasses(cmd, labelFlag)
}

// labelOf is the label that a text names: a class by its name, or else by its number.
func (t runModel) labelOf(text string) (int, error) {
	run := printable.Text(filepath.Base(t.dir))
	if t.Classes() == 0 {
		return 0, &usageError{err: fmt.Errorf("--label %s: run %s is not conditional", text, run), hint: "train one that is with --conditional"}
	}
	known := data.Classes{Names: t.record.Dataset.ClassNames, Count: t.Classes()}
	label, err := known.Find(text)
	if err != nil {
		return 0, &usageError{err: fmt.Errorf("--label %s: run %s knows %s", text, run, known), hint: hintOf(err)}
	}
	return label, nil
}

// labelOf is the class of the data set that a text names; what is where it stands on the
// command line.
func (s inputImages) labelOf(what, text string) (int, error) {
	classes := s.set.ClassList()
	label, err := classes.Find(text)
	if err != nil {
		return 0, &usageError{err: fmt.Errorf("%s %s: data set %s has %s", what, text, s.set.Name, classes), hint: hintOf(err)}
	}
	return label, nil
}

// classAt is the label of an image and the name of its class; nil and "" where there are no
// labels.
func (s inputImages) classAt(index int) (label *int, class string) {
	if s.images.Labels == nil {
		return nil, ""
	}
	l := s.images.Labels[index]
	return &l, printable.Text(s.set.ClassName(l))
}

// className is a label by its name, or by its number where it has none.
func (t runModel) className(label int) string {
	if names := t.record.Dataset.ClassNames; label < len(names) && names[label] != "" {
		return names[label]
	}
	return strconv.Itoa(label)
}

// hasLabel tells whether one label is asked for. Not every command has the
// flag, nor has any flags of its own.
func (o *viewOptions) hasLabel() bool { return o.flags != nil && o.flags.Changed(labelFlag) }

// withLabelOr makes the view one of the label that was asked for, or else of the
// fallback; a model that is not conditional has none.
func (o *viewOptions) withLabelOr(v view, fallback int) (view, error) {
	if !o.hasLabel() && v.Classes() > 0 {
		return v.withLabel(fallback)
	}
	return o.withChosenLabel(v)
}

// withChosenLabel makes the view one of the label that was asked for, if one was.
func (o *viewOptions) withChosenLabel(v view) (view, error) {
	if !o.hasLabel() {
		return v, nil
	}
	label, err := v.labelOf(o.labelText)
	if err != nil {
		return v, err
	}
	o.label = label
	return v.withLabel(label)
}

// withLabel returns the view for one label.
func (v view) withLabel(label int) (view, error) {
	if _, err := v.labelOf(strconv.Itoa(label)); err != nil {
		return v, err
	}
	v.label = &label
	return v, nil
}

// labelName is the name of the one label, where there is one.
func (v view) labelName() string {
	if v.label == nil {
		return ""
	}
	return v.className(*v.label)
}

// everyLabel reports whether everything is of all labels: the model reads them, and
// none was asked for.
func (v view) everyLabel() bool { return v.Classes() > 0 && v.label == nil }

// labels is the label that everything is of for each of so many rows; none for a model
// that reads no labels.
func (v view) labels(rows int) []int {
	if v.label == nil {
		return nil
	}
	return v.SameLabel(*v.label, rows)
}

// oneLabel is the label that everything is of; 0, which nobody reads, where there is
// none.
func (v view) oneLabel() int {
	if v.label == nil {
		return 0
	}
	return *v.label
}

// labelText follows what is said of pictures of one label.
func (t runModel) labelText(label *int) string {
	if label == nil {
		return ""
	}
	return ", label " + t.className(*label)
}

// batch is the given images as an evaluation reads them: with the label that
// everything is of or, for a conditional model, their own labels.
func (v view) batch(s inputImages, indices []int) vae.Batch {
	b := vae.Batch{Pixels: s.pixels(indices, v.seed), Labels: v.labels(len(indices))}
	if b.Labels != nil || v.Classes() == 0 || s.images.Labels == nil {
		return b
	}
	for _, index := range indices {
		b.Labels = append(b.Labels, s.images.Labels[index])
	}
	return b
}

// withLabels gives images the label of the view where they have none of their own.
func (v view) withLabels(s inputImages) (inputImages, error) {
	if v.label == nil || v.Classes() == 0 || s.images.Labels != nil {
		return s, nil
	}
	images := *s.images
	images.Labels = v.labels(images.Count)
	s.images = &images
	var err error
	s.reader, err = data.NewReader(s.images, data.Binarization(s.binarize), v.engine)
	return s, err
}

// completeClasses completes the values of a flag that takes a class of the run that is the
// first argument, or else of the newest one.
func completeClasses(cmd *cobra.Command, flag string) {
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return classNames(cmd, first(args))
	})
}

// classNames are the classes that a run was trained on.
func classNames(cmd *cobra.Command, ref string) ([]string, cobra.ShellCompDirective) {
	root, err := cmd.Flags().GetString("runs")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	run, err := rundir.Find(root, ref)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.Clone(run.Record.Dataset.ClassNames)
	for label := len(names); label < run.Record.Dataset.Classes; label++ {
		names = append(names, strconv.Itoa(label))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
