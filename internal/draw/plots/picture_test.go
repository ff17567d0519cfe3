package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vaectl/internal/dev/golden"
)

// figures are one of each kind.
func figures() map[string]func(io.Writer, Format) error {
	return map[string]func(io.Writer, Format) error{
		"curves": func(w io.Writer, f Format) error {
			return Curves(w, f, curvePanels(), Strokes{Solid: "test", Dashed: "training"}, labelsOf("Training curves"))
		},
		"scatter": func(w io.Writer, f Format) error {
			return Scatter(w, f, cloudOf(1200), labelsOf("Latent space"))
		},
		"prior-one": func(w io.Writer, f Format) error {
			return Prior(w, f, []PriorRun{uniformRun()}, labelsOf("Posterior and prior"))
		},
		"prior-two": func(w io.Writer, f Format) error {
			return Prior(w, f, []PriorRun{normalRun(), narrowRun()}, Labels{Title: "Posterior and prior"})
		},
		"bars": func(w io.Writer, f Format) error {
			return Bars(w, f, latentsOf(20), labelsOf("KL per latent"))
		},
		"parallel": func(w io.Writer, f Format) error { return Parallel(w, f, trialsOf(), labelsOf("Trials")) },
		"settings": func(w io.Writer, f Format) error { return Settings(w, f, trialsOf(), labelsOf("Settings")) },
		"rates":    func(w io.Writer, f Format) error { return RateDistortion(w, f, ratesOf(), labelsOf("Rates")) },
	}
}

// shrink is a golden picture's share of the side of the real one: the average
// over blocks forgives what font rasterisers and processors round differently,
// and the files stay small.
const shrink = 4

func TestGolden(t *testing.T) {
	for name, draw := range figures() {
		t.Run(name, func(t *testing.T) {
			got := small(t, draw)
			golden.Check(t, filepath.Join("testdata", name+".png"), got, 0.001)
		})
	}
}

// A golden test proves something only if other data give another picture.
func TestPicturesShowTheirData(t *testing.T) {
	panels := curvePanels()
	panels[2].Series[0].Y[9] += 3
	moved := narrowRun()
	for i := range moved.Z {
		moved.Z[i] += 0.03
	}
	swapped := cloudOf(1200)
	for i, class := range swapped.Classes {
		if class == 3 {
			swapped.Classes[i] = 5
		}
	}
	other := trialsOf()
	other.Figure.Values[0], other.Figure.Values[5] = other.Figure.Values[5], other.Figure.Values[0]
	nearer := ratesOf()
	nearer[1].Distortion[1] -= 8
	lower := latentsOf(20)
	lower.Values[0] = 2
	for name, draw := range map[string]func(io.Writer, Format) error{
		"curves": func(w io.Writer, f Format) error {
			return Curves(w, f, panels, Strokes{Solid: "test", Dashed: "training"}, labelsOf("Training curves"))
		},
		"scatter": func(w io.Writer, f Format) error { return Scatter(w, f, swapped, labelsOf("Latent space")) },
		"prior-two": func(w io.Writer, f Format) error {
			return Prior(w, f, []PriorRun{normalRun(), moved}, Labels{Title: "Posterior and prior"})
		},
		"bars":     func(w io.Writer, f Format) error { return Bars(w, f, lower, labelsOf("KL per latent")) },
		"parallel": func(w io.Writer, f Format) error { return Parallel(w, f, other, labelsOf("Trials")) },
		"settings": func(w io.Writer, f Format) error { return Settings(w, f, other, labelsOf("Settings")) },
		"rates":    func(w io.Writer, f Format) error { return RateDistortion(w, f, nearer, labelsOf("Rates")) },
	} {
		original, changed := small(t, figures()[name]), small(t, draw)
		if original.Bounds() != changed.Bounds() {
			continue
		}
		if share := golden.Differing(original, changed); share < 0.001 {
			t.Errorf("%s: other data change only %.3f %% of the pixels", name, 100*share)
		}
	}
}

// small draws the picture and averages blocks of shrink by shrink pixels.
func small(t *testing.T, draw func(io.Writer, Format) error) *image.NRGBA {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b, PNG); err != nil {
		t.Fatal(err)
	}
	full, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	size := full.Bounds().Size().Div(shrink)
	out := image.NewNRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			var sum [3]uint32
			for i := range shrink * shrink {
				r, g, b, _ := full.At(x*shrink+i%shrink, y*shrink+i/shrink).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+r>>8, sum[1]+g>>8, sum[2]+b>>8
			}
			const n = shrink * shrink
			out.SetNRGBA(x, y, color.NRGBA{R: uint8(sum[0] / n), G: uint8(sum[1] / n), B: uint8(sum[2] / n), A: 255})
		}
	}
	return out
}

func TestSVGIsWellFormedAndSelfContained(t *testing.T) {
	reference := regexp.MustCompile(`(?i)href|url\(|@import|<image|<script|<style`)
	for name, draw := range figures() {
		var b, again bytes.Buffer
		if err := errors.Join(draw(&b, SVG), draw(&again, SVG)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: drawn twice, it differs", name)
		}
		if found := reference.FindString(b.String()); found != "" {
			t.Errorf("%s: refers to something outside: %q", name, found)
		}
		if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
			t.Errorf("%s: has coordinates that are not finite", name)
		}
		checkXML(t, name, b.Bytes())
	}
}

// checkXML parses the whole document and returns its text.
func checkXML(t *testing.T, name string, document []byte) string {
	t.Helper()
	var words strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return words.String()
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if chars, ok := token.(xml.CharData); ok {
			words.Write(chars)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	const name = "run </title><script>alert(1)</script> & \"x\" \x00\x1b[31m\xff\uffff 日本"
	panel := Panel{Title: name, X: name, Y: name, Series: []Series{{Name: name, X: []float64{1, 2}, Y: []float64{1, 2}}}}
	var b bytes.Buffer
	if err := Curves(&b, SVG, []Panel{panel}, Strokes{}, Labels{Title: name, Subtitle: name, Caption: name}); err != nil {
		t.Fatal(err)
	}
	words := checkXML(t, "curves", b.Bytes())
	if bytes.Contains(b.Bytes(), []byte("<script")) {
		t.Error("a name became markup")
	}
	if !strings.Contains(words, "<script>alert(1)</script> & \"x\"") {
		t.Errorf("the name is not among the words: %q", words)
	}
}

func TestLongNamesAreCutToThePage(t *testing.T) {
	long := strings.Repeat("wide ", 200)
	panel := Panel{Title: long, Series: []Series{{Name: long, X: []float64{1, 2}, Y: []float64{1, 2}}}}
	var b bytes.Buffer
	if err := Curves(&b, SVG, []Panel{panel}, Strokes{}, Labels{Title: long}); err != nil {
		t.Fatal(err)
	}
	cuts := regexp.MustCompile(`>wide [^<]*…</text>`).FindAllString(b.String(), -1)
	if len(cuts) != 3 {
		t.Errorf("%d names end in an ellipsis, want title, legend and panel", len(cuts))
	}
}

func TestFormats(t *testing.T) {
	for path, want := range map[string]Format{"a.png": PNG, "b/c.SVG": SVG, "x.y.Png": PNG} {
		if got, err := FormatOf(path); got != want || err != nil {
			t.Errorf("FormatOf(%q) = %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"", "png", "a.jpg", "a.png/b", "a.svg.gz"} {
		if got, err := FormatOf(path); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", path)) {
			t.Errorf("FormatOf(%q) = %q, %v; want an error with the path", path, got, err)
		}
	}
	for name, draw := range figures() {
		var b bytes.Buffer
		if err := draw(&b, "gif"); err == nil || b.Len() > 0 {
			t.Errorf("%s as gif: error %v and %d bytes", name, err, b.Len())
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReported(t *testing.T) {
	for _, format := range []Format{PNG, SVG} {
		if err := Bars(full{}, format, latentsOf(3), Labels{}); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	nan := math.NaN()
	flat := Density{X: []float64{0, 1}, P: []float64{0, 0}}
	run := func(change func(*PriorRun)) []PriorRun {
		r := normalRun()
		change(&r)
		return []PriorRun{r}
	}
	prior := func(runs []PriorRun) error { return Prior(io.Discard, PNG, runs, Labels{}) }
	curves := func(panels ...Panel) error { return Curves(io.Discard, PNG, panels, Strokes{}, Labels{}) }
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no panels":         {curves(), "no finite points in 0 panels"},
		"only NaN":          {curves(Panel{Series: []Series{{X: []float64{1}, Y: []float64{nan}}}}), "no finite points"},
		"x without y":       {curves(Panel{Title: "KL", Series: []Series{{Name: "a", X: []float64{1}}}}), `"a" of panel "KL" has 1 x and 0 y`},
		"scatter lengths":   {Scatter(io.Discard, PNG, Points{X: []float64{1}}, Labels{}), "1 x and 0 y"},
		"scatter classes":   {Scatter(io.Discard, PNG, Points{X: []float64{1}, Y: []float64{1}, Classes: []int{}}, Labels{}), "0 classes"},
		"scatter of NaN":    {Scatter(io.Discard, PNG, Points{X: []float64{nan}, Y: []float64{1}}, Labels{}), "none of 1 points"},
		"guide lengths":     {Scatter(io.Discard, PNG, Points{X: []float64{1}, Y: []float64{1}, Guides: []Series{{Name: "g", X: []float64{1}}}}, Labels{}), `guide "g"`},
		"no bars":           {Bars(io.Discard, PNG, Latents{}, Labels{}), "none of 0 values"},
		"bars of NaN":       {Bars(io.Discard, PNG, Latents{Values: []float64{nan}}, Labels{}), "none of 1 values"},
		"no runs":           {prior(nil), "not 0"},
		"too many runs":     {prior(make([]PriorRun, 4)), "not 4"},
		"no latents":        {prior(run(func(r *PriorRun) { r.Latents = 0 })), "0 latents"},
		"no values":         {prior(run(func(r *PriorRun) { r.Z = nil })), "0 values"},
		"broken image":      {prior(run(func(r *PriorRun) { r.Z = r.Z[1:] })), "11999 values"},
		"values all NaN":    {prior(run(func(r *PriorRun) { r.Z = []float32{float32(nan)}; r.Latents, r.KL = 1, nil })), "no finite value"},
		"KL of another":     {prior(run(func(r *PriorRun) { r.KL = r.KL[1:] })), "7 values of KL"},
		"no prior":          {prior(run(func(r *PriorRun) { r.Priors = nil })), "0 prior densities"},
		"prior of nothing":  {prior(run(func(r *PriorRun) { r.Priors = []Density{flat} })), "integral 0"},
		"prior of one x":    {prior(run(func(r *PriorRun) { r.Priors = []Density{{X: []float64{1}, P: []float64{1}}} })), "1 x and 1 values"},
		"prior with NaN":    {prior(run(func(r *PriorRun) { r.Priors = []Density{{X: []float64{1, 2}, P: []float64{1, nan}}} })), "NaN at 2"},
		"negative prior":    {prior(run(func(r *PriorRun) { r.Priors = []Density{{X: []float64{1, 2}, P: []float64{1, -1}}} })), "-1 at 2"},
		"prior not rising":  {prior(run(func(r *PriorRun) { r.Priors = []Density{{X: []float64{1, 1}, P: []float64{1, 1}}} })), "does not rise"},
		"prior, other size": {prior(run(func(r *PriorRun) { r.Priors = make([]Density, 3) })), "3 prior densities for 8"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, c.err, c.want)
		}
	}
}
