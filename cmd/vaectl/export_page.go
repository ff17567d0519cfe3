package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/export/page"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/show/explorer"
	"vaectl/internal/show/words"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// pageExport is one HTML file with the models inside.
type pageExport struct {
	title    string
	bits     int
	images   int
	settings settings
}

func (*pageExport) name() string    { return "page" }
func (*pageExport) help() string    { return "one HTML file with the model inside" }
func (*pageExport) most() int       { return page.MostRuns }
func (*pageExport) files() []string { return nil }

func (*pageExport) path(runs []string) string { return strings.Join(runs, "-") + ".html" }

func (p *pageExport) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&p.title, "title", "", "`title` of the page (default: the runs' names)")
	flags.IntVar(&p.bits, "bits", 0, "bits for each weight, 8 to 16; 0 finds the fewest for which pixels and loss stay what they are")
	flags.IntVar(&p.images, "images", 500, "test images on the map")
	p.settings.addFields(cmd, func(key string) bool { return key == "data.dir" }, "the runs'")
}

// pageResult is what export --format page --json writes.
type pageResult struct {
	Path  string      `json:"path"`
	Bytes int64       `json:"bytes"`
	Costs []page.Cost `json:"rounding"`
}

func (p *pageExport) write(ctx context.Context, env environment, o *exportOptions, runs []*rundir.Run) (exportResult, error) {
	if p.bits != 0 && (p.bits < 8 || p.bits > 16) {
		return exportResult{}, usagef("--bits %d: must be from 8 to 16, or 0", p.bits)
	}
	if err := checkRange("--images", p.images, 1, 10000); err != nil {
		return exportResult{}, err
	}
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return exportResult{}, err
	}
	defer engine.Close()
	var pages []page.Run
	var names []string
	for _, run := range runs {
		one, closer, err := p.open(ctx, env, o, run, engine)
		if err != nil {
			return exportResult{}, err
		}
		defer closer()
		pages, names = append(pages, one), append(names, one.Name)
	}
	title := p.title
	if title == "" {
		title = withRunNames("vaectl", names)
	}
	var costs []page.Cost
	err = atomicfile.WriteFile(o.out, func(w io.Writer) (err error) {
		costs, err = page.Write(ctx, w, pages, page.Options{Title: title, Version: programVersion(), Bits: p.bits, Images: p.images, Engine: engine})
		return err
	})
	if errors.Is(err, page.ErrUnsupported) {
		return exportResult{}, &usageError{err: err, hint: "vaectl serve shows every model"}
	}
	if err != nil {
		return exportResult{}, err
	}
	info, err := os.Stat(o.out)
	if err != nil {
		return exportResult{}, err
	}
	lines := []string{fmt.Sprintf("%s: %s, %.2f MB", o.out, withRunNames("page of "+words.Counted(len(names), "run"), names), float64(info.Size())/1e6)}
	for _, c := range costs {
		lines = append(lines, fmt.Sprintf("%s: %s", c.Run, c))
	}
	return exportResult{lines, pageResult{o.out, info.Size(), costs}}, nil
}

// open makes a run ready for a page, with an explorer of its own to ask about it.
func (p *pageExport) open(ctx context.Context, env environment, o *exportOptions, run *rundir.Run, engine *vae.Engine) (page.Run, func(), error) {
	m, err := o.model.load(env, run.Dir(), engine)
	if err != nil {
		return page.Run{}, nil, err
	}
	load := func(ctx context.Context, r rundir.Record, c configs.Data) (*data.Set, error) {
		wanted := dataOfRun(c, r.Dataset)
		if p.settings.flags.Changed("data-dir") {
			all := configs.Default()
			all.Data = wanted
			if err := p.settings.apply(&all); err != nil {
				return nil, err
			}
			wanted = all.Data
		}
		return loadOffline(ctx, env, wanted)
	}
	dir, err := filepath.Abs(run.Dir())
	if err != nil {
		return page.Run{}, nil, fmt.Errorf("run %s: %w", run.Dir(), err)
	}
	e, err := explorer.New(explorer.Options{
		Runs: filepath.Dir(dir), Checkpoint: o.model.checkpoint, Engine: engine, Data: load, Version: programVersion(),
	})
	if err != nil {
		return page.Run{}, nil, err
	}
	set, err := load(ctx, run.Record, m.Config().Data)
	if err != nil {
		warn(env, fmt.Sprintf("the page has no map, no prior plot and no ranking of %s: %v", run.Record.Name, err))
		set = nil
	}
	return page.Run{Name: filepath.Base(dir), Model: m.Model, Explorer: e, Data: set}, e.Close, nil
}
