package page

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// contrast is that of WCAG 2.1 between two sRGB colours, 1 to 21.
func contrast(a, b uint32) float64 {
	luminance := func(c uint32) float64 { return 0.2126*linear(c>>16) + 0.7152*linear(c>>8) + 0.0722*linear(c) }
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

const darkPage = 0x161616

// What stands out on white stands out on the dark page, whose colour white
// becomes: words at 4.5, colours at 3 (WCAG 2.1, 1.4.3 and 1.4.11).
func TestDarkenedColoursStandOut(t *testing.T) {
	if got := darkened(0xffffff); got != darkPage {
		t.Errorf("white becomes #%06x, the page is #%06x", got, darkPage)
	}
	if !strings.Contains(style, fmt.Sprintf("--page: #%06x;", darkPage)) {
		t.Errorf("the style has no page of #%06x", darkPage)
	}
	for name, colours := range map[string][]uint32{
		"words":   {0x222222, 0x595959, 0x000000},
		"series":  {0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, 0x56b4e9, 0xcc79a7},
		"classes": {0x332288, 0xddcc77, 0x117733, 0xcc6677, 0x88ccee, 0x882255, 0x999933, 0x44aa99, 0xaa4499},
	} {
		least := 3.0
		if name == "words" {
			least = 4.5
		}
		for _, c := range colours {
			if got := contrast(darkened(c), darkPage); got < least {
				t.Errorf("%s: #%06x becomes #%06x with a contrast of %.2f", name, c, darkened(c), got)
			}
		}
	}
}

// A line that can be seen on an area in light can be seen on it in dark.
func TestInkStandsOutOnAreas(t *testing.T) {
	ink := darkened(0x222222)
	for _, area := range []uint32{0xb8e0f7, 0xedbb4f, 0x40b696, 0xb5b5b5} {
		if got := contrast(ink, darkened(area)); got < 3 {
			t.Errorf("ink on #%06x: contrast %.2f", darkened(area), got)
		}
	}
}

func TestOklabAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Uint32Range(0, 0xffffff).Draw(t, "colour")
		if got := fromOklab(toOklab(c)); got != c {
			t.Fatalf("#%06x comes back as #%06x", c, got)
		}
	})
	// The reference values of Ottosson's table for the white point.
	if l, a, b := toOklab(0xffffff); l < 0.9999 || l > 1.0001 || a*a+b*b > 1e-8 {
		t.Errorf("white is %g, %g, %g", l, a, b)
	}
}

func TestColoursOfAnSVGHaveADarkValue(t *testing.T) {
	got := string(adapted([]byte(`<path style="fill:none;stroke:#FFFFFF;stroke-width:2" /><text style="fill:#222222">fill: red</text>`)))
	want := fmt.Sprintf(`<path style="fill:none;stroke:#FFFFFF;stroke:light-dark(#FFFFFF,#161616);stroke-width:2" /><text style="fill:#222222;fill:light-dark(#222222,#%06X)">fill: red</text>`, darkened(0x222222))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
