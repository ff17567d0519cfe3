package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
)

func newData(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List, download, inspect and convert data sets",
		Long: "List the data sets of the catalogue, download one of them into the cache, look at a data set, or write it in another form. " +
			"Training does not need any of this: it downloads what it needs, reads pictures as they lie there, or draws the built-in set.",
		GroupID: groupSetup,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDataList(env), newDataGet(env), newDataInfo(env), newDataImport(env), newDataExport(env))
	return cmd
}

// datasetOptions are the flags that say how a data set is read.
type datasetOptions struct {
	settings settings
}

func (o *datasetOptions) addFlags(cmd *cobra.Command) {
	o.settings.addFields(cmd, func(key string) bool {
		return isReadingSetting(key) && key != "data.dataset" && key != "data.binarize"
	}, "")
}

// options say how to load the data set of a name.
func (o *datasetOptions) options(env environment, name string) (data.Options, error) {
	c := configs.Default()
	if err := o.settings.apply(&c); err != nil {
		return data.Options{}, err
	}
	c.Data.Dataset = name
	if err := configs.Validate(c); err != nil {
		return data.Options{}, err
	}
	return dataOptions(env, c.Data, slog.LevelWarn)
}

// load loads it.
func (o *datasetOptions) load(ctx context.Context, env environment, name string, offline, quiet bool) (*data.Set, error) {
	options, err := o.options(env, name)
	if err != nil {
		return nil, err
	}
	options.Offline = offline
	t := newDataProgress(env, quiet)
	defer t.close()
	options.Progress, options.Reading = t.showTransfer, t.showReading
	return data.Load(ctx, options)
}
