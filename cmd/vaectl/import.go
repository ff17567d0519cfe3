package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/train"
	"vaectl/train/rundir"
)

// importOptions are the flags of import.
type importOptions struct {
	root     string
	config   string
	name     string
	force    bool
	threads  int
	json     bool
	settings settings
}

func (o *importOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.config, "config", "", "what the weights are of: a preset, a configuration `file`, or a run by name or path")
	flags.StringVar(&o.name, "name", "", "`name` of the run to make")
	addRoot(flags, &o.root)
	flags.BoolVar(&o.force, "force", false, "replace a run of the same name")
	addThreads(flags, &o.threads)
	addJSON(flags, &o.json)
	o.settings.addFields(cmd, func(key string) bool { return key == "data.dir" }, "the configuration's")
}

func newImport(env environment) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE --config CONFIG --name NAME",
		Short: "Make a run of weights from another program",
		Long: "Make a run of weights in a safetensors file that PyTorch or another program wrote. The tensors are float32, named " +
			"and shaped as those of a run with this configuration: what --format torch of export loads and saves. The run is " +
			"evaluated like any other and used by every command; train --resume trains on from these weights.",
		Example: "  vaectl export deep --format torch --out deep\n" +
			"  vaectl import changed.safetensors --config deep --name changed",
		GroupID: groupModels,
		Args:    exactlyOne("safetensors file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), env, args[0])
		},
	}
	o.addFlags(cmd)
	return cmd
}

// importResult is what import writes with --json.
type importResult struct {
	Run     string          `json:"run"`
	Path    string          `json:"path"`
	Figures *rundir.Figures `json:"figures"`
}

func (o *importOptions) run(ctx context.Context, env environment, file string) error {
	if o.config == "" || o.name == "" {
		return &usageError{err: errors.New("import: --config and --name are needed"), hint: "--config names a preset, a configuration file or a run whose network the weights are of; --name the run to make"}
	}
	c, err := o.configuration()
	if err != nil {
		return err
	}
	weights, closer, err := openWeights(file)
	if err != nil {
		return err
	}
	defer closer()
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	record, err := train.Import(ctx, train.Job{
		Root: o.root, Name: o.name, Replace: o.force, Config: c, Engine: engine,
		Load: func(ctx context.Context, c configs.Data) (*data.Set, error) { return loadData(ctx, env, c, o.json) },
	}, weights, train.Options{Version: programVersion(), Argv: env.argv})
	if err != nil {
		return err
	}
	dir := filepath.Join(o.root, o.name)
	if o.json {
		return writeJSON(env.stdout, importResult{record.Name, dir, record.Figures})
	}
	_, err = fmt.Fprintf(env.stdout, "%s: weights of %s, %s loss %s nats per image (%s)\n",
		dir, file, record.Figures.Split, words.Nats(record.Figures.Loss()), comparison.Bound(record.Figures))
	return err
}

// configuration is that of a preset or a file or, where neither is meant, of a run.
func (o *importOptions) configuration() (configs.Config, error) {
	c, err := configs.Load(o.config)
	if err != nil {
		run, missing := rundir.Find(o.root, o.config)
		switch {
		case missing == nil:
			if c, err = run.Config(); err != nil {
				return c, err
			}
			c.Data = dataOfRun(c.Data, run.Record.Dataset)
		case isPath(o.config) || filepath.Ext(o.config) != "":
			return c, err
		default:
			return c, &usageError{err: fmt.Errorf("--config %s: neither a preset nor a configuration file nor a run", o.config), hint: "`vaectl config --list` lists the presets, `vaectl runs` the runs"}
		}
	}
	if err := o.settings.apply(&c); err != nil {
		return c, err
	}
	if err := configs.Validate(c); err != nil {
		return c, err
	}
	return c, makeDataPathsAbsolute(&c.Data)
}

// openWeights opens a file of weights and takes its digest.
func openWeights(path string) (train.Weights, func(), error) {
	file, err := os.Open(path)
	if err != nil {
		return train.Weights{}, nil, fmt.Errorf("%w: %w", errInput, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	digest := sha256.New()
	if err == nil {
		_, err = io.Copy(digest, file)
	}
	if err != nil {
		return train.Weights{}, nil, fmt.Errorf("%w: %w", errInput, errors.Join(err, file.Close()))
	}
	from := rundir.Imported{File: path, SHA256: hex.EncodeToString(digest.Sum(nil))}
	return train.Weights{Content: file, Size: info.Size(), From: from}, func() { _ = file.Close() }, nil
}
