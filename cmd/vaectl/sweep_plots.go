package main

import (
	"context"
	"os"
	"path/filepath"

	"vaectl/internal/draw/plots"
	"vaectl/internal/sweep"
)

// plotsFolder is where the pictures of a sweep go unless --plots says otherwise. It is no run.
func (o *sweepOptions) plotsFolder(f *sweep.File) string {
	if o.flags.Changed("plots") {
		return o.plots
	}
	return filepath.Join(o.root, f.Name+"-plots")
}

// writePlots writes the pictures of a sweep and returns their paths; none where --plots is empty or no trial has figures.
func (o *sweepOptions) writePlots(ctx context.Context, f *sweep.File, states []sweep.State) ([]string, error) {
	dir := o.plotsFolder(f)
	if dir == "" {
		return nil, nil
	}
	var paths []string
	for _, p := range f.Plots(states) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return paths, err
		}
		path := filepath.Join(dir, p.Name+"."+string(plots.PNG))
		if err := writePlot(ctx, path, p.Draw); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
