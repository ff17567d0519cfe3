package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/printable"
	"vaectl/vae"
)

// pictureChoice is the one picture that a command is about: a file, or an image of the
// split.
type pictureChoice struct {
	flags *pflag.FlagSet
	file  string
	index int
}

// addFlag adds --index.
func (o *pictureChoice) addFlag(flags *pflag.FlagSet, usage string) {
	o.flags = flags
	flags.IntVar(&o.index, "index", 0, usage)
}

// inSplit reports whether the picture is an image of the split.
func (o *pictureChoice) inSplit() bool { return o.flags.Changed("index") }

// takeFirst takes the picture's file from the arguments, unless --index is set, and
// returns the run, "" for the newest one.
func (o *pictureChoice) takeFirst(cmd *cobra.Command, args []string) (run string, err error) {
	if !o.inSplit() {
		if len(args) == 0 {
			return "", &usageError{err: fmt.Errorf("%s wants a picture", cmd.CommandPath()), hint: "name a file, or an image of the split with --index"}
		}
		o.file, args = args[0], args[1:]
	}
	return first(args), atMostOne("run")(cmd, args)
}

// completePicture completes a file, and after it the name of a run.
func completePicture(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 && !cmd.Flags().Changed("index") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return runNames("runs")(cmd, nil, prefix)
}

// chosenPicture is an image as the model reads it.
type chosenPicture struct {
	Index *int   `json:"index,omitempty"` // in the split
	File  string `json:"file,omitempty"`
	Label *int   `json:"label,omitempty"`
	Class string `json:"class,omitempty"`

	batch vae.Batch
}

// name says in a few words which image it is.
func (p chosenPicture) name() string {
	if p.Index == nil {
		return printable.Text(filepath.Base(p.File))
	}
	if p.Class == "" {
		return fmt.Sprintf("image %d", *p.Index)
	}
	return fmt.Sprintf("image %d, %s", *p.Index, p.Class)
}

// picture reads the one that was chosen.
func (o *imageViewOptions) picture(ctx context.Context, v view, s inputImages, choice *pictureChoice) (chosenPicture, error) {
	if choice.inSplit() {
		return o.pictureFromSplit(v, s, choice.index)
	}
	return o.pictureFromFile(ctx, v, choice.file)
}

// pictureFromFile is a file as an image. A conditional model reads it with the label that the view
// is of.
func (o *imageViewOptions) pictureFromFile(ctx context.Context, v view, path string) (chosenPicture, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return chosenPicture{}, usagef("%s is a folder: name one picture in it", path)
	}
	files, _, err := o.split.fromFiles(ctx, v, []string{path})
	if err != nil {
		return chosenPicture{}, err
	}
	p := chosenPicture{File: path, Label: v.label, Class: v.labelName()}
	if v.everyLabel() {
		return p, &usageError{err: fmt.Errorf("run %s is conditional, and a file has no label", v.name()), hint: "--label names the class of the picture"}
	}
	p.batch = v.batch(files, []int{0})
	return p, nil
}

// pictureFromSplit is an image of the split, which a conditional model reads with its own label, or
// with the one that the view is of.
func (o *imageViewOptions) pictureFromSplit(v view, s inputImages, index int) (chosenPicture, error) {
	if err := o.split.checkIndex("--index", index, s); err != nil {
		return chosenPicture{}, err
	}
	p := chosenPicture{Index: &index, batch: v.batch(s, []int{index})}
	p.Label, p.Class = s.classAt(index)
	return p, nil
}

// fileName is a part of the name of a picture about this one.
func (p chosenPicture) fileName() string {
	if p.Index != nil {
		return fmt.Sprint(*p.Index)
	}
	name := filepath.Base(p.File)
	return shorten(strings.TrimSuffix(name, filepath.Ext(name)), longestList)
}
