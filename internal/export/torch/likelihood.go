package torch

import (
	"fmt"

	"vaectl/data"
	"vaectl/vae"
)

// means writes the statement that returns the means of pixels given x, what the
// decoder puts out.
func (c *code) means(m *vae.Model, flat bool) error {
	image := m.Shape()
	x := maps("x", flat, image)
	switch name := m.Likelihood().Name(); name {
	case "bernoulli":
		c.line("return torch.sigmoid(%s)", x)
	case "gaussian", "logistic":
		c.line("return %s.clamp(0, 1)", x)
	case "continuous-bernoulli":
		c.line("# the mean of a continuous Bernoulli variable, by its series around 0")
		c.line("x = %s.double()", x)
		c.line("far = torch.where(x.abs() < 0.05, 1.0, x)")
		c.line("near = 0.5 + x * (1 / 12 - x**2 * (1 / 720 - x**2 * (1 / 30240 - x**2 / 1209600)))")
		c.line("return torch.where(x.abs() < 0.05, near, -1 / torch.expm1(-far) - 1 / far).float()")
	case "logistic-mixture":
		c.logisticMixture(m.Config().Model.LikelihoodComponents, rows("x", flat), image)
	default:
		return cannot("likelihood %s", name)
	}
	return nil
}

// logisticMixture has each channel at the means of those before it.
func (c *code) logisticMixture(components int, x string, s data.Shape) {
	per := 2*s.Channels + s.Channels*(s.Channels-1)/2
	c.lines(fmt.Sprintf(`# a mixture of %[1]d logistic variables for each pixel, in [-1, 1]; each channel is at
# the means of those before it, and what lies beyond black and white counts as such
planes = %[2]s.unflatten(1, (%[3]d, %[4]d, %[5]d)).double()
weights = planes[:, :%[1]d].softmax(dim=1)
planes = planes[:, %[1]d:].unflatten(1, (%[1]d, %[6]d))
y, pixels = [], []
for channel in range(%[7]d):
    mean = planes[:, :, channel]
    for before in range(channel):
        share = planes[:, :, %[8]d + channel * (channel - 1) // 2 + before]
        mean = mean + torch.tanh(share) * y[before]
    scale = planes[:, :, %[7]d + channel].clamp(min=-7).exp()
    ends = F.softplus(-(mean + 1).abs() / scale) - F.softplus(-(mean - 1).abs() / scale)
    y.append(mean.clamp(-1, 1) + scale * ends)
    pixels.append(((weights * y[channel]).sum(dim=1) + 1) / 2)
return torch.stack(pixels, dim=1).clamp(0, 1).float()
`, components, x, components*(1+per), s.Height, s.Width, per, s.Channels, 2*s.Channels))
}
