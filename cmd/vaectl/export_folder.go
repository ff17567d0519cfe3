package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vaectl/internal/export/onnx"
	"vaectl/internal/export/torch"
	"vaectl/internal/format/atomicfile"
	format "vaectl/internal/format/onnx"
	"vaectl/train/rundir"
)

// folderExport is a format of several files, for one run.
type folderExport struct {
	of, what string
	names    []string
	// make makes the files' contents, before any of them is written.
	make func(m runModel, a provenance) (atomicfile.Contents, error)
}

// provenance is what an export says of the run it is made from.
type provenance struct {
	name, checkpoint, version string
	epoch                     int
}

func (f *folderExport) name() string                { return f.of }
func (f *folderExport) help() string                { return f.what }
func (*folderExport) most() int                     { return 1 }
func (f *folderExport) path(runs []string) string   { return runs[0] + "-" + f.of }
func (f *folderExport) files() []string             { return f.names }
func (f *folderExport) addFlags(cmd *cobra.Command) {}

// folderResult is what export of such a format writes with --json.
type folderResult struct {
	Path  string       `json:"path"`
	Files []fileResult `json:"files"`
}

type fileResult struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

func (f *folderExport) write(_ context.Context, env environment, o *exportOptions, runs []*rundir.Run) (exportResult, error) {
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return exportResult{}, err
	}
	defer engine.Close()
	run := runs[0]
	m, err := o.model.load(env, run.Dir(), engine)
	if err != nil {
		return exportResult{}, err
	}
	contents, err := f.make(m, provenance{name: run.Name(), checkpoint: o.model.checkpoint, version: programVersion(), epoch: m.epoch(o.model.checkpoint)})
	if err != nil {
		return exportResult{}, err
	}
	if err := atomicfile.WriteFolder(o.out, contents); err != nil {
		return exportResult{}, err
	}
	result := folderResult{Path: o.out}
	var lines []string
	for _, name := range f.names {
		path := filepath.Join(o.out, name)
		info, err := os.Stat(path)
		if err != nil {
			return exportResult{}, err
		}
		result.Files = append(result.Files, fileResult{name, info.Size()})
		lines = append(lines, fmt.Sprintf("%s: %.1f kB", path, float64(info.Size())/1e3))
	}
	return exportResult{lines, result}, nil
}

// onnxExport is the model as ONNX graphs.
func onnxExport() *folderExport {
	return &folderExport{
		of: "onnx", what: "a folder with the encoder, the decoder and the sampler as ONNX graphs",
		names: []string{"encoder.onnx", "decoder.onnx", "sampler.onnx"},
		make:  onnxContents,
	}
}

func onnxContents(m runModel, a provenance) (atomicfile.Contents, error) {
	graphs, err := onnx.New(m.Model, onnx.Provenance{
		Run: a.name, Checkpoint: a.checkpoint, Epoch: a.epoch, Version: a.version,
		Dataset: m.record.Dataset.Name, Binarize: m.Config().Data.Binarize, ClassNames: m.record.Dataset.ClassNames,
	})
	if errors.Is(err, onnx.ErrUnsupported) {
		return nil, &usageError{err: err, hint: "--format page, or `vaectl serve`, may show it"}
	}
	if err != nil {
		return nil, err
	}
	contents := make(atomicfile.Contents)
	for name, g := range map[string]format.Model{"encoder.onnx": graphs.Encoder, "decoder.onnx": graphs.Decoder, "sampler.onnx": graphs.Sampler} {
		contents[name] = func(w io.Writer) error { return format.Write(w, g) }
	}
	return contents, nil
}

// torchExport is the model as a PyTorch module and its weights.
func torchExport() *folderExport {
	return &folderExport{
		of: "torch", what: "a folder with a PyTorch module of the model, to read and change, and its weights",
		names: []string{"model.py", torch.WeightsFile},
		make:  torchContents,
	}
}

func torchContents(m runModel, a provenance) (atomicfile.Contents, error) {
	var source bytes.Buffer
	err := torch.Write(&source, m.Model, torch.Provenance{Run: a.name, Dataset: m.record.Dataset.Name, Version: a.version})
	if errors.Is(err, torch.ErrUnsupported) {
		return nil, &usageError{err: err, hint: "--format onnx, or --format page, may express it"}
	}
	if err != nil {
		return nil, err
	}
	return atomicfile.Contents{
		"model.py": func(w io.Writer) error {
			_, err := w.Write(source.Bytes())
			return err
		},
		torch.WeightsFile: func(w io.Writer) error { return m.Write(w, nil) },
	}, nil
}
