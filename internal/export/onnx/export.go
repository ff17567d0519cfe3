package onnx

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"vaectl/internal/compute/graph"
	"vaectl/internal/export/latent"
	"vaectl/internal/format/onnx"
	"vaectl/loss"
	"vaectl/vae"
)

// Provenance says where a model comes from; it goes into the metadata of its graphs.
type Provenance struct {
	Run        string
	Checkpoint string
	Epoch      int
	Dataset    string
	Binarize   string
	ClassNames []string
	Version    string // of the program
}

// Graphs are a model as graphs with any number of images at a time. Images are
// [N, channels, height, width] with values in [0, 1].
type Graphs struct {
	// Encoder reads x, and the label of a conditional model, and puts out mean and log
	// variance of the Gaussian variable behind z, [N, latents], and the z of that mean.
	Encoder onnx.Model
	// Decoder reads z, in the prior's own units, and puts out the pixels' means. Levels
	// below z's are at their means.
	Decoder onnx.Model
	// Sampler reads noise and puts out a draw z of the prior and the pixels' means for
	// it. Levels below z's are drawn, with noise of their own.
	Sampler onnx.Model
}

// New makes the graphs of a model. What they cannot express is [ErrUnsupported].
func New(m *vae.Model, a Provenance) (Graphs, error) {
	prior, err := latent.Describe(m)
	if err != nil {
		return Graphs{}, cannot("%v", err)
	}
	var g Graphs
	for _, part := range []struct {
		of    *onnx.Model
		name  string
		doc   string
		build func(*builder) error
	}{
		{&g.Encoder, "encoder", "The posterior q(z|x) of images.", (*builder).encoder},
		{&g.Decoder, "decoder", "The means of pixels given z.", (*builder).decoder},
		{&g.Sampler, "sampler", "Draws z from the prior and the means of pixels given it.", (*builder).sampler},
	} {
		b := newBuilder(m, prior, part.name, part.doc)
		b.scope = part.name
		if err := part.build(b); err != nil {
			return Graphs{}, err
		}
		*part.of = onnx.Model{
			Producer: "vaectl", ProducerVersion: a.Version, Opset: Opset, Graph: b.graph,
			Doc:      fmt.Sprintf("%s A variational autoencoder, %s, trained as %s on %s toward the prior %s.", part.doc, m.Network(), a.Run, a.Dataset, loss.Describe(m.Prior())),
			Metadata: metadata(m, a, part.name),
		}
	}
	return g, nil
}

// metadata are what a reader of a graph should know. Values are texts; lists are JSON.
func metadata(m *vae.Model, a Provenance, part string) map[string]string {
	image := m.Shape()
	out := map[string]string{
		"part": part, "run": a.Run, "checkpoint": a.Checkpoint, "epoch": fmt.Sprint(a.Epoch), "dataset": a.Dataset, "version": a.Version,
		"prior": loss.Describe(m.Prior()), "likelihood": m.Likelihood().Name(), "bound": m.Bound().String(), "binarize": a.Binarize,
		"image": fmt.Sprintf("%d channels, %d rows, %d columns", image.Channels, image.Height, image.Width),
	}
	if len(a.ClassNames) > 0 {
		// Texts always are JSON.
		if names, err := json.Marshal(a.ClassNames); err == nil {
			out["class_names"] = string(names)
		}
	}
	maps.DeleteFunc(out, func(_, text string) bool { return text == "" })
	return out
}

// label adds the input of labels of a conditional model.
func (b *builder) label() string {
	if b.model.Classes() == 0 {
		return ""
	}
	return b.input(nameLabel, fmt.Sprintf("the label of each image, from 0 to %d", b.model.Classes()-1), onnx.Int64)
}

// head splits what a head puts out into mean and log variance.
func (b *builder) head(x value, shift, scale []float64) (mean, logVariance string) {
	n := len(shift)
	parts := b.split("Split", with("axis", 1), 2, b.rows(x), b.integers(n, n))
	limited := b.call("Clip", nil, parts[1], b.number(-graph.LogVarianceLimit), b.number(graph.LogVarianceLimit))
	logScales := make([]float64, n)
	for d, s := range scale {
		logScales[d] = 2 * math.Log(s)
	}
	_, ones := plain(n)
	return b.affine(parts[0], shift, scale), b.affine(limited, logScales, ones)
}

// plain is the shift and scale of a head that nothing is known about.
func plain(n int) (shift, scale []float64) {
	return make([]float64, n), slices.Repeat([]float64{1}, n)
}

func (b *builder) encoder() error {
	image, latents := b.model.Shape(), b.prior.Latents
	doc := "images, values in [0, 1]"
	if how := b.model.Config().Data.Binarize; how != "none" {
		doc += fmt.Sprintf("; training binarised them (%s)", how)
	}
	x := value{name: b.input(nameImage, doc, onnx.Float32, planes(image)...)}
	label := b.label()
	levels := b.model.Network().Levels
	var mean, logVariance string
	for i, l := range levels {
		out, err := b.run(l.Up.Operations(), x, label)
		if err != nil {
			return err
		}
		shift, scale := plain(l.Size)
		if i == len(levels)-1 {
			shift, scale = b.prior.HeadShift, b.prior.HeadScale
		}
		mean, logVariance = b.head(out, shift, scale)
		x = flat(mean)
	}
	of := "z"
	if b.prior.Interval != nil {
		of = "the variable u that z is a function of"
	}
	b.output(nameMean, "mean of "+of, mean, latents)
	b.output(nameLogVariance, "log variance of "+of, logVariance, latents)
	b.output(nameZ, "the z that belongs to the mean, in the prior's own units", b.fromBase(mean), latents)
	return nil
}

func (b *builder) decoder() error {
	z := b.input(nameZ, "codes, in the prior's own units", onnx.Float32, b.prior.Latents)
	return b.decode(z, b.label(), false)
}

func (b *builder) sampler() error {
	z, err := b.draw()
	if err != nil {
		return err
	}
	b.output(nameZ, "draws of the prior, in its own units", z, b.prior.Latents)
	return b.decode(z, b.label(), true)
}

// decode adds the way from z to pixels, with the levels between drawn or at their
// means.
func (b *builder) decode(z, label string, draws bool) error {
	input, err := b.decoderInput(z)
	if err != nil {
		return err
	}
	x := flat(input)
	levels := b.model.Network().Levels
	for i := len(levels) - 1; i > 0; i-- {
		out, err := b.run(levels[i].Down.Operations(), x, label)
		if err != nil {
			return err
		}
		shift, scale := plain(levels[i-1].Size)
		mean, logVariance := b.head(out, shift, scale)
		if draws {
			noise := b.input(fmt.Sprintf("%s_level_%d", nameNoise, i-1), "standard normal noise of a level below z's", onnx.Float32, levels[i-1].Size)
			std := b.call("Exp", nil, b.mul(logVariance, b.number(0.5)))
			mean = b.add(mean, b.mul(std, noise))
		}
		x = flat(mean)
	}
	out, err := b.run(levels[0].Down.Operations(), x, label)
	if err != nil {
		return err
	}
	pixels, err := b.means(out)
	if err != nil {
		return err
	}
	kind := strings.ReplaceAll(b.model.Likelihood().Name(), "-", " ")
	b.output(namePixels, "means of the pixels, in [0, 1], of the "+kind+" likelihood", pixels, planes(b.model.Shape())...)
	return nil
}
