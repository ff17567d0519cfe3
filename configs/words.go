package configs

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"vaectl/internal/format/strictyaml"
)

// Words is a list of words, such as the names of classes. A word has no comma, which separates them on a command line.
type Words []string

// String writes the words as a flag would give them: "cats,dogs".
func (w Words) String() string { return strings.Join(w, ",") }

// check says what is wrong with the words; "" when nothing is.
func (w Words) check() string {
	for i, word := range w {
		switch {
		case strings.TrimSpace(word) == "":
			return "must not have an empty word"
		case strings.Contains(word, ","):
			return "must not have a comma within a word"
		case !plain(word):
			return notPlain
		}
		for _, other := range w[:i] {
			if strings.EqualFold(word, other) {
				return "has " + other + " twice"
			}
		}
	}
	return ""
}

// setNode reads one word or a list of them. Other than a setting that is one word, a number
// needs no quotes.
func (w *Words) setNode(node *yaml.Node) error {
	list := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		list = node.Content
	}
	read := Words{}
	for _, one := range list {
		if one.Kind != yaml.ScalarNode || one.ShortTag() == "!!null" {
			return fmt.Errorf("is %s: must be %s", strictyaml.Describe(one), words)
		}
		read = append(read, one.Value)
	}
	if len(read) > maxValues {
		return fmt.Errorf("has %d values: more than %d are never needed", len(read), maxValues)
	}
	*w = read
	return nil
}
