package configs

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vaectl/internal/format/strictyaml"
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
	if root := p.reader().Document(string(text), "a configuration"); root != nil {
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

func (p *reading) reader() strictyaml.Reader {
	return strictyaml.Reader{Report: func(line int, problem string) { p.report(line, "%s", problem) }}
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

// mapping hands each key of node, which is the section of that name or the root, to visit.
func (p *reading) mapping(node *yaml.Node, section string, visit func(key, value *yaml.Node)) {
	want := "a section with settings below it"
	if section == "" {
		want = "sections, one of " + strings.Join(sections(), ", ")
	}
	p.reader().Mapping(node, section, want, visit)
}

// unknown reports a key that is in no section, or not in this one, with the key that was probably meant.
func (p *reading) unknown(key *yaml.Node, section string) {
	p.report(key.Line, "unknown key %q%s", strictyaml.Dotted(section, strictyaml.Shorten(key.Value)), nearestKey(key.Value, section))
}

// nearestKey ends a message with the key that word probably means: one of its own section, or of any, as if the section were forgotten or
// wrong, or the key of a flag.
func nearestKey(word, section string) string {
	var own vocabulary
	if section == "" {
		own = vocabulary{sections(), sections()}
	}
	return likelyKey(word, own, section)
}

// likelyKey ends a message with the setting that word probably means, or a word of own, which comes first.
func likelyKey(word string, own vocabulary, section string) string {
	var names, flags, whole vocabulary
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
	all := []vocabulary{own, names, flags, whole}
	if strings.Contains(word, ".") {
		all = []vocabulary{whole, own, names, flags}
	}
	for _, find := range []func(string, []string) (string, bool){exactly, typo.Nearest} {
		for _, v := range all {
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
