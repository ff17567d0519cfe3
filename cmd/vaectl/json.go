package main

import (
	"encoding/json"
	"io"

	"vaectl/internal/finite"
	"vaectl/internal/printable"
)

// moment is a mean or a standard deviation that a distribution may not have:
// JSON, which has no infinity and no NaN, then gets null.
type moment float64

func (m moment) MarshalJSON() ([]byte, error) {
	if v := float64(m); !finite.Is(v) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(m))
}

// writeJSON writes v as one line of characters that can be shown.
func writeJSON(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = io.WriteString(verbatim(w), printable.JSON(string(text))+"\n")
	return err
}
