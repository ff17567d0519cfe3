package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"vaectl/data"
)

// dataGetOptions are the flags of data get.
type dataGetOptions struct {
	json  bool
	quiet bool
}

func (o *dataGetOptions) addFlags(cmd *cobra.Command) {
	addJSON(cmd.Flags(), &o.json)
	addQuiet(cmd.Flags(), &o.quiet)
}

func newDataGet(env environment) *cobra.Command {
	var o dataGetOptions
	cmd := &cobra.Command{
		Use:   "get NAME [flags]",
		Short: "Download a data set into the cache, or check the one there",
		Long: "Download a data set of the catalogue into the user's cache, going on where an interrupted download stopped,\n" +
			"and check every file against its SHA-256. What is there and intact is kept.",
		Example: "  vaectl data get mnist",
	}
	return withDatasetArgument(cmd, env, &o, "data set's name")
}

// dataGetResult is what data get --json writes.
type dataGetResult struct {
	Name string `json:"name"`
	Dir  string `json:"dir"`
}

func (o *dataGetOptions) run(ctx context.Context, env environment, name string) error {
	level := slog.LevelInfo
	if o.quiet {
		level = slog.LevelWarn
	}
	t := newDataProgress(env, o.quiet)
	dir, err := data.Get(ctx, name, data.Options{Name: name, Env: env.getenv, Progress: t.showTransfer, Log: newLog(env, level)})
	t.close()
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(env.stdout, dataGetResult{Name: name, Dir: dir})
	}
	_, err = fmt.Fprintf(env.stdout, "%s is complete and intact in %s\n", name, dir)
	return err
}
