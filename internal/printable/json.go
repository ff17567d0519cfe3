package printable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// JSON returns encoded JSON with every character escaped in JSON's way that
// [Text] escapes: the value stays the same. All such characters are inside of
// strings.
func JSON(encoded string) string {
	if isPlain(encoded) {
		return encoded
	}
	var out strings.Builder
	for _, r := range encoded {
		switch {
		case strconv.IsPrint(r):
			out.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		}
	}
	return out.String()
}
