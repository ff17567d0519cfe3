package torch

import (
	"fmt"
	"math"

	"vaectl/data"
	"vaectl/internal/export/latent"
)

// toBase writes x, what the decoder reads of z.
func (c *code) toBase(p latent.Prior) error {
	if p.InputScale != nil {
		shift, scale := make([]float64, p.Latents), make([]float64, p.Latents)
		for d := range scale {
			shift[d], scale[d] = -p.InputShift[d]/p.InputScale[d], 1/p.InputScale[d]
		}
		c.line("x = %s", affine("z", shift, scale))
		return nil
	}
	c.line("# the standard normal variable that z is a function of")
	of := p.Components
	place := func() { c.line("t = (z.double() - %s) / %s", numbers(of.Locations, "z"), numbers(of.Scales, "z")) }
	switch {
	case p.Interval != nil:
		place()
		c.line("x = torch.special.ndtri(t.clamp(2**-53, 1 - 2**-53)).float()")
	case p.Family == "laplace":
		place()
		c.line("x = (-t.sign() * torch.special.ndtri(0.5 * torch.exp(-t.abs()))).float()")
	case p.Family == "logistic":
		place()
		c.line("x = (-t.sign() * torch.special.ndtri(torch.sigmoid(-t.abs()))).float()")
	case p.Family == "normal":
		weights, means, stds := mixture(p)
		logs := make([]float64, len(weights))
		for k, w := range weights {
			logs[k] = math.Log(w)
		}
		c.line("z64, log_weights = z.double(), z.new_tensor(%s).double()", list(logs))
		c.line("t = (z64[..., None] - z64.new_tensor(%s)) / z64.new_tensor(%s)", list(means), list(stds))
		c.line("lower = torch.logsumexp(log_weights + torch.special.log_ndtr(t), -1)")
		c.line("upper = torch.logsumexp(log_weights + torch.special.log_ndtr(-t), -1)")
		c.line("x = torch.where(lower < upper, torch.special.ndtri(lower.exp()), -torch.special.ndtri(upper.exp())).float()")
	default:
		return cannot("standard normal scores (prior.standardize full) of the prior %s, whose distribution function it does not have", p.Family)
	}
	return nil
}

// mixture are the components of a mixture that is the same in each dimension.
func mixture(p latent.Prior) (weights, means, stds []float64) {
	for k, w := range p.Components.Weights {
		weights = append(weights, w)
		means, stds = append(means, p.Components.Locations[k*p.Latents]), append(stds, p.Components.Scales[k*p.Latents])
	}
	return weights, means, stds
}

// draw writes z, draws of the prior.
func (c *code) draw(p latent.Prior, prior string, image data.Shape) {
	of, n := p.Components, p.Latents
	c.line("noise = torch.randn(count, %d, device=next(self.parameters()).device)", n)
	switch {
	case p.Flow > 0:
		c.lines(fmt.Sprintf(`# back through the coupling layers; each moves one half by the other
halves = list(noise.split([%d, %d], dim=1))
for l in reversed(range(%d)):
    fixed, moved = halves[l %% 2], halves[1 - l %% 2]
    s, t = self.prior[l].output(torch.tanh(self.prior[l].hidden(fixed))).chunk(2, dim=1)
    halves[1 - l %% 2] = (moved - t) * torch.exp(-2 * torch.tanh(s / 2))
z = torch.cat(halves, dim=1)
`, n/2, n-n/2, p.Flow))
	case p.Radius > 0:
		c.line("z = %s * F.normalize(noise, dim=1)", number(p.Radius))
	case prior == "vamp":
		c.lines(fmt.Sprintf(`# the posterior of one of the learned images
means, log_variances, _ = self.encode(%s)
component = torch.randint(len(means), (count,), device=noise.device)
z = means[component] + torch.exp(log_variances[component] / 2) * noise
`, maps(`self.prior["pseudo_inputs"].clamp(0, 1)`, true, image)))
	case p.Joint:
		c.lines(`component = torch.multinomial(torch.softmax(self.prior["logits"], 0), count, replacement=True)
z = self.prior["means"][component] + torch.exp(self.prior["log_variances"][component] / 2) * noise
`)
	case len(of.Weights) > 1:
		weights, means, stds := mixture(p)
		c.line("component = torch.multinomial(noise.new_tensor(%s), noise.numel(), replacement=True).view_as(noise)", list(weights))
		c.line("z = noise.new_tensor(%s)[component] + noise.new_tensor(%s)[component] * noise", list(means), list(stds))
	case p.Family == "normal":
		c.line("z = %s", affine("noise", of.Locations, of.Scales))
	default:
		c.standardDraw(p)
		c.line("z = %s", affine("draw", of.Locations, of.Scales))
	}
}

// standardDraw writes a draw of a family with location 0 and scale 1.
func (c *code) standardDraw(p latent.Prior) {
	switch p.Family {
	case "uniform":
		c.line("draw = torch.rand_like(noise)")
	case "laplace":
		c.line("draw = noise.sign() * torch.empty_like(noise).exponential_()")
	case "logistic":
		c.line("draw = torch.logit(torch.rand_like(noise), eps=2**-25)")
	case "student-t":
		c.line("dof = torch.zeros_like(noise) + %s", numbers(p.DoF, "noise"))
		c.line("draw = noise * torch.rsqrt(torch.distributions.Chi2(dof).sample() / dof)")
	}
}
