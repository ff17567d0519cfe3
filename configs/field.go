package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"vaectl/internal/typo"
)

// Field describes one setting, for programs that make flags or help of it.
type Field struct {
	Key     string   // dotted, as "train.lr"
	Flag    string   // without dashes, as "lr"
	Default string   // as the flag would give it
	Unit    string   // of its numbers; empty for words
	Choices []string // the words allowed, "true" and "false" where a setting is on or off; nil where any value of the type may stand
	Doc     string   // its doc comment, in one line
	Kind    string   // what its value is, as "a whole number"
	Whole   bool     // its numbers are whole
	Common  bool     // one of the few that most people want to know of
	Implies string   // the value another setting takes by a flag of this one, as "model.network=conv"; empty for none
}

// Quantity is a value of the setting with its unit, as in "400 units a layer" and "1 epoch".
func (f Field) Quantity(value string) string {
	unit := f.Unit
	if noun, rest, _ := strings.Cut(unit, " "); value == "1" && strings.HasSuffix(noun, "s") && noun != "times" {
		unit = strings.TrimSpace(strings.TrimSuffix(noun, "s") + " " + rest)
	}
	return strings.TrimSpace(value + " " + unit)
}

// Brief is what the setting's comment begins with, up to the end of its first clause.
func (f Field) Brief() string {
	depth := 0
	for i, r := range f.Doc {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case '.', ':', ';':
			// Not the stop within a number.
			if depth == 0 && (i+1 == len(f.Doc) || f.Doc[i+1] == ' ') {
				return f.Doc[:i]
			}
		}
	}
	return f.Doc
}

// Default is the configuration when nothing is set.
func Default() Config {
	var c Config
	for _, s := range settings(&c) {
		if err := setText(s.pointer, s.tag.Get("default")); err != nil {
			panic(fmt.Sprintf("configs: default of %s: %v", s.key, err))
		}
	}
	return c
}

// Fields lists all settings in the order of the file.
func Fields() []Field {
	docs := readDocs()
	var c Config
	var fields []Field
	for _, s := range settings(&c) {
		fields = append(fields, Field{
			Key: s.key, Flag: s.flag(), Default: s.tag.Get("default"), Unit: s.tag.Get("unit"), Choices: s.choices(),
			Doc: strings.Join(strings.Fields(docs[s.doc]), " "), Kind: kindOf(s.pointer), Whole: isWhole(s.pointer),
			Common:  s.tag.Get("common") == "true",
			Implies: s.tag.Get("implies"),
		})
	}
	return fields
}

// Keys lists the dotted keys of all settings in the order of the file.
func Keys() []string {
	var c Config
	var keys []string
	for _, s := range settings(&c) {
		keys = append(keys, s.key)
	}
	return keys
}

// Set gives the setting at key, "train.lr" for one, the value that text stands for: a number, a word, or for lists values separated by
// commas. The error names key, flag and text; it wraps ErrInvalid. Whether the value is allowed is for Validate to say.
func (c *Config) Set(key, text string) error {
	s, err := c.setting(key)
	if err != nil {
		return err
	}
	if err := setText(s.pointer, text); err != nil {
		return s.problem(text, err.Error())
	}
	return nil
}

// Get is the value of the setting at key, written as Set reads it.
func (c *Config) Get(key string) (string, error) {
	s, err := c.setting(key)
	if err != nil {
		return "", err
	}
	return textOf(s.pointer), nil
}

func (c *Config) setting(key string) (setting, error) {
	all := settings(c)
	i := slices.IndexFunc(all, func(s setting) bool { return s.key == key })
	if i < 0 {
		return setting{}, fmt.Errorf("%w: unknown setting %q%s", ErrInvalid, key, likelyKey(key, vocabulary{}, ""))
	}
	return all[i], nil
}

// setting is one field of a Config: where its value is and what its tags say.
type setting struct {
	key     string
	section docKey // where the section's comment is
	doc     docKey // where its own comment is
	tag     reflect.StructTag
	pointer any // *string, *bool, *int, *uint64, *float64, *[]int, *Floats, *Convolutions or *Words, into the Config
}

func (s setting) flag() string { return s.tag.Get("flag") }

func (s setting) choices() []string {
	if _, ok := s.pointer.(*bool); ok {
		return []string{"true", "false"}
	}
	if words, ok := s.tag.Lookup("oneof"); ok {
		return strings.Fields(words)
	}
	return nil
}

func (s setting) problem(value, problem string) error {
	return &FieldError{Key: s.key, Flag: s.flag(), Value: value, Problem: problem}
}

// settings walks the sections of c and their fields. The pointers reach into c.
func settings(c *Config) []setting {
	var all []setting
	config := reflect.ValueOf(c).Elem()
	for i := range config.NumField() {
		section, outer := config.Field(i), config.Type().Field(i)
		for j := range section.NumField() {
			field := section.Type().Field(j)
			all = append(all, setting{
				key:     yamlName(outer) + "." + yamlName(field),
				section: docKey{config.Type().Name(), outer.Name},
				doc:     docKey{section.Type().Name(), field.Name},
				tag:     field.Tag,
				pointer: section.Field(j).Addr().Interface(),
			})
		}
	}
	return all
}

func yamlName(field reflect.StructField) string { return field.Tag.Get("yaml") }

// suggestion is the end of a message about an unknown word.
func suggestion(word string, known []string) string {
	if nearest, ok := typo.Nearest(word, known); ok {
		return fmt.Sprintf(": did you mean %q?", nearest)
	}
	return ""
}
