package torch

import (
	"fmt"
	"strconv"
	"strings"

	"vaectl/vae"
	"vaectl/vae/arch"
)

// module is a place in the tree of modules: what makes it, and what is under it.
type module struct {
	made     string // an expression; empty where others are grouped
	names    []string
	children map[string]*module
}

func newModule() *module { return &module{children: make(map[string]*module)} }

// at finds or makes the place of a dotted name.
func (m *module) at(name string) *module {
	for part := range strings.SplitSeq(name, ".") {
		next, ok := m.children[part]
		if !ok {
			next = newModule()
			m.children[part] = next
			m.names = append(m.names, part)
		}
		m = next
	}
	return m
}

// expression is how the code reads the module of a dotted name.
func expression(name string) string {
	text := "self"
	for part := range strings.SplitSeq(name, ".") {
		if _, err := strconv.Atoi(part); err == nil {
			text += "[" + part + "]"
		} else {
			text += "." + part
		}
	}
	return text
}

// making is the expression that makes a module.
func (m *module) making() string {
	if m.made == "" {
		return "nn.Module()"
	}
	return m.made
}

// numbered says whether what is under a module is a list.
func (m *module) numbered() bool {
	if m.made != "" || len(m.names) == 0 {
		return false
	}
	for _, name := range m.names {
		if _, err := strconv.Atoi(name); err != nil {
			return false
		}
	}
	return true
}

// write writes the statements that make everything under a module, whose expression
// is path.
func (m *module) write(w *code, path string) {
	for _, name := range m.names {
		child, to := m.children[name], path+"."+name
		if !child.numbered() {
			w.line("%s = %s", to, child.making())
			child.write(w, to)
			continue
		}
		w.line("%s = nn.ModuleList([", to)
		last := 0
		for _, index := range child.names {
			n, _ := strconv.Atoi(index) // as numbered says
			last = max(last, n)
		}
		w.indent++
		for i := range last + 1 {
			if one, there := child.children[strconv.Itoa(i)]; there {
				w.line("%s,", one.making())
			} else {
				w.line("nn.Module(),  # without weights")
			}
		}
		w.indent--
		w.line("])")
		for _, index := range child.names {
			child.children[index].write(w, to+"["+index+"]")
		}
	}
}

// modulesOf is the tree of a model's modules.
func modulesOf(m *vae.Model) (*module, error) {
	root := newModule()
	for _, o := range m.Network().Layers().Operations() {
		if err := root.add(o, m.Classes()); err != nil {
			return nil, err
		}
	}
	own := make(map[string][]string) // parameters of prior and likelihood
	for _, p := range append(m.Network().PriorParameters(), m.Network().LikelihoodParameters()...) {
		name, last := p.Name[:strings.LastIndex(p.Name, ".")], p.Name[strings.LastIndex(p.Name, ".")+1:]
		switch {
		case last == "weight":
			root.at(name).made = fmt.Sprintf("nn.Linear(%d, %d)", p.Shape[1], p.Shape[0])
		case last == "bias":
		default:
			own[name] = append(own[name], fmt.Sprintf("%q: torch.zeros(%s)", last, joined(p.Shape)))
			root.at(name).made = "nn.ParameterDict({" + strings.Join(own[name], ", ") + "})"
		}
	}
	return root, nil
}

func joined(sizes []int) string {
	var words []string
	for _, s := range sizes {
		words = append(words, strconv.Itoa(s))
	}
	return strings.Join(words, ", ")
}

// add adds the modules of an operation.
func (m *module) add(o arch.Operation, classes int) error {
	w := o.Window
	switch o.Kind {
	case arch.Linear:
		m.at(o.Name).made = fmt.Sprintf("nn.Linear(%d, %d)", o.In.Values(), o.Out.Values())
	case arch.Convolving:
		m.at(o.Name).made = fmt.Sprintf("nn.Conv2d(%d, %d, %d, stride=%d, padding=%d)", o.In.Channels, o.Out.Channels, w.Kernel, w.Stride, w.Padding)
	case arch.Transposing:
		left := func(out, in int) int { return out - ((in-1)*w.Stride - 2*w.Padding + w.Kernel) }
		m.at(o.Name).made = fmt.Sprintf("nn.ConvTranspose2d(%d, %d, %d, stride=%d, padding=%d, output_padding=(%d, %d))",
			o.In.Channels, o.Out.Channels, w.Kernel, w.Stride, w.Padding, left(o.Out.Height, o.In.Height), left(o.Out.Width, o.In.Width))
	case arch.BatchNorm:
		m.at(o.Name).made = fmt.Sprintf("nn.BatchNorm2d(%d, eps=%g)", o.In.Channels, o.Eps)
	case arch.GroupNorm:
		m.at(o.Name).made = fmt.Sprintf("nn.GroupNorm(%d, %d, eps=%g)", o.Groups, o.In.Channels, o.Eps)
	case arch.Activating, arch.Upsampling:
	case arch.Gating, arch.Summing:
		for _, part := range append(append([]arch.Operation(nil), o.Body...), o.Gate...) {
			if err := m.add(part, classes); err != nil {
				return err
			}
		}
	default:
		return cannot("%s of layer %s", o.Kind, o.Name)
	}
	if o.Labelled {
		m.at(o.Name + ".label").made = fmt.Sprintf("nn.Embedding(%d, %d)", classes, o.Out.Channels)
	}
	return nil
}
