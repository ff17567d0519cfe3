package explorer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
)

// pixels is an image in a request: either base64 of its bytes or a
// list of numbers in [0, 1].
type pixels []byte

// UnmarshalJSON reads either form.
func (p *pixels) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		var encoded string
		if err := json.Unmarshal(text, &encoded); err != nil {
			return badRequest("", "pixels: %v", err)
		}
		decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil {
			return badRequest("send a byte for every value, in base64", "pixels: %v", err)
		}
		*p = decoded
		return nil
	}
	var values []*float64
	if err := json.Unmarshal(text, &values); err != nil || values == nil {
		return badRequest(seeDocument, "pixels are neither base64 nor a list of numbers")
	}
	out := make([]byte, len(values))
	for i, v := range values {
		if v == nil || !(*v >= 0 && *v <= 1) {
			return badRequest("", "pixel %d is %s: must be a number from 0 to 1", i, written(v))
		}
		out[i] = byte(*v*255 + 0.5)
	}
	*p = out
	return nil
}

// matrix is one row of numbers in a request, or a list of rows.
type matrix [][]float64

// UnmarshalJSON reads either form. JSON has no word for NaN or infinities, and
// null is no number.
func (m *matrix) UnmarshalJSON(text []byte) error {
	var one []*float64
	many := [][]*float64{}
	if err := json.Unmarshal(text, &one); err == nil && (len(one) > 0 || one == nil) {
		many = append(many, one)
	} else if err := json.Unmarshal(text, &many); err != nil {
		return badRequest(seeDocument, "coordinates are neither a list of numbers nor a list of such lists")
	}
	*m = make(matrix, len(many))
	for i, row := range many {
		if row == nil {
			return badRequest("", "row %d is null", i)
		}
		(*m)[i] = make([]float64, len(row))
		for j, v := range row {
			if v == nil || math.Abs(*v) > farthest {
				return badRequest("", "number %d of row %d is %s: must be a number from %g to %g", j, i, written(v), -farthest, farthest)
			}
			(*m)[i][j] = *v
		}
	}
	return nil
}

// farthest bounds coordinates. Priors reach a million units; far beyond it
// single precision ends.
const farthest = 1e8

func written(v *float64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprintf("%g", *v)
}
