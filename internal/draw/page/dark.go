package page

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Lightness, from 0 to 1, of what takes the place of a colour on a dark page.
const (
	darkest     = 0.2  // of white: that of the page
	darkSpan    = 0.96 // from there to where black would be
	lightEnough = 0.58 // the least of a colour
	vivid       = 0.08 // the chroma from which it is one
)

// adapted gives the colours of an SVG a second value for dark pages. A browser
// that does not know light-dark() keeps the first, on white.
func adapted(svg []byte) []byte {
	return regexp.MustCompile(`(fill|stroke):#([0-9A-F]{6})`).ReplaceAllFunc(svg, func(declaration []byte) []byte {
		property, hex := declaration[:len(declaration)-len(":#RRGGBB")], declaration[len(declaration)-6:]
		value, err := strconv.ParseUint(string(hex), 16, 32)
		if err != nil {
			panic(fmt.Sprintf("page: colour %s", hex))
		}
		return fmt.Appendf(nil, "%[1]s:#%[2]s;%[1]s:light-dark(#%[2]s,#%06[3]X)", property, hex, darkened(uint32(value)))
	})
}

// darkened is what takes the place of an RGB colour on a dark page: its
// lightness turned around and its hue kept, but light enough to be seen where it
// is more than a grey.
func darkened(rgb uint32) uint32 {
	lightness, a, b := toOklab(rgb)
	share := min(1, math.Hypot(a, b)/vivid)
	turned := darkest + darkSpan*(1-lightness)
	return fromOklab(max(turned, darkest+share*(lightEnough-darkest)), a, b)
}

// toOklab computes lightness and the two axes of colour (Ottosson 2020, "A
// perceptual color space for image processing").
func toOklab(rgb uint32) (lightness, a, b float64) {
	red, green, blue := linear(rgb>>16), linear(rgb>>8), linear(rgb)
	l := math.Cbrt(0.4122214708*red + 0.5363325363*green + 0.0514459929*blue)
	m := math.Cbrt(0.2119034982*red + 0.6806995451*green + 0.1073969566*blue)
	s := math.Cbrt(0.0883024619*red + 0.2817188376*green + 0.6299787005*blue)
	return 0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s
}

// fromOklab is the inverse, cut off where a screen has no such colour.
func fromOklab(lightness, a, b float64) uint32 {
	l := cube(lightness + 0.3963377774*a + 0.2158037573*b)
	m := cube(lightness - 0.1055613458*a - 0.0638541728*b)
	s := cube(lightness - 0.0894841775*a - 1.2914855480*b)
	return encoded(4.0767416621*l-3.3077115913*m+0.2309699292*s)<<16 |
		encoded(-1.2684380046*l+2.6097574011*m-0.3413193965*s)<<8 |
		encoded(-0.0041960863*l-0.7034186147*m+1.7076147010*s)
}

func cube(x float64) float64 { return x * x * x }

// linear is the light of the lowest byte of an sRGB colour, 0 to 1.
func linear(rgb uint32) float64 {
	v := float64(rgb&0xff) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encoded(light float64) uint32 {
	light = min(max(light, 0), 1)
	v := 12.92 * light
	if light > 0.0031308 {
		v = 1.055*math.Pow(light, 1/2.4) - 0.055
	}
	return uint32(v*255 + 0.5)
}
