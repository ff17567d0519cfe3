package torch

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"vaectl/internal/compute/graph"
	"vaectl/internal/export/latent"
	"vaectl/loss"
	"vaectl/vae"
)

// WeightsFile is the name of the weights that the module loads unless it is told
// otherwise, beside its own file.
const WeightsFile = "model.safetensors"

// Provenance says where a model comes from, for the words at the top of the file.
type Provenance struct {
	Run     string
	Dataset string
	Version string // of the program
}

// Write writes the Python file of a model. What PyTorch cannot express is
// [ErrUnsupported].
func Write(w io.Writer, m *vae.Model, a Provenance) error {
	text, err := source(m, a)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// writer writes the class of a model.
type writer struct {
	code
	model *vae.Model
	prior latent.Prior
}

func source(m *vae.Model, a Provenance) (string, error) {
	w := &writer{model: m}
	var err error
	if w.prior, err = latent.Describe(m); err != nil {
		return "", cannot("%v", err)
	}
	modules, err := modulesOf(m)
	if err != nil {
		return "", err
	}
	w.introduction(a)
	w.line("class Model(nn.Module):")
	w.indent++
	w.line("def __init__(self):")
	w.indent++
	w.line("super().__init__()")
	modules.write(&w.code, "self")
	w.indent--
	for _, method := range []func() error{w.encode, w.decode, w.sample} {
		w.line("")
		if err := method(); err != nil {
			return "", err
		}
	}
	w.line("")
	w.lines(files)
	return w.text.String(), nil
}

// files are the methods that read and write weights.
const files = `@classmethod
def load(cls, path=None):
    """The model with the weights of a file, ready to be used."""
    model = cls()
    model.load_state_dict(load_file(path or Path(__file__).with_name("` + WeightsFile + `")))
    return model.eval()

def save(self, path):
    """Writes the weights as a file that vaectl import reads."""
    weights = {k: v.contiguous() for k, v in self.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(weights, path)
`

// quoted is text in a docstring.
func quoted(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `'`, "\n", " ", "\r", " ").Replace(text)
}

func (w *writer) introduction(a Provenance) {
	s, label, beside := w.model.Shape(), "", ""
	if w.model.Classes() > 0 {
		label = ", label"
		beside = fmt.Sprintf("    label = torch.zeros(16, dtype=torch.long)  # of each image, from 0 to %d\n", w.model.Classes()-1)
	}
	w.lines(fmt.Sprintf(`"""The run %s as a PyTorch module, written by vaectl %s.

A variational autoencoder, %s, trained on %s.
Prior %s.
Likelihood %s. %s.

    from model import Model

    model = Model.load()  # the weights of %s, beside this file
%s    z, pixels = model.sample(16%s)  # pixels are [16, %d, %d, %d], in [0, 1]
    mean, log_variance, z = model.encode(pixels%s)
    pixels = model.decode(z%s)
    model.save("changed.safetensors")

and then vaectl import changed.safetensors --config %s --name changed
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F


`, quoted(a.Run), quoted(a.Version), w.model.Network(), quoted(a.Dataset), loss.Describe(w.model.Prior()), w.model.Likelihood().Name(),
		"Images are "+s.String(), WeightsFile, beside, label, s.Channels, s.Height, s.Width, label, label, quoted(a.Run)))
}

// arguments are those of a method, with the label where the model reads one.
func (w *writer) arguments(first string, more ...string) string {
	all := []string{"self", first}
	if w.model.Classes() > 0 {
		all = append(all, "label")
	}
	return strings.Join(append(all, more...), ", ")
}

// head writes the mean and the log variance that a head puts out, of x.
func (w *writer) head(flat bool, shift, scale []float64) {
	logs := make([]float64, len(scale))
	for d, s := range scale {
		logs[d] = 2 * math.Log(s)
	}
	ones := slices.Repeat([]float64{1}, len(scale))
	w.line("mean, log_variance = %s.chunk(2, dim=1)", rows("x", flat))
	if text := affine("mean", shift, scale); text != "mean" {
		w.line("mean = %s", text)
	}
	w.line("log_variance = log_variance.clamp(%d, %d)", -graph.LogVarianceLimit, graph.LogVarianceLimit)
	if text := affine("log_variance", logs, ones); text != "log_variance" {
		w.line("log_variance = %s", text)
	}
}

func plain(n int) (shift, scale []float64) {
	return make([]float64, n), slices.Repeat([]float64{1}, n)
}

func (w *writer) encode() error {
	of := "z"
	if w.prior.Interval != nil {
		of = "the Gaussian variable that z is a function of"
	}
	w.line("def encode(%s):", w.arguments("x"))
	w.indent++
	defer func() { w.indent-- }()
	w.line(`"""Mean and log variance of %s, and the z of that mean."""`, of)
	flat := false
	levels := w.model.Network().Levels
	for i, l := range levels {
		var err error
		if flat, err = w.run(l.Up.Operations(), "x", "x", flat); err != nil {
			return err
		}
		shift, scale := plain(l.Size)
		if i == len(levels)-1 {
			shift, scale = w.prior.HeadShift, w.prior.HeadScale
		}
		w.head(flat, shift, scale)
		if i < len(levels)-1 {
			w.line("x = mean  # which the level above reads")
		}
		flat = true
	}
	z := "mean"
	if i := w.prior.Interval; i != nil {
		widths := make([]float64, len(i.Low))
		for d := range widths {
			widths[d] = i.High[d] - i.Low[d]
		}
		z = affine("torch.special.ndtr(mean)", i.Low, widths)
	}
	w.line("return mean, log_variance, %s", z)
	return nil
}

func (w *writer) decode() error {
	levels := w.model.Network().Levels
	if len(levels) == 1 {
		w.line("def decode(%s):", w.arguments("z"))
		w.indent++
		w.line(`"""The means of the pixels given z."""`)
	} else {
		w.line("def decode(%s):", w.arguments("z", "draw=False"))
		w.indent++
		w.line(`"""The means of the pixels given z, with the levels below at their means or drawn."""`)
	}
	defer func() { w.indent-- }()
	if err := w.toBase(w.prior); err != nil {
		return err
	}
	flat := true
	for i := len(levels) - 1; i > 0; i-- {
		var err error
		if flat, err = w.run(levels[i].Down.Operations(), "x", "x", flat); err != nil {
			return err
		}
		w.head(flat, slices.Repeat([]float64{0}, levels[i-1].Size), slices.Repeat([]float64{1}, levels[i-1].Size))
		w.line("x = mean + torch.exp(log_variance / 2) * torch.randn_like(mean) if draw else mean")
		flat = true
	}
	flat, err := w.run(levels[0].Down.Operations(), "x", "x", flat)
	if err != nil {
		return err
	}
	return w.means(w.model, flat)
}

func (w *writer) sample() error {
	w.line("@torch.no_grad()")
	w.line("def sample(%s):", w.arguments("count"))
	w.indent++
	defer func() { w.indent-- }()
	w.line(`"""Draws z from the prior, with the means of the pixels given it."""`)
	w.draw(w.prior, w.model.Prior().Name(), w.model.Shape())
	arguments := "z"
	if w.model.Classes() > 0 {
		arguments += ", label"
	}
	if len(w.model.Network().Levels) > 1 {
		arguments += ", draw=True"
	}
	w.line("return z, self.decode(%s)", arguments)
	return nil
}
