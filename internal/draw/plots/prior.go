package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// PriorRun is the aggregate posterior of one run and the prior it was trained
// toward.
type PriorRun struct {
	Name string // heads the run's column
	// Z holds one draw from the posterior per image, row by row: image i's
	// latent j is Z[i*Latents+j], in the prior's own units.
	Z       []float32
	Latents int
	// KL is the divergence per latent in nats per image, nil where there is
	// none a latent.
	KL []float64
	// Order is the latents' numbers, those first that are to be shown; nil
	// shows those of the highest KL.
	Order []int
	// Priors is the density of each latent, or one for all.
	Priors []Density
}

// MostPriorRuns is how many runs Prior draws side by side.
const MostPriorRuns = 3

// Prior draws, for each run, how the encoded images are distributed (bars) and
// the prior they should follow (line): a large panel for all latents together
// and small ones for single latents. With several runs a first panel shows all
// of them on one scale.
//
// It returns an error for no run or more than MostPriorRuns, for a run without
// finite values, and where lengths do not fit each other or a density is not
// one. Without a caption it explains KS.
func Prior(w io.Writer, format Format, runs []PriorRun, labels Labels) error {
	if len(runs) == 0 || len(runs) > MostPriorRuns {
		return fmt.Errorf("plots: the prior plot takes 1 to %d runs, not %d", MostPriorRuns, len(runs))
	}
	columns := make([]*priorColumn, len(runs))
	for i, run := range runs {
		column, err := newPriorColumn(run, i)
		if err != nil {
			return err
		}
		columns[i] = column
	}
	layout := priorLayouts()[len(runs)-1]
	smallRows := 0
	for _, c := range columns {
		// One latent is the large panel already.
		if c.latents > 1 {
			shown := min(c.latents, layout.smallColumns*layout.smallRows)
			smallRows = max(smallRows, (shown+layout.smallColumns-1)/layout.smallColumns)
		}
	}
	body := layout.large + vg.Length(smallRows)*smallHeight
	if len(runs) > 1 {
		body += togetherHeight + bandGap
	}
	if smallRows > 0 {
		body += bandGap
	}
	if labels.Caption == "" {
		labels.Caption = "KS is the largest distance between the distribution functions of q(z) and p(z): 0 where they are the same, 1 where they do not touch."
	}
	return figure{
		labels: labels,
		legend: priorLegend(columns),
		width:  layout.width,
		body:   body,
		paint:  func(c draw.Canvas) { paintPrior(c, columns, layout, smallRows) },
	}.write(w, format)
}

// priorLayout is the shape of the figure for a number of runs; lengths in
// points.
type priorLayout struct {
	width, large            vg.Length
	smallColumns, smallRows int // per run
}

func priorLayouts() [MostPriorRuns]priorLayout {
	return [MostPriorRuns]priorLayout{
		{width: 760, large: 300, smallColumns: 4, smallRows: 2},
		{width: 900, large: 250, smallColumns: 3, smallRows: 2},
		{width: 1080, large: 230, smallColumns: 2, smallRows: 3},
	}
}

const (
	smallHeight    vg.Length = 112
	togetherHeight vg.Length = 150
	bandGap        vg.Length = 20
	columnGap      vg.Length = 30
	headroom                 = 1.05 // of the axis above the highest value
)

func paintPrior(c draw.Canvas, columns []*priorColumn, layout priorLayout, smallRows int) {
	if len(columns) > 1 {
		band := c
		band.Min.Y = band.Max.Y - togetherHeight
		together(columns).Draw(band)
		c.Max.Y = band.Min.Y - bandGap
	}
	band := c
	band.Min.Y = band.Max.Y - layout.large
	large := make([]*plot.Plot, len(columns))
	for i, column := range columns {
		large[i] = column.large()
	}
	drawAligned(band, [][]*plot.Plot{large}, columnGap, 0)
	if smallRows == 0 {
		return
	}
	band = c
	band.Max.Y = band.Min.Y + vg.Length(smallRows)*smallHeight
	tiles := draw.Tiles{Rows: 1, Cols: len(columns), PadX: columnGap}
	for i, column := range columns {
		if rows := column.small(layout.smallColumns, smallRows); rows != nil {
			drawAligned(tiles.At(band, i, 0), rows, 14, 8)
		}
	}
}

func priorLegend(columns []*priorColumn) []legendEntry {
	prior := legendEntry{name: "prior p(z)", keyWidth: 26, key: lineKey(priorLine(2), marker{})}
	if len(columns) == 1 {
		c := columns[0]
		posterior := "aggregate posterior q(z), one draw for each of " + counted(c.images, "image")
		return []legendEntry{{name: posterior, keyWidth: 20, key: areaKey(c.fill(), c.outline())}, prior}
	}
	var entries []legendEntry
	for _, c := range columns {
		entries = append(entries, legendEntry{name: c.name, keyWidth: 20, key: areaKey(c.fill(), c.outline())})
	}
	return append(entries, prior)
}

func priorLine(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: ink(), Width: width}
}

// priorColumn is one run, measured.
type priorColumn struct {
	name    string
	latents int
	shade   priorShade
	prior   Density // pooled
	priors  []Density
	pooled  sample
	single  []sample // per latent
	order   []int    // of the latents, most active first
	kl      []float64
	images  int
}

// sample is a set of finite values, sorted.
type sample struct {
	values    []float64
	mean, std float64
}

func newSample(values []float64) sample {
	values = slices.DeleteFunc(values, func(v float64) bool { return !finite.Is(v) })
	slices.Sort(values)
	s := sample{values: values}
	for _, v := range values {
		s.mean += v / float64(len(values))
	}
	for _, v := range values {
		s.std += (v - s.mean) * (v - s.mean) / float64(len(values))
	}
	s.std = math.Sqrt(s.std)
	return s
}

// quantile is the value at the share q of the sorted values.
func (s sample) quantile(q float64) float64 {
	return s.values[int(q*float64(len(s.values)-1)+0.5)]
}

func newPriorColumn(run PriorRun, index int) (*priorColumn, error) {
	if run.Latents <= 0 || len(run.Z) == 0 || len(run.Z)%run.Latents != 0 {
		return nil, fmt.Errorf("plots: run %q: %d values are not a whole number of images with %d latents", run.Name, len(run.Z), run.Latents)
	}
	if len(run.Priors) != 1 && len(run.Priors) != run.Latents {
		return nil, fmt.Errorf("plots: run %q: %d prior densities for %d latents, want 1 or as many", run.Name, len(run.Priors), run.Latents)
	}
	if len(run.KL) != 0 && len(run.KL) != run.Latents {
		return nil, fmt.Errorf("plots: run %q: %d values of KL for %d latents", run.Name, len(run.KL), run.Latents)
	}
	if len(run.Order) != 0 && !isPermutation(run.Order, run.Latents) {
		return nil, fmt.Errorf("plots: run %q: %v is not an order of %d latents", run.Name, run.Order, run.Latents)
	}
	for i, d := range run.Priors {
		if err := d.check(fmt.Sprintf("latent %d of run %q", i, run.Name)); err != nil {
			return nil, err
		}
	}
	c := &priorColumn{
		name: run.Name, latents: run.Latents, kl: run.KL, images: len(run.Z) / run.Latents,
		shade: priorShades()[index], prior: mixture(run.Priors), priors: run.Priors,
	}
	all := make([]float64, len(run.Z))
	for i, v := range run.Z {
		all[i] = float64(v)
	}
	for j := range run.Latents {
		one := make([]float64, 0, c.images)
		for i := j; i < len(all); i += run.Latents {
			one = append(one, all[i])
		}
		c.single = append(c.single, newSample(one))
		c.order = append(c.order, j)
	}
	if c.pooled = newSample(all); len(c.pooled.values) == 0 {
		return nil, fmt.Errorf("plots: run %q has no finite value in %d", run.Name, len(run.Z))
	}
	if len(run.Order) > 0 {
		c.order = run.Order
	} else if len(run.KL) > 0 {
		slices.SortStableFunc(c.order, func(a, b int) int { return cmp.Compare(run.KL[b], run.KL[a]) })
	}
	return c, nil
}

func isPermutation(order []int, n int) bool {
	sorted := slices.Sorted(slices.Values(order))
	for i, v := range sorted {
		if v != i {
			return false
		}
	}
	return len(order) == n
}

func (c *priorColumn) priorOf(latent int) Density {
	if len(c.priors) == 1 {
		return c.priors[0]
	}
	return c.priors[latent]
}

// priorShade is the colour of a run's bars and how much of it fills them.
type priorShade struct {
	color color.NRGBA
	share float64
}

// priorShades differ in lightness as well as in hue.
func priorShades() [MostPriorRuns]priorShade {
	return [MostPriorRuns]priorShade{
		{color: rgb(0x56b4e9), share: 0.42}, {color: rgb(0xe69f00), share: 0.7}, {color: rgb(0x009e73), share: 0.75},
	}
}

func (c *priorColumn) fill() color.NRGBA { return tint(c.shade.color, c.shade.share) }

func (c *priorColumn) outline() draw.LineStyle {
	return draw.LineStyle{Color: c.shade.color, Width: 0.8}
}

// Into how many bins the prior's core is divided.
const (
	largeBins = 48
	smallBins = 24
)

// bins cover the prior's core, and beyond it in steps of the same width what
// the samples reach, but at most one core's width to each side. They begin at
// the core's edge, so that a uniform prior's edge is the edge of a bin.
func (c *priorColumn) bins(core int) bins {
	prior := c.prior.core().X
	low, high := prior[0], prior[len(prior)-1]
	width := (high - low) / float64(core)
	beyond := func(distance float64) int {
		return int(min(math.Ceil(max(distance, 0)/width), float64(core)))
	}
	before := beyond(low - c.pooled.quantile(0.0005))
	after := beyond(c.pooled.quantile(0.9995) - high)
	return bins{low: low - float64(before)*width, width: width, count: before + core + after}
}

// panel draws one sample under one prior, on axes that are the same for every
// panel of the size in the column.
func (c *priorColumn) panel(s sample, prior Density, b bins, title panelTitle) (*plot.Plot, *histogram) {
	density, _ := b.fill(s.values)
	h := &histogram{low: b.low, width: b.width, density: density, fill: c.fill(), line: c.outline()}
	p := newPlot("", "")
	p.Y.Padding = 0
	p.Add(&plotter.Grid{Horizontal: gridLine()}, title, h)
	pad := (b.high() - b.low) * 0.05
	p.X.Min, p.X.Max = b.low-pad, b.high()+pad
	p.Y.Min, p.Y.Max = 0, prior.highest()
	return p, h
}

func (c *priorColumn) large() *plot.Plot {
	b := c.bins(largeBins)
	title := panelTitle{size: headSize, lines: append([]string{c.name}, c.words(b)...)}
	p, h := c.panel(c.pooled, c.prior, b, title)
	p.Add(densityLine{density: c.prior, line: priorLine(2)})
	p.X.Label.Text = fmt.Sprintf("z, %s pooled", counted(c.latents, "latent"))
	if c.latents == 1 {
		p.X.Label.Text = "z"
	}
	p.Y.Label.Text = "density"
	p.Y.Max = headroom * max(p.Y.Max, min(h.highest(), 3*p.Y.Max))
	return p
}

// words are the figures of the pooled values above those of the prior.
func (c *priorColumn) words(b bins) []string {
	s, prior := c.pooled, c.prior
	scale := s.std
	if prior.Std > 0 {
		scale = prior.Std
	}
	// Thousands of images times latents make one more digit than usual mean something.
	scale /= 10
	posterior := fmt.Sprintf("q(z): mean %s, std %s, KS %.3f", number(s.mean, scale), number(s.std, scale), prior.kolmogorov(s.values))
	inside := 0
	for _, v := range s.values {
		if v >= b.low && v <= b.high() {
			inside++
		}
	}
	if beyond := 1 - float64(inside)/float64(len(s.values)); beyond >= 0.001 {
		posterior += fmt.Sprintf(", %.1f %% beyond the axis", 100*beyond)
	}
	if prior.Std == 0 {
		return []string{posterior}
	}
	return []string{posterior, fmt.Sprintf("p(z): mean %s, std %s", number(prior.Mean, scale), number(prior.Std, scale))}
}

// small returns rows of panels of the most active latents, nil for one latent.
func (c *priorColumn) small(columns, rows int) [][]*plot.Plot {
	if c.latents == 1 {
		return nil
	}
	b := c.bins(smallBins)
	grid := make([][]*plot.Plot, rows)
	highest, highestPrior := 0.0, 0.0
	for i := range grid {
		grid[i] = make([]*plot.Plot, columns)
		for j := range grid[i] {
			k := i*columns + j
			if k >= c.latents {
				break
			}
			latent := c.order[k]
			prior := c.priorOf(latent)
			p, h := c.panel(c.single[latent], prior, b, panelTitle{size: 9.5, lines: c.smallTitle(latent)})
			p.Add(densityLine{density: prior, line: priorLine(1.4)})
			p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 8, 8
			p.X.Tick.Marker, p.Y.Tick.Marker = niceTicks{count: 5}, niceTicks{count: 3}
			grid[i][j] = p
			highest, highestPrior = max(highest, h.highest()), max(highestPrior, prior.highest())
		}
	}
	// One height for all, but a single collapsed latent may not flatten the rest.
	top := headroom * max(highestPrior, min(highest, 3*highestPrior))
	for _, row := range grid {
		for _, p := range row {
			if p != nil {
				p.Y.Max = top
			}
		}
	}
	return grid
}

func (c *priorColumn) smallTitle(latent int) []string {
	s := c.single[latent]
	name := "z" + strconv.Itoa(latent)
	if len(c.kl) > 0 {
		name += minus(fmt.Sprintf(" · KL %.2f", c.kl[latent]))
	}
	if len(s.values) == 0 {
		return []string{name, "no finite value"}
	}
	scale := s.std
	if prior := c.priorOf(latent); prior.Std > 0 {
		scale = prior.Std
	}
	return []string{name, fmt.Sprintf("mean %s · std %s", number(s.mean, scale), number(s.std, scale))}
}

// together shows all runs on one scale.
func together(columns []*priorColumn) *plot.Plot {
	p := newPlot("", "density")
	p.Y.Padding = 0
	p.Y.Tick.Marker = niceTicks{count: 4}
	p.Add(&plotter.Grid{Horizontal: gridLine()},
		panelTitle{size: headSize, lines: []string{"All on one scale"}})
	low, high, top := math.Inf(1), math.Inf(-1), 0.0
	// Broad and low first: a narrow prior in front hides little of it.
	columns = slices.SortedStableFunc(slices.Values(columns), func(a, b *priorColumn) int {
		return cmp.Compare(a.prior.highest(), b.prior.highest())
	})
	for _, c := range columns {
		b := c.bins(largeBins)
		density, _ := b.fill(c.pooled.values)
		h := &histogram{low: b.low, width: b.width, density: density, fill: c.fill(), line: c.outline()}
		p.Add(h)
		low, high = min(low, b.low), max(high, b.high())
		top = max(top, c.prior.highest(), min(h.highest(), 3*c.prior.highest()))
	}
	for _, c := range columns {
		p.Add(densityLine{density: c.prior, line: priorLine(1.4)})
	}
	pad := (high - low) * 0.03
	p.X.Min, p.X.Max = low-pad, high+pad
	p.Y.Min, p.Y.Max = 0, headroom*top
	return p
}

// number writes v with the decimals that show three figures of the scale.
func number(v, scale float64) string {
	if scale <= 0 || !finite.Is(scale) {
		return minus(strconv.FormatFloat(v, 'g', 3, 64))
	}
	decimals := 2 - int(math.Floor(math.Log10(scale)))
	if decimals > 8 || decimals < -3 {
		return minus(strconv.FormatFloat(v, 'g', 3, 64))
	}
	text := strconv.FormatFloat(v, 'f', max(decimals, 0), 64)
	if zero, err := strconv.ParseFloat(text, 64); err == nil && zero == 0 {
		text = strconv.FormatFloat(0, 'f', max(decimals, 0), 64) // not -0.00
	}
	return minus(text)
}

// counted writes n things, in the plural unless n is 1, with thin spaces
// between thousands.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u2009" + digits[i:]
	}
	return digits + " " + thing
}
