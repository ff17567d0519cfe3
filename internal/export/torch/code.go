package torch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vaectl/data"
	"vaectl/vae/arch"
)

// code is Python being written.
type code struct {
	text   strings.Builder
	indent int
}

// line adds one, indented.
func (c *code) line(format string, args ...any) {
	if format != "" {
		c.text.WriteString(strings.Repeat("    ", c.indent))
		fmt.Fprintf(&c.text, format, args...)
	}
	c.text.WriteByte('\n')
}

// lines adds a text of several, each indented.
func (c *code) lines(text string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			c.line("")
		} else {
			c.line("%s", line)
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// numbers is a number where all are the same, and otherwise a tensor beside another,
// of the type and on the device of that.
func numbers(values []float64, beside string) string {
	if !slices.ContainsFunc(values, func(v float64) bool { return v != values[0] }) {
		return number(values[0])
	}
	return beside + ".new_tensor(" + list(values) + ")"
}

// list is a list of numbers.
func list(values []float64) string {
	var words []string
	for _, v := range values {
		words = append(words, number(v))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// affine is x * scale + shift without what changes nothing.
func affine(x string, shift, scale []float64) string {
	if slices.ContainsFunc(scale, func(v float64) bool { return v != 1 }) {
		x += " * " + numbers(scale, x)
	}
	name, _, _ := strings.Cut(x, " ")
	if slices.ContainsFunc(shift, func(v float64) bool { return v != 0 }) {
		x += " + " + numbers(shift, name)
	}
	return x
}

// run writes operations that read the variable from, and leave what they compute in
// the variable to. Flat says whether a variable is [N, size]; otherwise it is [N,
// channels, height, width].
func (c *code) run(all []arch.Operation, from, to string, flat bool) (bool, error) {
	for _, o := range all {
		var err error
		if flat, err = c.operation(o, from, to, flat); err != nil {
			return flat, err
		}
		from = to
	}
	return flat, nil
}

// maps is an expression for maps of a shape.
func maps(x string, flat bool, s data.Shape) string {
	if !flat {
		return x
	}
	return fmt.Sprintf("%s.unflatten(1, (%d, %d, %d))", x, s.Channels, s.Height, s.Width)
}

func rows(x string, flat bool) string {
	if flat {
		return x
	}
	return x + ".flatten(1)"
}

func (c *code) operation(o arch.Operation, from, to string, flat bool) (bool, error) {
	switch o.Kind {
	case arch.Linear:
		c.line("%s = %s(%s)%s", to, expression(o.Name), rows(from, flat), labels(o, ""))
		return true, nil
	case arch.Convolving, arch.Transposing:
		c.line("%s = %s(%s)%s", to, expression(o.Name), maps(from, flat, o.In), labels(o, "[:, :, None, None]"))
		return false, nil
	case arch.BatchNorm, arch.GroupNorm:
		c.line("%s = %s(%s)", to, expression(o.Name), maps(from, flat, o.In))
		return false, nil
	case arch.Activating:
		function, ok := activation(string(o.Function))
		if !ok {
			return flat, cannot("activation %s", o.Function)
		}
		c.line("%s = %s(%s)", to, function, from)
		return flat, nil
	case arch.Upsampling:
		c.line("%s = F.interpolate(%s, scale_factor=%d, mode=\"nearest\")", to, maps(from, flat, o.In), o.Factor)
		return false, nil
	case arch.Gating:
		after, err := c.run(o.Body, from, "body", flat)
		if err != nil {
			return flat, err
		}
		if _, err := c.run(o.Gate, from, "gate", flat); err != nil {
			return flat, err
		}
		c.line("%s = body * gate", to)
		return after, nil
	case arch.Summing:
		after, err := c.run(o.Body, from, "body", flat)
		if !after {
			from = maps(from, flat, o.In)
		}
		c.line("%s = %s + body", to, from)
		return after, err
	}
	return flat, cannot("%s of layer %s", o.Kind, o.Name)
}

// labels is what is added for the label.
func labels(o arch.Operation, broadcast string) string {
	if !o.Labelled {
		return ""
	}
	return " + " + expression(o.Name) + ".label(label)" + broadcast
}

func activation(name string) (function string, ok bool) {
	switch name {
	case "relu", "softplus", "elu", "silu":
		return "F." + name, true
	case "leaky-relu":
		return "F.leaky_relu", true
	case "tanh", "sigmoid":
		return "torch." + name, true
	}
	return "", false
}
