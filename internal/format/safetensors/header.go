package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// parseHeader reads the header's JSON. encoding/json alone would let repeated keys, keys in other case and broken UTF-8 pass, so the
// tokens are read one by one.
func parseHeader(text []byte) (Header, error) {
	var header Header
	if len(text) == 0 || text[0] != '{' {
		return header, errors.New("does not begin with {")
	}
	text = bytes.TrimRight(text, " ") // the padding
	if !utf8.Valid(text) || !json.Valid(text) {
		return header, errors.New("not JSON")
	}
	tokens := newTokens(text)
	err := tokens.object(func(key string) (err error) {
		if key == metadataKey {
			header.Metadata, err = tokens.stringMap()
			return err
		}
		info, err := tokens.info(key)
		header.Tensors = append(header.Tensors, info)
		return err
	})
	return header, err
}

// arrange sorts the tensors as their numbers lie in the file, and checks that they fill the size bytes there exactly.
func (h *Header) arrange(size int64) error {
	if size > maxNumbers {
		return fmt.Errorf("%d bytes of numbers, more than %d", size, int64(maxNumbers))
	}
	// An empty tensor lies before the one that begins where it does.
	slices.SortStableFunc(h.Tensors, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var end int64
	for _, t := range h.Tensors {
		switch {
		case t.begin < end:
			return fmt.Errorf("tensor %q begins at byte %d, before byte %d where another ends", t.Name, t.begin, end)
		case t.begin > end:
			return fmt.Errorf("tensor %q begins at byte %d and leaves a hole from byte %d", t.Name, t.begin, end)
		case t.end > size:
			return fmt.Errorf("tensor %q ends at byte %d of %d: cut short", t.Name, t.end, size)
		}
		end = t.end
	}
	if end != size {
		return fmt.Errorf("%d bytes follow the last tensor", size-end)
	}
	return nil
}

// tokens reads JSON that is known to be valid.
type tokens struct{ *json.Decoder }

func newTokens(text []byte) tokens {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return tokens{decoder}
}

// object reads an object, calling value for each key with the key's value next.
func (t tokens) object(value func(key string) error) error {
	if err := t.open('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for t.More() {
		key, err := t.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q appears twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	}
	_, err := t.Token()
	return err
}

// info reads one tensor's entry.
func (t tokens) info(name string) (Info, error) {
	info := Info{Name: name}
	var dtype string
	var offsets []int
	err := t.object(func(key string) (err error) {
		switch key {
		case "dtype":
			dtype, err = t.text()
		case "shape":
			info.Shape, err = t.sizes(maxRank)
		case "data_offsets":
			offsets, err = t.sizes(2)
		default:
			err = errors.New("no part of a tensor")
		}
		return err
	})
	if err != nil {
		return info, err
	}
	switch {
	case dtype == "":
		return info, errors.New("no dtype")
	case dtype != float32Type:
		return info, fmt.Errorf("dtype is %.20q: only %s is read", dtype, float32Type)
	case info.Shape == nil:
		return info, errors.New("no shape")
	case len(offsets) != 2:
		return info, fmt.Errorf("%d data_offsets where two belong", len(offsets))
	}
	n, err := product(info.Shape)
	if err != nil {
		return info, err
	}
	info.begin, info.end = int64(offsets[0]), int64(offsets[1])
	if info.end-info.begin != int64(n)*numberBytes {
		return info, fmt.Errorf("shape %v takes %d bytes, data_offsets %d to %d do not", info.Shape, int64(n)*numberBytes, info.begin, info.end)
	}
	return info, nil
}

func (t tokens) stringMap() (map[string]string, error) {
	values := map[string]string{}
	err := t.object(func(key string) (err error) {
		values[key], err = t.text()
		return err
	})
	return values, err
}

func (t tokens) text() (string, error) {
	token, err := t.Token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("is %.20v where text belongs", token)
	}
	return text, nil
}

// sizes reads a list of at most that many natural numbers. The list is never nil without an error.
func (t tokens) sizes(most int) ([]int, error) {
	if err := t.open('[', "a list"); err != nil {
		return nil, err
	}
	sizes := []int{}
	for t.More() {
		token, err := t.Token()
		if err != nil {
			return nil, err
		}
		number, _ := token.(json.Number)
		size, err := strconv.ParseUint(number.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("is %.20v where a size belongs", token)
		}
		if len(sizes) == most {
			return nil, fmt.Errorf("has more than %d sizes", most)
		}
		sizes = append(sizes, int(size))
	}
	_, err := t.Token()
	return sizes, err
}

func (t tokens) open(delimiter json.Delim, what string) error {
	token, err := t.Token()
	if err != nil {
		return err
	}
	if token != delimiter {
		return fmt.Errorf("is %.20v where %s belongs", token, what)
	}
	return nil
}
