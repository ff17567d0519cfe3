// Package exporttest makes models of every architecture and prior with the numbers that
// they compute, for tests that have another program compute the same.
package exporttest

import (
	"math"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/vae"
)

// Case is a model to compare.
type Case struct {
	Name     string
	Preset   string // its configuration; the defaults where it is empty
	Settings []string
	Image    data.Shape
}

// Cases are all presets, and small models of every kind of part.
func Cases() []Case {
	var all []Case
	for _, p := range configs.Presets() {
		c := Case{Name: "preset-" + p, Preset: p, Image: data.Shape{Height: 28, Width: 28, Channels: 1}}
		switch p {
		case "burgess":
			c.Image = data.Shape{Height: 64, Width: 64, Channels: 1}
		case "burgess32":
			c.Image = data.Shape{Height: 32, Width: 32, Channels: 3}
		case "colour64":
			c.Image = data.Shape{Height: 64, Width: 64, Channels: 3}
		}
		all = append(all, c)
	}
	grey, colour := data.Shape{Height: 8, Width: 12, Channels: 1}, data.Shape{Height: 8, Width: 12, Channels: 3}
	small := func(name string, image data.Shape, settings ...string) {
		all = append(all, Case{Name: name, Settings: append([]string{"model.hidden=24,16", "model.latent=5"}, settings...), Image: image})
	}
	for _, a := range []string{"relu", "leaky-relu", "silu", "tanh", "softplus", "elu"} {
		small("activation-"+a, grey, "model.activation="+a)
	}
	small("latents-1", grey, "model.latent=1")
	small("latents-2", grey, "model.latent=2")
	small("binarized", grey, "data.binarize=dynamic")
	small("gated", grey, "model.gated=true")
	small("conditional", grey, "model.conditional=true", "model.classes=4")
	small("two-levels", grey, "model.upper_latent=3", "model.upper_hidden=10", "model.conditional=true", "model.classes=4")
	conv := []string{"model.network=conv", "model.conv=6k3s2p1,8k3s2p1"}
	for _, one := range [][2]string{
		{"conv", ""},
		{"conv-no-hidden", "model.hidden="},
		{"conv-batch", "model.norm=batch"},
		{"conv-group", "model.norm=group"},
		{"conv-gated", "model.norm=batch model.gated=true"},
		{"conv-blocks", "model.norm=batch model.blocks=2"},
		{"conv-blocks-group", "model.norm=group model.blocks=1"},
		{"conv-blocks-gated", "model.norm=batch model.gated=true model.blocks=2"},
		{"conv-nearest", "model.upsampling=nearest model.norm=batch"},
		{"conv-conditional", "model.norm=batch model.conditional=true model.classes=4"},
	} {
		small(one[0], colour, append(conv, strings.Fields(one[1])...)...)
	}
	small("conv-stride-3", data.Shape{Height: 6, Width: 6, Channels: 1},
		append(conv, "model.conv=4,8k3s3p0", "model.norm=group", "model.upsampling=nearest", "model.activation=silu")...)
	for _, l := range []string{"bernoulli", "continuous-bernoulli", "gaussian", "logistic", "logistic-mixture"} {
		small("likelihood-"+l, colour, "model.likelihood="+l)
	}
	small("likelihood-logistic-learned", colour, "model.likelihood=logistic", "model.pixel_std_learned=true")
	small("likelihood-logistic-mixture-conv", colour, append(conv, "model.likelihood=logistic-mixture")...)
	for _, one := range [][2]string{
		{"normal", "prior.mean=0.5 prior.std=0.1"},
		{"uniform", "prior.low=-2 prior.high=3"},
		{"laplace", "prior.scale=2"},
		{"logistic", "prior.location=1"},
		{"student-t", "prior.dof=3,4,5,6,7"},
		{"mixture", "prior.means=-2,0,2 prior.weights=1,2,3 prior.stds=0.3"},
	} {
		for _, standardize := range []string{"affine", "none", "full"} {
			small("prior-"+one[0]+"-"+standardize, grey, append(strings.Fields(one[1]), "prior.name="+one[0], "prior.standardize="+standardize)...)
		}
	}
	small("prior-student-t-1", grey, "prior.name=student-t", "prior.dof=1", "prior.standardize=none")
	small("prior-mixture-learned", grey, "prior.name=mixture", "prior.learned=true", "prior.components=7")
	small("prior-vamp", grey, "prior.name=vamp", "prior.components=9")
	small("prior-flow", grey, "prior.name=flow", "prior.flow_hidden=8")
	small("prior-sphere", grey, "prior.name=sphere", "objective.name=mmd", "prior.radius=2")
	return all
}

// Model makes the model with weights that are drawn, running statistics too.
func (c Case) Model(e *vae.Engine) (*vae.Model, error) {
	config := configs.Default()
	if c.Preset != "" {
		var err error
		if config, err = configs.Load(c.Preset); err != nil {
			return nil, err
		}
	}
	for _, s := range c.Settings {
		key, value, _ := strings.Cut(s, "=")
		if err := config.Set(key, value); err != nil {
			return nil, err
		}
	}
	m, err := vae.New(config, c.Image, e)
	if err != nil {
		return nil, err
	}
	if err := m.Init(1); err != nil {
		return nil, err
	}
	for i, p := range m.Parameters() {
		values := append([]float32(nil), p.Export(p.Data)...)
		drawn := make([]float32, len(values))
		(*kernel.Engine)(e).Normal(drawn, noise.Key(2, noise.Init, uint64(i)), 0)
		// Sums over the wide rows of a prior's arrays stay what they are in narrow ones:
		// a flow with large weights goes to thousands.
		row := 1
		if len(p.Shape) > 1 {
			row = p.Shape[len(p.Shape)-1]
		}
		spread := float32(0.2 / math.Sqrt(max(1, float64(row)/8)))
		for j := range values {
			if strings.HasSuffix(p.Name, ".running_var") {
				values[j] = 0.5 + drawn[j]*drawn[j]
			} else if len(p.Shape) == 1 || strings.HasPrefix(p.Name, "prior.") {
				values[j] += spread * drawn[j]
			}
		}
		p.Import(p.Data, values)
	}
	// A prior made with the encoder is brought up to date by sampling.
	_, err = m.Sample(1, 1, m.SameLabel(0, 1))
	return m, err
}
