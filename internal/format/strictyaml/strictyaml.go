// Package strictyaml reads YAML files that people write by hand: one document of mappings, without anchors, aliases
// and repeated keys. Everything that is wrong with a file is reported at once, each with its line.
package strictyaml

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Reader reads one file. Report is told of every problem, with its line counted from 1, or 0 where it has none.
type Reader struct {
	Report func(line int, problem string)
}

func (r Reader) report(line int, format string, args ...any) {
	r.Report(line, fmt.Sprintf(format, args...))
}

// Document returns the root of the only document in text, nil when text is empty or broken. what names such a file in
// problems, as "a configuration".
func (r Reader) Document(text, what string) *yaml.Node {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) {
			r.syntax(err)
		}
		return nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		r.report(second.Line, "a second document starts here: %s is one document", what)
		return nil
	case !errors.Is(err, io.EOF):
		r.syntax(err)
		return nil
	}
	if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" {
		return nil
	}
	return root.Content[0]
}

// syntax reports an error of the YAML library, whose text carries the line, for some errors the one before.
func (r Reader) syntax(err error) {
	line, problem := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if match := regexp.MustCompile(`^line (\d+): (.*)`).FindStringSubmatch(problem); match != nil {
		line, _ = strconv.Atoi(match[1])
		problem = match[2]
	}
	r.report(line, "not YAML around here: %s", problem)
}

// Mapping hands each key of node to visit. path is the dotted name of node, empty for the root, and want says what node
// must be where it is no mapping. Anchors, aliases and repeated keys end here.
func (r Reader) Mapping(node *yaml.Node, path, want string, visit func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		r.report(node.Line, "%s", strings.TrimSpace(fmt.Sprintf("%s is %s: must be %s", path, Describe(node), want)))
		return
	}
	seen := map[string]int{}
	for pair := range slices.Chunk(node.Content, 2) {
		key, value := pair[0], pair[1]
		switch first := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.report(key.Line, "a key is %s: must be a word", Describe(key))
			continue
		case hasReference(key) || hasReference(value):
			r.report(key.Line, "%s uses an anchor or alias: write the value itself", Dotted(path, Shorten(key.Value)))
			continue
		case first > 0:
			r.report(key.Line, "%s is already set in line %d", Dotted(path, Shorten(key.Value)), first)
			continue
		}
		seen[key.Value] = key.Line
		visit(key, value)
	}
}

// hasReference reports whether node itself, or an element of the list it is, has an anchor or is an alias.
func hasReference(node *yaml.Node) bool {
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		return true
	}
	return node.Kind == yaml.SequenceNode && slices.ContainsFunc(node.Content, hasReference)
}

// Describe names what a node is, for a message.
func Describe(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Kind == yaml.MappingNode:
		return "a section"
	case node.Kind == yaml.AliasNode:
		return "an alias"
	case node.ShortTag() == "!!null":
		return "empty"
	case node.ShortTag() == "!!str":
		return fmt.Sprintf("%q", Shorten(node.Value))
	}
	return Shorten(node.Value)
}

// Shorten keeps a value of a broken file from filling the screen.
func Shorten(value string) string {
	const most = 60
	if runes := []rune(value); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return value
}

// Dotted is the name of a key below a path, which may be empty.
func Dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
