package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train/rundir"
)

// loadData loads a data set and says on stderr, in a way that cannot be
// missed, when it is not the one that was hoped for.
func loadData(ctx context.Context, env environment, c configs.Data, quiet bool) (*data.Set, error) {
	level := slog.LevelWarn
	if c.Dataset == automatic() {
		level = slog.LevelError // the substitute's warning has the reasons
	}
	options, err := dataOptions(env, c, level)
	if err != nil {
		return nil, err
	}
	transfers := newDataProgress(env, quiet)
	options.Progress, options.Reading = transfers.showTransfer, transfers.showReading
	set, err := data.Load(ctx, options)
	transfers.close()
	if err != nil {
		return nil, err
	}
	if set.Substitute {
		frame(env.stderr, "WARNING: "+set.Warning)
	}
	return set, nil
}

// dataOptions says how to load the data set of a configuration.
func dataOptions(env environment, c configs.Data, level slog.Level) (data.Options, error) {
	how, err := preparation(c)
	return data.Options{Name: c.Dataset, Dir: c.Dir, Env: env.getenv, Log: newLog(env, level), Preparation: how}, err
}

// preparation says how pictures become images.
func preparation(c configs.Data) (data.Preparation, error) {
	height, width, err := c.ImageSize()
	if err != nil {
		return data.Preparation{}, usagef("--size %q: %v", c.Size, err)
	}
	background, err := c.BackgroundColour()
	if err != nil {
		return data.Preparation{}, usagef("--background %q: %v", c.Background, err)
	}
	return data.Preparation{
		Height: height, Width: width, Fit: data.Fit(c.Fit), Colour: data.Colour(c.Colour), Invert: c.Invert,
		Background: background, TestShare: c.TestShare, SkipBroken: c.SkipBroken,
	}, nil
}

// makeDataPathsAbsolute changes the paths among the data settings, so that a run can be
// resumed from another directory.
func makeDataPathsAbsolute(c *configs.Data) error {
	paths := []*string{&c.Dir}
	if data.IsPath(c.Dataset) {
		paths = append(paths, &c.Dataset)
	}
	for _, p := range paths {
		if *p == "" {
			continue
		}
		absolute, err := filepath.Abs(*p)
		if err != nil {
			return fmt.Errorf("data directory %s: %w", *p, err)
		}
		*p = absolute
	}
	return nil
}

// makeRunPathAbsolute does so for a run that may be given by name.
func makeRunPathAbsolute(ref *string) error {
	if !isPath(*ref) {
		return nil
	}
	absolute, err := filepath.Abs(*ref)
	if err != nil {
		return fmt.Errorf("run %s: %w", *ref, err)
	}
	*ref = absolute
	return nil
}

// isPath tells a path from a name.
func isPath(text string) bool {
	return strings.ContainsRune(text, '/') || strings.ContainsRune(text, filepath.Separator)
}

// dataOfRun returns where to read the data set of a run: what its configuration
// says, with "auto" replaced by the set it was then, because another one may be
// at hand today. The directory that the run read is tried before all others. Of
// pictures that are no longer where they were the cache may have the pixels.
func dataOfRun(c configs.Data, trained rundir.Dataset) configs.Data {
	if isPath(c.Dataset) && !exists(c.Dataset) {
		return inCache(c, trained.Digest)
	}
	if c.Dataset == automatic() && (trained.Substitute || c.Dir == "") {
		c.Dataset, c.Dir = trained.Name, ""
	}
	if c.Dir == "" && trained.Source != "" {
		if dir, found := data.Locate(c.Dataset, data.Options{Dir: trained.Source}); found {
			c.Dir = dir
		}
	}
	return c
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// inCache is c reading the images of a content from the cache, if they are there. They
// have been prepared already.
func inCache(c configs.Data, digest string) configs.Data {
	if dir, ok := data.InCache(digest, data.Options{}); ok {
		plain := configs.Default().Data
		c.Dataset, c.Size, c.Colour, c.Invert = dir, plain.Size, plain.Colour, plain.Invert
	}
	return c
}

// automatic is the name that stands for the best set there is.
func automatic() string { return configs.Default().Data.Dataset }

const frameWidth = 60

// frame writes text in a box.
func frame(w io.Writer, text string) {
	lines := breakLines(text, frameWidth-len("|  |"))
	width := 0
	for _, line := range lines {
		width = max(width, len(line))
	}
	edge := "+" + strings.Repeat("-", width+2) + "+\n"
	var box strings.Builder
	box.WriteString(edge)
	for _, line := range lines {
		fmt.Fprintf(&box, "| %-*s |\n", width, line)
	}
	box.WriteString(edge)
	// A warning that cannot be written is written again with the result.
	_, _ = io.WriteString(w, box.String())
}
