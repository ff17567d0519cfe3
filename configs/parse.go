package configs

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vaectl/internal/typo"
)

// maxFile is the largest configuration file read, in bytes; the longest sensible one is a tenth of it.
const maxFile = 1 << 20

// Parse reads the settings in r over the defaults. name stands for r in errors. All that is wrong is reported at once, each with its line:
// unknown and repeated keys, values of the wrong type, anchors and aliases, more than one document. Errors wrap ErrInvalid, unless r itself
// fails. Whether the values are allowed is for Validate to say, after flags have changed them.
func Parse(r io.Reader, name string) (Config, error) {
	c := Default()
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return Config{}, fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > maxFile {
		return Config{}, &ParseError{File: name, Problem: fmt.Sprintf("is larger than %d bytes: not a configuration file", maxFile)}
	}
	p := reading{file: name}
	if root := p.document(string(text)); root != nil {
		p.config(root, &c)
	}
	if err := errors.Join(p.problems...); err != nil {
		return Config{}, err
	}
	return c, nil
}

// reading collects what is wrong with a file.
type reading struct {
	file     string
	problems []error
}

func (p *reading) report(line int, format string, args ...any) {
	p.problems = append(p.problems, &ParseError{File: p.file, Line: line, Problem: fmt.Sprintf(format, args...)})
}

// document is the root of the only document in text, nil when text is empty or broken.
func (p *reading) document(text string) *yaml.Node {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) {
			p.syntax(err)
		}
		return nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		p.report(second.Line, "a second document starts here: a configuration is one document")
		return nil
	case !errors.Is(err, io.EOF):
		p.syntax(err)
		return nil
	}
	if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" {
		return nil
	}
	return root.Content[0]
}

// syntax reports an error of the YAML library, whose text carries the line, for some errors the one before.
func (p *reading) syntax(err error) {
	line, problem := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if match := regexp.MustCompile(`^line (\d+): (.*)`).FindStringSubmatch(problem); match != nil {
		line, _ = strconv.Atoi(match[1])
		problem = match[2]
	}
	p.report(line, "not YAML around here: %s", problem)
}

// config reads the sections under root into c.
func (p *reading) config(root *yaml.Node, c *Config) {
	bySection := map[string]map[string]setting{}
	for _, s := range settings(c) {
		section, name, _ := strings.Cut(s.key, ".")
		if bySection[section] == nil {
			bySection[section] = map[string]setting{}
		}
		bySection[section][name] = s
	}
	p.mapping(root, "", func(key, value *yaml.Node) {
		section, ok := bySection[key.Value]
		if !ok {
			p.unknown(key, "")
			return
		}
		if value.ShortTag() == "!!null" {
			return
		}
		p.mapping(value, key.Value, func(name, value *yaml.Node) {
			s, ok := section[name.Value]
			if !ok {
				p.unknown(name, key.Value)
				return
			}
			if err := setNode(s.pointer, value); err != nil {
				p.report(value.Line, "%s %v", s.key, err)
			}
		})
	})
}

// mapping hands each key of node, which is the section of that name or the root, to visit. Anchors, aliases and repeated keys end here.
func (p *reading) mapping(node *yaml.Node, section string, visit func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		if section == "" {
			p.report(node.Line, "is %s: must be sections, one of %s", describe(node), strings.Join(sections(), ", "))
		} else {
			p.report(node.Line, "%s is %s: must be a section with settings below it", section, describe(node))
		}
		return
	}
	seen := map[string]int{}
	for pair := range slices.Chunk(node.Content, 2) {
		key, value := pair[0], pair[1]
		switch first := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			p.report(key.Line, "a key is %s: must be a word", describe(key))
			continue
		case hasReference(key) || hasReference(value):
			p.report(key.Line, "%s uses an anchor or alias: write the value itself", dotted(section, shorten(key.Value)))
			continue
		case first > 0:
			p.report(key.Line, "%s is already set in line %d", dotted(section, shorten(key.Value)), first)
			continue
		}
		seen[key.Value] = key.Line
		visit(key, value)
	}
}

// hasReference tells whether node itself, or an element of the list it is, has an anchor or is an alias.
func hasReference(node *yaml.Node) bool {
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		return true
	}
	return node.Kind == yaml.SequenceNode && slices.ContainsFunc(node.Content, hasReference)
}

// unknown reports a key that is in no section, or not in this one, with the key that was probably meant.
func (p *reading) unknown(key *yaml.Node, section string) {
	p.report(key.Line, "unknown key %q%s", dotted(section, shorten(key.Value)), nearestKey(key.Value, section))
}

// nearestKey ends a message with the key that word probably means: one of its own section, or of any, as if the section were forgotten or
// wrong, or the key of a flag.
func nearestKey(word, section string) string {
	var own, names, flags, whole vocabulary
	if section == "" {
		own = vocabulary{sections(), sections()}
	}
	var c Config
	for _, s := range settings(&c) {
		in, name, _ := strings.Cut(s.key, ".")
		if in == section {
			own.add(name, s.key)
		}
		names.add(name, s.key)
		flags.add(s.flag(), s.key)
		whole.add(s.key, s.key)
	}
	exactly := func(word string, known []string) (string, bool) { return word, slices.Contains(known, word) }
	for _, find := range []func(string, []string) (string, bool){exactly, typo.Nearest} {
		for _, v := range []vocabulary{own, names, flags, whole} {
			if found, ok := find(word, v.words); ok {
				return fmt.Sprintf(": did you mean %q?", v.keys[slices.Index(v.words, found)])
			}
		}
	}
	return ""
}

// vocabulary is a list of words somebody may write for keys, word i for key i.
type vocabulary struct{ words, keys []string }

func (v *vocabulary) add(word, key string) {
	v.words, v.keys = append(v.words, word), append(v.keys, key)
}

// sections lists the keys at the root of a file.
func sections() []string {
	var names []string
	for _, key := range Keys() {
		name, _, _ := strings.Cut(key, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func dotted(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}
