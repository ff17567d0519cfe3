package plots

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat/distuv"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"pgregory.net/rapid"
)

func TestTicksAreFewRoundAndRightlyNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-1e4, 1e4).Draw(t, "low")
		span := math.Pow(10, rapid.Float64Range(-4, 5).Draw(t, "log span"))
		count := rapid.IntRange(3, 8).Draw(t, "count")
		high := low + span
		ticks := niceTicks{count: count}.Ticks(low, high)
		if len(ticks) == 0 || len(ticks) > count+1 {
			t.Fatalf("%d ticks for a count of %d", len(ticks), count)
		}
		step := niceStep((high - low) / float64(count)) // of the span as it was rounded
		for i, tick := range ticks {
			if tick.Value < low-1e-6*span || tick.Value > high+1e-6*span {
				t.Fatalf("tick %g outside %g..%g", tick.Value, low, high)
			}
			if i > 0 && math.Abs(tick.Value-ticks[i-1].Value-step) > 1e-6*step {
				t.Fatalf("ticks %g and %g are not %g apart", ticks[i-1].Value, tick.Value, step)
			}
			named, err := strconv.ParseFloat(strings.ReplaceAll(tick.Label, "−", "-"), 64)
			if err != nil || math.Abs(named-tick.Value) > 0.01*step {
				t.Fatalf("tick %g is named %q", tick.Value, tick.Label)
			}
		}
	})
}

func TestTickNames(t *testing.T) {
	for _, c := range []struct {
		ticks     niceTicks
		low, high float64
		want      string
	}{
		{niceTicks{count: 5}, -1, 1, "−1.0 −0.5 0 0.5 1.0"},
		{niceTicks{count: 7}, 1, 10, "2 4 6 8 10"},
		{niceTicks{count: 7, integer: true}, 1, 3, "1 2 3"},
		{niceTicks{count: 5}, 0, 0.004, "0 0.001 0.002 0.003 0.004"},
		{niceTicks{count: 4}, 0, 4e6, "0 1e+06 2e+06 3e+06 4e+06"},
		{niceTicks{count: 4}, 2, 2, ""},
		{niceTicks{count: 4}, math.NaN(), 2, ""},
	} {
		var names []string
		for _, tick := range c.ticks.Ticks(c.low, c.high) {
			names = append(names, tick.Label)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%+v from %g to %g: %q, want %q", c.ticks, c.low, c.high, got, c.want)
		}
	}
}

func TestFiniteRunsBreakWhereValuesDo(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	x := []float64{1, 2, 3, 4, 5, nan, 7}
	y := []float64{nan, 20, 30, inf, 50, 60, 70}
	want := []plotter.XYs{{{X: 2, Y: 20}, {X: 3, Y: 30}}, {{X: 5, Y: 50}}, {{X: 7, Y: 70}}}
	if diff := cmp.Diff(want, finiteRuns(x, y)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

func TestOneEpochHasAPicture(t *testing.T) {
	panels := []Panel{{Title: "Loss", Series: []Series{{Name: "a", X: []float64{1}, Y: []float64{120}}, {Name: "a", Dashed: true, X: []float64{1}, Y: []float64{120}}}}, {Title: "KL"}}
	var b bytes.Buffer
	if err := Curves(&b, SVG, panels, Strokes{}, Labels{}); err != nil {
		t.Fatal(err)
	}
	// The legend's marker and the point's of the solid curve, and the dashed one's dot.
	if got := strings.Count(b.String(), `style="fill:#0072B2"`); got != 3 {
		t.Errorf("%d filled markers, want 3", got)
	}
}

// A curve on which an equal one lies can be seen by its markers.
func TestEqualCurvesShowBoth(t *testing.T) {
	for _, epochs := range []int{2, 3, 10, 40} {
		var x, y []float64
		for i := range epochs {
			x, y = append(x, float64(i+1)), append(y, 100/float64(i+1))
		}
		panels := []Panel{{Title: "Loss", Series: []Series{{Name: "a", X: x, Y: y}, {Name: "b", X: x, Y: y}}}}
		var b bytes.Buffer
		if err := Curves(&b, SVG, panels, Strokes{}, Labels{}); err != nil {
			t.Fatal(err)
		}
		// Beyond the one in the legend; what is drawn later lies on top.
		drawn := b.String()
		lines := strings.LastIndex(drawn, "stroke:#E69F00")
		for _, color := range []string{"#0072B2", "#E69F00"} {
			if strings.Count(drawn, "fill:"+color) < 2 || strings.LastIndex(drawn, "fill:"+color) < lines {
				t.Errorf("%d epochs: %d markers of %s, the last one at byte %d, the upper line at %d", epochs,
					strings.Count(drawn, "fill:"+color)-1, color, strings.LastIndex(drawn, "fill:"+color), lines)
			}
		}
	}
}

func TestRunsLookDifferent(t *testing.T) {
	var panel Panel
	for i := range 20 {
		panel.Series = append(panel.Series, Series{Name: fmt.Sprint("run ", i)})
	}
	l := newLooks([]Panel{panel, panel})
	seen := map[string]string{}
	for _, s := range panel.Series {
		lk := l.lookOf(s)
		key := fmt.Sprint(lk.line.Color, lk.marker.shape)
		if other, taken := seen[key]; taken {
			t.Errorf("%q looks like %q", s.Name, other)
		}
		seen[key] = s.Name
	}
	if len(l.legend(Strokes{Solid: "test"})) != 20 {
		t.Error("the legend does not have one entry for each name")
	}
}

// Latents are shown in the order that is asked for, and a wrong one is an error.
func TestPriorShowsTheLatentsAskedFor(t *testing.T) {
	run := normalRun()
	run.KL = nil
	for i := range run.Latents {
		run.Order = append(run.Order, run.Latents-1-i)
	}
	c, err := newPriorColumn(run, 0)
	if err != nil || c.order[0] != run.Latents-1 {
		t.Errorf("order %v, error %v", c, err)
	}
	for _, wrong := range [][]int{{0}, make([]int, run.Latents), append([]int{run.Latents}, run.Order[1:]...)} {
		run.Order = wrong
		if _, err := newPriorColumn(run, 0); err == nil {
			t.Errorf("order %v of %d latents is taken", wrong, run.Latents)
		}
	}
}

func TestHistogramHoldsTheShareInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-3, 3), 1, 60).Draw(t, "values")
		b := bins{low: -2, width: 0.25, count: rapid.IntRange(1, 16).Draw(t, "count")}
		density, n := b.fill(append(slices.Clone(values), math.NaN(), math.Inf(1)))
		inside := 0
		for _, v := range values {
			if v >= b.low && v <= b.high() {
				inside++
			}
		}
		area := 0.0
		for _, d := range density {
			area += d * b.width
		}
		if want := float64(inside) / float64(len(values)); n != len(values) || math.Abs(area-want) > 1e-9 {
			t.Fatalf("area %g over %d values, want %g over %d", area, n, want, len(values))
		}
	})
}

func TestBinsStandOnTheEdgesOfAUniformPrior(t *testing.T) {
	run := uniformRun()
	for i := range 40 {
		run.Z[i] = 1.5 // beyond the prior, enough to be shown
	}
	c, err := newPriorColumn(run, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := c.bins(largeBins)
	for _, edge := range []float64{-1, 1} {
		if k := (edge - b.low) / b.width; math.Abs(k-math.Round(k)) > 1e-9 {
			t.Errorf("edge %g lies %g bins from the first", edge, k)
		}
	}
	if b.low != -1 || b.high() < 1.5 || b.high() > 1.6 {
		t.Errorf("bins from %g to %g, want from -1 to just beyond 1.5", b.low, b.high())
	}
}

func TestOutliersDoNotFlattenThePrior(t *testing.T) {
	run := narrowRun()
	for i := range run.Z {
		if i%50 == 0 {
			run.Z[i] = 1e6
		}
	}
	c, err := newPriorColumn(run, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := c.bins(largeBins)
	if width := b.high() - b.low; width > 2 {
		t.Errorf("axis of %g for a prior of width 0.75", width)
	}
	if words := c.words(b); !strings.Contains(words[0], "2.0 % beyond the axis") {
		t.Errorf("words %q do not mention the 2 %% beyond the axis", words)
	}
}

func TestKolmogorovKnownAnswers(t *testing.T) {
	unit := uniformDensity(0, 1)
	for name, c := range map[string]struct {
		density Density
		values  []float64
		want    float64
	}{
		"all at one point":       {unit, []float64{0.25, 0.25, 0.25}, 0.75},
		"evenly spread":          {unit, []float64{0.125, 0.375, 0.625, 0.875}, 0.125},
		"all below":              {unit, []float64{-2, -1}, 1},
		"all above":              {unit, []float64{2, 3}, 1},
		"median of a normal":     {normalDensity(0.5, 0.1), []float64{0.5}, 0.5},
		"not scaled to 1":        {Density{X: []float64{0, 1}, P: []float64{7, 7}}, []float64{0.25}, 0.75},
		"rising line, its third": {Density{X: []float64{0, 1}, P: []float64{0, 2}}, []float64{0.5}, 0.75},
	} {
		if got := c.density.kolmogorov(c.values); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", name, got, c.want)
		}
	}
}

func TestKolmogorovFollowsTheNormalDistribution(t *testing.T) {
	d := normalDensity(-1, 2)
	reference := distuv.Normal{Mu: -1, Sigma: 2}
	values := []float64{-6, -3.3, -2, -1.1, -1, 0.3, 0.35, 2, 5}
	want := 0.0
	for i, v := range values {
		below := reference.CDF(v)
		want = max(want, math.Abs(below-float64(i)/9), math.Abs(below-float64(i+1)/9))
	}
	if got := d.kolmogorov(values); math.Abs(got-want) > 1e-4 {
		t.Errorf("KS %g, by the closed form %g", got, want)
	}
}

func TestMixtureIsTheMeanOfItsPriors(t *testing.T) {
	ds := []Density{normalDensity(0, 1), normalDensity(2, 0.5), uniformDensity(-1, 1)}
	m := mixture(ds)
	if err := m.check("the mixture"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{-3, 0, 0.5, 2} {
		want := (ds[0].at(x) + ds[1].at(x) + ds[2].at(x)) / 3
		if math.Abs(m.at(x)-want) > 1e-12 && slices.Contains(m.X, x) {
			t.Errorf("mixture at %g is %g, want %g", x, m.at(x), want)
		}
	}
	// E z^2 = (1 + (0.25 + 4) + 1/3) / 3.
	wantMean, wantStd := 2.0/3, math.Sqrt((1+4.25+1.0/3)/3-4.0/9)
	if math.Abs(m.Mean-wantMean) > 1e-12 || math.Abs(m.Std-wantStd) > 1e-12 {
		t.Errorf("mean %g and std %g, want %g and %g", m.Mean, m.Std, wantMean, wantStd)
	}
	ds[1].Std = 0
	if m := mixture(ds); m.Mean != 0 || m.Std != 0 {
		t.Errorf("a prior without moments gave the mixture mean %g and std %g", m.Mean, m.Std)
	}
}

func TestCoreOfDensities(t *testing.T) {
	for name, c := range map[string]struct {
		density   Density
		low, high float64
	}{
		"normal":        {normalDensity(0.5, 0.1), 0.13, 0.87},
		"uniform":       {uniformDensity(-1, 1), -1, 1},
		"a single peak": {Density{X: []float64{0, 1, 2, 3}, P: []float64{0, 5, 0, 0}}, 0, 2},
		"a peak at 0":   {Density{X: []float64{0, 1, 2, 3}, P: []float64{5, 0, 0, 0}}, 0, 1},
	} {
		core := c.density.core().X
		if low, high := core[0], core[len(core)-1]; math.Abs(low-c.low) > 0.006 || math.Abs(high-c.high) > 0.006 {
			t.Errorf("%s: %g to %g, want %g to %g", name, low, high, c.low, c.high)
		}
	}
}

func TestSmallPanelsShowTheMostActiveLatents(t *testing.T) {
	run := normalRun()
	run.KL = []float64{0.1, 3, 0.2, 2, 0.3, 2, 0.4, 2.5}
	var b bytes.Buffer
	if err := Prior(&b, SVG, []PriorRun{run, narrowRun()}, Labels{}); err != nil {
		t.Fatal(err)
	}
	text, last := b.String(), 0
	for _, title := range []string{"z1 · KL 3.00", "z7 · KL 2.50", "z3 · KL 2.00", "z5 · KL 2.00", "z6 · KL 0.40", "z4 · KL 0.30"} {
		at := strings.Index(text, title)
		if at < last {
			t.Errorf("panel %q is not after the one before it", title)
		}
		last = at
	}
	if strings.Contains(text, "z0 · KL 0.10") {
		t.Error("the least active latent is shown in place of another")
	}
}

func TestPriorWithOddRuns(t *testing.T) {
	one := PriorRun{Name: "one latent", Z: draws(50, 1, 0, 1), Latents: 1, Priors: []Density{normalDensity(0, 1)}}
	perLatent := PriorRun{
		Name: "own priors", Z: draws(50, 3, 0, 1), Latents: 3,
		Priors: []Density{normalDensity(0, 1), normalDensity(1, 0.1), uniformDensity(-1, 1)},
	}
	dead := normalRun()
	for i := range dead.Z {
		switch i % 8 {
		case 0:
			dead.Z[i] = float32(math.NaN())
		case 1:
			dead.Z[i] = 0.25
		}
	}
	single := PriorRun{Name: "one image", Z: []float32{1, 2}, Latents: 2, Priors: []Density{{X: []float64{-1, 1}, P: []float64{1, 1}}}}
	for _, runs := range [][]PriorRun{{one}, {perLatent}, {dead}, {single}, {one, perLatent, dead}, {single, one}} {
		var b bytes.Buffer
		if err := Prior(&b, SVG, runs, Labels{}); err != nil {
			t.Errorf("%q: %v", runs[0].Name, err)
			continue
		}
		checkXML(t, runs[0].Name, b.Bytes())
		if strings.Contains(b.String(), "NaN") {
			t.Errorf("%q: NaN in the picture", runs[0].Name)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		v, scale float64
		want     string
	}{
		{0.5, 0.1, "0.500"}, {-0.0004, 1, "0.00"}, {-0.01, 1, "−0.01"}, {12.345, 30, "12.3"},
		{1234, 500, "1234"}, {1, 0, "1"}, {1e-12, 1e-12, "1e−12"}, {3, math.NaN(), "3"},
	} {
		if got := number(c.v, c.scale); got != c.want {
			t.Errorf("number(%g, %g) = %q, want %q", c.v, c.scale, got, c.want)
		}
	}
	for n, want := range map[int]string{1: "1 image", 999: "999 images", 60000: "60\u2009000 images", 1234567: "1\u2009234\u2009567 images"} {
		if got := counted(n, "image"); got != want {
			t.Errorf("counted(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestScatterUnitsAreSquare(t *testing.T) {
	for _, stretch := range []float64{0.01, 1, 40} {
		p := newPlot("x", "y")
		p.Add(&cloud{at: plotter.XYs{{X: 0, Y: 0}, {X: 3, Y: 3 * stretch}}, class: []int{0, 1}})
		c := draw.NewCanvas(&recorder.Canvas{}, 400, 300)
		squareUnits(p, c)
		size := p.DataCanvas(c).Size()
		perX, perY := (p.X.Max-p.X.Min)/size.X.Points(), (p.Y.Max-p.Y.Min)/size.Y.Points()
		// Widening an axis may change the width of its tick labels a little.
		if math.Abs(perX/perY-1) > 0.05 {
			t.Errorf("stretched by %g: %g units a point in x, %g in y", stretch, perX, perY)
		}
		if p.X.Min > 0 || p.X.Max < 3 || p.Y.Min > 0 || p.Y.Max < 3*stretch {
			t.Errorf("stretched by %g: axes %g..%g and %g..%g cut points off", stretch, p.X.Min, p.X.Max, p.Y.Min, p.Y.Max)
		}
	}
}

func TestSpreadLeavesRoomForDigits(t *testing.T) {
	points := make([]vg.Point, 10)
	far := vg.Point{X: 500, Y: 500}
	points[9] = far
	spread(points, 20)
	for i := range points {
		for j := range i {
			d := points[i].Sub(points[j])
			if gap := math.Hypot(d.X.Points(), d.Y.Points()); gap < 15 {
				t.Errorf("digits %d and %d are %g apart", j, i, gap)
			}
		}
	}
	if points[9] != far {
		t.Errorf("a digit with room was moved to %v", points[9])
	}
}

func TestBarsAreSortedAndParted(t *testing.T) {
	nan := math.NaN()
	b := newLatentBars(Latents{Values: []float64{nan, 0.5, 2, math.Inf(1), 0.5, 0.01}})
	if diff := cmp.Diff([]int{2, 1, 4, 5, 0, 3}, b.latent); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	var picture bytes.Buffer
	err := Bars(&picture, SVG, Latents{Values: []float64{nan, 0.5, 2, 0.5, 0.01}, Threshold: 0.1}, Labels{})
	if err != nil {
		t.Fatal(err)
	}
	active, inactive := strings.Count(picture.String(), "#0072B2"), strings.Count(picture.String(), "#B5B5B5")
	if active != 3 || inactive != 1 {
		t.Errorf("%d active and %d inactive bars, want 3 and 1", active, inactive)
	}
}

func TestBarTicksDoNotTouch(t *testing.T) {
	for _, n := range []int{1, 20, 100, 1000} {
		b := newLatentBars(Latents{Values: falling(n)})
		const width = 500
		ticks := b.ticks(width)
		room := width / vg.Length(n)
		for i := 1; i < len(ticks); i++ {
			gap := vg.Length(ticks[i].Value-ticks[i-1].Value) * room
			if wide := textStyle(tickSize, nil).Width(ticks[i].Label); wide > gap {
				t.Errorf("%d latents: label %q is %g wide and has %g", n, ticks[i].Label, wide, gap)
			}
		}
	}
}

func TestWrapKeepsWidth(t *testing.T) {
	style := textStyle(captionSize, muted())
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zμσ.,]{1,30}[ \n]){0,15}`).Draw(t, "text")
		width := vg.Length(rapid.IntRange(20, 400).Draw(t, "width"))
		for _, line := range wrap(text, style, width) {
			if w := style.Width(line); w > width {
				t.Fatalf("%q is %g wide, limit %g", line, w, width)
			}
		}
	})
}

func BenchmarkPriorPNG(b *testing.B) {
	run := PriorRun{Name: "run", Z: draws(10000, 20, 0, 1), Latents: 20, KL: falling(20), Priors: []Density{normalDensity(0, 1)}}
	for b.Loop() {
		var out bytes.Buffer
		if err := Prior(&out, PNG, []PriorRun{run}, Labels{Title: "Prior"}); err != nil {
			b.Fatal(err)
		}
	}
}

// Where another figure decides which latents are active, the bars follow it,
// in their own order.
func TestBarsShowWhichLatentsAreActive(t *testing.T) {
	latents := Latents{Values: []float64{0.1, 2, 0.5}, Active: []bool{true, false, true}, ActiveName: "lively"}
	if b := newLatentBars(latents); !slices.Equal(b.active, []bool{false, true, true}) {
		t.Errorf("active %v for the latents %v", b.active, b.latent)
	}
	for _, c := range []struct {
		active []bool
		want   int // mentions of inactive latents
	}{{latents.Active, 1}, {[]bool{true, true, true}, 0}} {
		latents.Active = c.active
		var picture bytes.Buffer
		if err := Bars(&picture, SVG, latents, Labels{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(picture.String(), ">inactive<"); got != c.want || !strings.Contains(picture.String(), ">lively<") {
			t.Errorf("%v: %d times inactive, want %d", c.active, got, c.want)
		}
	}
	latents.Active = []bool{true}
	if err := Bars(io.Discard, PNG, latents, Labels{}); err == nil {
		t.Error("one of three latents was told active")
	}
}

// A first point that would flatten the rest does not set the axis; one that
// would not, a short curve and a count keep theirs.
func TestLaterRange(t *testing.T) {
	for _, c := range []struct {
		name      string
		panel     Panel
		low, high float64
		cut       bool
	}{
		{"a fall", Panel{Series: []Series{{Y: []float64{200, 110, 106, 105}}, {Y: []float64{180, 112, math.NaN(), 104}}}}, 104, 112, true},
		{"no great fall", Panel{Series: []Series{{Y: []float64{112, 110, 107, 105}}}}, 105, 110, false},
		{"short", Panel{Series: []Series{{Y: []float64{200, 110, 105}}}}, 0, 0, false},
		{"counted", Panel{Counted: true, Series: []Series{{Y: []float64{20, 1, 2, 3}}}}, 0, 0, false},
		{"level", Panel{Series: []Series{{Y: []float64{20, 3, 3, 3}}}}, 3, 3, false},
	} {
		low, high, cut := c.panel.laterRange()
		if cut != c.cut || low != c.low || high != c.high {
			t.Errorf("%s: %g to %g, %v", c.name, low, high, cut)
		}
	}
}

// Panels that are to be compared have one range of y; those without a value have
// no say in it.
func TestShareY(t *testing.T) {
	of := func(same bool, y ...float64) Panel {
		s := Series{Name: "a"}
		for i, v := range y {
			s.X, s.Y = append(s.X, float64(i)), append(s.Y, v)
		}
		return Panel{SameY: same, Series: []Series{s}}
	}
	panels := []Panel{of(true, 100, 120), of(true, 105, 140), of(true, math.NaN()), of(false, 1, 2)}
	looks := newLooks(panels)
	rows := [][]*plot.Plot{{curvePanel(panels[0], looks), curvePanel(panels[1], looks)}, {curvePanel(panels[2], looks), curvePanel(panels[3], looks)}}
	low, high := rows[0][0].Y.Min, rows[0][1].Y.Max
	shareY(panels, rows)
	for i, p := range rows[0] {
		if p.Y.Min != low || p.Y.Max != high {
			t.Errorf("panel %d is from %g to %g, want %g to %g", i, p.Y.Min, p.Y.Max, low, high)
		}
	}
	if p := rows[1][1]; p.Y.Max > 3 {
		t.Errorf("a panel of its own reaches %g", p.Y.Max)
	}
}
