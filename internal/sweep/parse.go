package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vaectl/configs"
	"vaectl/internal/finite"
	"vaectl/internal/format/strictyaml"
	"vaectl/internal/typo"
	"vaectl/train/rundir"
)

const (
	// maxFile is the largest file read, in bytes.
	maxFile = 1 << 20
	// maxTrials bounds a sweep: more would take years of a machine, and are a slip in the file.
	maxTrials = 20_000
	// maxSeeds is how many seeds one setting is trained with at most.
	maxSeeds = 10_000
)

// Load reads the sweep in a file. Errors wrap [configs.ErrInvalid].
func Load(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: sweep: %w", configs.ErrInvalid, err)
	}
	defer func() { _ = file.Close() }() // only read from: nothing is lost when closing fails
	return Parse(file, path)
}

// Parse reads a sweep from r. path names it, in errors too; a file that config names is looked for beside it. All that
// is wrong is reported at once, each with its line, trials whose settings are not allowed included. Errors wrap
// [configs.ErrInvalid].
func Parse(r io.Reader, path string) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%w: sweep: %w", configs.ErrInvalid, err)
	}
	p := &parser{path: path, lines: map[string]int{}, file: &File{
		Name: sweepName(path), Path: path, Base: configs.Default(), Draws: 1, Seed: 1, Keep: 1. / 3,
		Judge: Criterion{Figure: lossFigure, Checkpoint: rundir.Last}, Files: []string{path},
	}}
	if len(text) > maxFile {
		p.report(0, "is larger than %d bytes: not a sweep", maxFile)
		return nil, errors.Join(p.problems...)
	}
	if root := p.reader().Document(string(text), "a sweep"); root != nil {
		p.sections(root)
	}
	if len(p.problems) == 0 {
		p.check()
	}
	if len(p.problems) > 0 {
		return nil, errors.Join(p.problems...)
	}
	return p.file, nil
}

// parser collects what a file says and what is wrong with it.
type parser struct {
	path     string
	file     *File
	problems []error
	set      []Assignment
	lines    map[string]int // where a setting is varied or set
	drawn    int            // line of random or quasirandom
}

func (p *parser) report(line int, format string, args ...any) {
	p.problems = append(p.problems, &configs.ParseError{File: p.path, Line: line, Problem: fmt.Sprintf(format, args...)})
}

func (p *parser) reader() strictyaml.Reader {
	return strictyaml.Reader{Report: func(line int, problem string) { p.report(line, "%s", problem) }}
}

// section is a key at the root of the file.
type section struct {
	name string
	read func(*parser, *yaml.Node)
}

// sectionsOf lists the keys at the root in the order they are read: set changes the configuration, and what is varied
// must be no setting that is set.
func sectionsOf() []section {
	return []section{
		{"config", (*parser).config},
		{"set", (*parser).common},
		{"grid", (*parser).grid},
		{"random", (*parser).random},
		{"quasirandom", (*parser).quasirandom},
		{"seeds", (*parser).seeds},
		{"seed", (*parser).seed},
		{"judge", (*parser).judge},
		{"validation", (*parser).validation},
		{"rungs", (*parser).rungs},
		{"keep", (*parser).keep},
	}
}

func (p *parser) sections(root *yaml.Node) {
	all := sectionsOf()
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.name
	}
	values := map[string]*yaml.Node{}
	p.reader().Mapping(root, "", "a mapping with some of the keys "+strings.Join(names, ", "), func(key, value *yaml.Node) {
		if !slices.Contains(names, key.Value) {
			p.report(key.Line, "unknown key %q%s", strictyaml.Shorten(key.Value), p.meant(key.Value, names))
			return
		}
		values[key.Value] = value
	})
	for _, s := range all {
		if value := values[s.name]; value != nil && value.ShortTag() != "!!null" {
			s.read(p, value)
		}
	}
}

// meant ends a message about a key at the root.
func (p *parser) meant(word string, names []string) string {
	if nearest, ok := typo.Nearest(word, names); ok {
		return fmt.Sprintf(": did you mean %q?", nearest)
	}
	if key, _, dotted := strings.Cut(word, "."); dotted && slices.ContainsFunc(configs.Keys(), func(k string) bool { return strings.HasPrefix(k, key+".") }) {
		return ": settings stand below set, grid, random or quasirandom"
	}
	return ": must be one of " + strings.Join(names, ", ")
}

// config reads the preset or file that all trials start from.
func (p *parser) config(node *yaml.Node) {
	if !p.scalar(node, "config", "the name of a preset or a file") {
		return
	}
	name := node.Value
	if !slices.Contains(configs.Presets(), name) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(p.path), name)
		}
		if _, err := os.Stat(name); err != nil && filepath.Base(node.Value) == node.Value {
			name = node.Value // the error lists the presets
		} else {
			p.file.Files = append(p.file.Files, name)
		}
	}
	c, err := configs.Load(name)
	if err != nil {
		p.report(node.Line, "config: %v", err)
		return
	}
	p.file.Base = c
}

// common reads what all trials have in common beside config.
func (p *parser) common(node *yaml.Node) {
	p.set = p.assignments(node, "set")
	for _, a := range p.set {
		// The text was tried when it was read.
		_ = p.file.Base.Set(a.Key, a.Text)
	}
}

// assignments reads settings by their dotted keys.
func (p *parser) assignments(node *yaml.Node, path string) []Assignment {
	set := []Assignment{}
	p.reader().Mapping(node, path, "settings by their dotted keys, as train.lr: 0.001", func(key, value *yaml.Node) {
		if text, ok := p.valueOf(key, value); ok {
			set = append(set, Assignment{key.Value, text})
			p.mention(key)
		}
	})
	return set
}

// mention notes where a setting stands, and reports one that stands in two places that exclude each other.
func (p *parser) mention(key *yaml.Node) {
	switch key.Value {
	case "train.seed":
		p.report(key.Line, "train.seed is what seeds varies: write seeds: [7] for one seed, seeds: 5 for five")
	case "data.validation":
		p.report(key.Line, "data.validation is set by validation, at the root of the file, and is the same for all trials")
	case "train.threads":
		p.report(key.Line, "train.threads changes no result: --threads divides them among the trials")
	}
	if _, there := p.lines[key.Value]; !there {
		p.lines[key.Value] = key.Line
	}
}

// valueOf is the text of a setting's value, once the setting has taken it.
func (p *parser) valueOf(key, value *yaml.Node) (string, bool) {
	text, ok := textOf(value)
	if !ok {
		p.report(value.Line, "%s is %s: must be a value of the setting", strictyaml.Shorten(key.Value), strictyaml.Describe(value))
		return "", false
	}
	trial := p.file.Base
	if err := trial.Set(key.Value, text); err != nil {
		p.report(value.Line, "%v", plainly(err))
		return "", false
	}
	return text, true
}

// plainly is an error of the configuration without the words that say it is one: the place in the file does.
func plainly(err error) string {
	return strings.TrimPrefix(err.Error(), configs.ErrInvalid.Error()+": ")
}

// textOf writes a scalar, or a list of scalars, as a flag would give it.
func textOf(node *yaml.Node) (string, bool) {
	switch {
	case node.Kind == yaml.ScalarNode && node.ShortTag() != "!!null":
		return node.Value, true
	case node.Kind == yaml.SequenceNode:
		parts := make([]string, len(node.Content))
		for i, n := range node.Content {
			if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || strings.Contains(n.Value, ",") {
				return "", false
			}
			parts[i] = n.Value
		}
		return strings.Join(parts, ","), true
	}
	return "", false
}

// grid reads the variables of which every combination is a trial.
func (p *parser) grid(node *yaml.Node) {
	p.reader().Mapping(node, "grid", "settings with the lists of their values", func(key, value *yaml.Node) {
		p.variable("grid", key, value, false)
	})
}

func (p *parser) random(node *yaml.Node) { p.draws("random", node, false) }

func (p *parser) quasirandom(node *yaml.Node) {
	if p.drawn > 0 {
		p.report(node.Line, "random in line %d draws the points already: write one of the two", p.drawn)
		return
	}
	p.draws("quasirandom", node, true)
}

// drawsKey says how many points are drawn.
const drawsKey = "draws"

func (p *parser) draws(path string, node *yaml.Node, quasi bool) {
	p.drawn, p.file.Quasi = node.Line, quasi
	var counted bool
	var variables int
	p.reader().Mapping(node, path, "draws: N, and settings with their ranges or lists", func(key, value *yaml.Node) {
		if key.Value == drawsKey {
			p.file.Draws, counted = p.count(value, path+"."+drawsKey, maxTrials), true
			return
		}
		p.variable(path, key, value, true)
		variables++
	})
	switch {
	case node.Kind != yaml.MappingNode:
	case !counted:
		p.report(node.Line, "%s has no %s: say how many points to draw, as draws: 20", path, drawsKey)
	case variables == 0:
		p.report(node.Line, "%s draws nothing: name a setting with its range, as train.lr: {low: 1e-4, high: 1e-2, scale: log}", path)
	}
}

// variable reads one variable: a setting with its values or its range, or a name of the file's own with cases, each of
// which is several settings.
func (p *parser) variable(path string, key, value *yaml.Node, drawn bool) {
	v := Variable{Name: key.Value, Drawn: drawn}
	before := len(p.problems)
	switch isSetting := strings.Contains(key.Value, "."); {
	case isSetting && value.Kind == yaml.SequenceNode:
		v.Choices = p.values(path, key, value)
	case isSetting && value.Kind == yaml.MappingNode && drawn:
		v.Range = p.span(path, key, value)
	case isSetting && drawn:
		p.report(value.Line, "%s.%s is %s: must be a list of values, or a range as {low: 1e-4, high: 1e-2, scale: log}", path, key.Value, strictyaml.Describe(value))
	case isSetting:
		p.report(value.Line, "%s.%s is %s: must be a list of values; what all trials have stands below set", path, key.Value, strictyaml.Describe(value))
	default:
		v.Choices = p.cases(path, key, value)
	}
	if len(p.problems) == before {
		p.file.Variables = append(p.file.Variables, v)
	}
}

// noValue is the label of an empty value.
const noValue = "none"

// values reads the values of a setting.
func (p *parser) values(path string, key, list *yaml.Node) []Choice {
	var choices []Choice
	for _, node := range list.Content {
		text, ok := p.valueOf(key, node)
		if !ok {
			return nil // an unknown setting is reported once, not for every value
		}
		choices = append(choices, Choice{Label: cmp.Or(text, noValue), Set: []Assignment{{key.Value, text}}})
	}
	p.distinct(path, key, choices)
	p.mention(key)
	return choices
}

// cases reads choices with names, each of several settings.
func (p *parser) cases(path string, key, node *yaml.Node) []Choice {
	if node.Kind != yaml.MappingNode {
		c := configs.Default()
		hint := plainly(c.Set(key.Value, ""))
		p.report(key.Line, "%s.%s is %s, and %s; a name of your own has cases below it, as {narrow: {prior.std: 0.1}}",
			path, strictyaml.Shorten(key.Value), strictyaml.Describe(node), hint)
		return nil
	}
	var choices []Choice
	p.reader().Mapping(node, path+"."+key.Value, "cases", func(label, value *yaml.Node) {
		choices = append(choices, Choice{Label: label.Value, Set: p.assignments(value, strictyaml.Dotted(path+"."+key.Value, label.Value))})
	})
	p.distinct(path, key, choices)
	return choices
}

// distinct reports a variable without choices, or with two alike.
func (p *parser) distinct(path string, key *yaml.Node, choices []Choice) {
	if len(choices) == 0 {
		p.report(key.Line, "%s.%s has no values", path, key.Value)
	}
	seen := map[string]bool{}
	for _, c := range choices {
		if seen[c.Label] {
			p.report(key.Line, "%s.%s has the value %s twice", path, key.Value, strictyaml.Shorten(c.Label))
			return
		}
		seen[c.Label] = true
	}
}

// span reads a range that numbers are drawn from.
func (p *parser) span(path string, key, node *yaml.Node) *Range {
	before := len(p.problems)
	at := path + "." + key.Value
	i := slices.IndexFunc(configs.Fields(), func(f configs.Field) bool { return f.Key == key.Value })
	if i < 0 {
		p.valueOf(key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Line: key.Line}) // reports it
		return nil
	}
	field := configs.Fields()[i]
	if field.Unit == "" {
		p.report(key.Line, "%s is %s and has no range: list its values", key.Value, field.Kind)
		return nil
	}
	r := &Range{Key: key.Value, Low: math.NaN(), High: math.NaN(), Whole: field.Whole}
	p.reader().Mapping(node, at, "a range", func(name, value *yaml.Node) {
		switch name.Value {
		case "low":
			r.Low = p.number(value, at+".low")
		case "high":
			r.High = p.number(value, at+".high")
		case "scale":
			if r.Log = value.Value == "log"; !r.Log && value.Value != "linear" {
				p.report(value.Line, "%s.scale is %s: must be linear or log", at, strictyaml.Describe(value))
			}
		default:
			p.report(name.Line, "%s has no %q: a range has low, high and scale", at, strictyaml.Shorten(name.Value))
		}
	})
	p.mention(key)
	if len(p.problems) > before {
		return nil
	}
	switch {
	case math.IsNaN(r.Low) || math.IsNaN(r.High):
		p.report(key.Line, "%s is a range without both low and high", at)
	case r.Low >= r.High:
		p.report(key.Line, "%s: low %g is not below high %g", at, r.Low, r.High)
	case r.Log && r.Low <= 0:
		p.report(key.Line, "%s: a log scale needs a low above 0, not %g", at, r.Low)
	case r.Whole && (r.Low != math.Trunc(r.Low) || r.High != math.Trunc(r.High) || math.Abs(r.Low) > 1<<53 || math.Abs(r.High) > 1<<53):
		p.report(key.Line, "%s is a whole number: low and high must be too", at)
	}
	return r
}

// seeds reads how many seeds, or which.
func (p *parser) seeds(node *yaml.Node) {
	if node.Kind != yaml.SequenceNode {
		n := p.count(node, "seeds", maxSeeds)
		for i := range n {
			p.file.Seeds = append(p.file.Seeds, p.file.Base.Train.Seed+uint64(i))
		}
		return
	}
	for _, n := range node.Content {
		var seed uint64
		if n.ShortTag() != "!!int" || n.Decode(&seed) != nil {
			p.report(n.Line, "seeds has %s: must be whole numbers from 0 to 2^64-1", strictyaml.Describe(n))
			return
		}
		if slices.Contains(p.file.Seeds, seed) {
			p.report(n.Line, "seeds has %d twice", seed)
			return
		}
		p.file.Seeds = append(p.file.Seeds, seed)
	}
	if len(node.Content) == 0 || len(node.Content) > maxSeeds {
		p.report(node.Line, "seeds has %d values: must have from 1 to %d", len(node.Content), maxSeeds)
	}
}

// seed reads the seed of the points that are drawn.
func (p *parser) seed(node *yaml.Node) {
	if node.ShortTag() != "!!int" || node.Decode(&p.file.Seed) != nil {
		p.report(node.Line, "seed is %s: must be a whole number from 0 to 2^64-1; it decides the points that are drawn", strictyaml.Describe(node))
	}
}

// judge reads the figure trials are compared by: its name, or a mapping.
func (p *parser) judge(node *yaml.Node) {
	j := &p.file.Judge
	if node.Kind == yaml.ScalarNode {
		p.figure(node, "judge")
		return
	}
	goal := ""
	p.reader().Mapping(node, "judge", "a figure, as "+strings.Join(Figures(), ", "), func(key, value *yaml.Node) {
		switch key.Value {
		case "figure":
			p.figure(value, "judge.figure")
		case "goal":
			if goal = value.Value; goal != "lowest" && goal != "highest" {
				p.report(value.Line, "judge.goal is %s: must be lowest or highest", strictyaml.Describe(value))
			}
		case "checkpoint":
			if j.Checkpoint = value.Value; j.Checkpoint != rundir.Last && j.Checkpoint != rundir.Best {
				p.report(value.Line, "judge.checkpoint is %s: must be %s or %s", strictyaml.Describe(value), rundir.Last, rundir.Best)
			}
		default:
			p.report(key.Line, "judge has no %q: its keys are figure, goal and checkpoint", strictyaml.Shorten(key.Value))
		}
	})
	if goal != "" {
		j.Highest = goal == "highest"
	}
}

func (p *parser) figure(node *yaml.Node, path string) {
	f, ok := figures()[node.Value]
	if node.Kind != yaml.ScalarNode || !ok {
		hint := ""
		if nearest, ok := typo.Nearest(node.Value, Figures()); ok {
			hint = fmt.Sprintf(": did you mean %q?", nearest)
		}
		p.report(node.Line, "%s is %s: must be one of %s%s", path, strictyaml.Describe(node), strings.Join(Figures(), ", "), hint)
		return
	}
	p.file.Judge.Figure, p.file.Judge.Highest = node.Value, f.highest
}

func (p *parser) validation(node *yaml.Node) {
	p.file.Validation = p.count(node, "validation", math.MaxInt32)
}

// rungs reads the epochs that successive halving decides after.
func (p *parser) rungs(node *yaml.Node) {
	if node.Kind != yaml.SequenceNode || len(node.Content) < 2 {
		p.report(node.Line, "rungs is %s: must be a list of two or more epochs, as [3, 9, 27]", strictyaml.Describe(node))
		return
	}
	for _, n := range node.Content {
		epochs := p.count(n, "rungs", 1_000_000)
		if last := len(p.file.Rungs) - 1; last >= 0 && epochs <= p.file.Rungs[last] && epochs > 0 {
			p.report(n.Line, "rungs: %d follows %d: each must be later than the one before", epochs, p.file.Rungs[last])
		}
		p.file.Rungs = append(p.file.Rungs, epochs)
	}
}

// keep reads a part, as 1/3 or 0.25.
func (p *parser) keep(node *yaml.Node) {
	top, bottom, fraction := strings.Cut(node.Value, "/")
	part, err := strconv.ParseFloat(strings.TrimSpace(top), 64)
	if fraction && err == nil {
		var by float64
		by, err = strconv.ParseFloat(strings.TrimSpace(bottom), 64)
		part /= by
	}
	if node.Kind != yaml.ScalarNode || err != nil || !(part > 0 && part < 1) {
		p.report(node.Line, "keep is %s: must be a part between 0 and 1, as 1/3", strictyaml.Describe(node))
		return
	}
	p.file.Keep = part
}

// scalar reports what is no single value.
func (p *parser) scalar(node *yaml.Node, path, want string) bool {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" {
		p.report(node.Line, "%s is %s: must be %s", path, strictyaml.Describe(node), want)
		return false
	}
	return true
}

// count reads a whole number from 1 to most.
func (p *parser) count(node *yaml.Node, path string, most int) int {
	var n int
	if node.ShortTag() != "!!int" || node.Decode(&n) != nil || n < 1 || n > most {
		p.report(node.Line, "%s is %s: must be a whole number from 1 to %d", path, strictyaml.Describe(node), most)
		return 0
	}
	return n
}

// number reads a finite number.
func (p *parser) number(node *yaml.Node, path string) float64 {
	var v float64
	tag := node.ShortTag()
	if (tag != "!!int" && tag != "!!float") || node.Decode(&v) != nil || !finite.Is(v) {
		p.report(node.Line, "%s is %s: must be a number", path, strictyaml.Describe(node))
		return math.NaN()
	}
	return v
}
