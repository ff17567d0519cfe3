package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// WriteCommented writes all settings of c as YAML that Parse reads back, above each its comment, flag and allowed values.
func WriteCommented(w io.Writer, c Config) error {
	docs := readDocs()
	return write(w, c, func(s setting) string {
		return strings.TrimSpace(docs[s.section])
	}, func(s setting) string {
		return strings.TrimSpace(docs[s.doc]) + "\n" + limitsOf(s)
	})
}

// Write writes all settings of c as YAML that Parse reads back, without comments.
func Write(w io.Writer, c Config) error {
	none := func(setting) string { return "" }
	return write(w, c, none, none)
}

func write(w io.Writer, c Config, sectionComment, comment func(setting) string) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	var section *yaml.Node
	previous := ""
	for _, s := range settings(&c) {
		name, key, _ := strings.Cut(s.key, ".")
		if name != previous {
			section = &yaml.Node{Kind: yaml.MappingNode}
			root.Content = append(root.Content, wordNode(name, sectionComment(s)), section)
			previous = name
		}
		section.Content = append(section.Content, wordNode(key, comment(s)), nodeOf(s.pointer))
	}
	// The encoder would turn the writer's error into text.
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(root), encoder.Close()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if _, err := w.Write(text.Bytes()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// limitsOf is the line of a comment that says which values a setting takes, in what unit, and by which flag.
func limitsOf(s setting) string {
	parts := []string{"--" + s.flag()}
	if choices := s.choices(); choices != nil {
		parts = append(parts, "one of "+strings.Join(choices, ", "))
	}
	if limits, ok := s.tag.Lookup("range"); ok {
		allowed := parseInterval(limits)
		parts = append(parts, fmt.Sprintf("%s to %s %s", brief(allowed.low), brief(allowed.high), s.tag.Get("unit")))
	} else if unit := s.tag.Get("unit"); unit != "" {
		parts = append(parts, unit)
	}
	if value := s.tag.Get("default"); value != "" {
		parts = append(parts, "default "+value)
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

func wordNode(word, comment string) *yaml.Node {
	node := &yaml.Node{HeadComment: comment}
	node.SetString(word)
	return node
}

// nodeOf is the value at pointer as YAML: a single value of a list of numbers stands alone.
func nodeOf(pointer any) *yaml.Node {
	switch p := pointer.(type) {
	case *string:
		node := wordNode(*p, "")
		// The library would write a block for the first and a merge key for the second.
		if strings.Contains(*p, "\n") || *p == "<<" {
			node.Style = yaml.DoubleQuotedStyle
		}
		return node
	case *Floats:
		if len(*p) == 1 {
			return nodeOf(&(*p)[0])
		}
		return listNode(*p)
	case *[]int:
		return listNode(*p)
	case *Convolutions:
		return listNode(*p)
	case *Words:
		return listNode(*p)
	case *Convolution:
		return convolutionNode(p)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: textOf(pointer)}
}

func listNode[T any](values []T) *yaml.Node {
	node := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for i := range values {
		node.Content = append(node.Content, nodeOf(&values[i]))
	}
	return node
}
