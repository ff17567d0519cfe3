package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/format/safetensors"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Weights of other programs have no checksum and come in any order; what is wrong
// with them is said, and no run is made of them.
func TestImport(t *testing.T) {
	root := t.TempDir()
	config := smallConfig(map[string]string{"train.epochs": "1"})
	trained := trainWhole(t, root, "run", config, 1)
	var tensors []safetensors.Tensor
	for _, p := range trained.Model.Parameters() {
		tensors = append([]safetensors.Tensor{{Name: p.Name, Shape: p.Shape, Data: p.Export(p.Data)}}, tensors...)
	}
	for name, c := range map[string]struct {
		change func([]safetensors.Tensor) []safetensors.Tensor
		want   string
	}{
		"as they are": {func(all []safetensors.Tensor) []safetensors.Tensor { return all }, ""},
		"one missing": {func(all []safetensors.Tensor) []safetensors.Tensor { return all[1:] }, "no tensor " + tensors[0].Name},
		"one too many": {func(all []safetensors.Tensor) []safetensors.Tensor {
			return append(all, safetensors.Tensor{Name: "more", Data: []float32{1}})
		}, "more"},
		"not a number": {func(all []safetensors.Tensor) []safetensors.Tensor {
			all[0].Data = append([]float32(nil), all[0].Data...)
			all[0].Data[0] = float32(math.NaN())
			return all
		}, "holds NaN at position 0"},
		"another shape": {func(all []safetensors.Tensor) []safetensors.Tensor {
			all[0].Shape = append([]int{1}, all[0].Shape...)
			return all
		}, "has shape"},
		"far too large": {func(all []safetensors.Tensor) []safetensors.Tensor {
			for i := range all {
				data := make([]float32, len(all[i].Data))
				for j := range data {
					data[j] = 1e38
				}
				all[i].Data = data
			}
			return all
		}, "loss is"},
	} {
		var file bytes.Buffer
		if err := safetensors.Write(&file, c.change(append([]safetensors.Tensor(nil), tensors...)), nil); err != nil {
			t.Fatal(err)
		}
		name = strings.ReplaceAll(name, " ", "-")
		record, err := Import(t.Context(), Job{
			Root: root, Name: name, Config: config, Engine: engine(t, 1),
			Load: func(context.Context, configs.Data) (*data.Set, error) { return smallSet(), nil },
		}, Weights{Content: bytes.NewReader(file.Bytes()), Size: int64(file.Len()), From: rundir.Imported{File: "w.safetensors"}}, Options{})
		if c.want == "" {
			if err != nil || record.Status != rundir.Finished || record.Figures.NegBound != trained.State.Figures.NegBound {
				t.Errorf("%s: %v, %s with %v", name, err, record.Status, record.Figures)
			}
			continue
		}
		if !errors.Is(err, vae.ErrWeights) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "w.safetensors") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			t.Errorf("%s: there is a run", name)
		}
	}
}
