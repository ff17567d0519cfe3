package configs

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vaectl/internal/finite"
	"vaectl/internal/format/strictyaml"
)

const (
	aWord        = "a word"
	aChoice      = "true or false"
	aWhole       = "a whole number"
	aNatural     = "a whole number from 0 to 2^64-1"
	aNumber      = "a number"
	wholeNumbers = "a whole number, or a list of whole numbers"
	numbers      = "a number, or a list of numbers"
	words        = "a word, or a list of words"
)

// maxValues bounds the length of a list; the largest latent code has as many dimensions.
const maxValues = 4096

// kindOf says in words what the setting at pointer holds.
func kindOf(pointer any) string {
	switch pointer.(type) {
	case *string:
		return aWord
	case *bool:
		return aChoice
	case *int:
		return aWhole
	case *uint64:
		return aNatural
	case *float64:
		return aNumber
	case *[]int:
		return wholeNumbers
	case *Floats:
		return numbers
	case *Convolutions:
		return "a list of " + convolutions
	case *Words:
		return words
	}
	panic(fmt.Sprintf("configs: no setting is a %T", pointer))
}

// isWhole reports whether the setting at pointer holds whole numbers.
func isWhole(pointer any) bool {
	switch pointer.(type) {
	case *int, *uint64, *[]int:
		return true
	}
	return false
}

// setText gives the setting at pointer the value a flag's text stands for; on an error it keeps the one it has.
func setText(pointer any, text string) error {
	switch p := pointer.(type) {
	case *string:
		*p = text
		return nil
	case *bool:
		return setParsed(p, text, parseChoice)
	case *int:
		return setParsed(p, text, strconv.Atoi)
	case *uint64:
		return setParsed(p, text, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })
	case *float64:
		return setParsed(p, text, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	case *[]int:
		return setTexts(p, text)
	case *Floats:
		return setTexts((*[]float64)(p), text)
	case *Convolution:
		layer, err := parseConvolution(text)
		if err == nil {
			*p = layer
		}
		return err
	case *Convolutions:
		return setTexts((*[]Convolution)(p), text)
	case *Words:
		return setList((*[]string)(p), text, setWord)
	}
	panic(fmt.Sprintf("configs: no setting is a %T", pointer))
}

// parseChoice takes the two words a file takes, and no others.
func parseChoice(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errors.New(aChoice)
	}
	return text == "true", nil
}

func setParsed[T any](pointer *T, text string, parse func(string) (T, error)) error {
	value, err := parse(strings.TrimSpace(text))
	if err != nil {
		return errors.New("must be " + kindOf(pointer))
	}
	*pointer = value
	return nil
}

// setTexts reads values separated by commas. No text is no value.
func setTexts[T any](list *[]T, text string) error {
	return setList(list, text, func(value *T, part string) error { return setText(value, part) })
}

// setWord reads one word of several: the spaces around it are none of it.
func setWord(word *string, text string) error {
	*word = strings.TrimSpace(text)
	return nil
}

func setList[T any](list *[]T, text string, set func(value *T, part string) error) error {
	values := []T{}
	if strings.TrimSpace(text) != "" {
		for part := range strings.SplitSeq(text, ",") {
			var value T
			if err := set(&value, part); err != nil {
				return fmt.Errorf("%w, or several separated by commas", err)
			}
			values = append(values, value)
		}
	}
	*list = values
	return nil
}

// textOf writes the value at pointer as setText reads it.
func textOf(pointer any) string {
	switch p := pointer.(type) {
	case *string:
		return *p
	case *bool:
		return strconv.FormatBool(*p)
	case *int:
		return strconv.Itoa(*p)
	case *uint64:
		return strconv.FormatUint(*p, 10)
	case *float64:
		return Floats{*p}.String()
	case *[]int:
		texts := make([]string, len(*p))
		for i, v := range *p {
			texts[i] = strconv.Itoa(v)
		}
		return strings.Join(texts, ",")
	case *Floats:
		return p.String()
	case *Convolutions:
		return p.String()
	case *Words:
		return p.String()
	}
	panic(fmt.Sprintf("configs: no setting is a %T", pointer))
}

// setNode gives the setting at pointer the value of a node of a YAML file. Where a list may stand, so may one value.
func setNode(pointer any, node *yaml.Node) error {
	switch p := pointer.(type) {
	case *[]int:
		return setNodes(p, node, wholeNumbers)
	case *Floats:
		return setNodes((*[]float64)(p), node, numbers)
	case *Convolutions:
		return setNodes((*[]Convolution)(p), node, "a list of layers")
	case *Words:
		return p.setNode(node)
	case *Convolution:
		return setConvolution(p, node)
	}
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("is %s: must be %s", strictyaml.Describe(node), kindOf(pointer))
	}
	if text, ok := pointer.(*string); ok {
		if node.ShortTag() != "!!str" {
			return fmt.Errorf("is %s: must be a word; put it in quotes if it is one", strictyaml.Describe(node))
		}
		*text = node.Value
		return nil
	}
	if choice, ok := pointer.(*bool); ok {
		if node.ShortTag() != "!!bool" || node.Decode(choice) != nil {
			return fmt.Errorf("is %s: must be %s", strictyaml.Describe(node), aChoice)
		}
		return nil
	}
	if err := setNumber(pointer, node); err != nil {
		return fmt.Errorf("is %s: must be %w", strictyaml.Describe(node), err)
	}
	return nil
}

func setNodes[T any](list *[]T, node *yaml.Node, kind string) error {
	elements := []*yaml.Node{node}
	switch {
	case node.Kind == yaml.SequenceNode && len(node.Content) > maxValues:
		return fmt.Errorf("has %d values: more than %d are never needed", len(node.Content), maxValues)
	case node.Kind == yaml.SequenceNode:
		elements = node.Content
	case node.Kind != yaml.ScalarNode:
		return fmt.Errorf("is %s: must be %s", strictyaml.Describe(node), kind)
	}
	values := make([]T, len(elements))
	for i := range values {
		if err := setNode(&values[i], elements[i]); err != nil {
			return err
		}
	}
	*list = values
	return nil
}

// setNumber reads a number of the file. The YAML library would cut a fraction off to fit an integer; here that is an error.
func setNumber(pointer any, node *yaml.Node) error {
	tag := node.ShortTag()
	var float float64
	if (tag != "!!int" && tag != "!!float") || node.Decode(&float) != nil {
		return errors.New(kindOf(pointer))
	}
	switch p := pointer.(type) {
	case *float64:
		if !finite.Is(float) {
			return errors.New("a finite number")
		}
		*p = float
		return nil
	case *int, *uint64:
		// 2^53: above it a float is no exact count.
		if tag == "!!float" && (float != math.Trunc(float) || math.Abs(float) > 1<<53) {
			return errors.New(kindOf(pointer))
		}
		if node.Decode(p) != nil {
			return errors.New(kindOf(pointer))
		}
		return nil
	}
	panic(fmt.Sprintf("configs: %T is no number", pointer))
}
