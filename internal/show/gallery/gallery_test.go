package gallery

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/data"
	"vaectl/internal/dev/golden"
	"vaectl/internal/dev/testkit/small"
	"vaectl/internal/draw/picture"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// side of the tiny images.
const side = 8

// tiny is an untrained model of 8x8 images whose weights are large enough for
// its pictures to show something. The portable kernel is on every machine.
func tiny(t *testing.T, seed uint64, settings ...string) *vae.Model {
	t.Helper()
	settings = append([]string{"model.hidden=12", "model.latent=3"}, settings...)
	m := small.Model(t, small.Engine(t, "portable", 1), data.Shape{Height: side, Width: side, Channels: 1}, seed, settings...)
	for i := range m.Weights() {
		m.Weights()[i] *= 4
	}
	return m
}

// bars are images of one bright row each.
func bars(count int) vae.Batch {
	pixels := make([]float32, count*side*side)
	for i := range count {
		for x := range side {
			pixels[(i*side+i%side)*side+x] = 1
		}
	}
	return vae.Batch{Pixels: pixels}
}

// drawings are one picture of each kind.
func drawings() map[string]func(*testing.T, *vae.Model) (image.Image, error) {
	return map[string]func(*testing.T, *vae.Model) (image.Image, error){
		"reconstruction": func(t *testing.T, m *vae.Model) (image.Image, error) {
			e, err := m.Encode(bars(6))
			if err != nil {
				t.Fatal(err)
			}
			return Reconstruction(m, bars(6), e.Z, picture.Options{})
		},
		"attribute": func(_ *testing.T, m *vae.Model) (image.Image, error) {
			return Attribute(m, bars(2), []float64{1, 0, -2}, []float64{-1, 0, 1.5}, picture.Options{})
		},
		"completion": func(t *testing.T, m *vae.Model) (image.Image, error) {
			missing := make([]bool, side*side)
			for i := range missing {
				missing[i] = i%side < side/2
			}
			return Completion(t.Context(), m, bars(2), missing, CompletionSteps(5), 1, picture.Options{})
		},
		"ranking": func(_ *testing.T, m *vae.Model) (image.Image, error) {
			heat := make([]float64, 2*side*side)
			for i := range heat {
				heat[i] = float64(i)
			}
			ends := []Ranked{
				{Label: "unusual", Images: bars(2), Lines: [][]string{{"2"}, {"1"}}, Heat: heat},
				{Label: "typical", Images: bars(1), Lines: [][]string{{"0"}}, Heat: heat[:side*side]},
			}
			return Ranking(m, ends, 0, heat[len(heat)-1], picture.Options{})
		},
		"interpolation": func(_ *testing.T, m *vae.Model) (image.Image, error) {
			return Interpolation(m, bars(4), nil, 5, picture.Options{})
		},
		"traversal": func(_ *testing.T, m *vae.Model) (image.Image, error) {
			return Traversal(m, Median(m.Prior()), []int{2, 0}, 5, 0, picture.Options{})
		},
		"manifold": func(_ *testing.T, m *vae.Model) (image.Image, error) {
			return Manifold(m, 0, 2, 5, 0, picture.Options{})
		},
	}
}

func TestGolden(t *testing.T) {
	for name, draw := range drawings() {
		t.Run(name, func(t *testing.T) {
			got, err := draw(t, tiny(t, 1))
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", name+".png"), got, 0.002)
		})
	}
}

// A golden picture proves something only if another model gives another one.
func TestPicturesShowTheirModel(t *testing.T) {
	for name, draw := range drawings() {
		one, err := draw(t, tiny(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		for what, other := range map[string]*vae.Model{
			"other weights": tiny(t, 2),
			"another prior": tiny(t, 1, "prior.name=uniform", "prior.standardize=none"),
		} {
			two, err := draw(t, other)
			if err != nil {
				t.Fatal(err)
			}
			if share := golden.Differing(one, two); share < 0.02 {
				t.Errorf("%s: with %s only %.2f %% of the pixels differ", name, what, 100*share)
			}
		}
	}
}

// tiles are the images on a picture without magnification, gaps or words.
func tile(drawn image.Image, column, row int) []uint8 {
	img := drawn.(*image.Gray)
	var pixels []uint8
	for y := range side {
		at := img.PixOffset(column*side, row*side+y)
		pixels = append(pixels, img.Pix[at:at+side]...)
	}
	return pixels
}

func bare() picture.Options { return picture.Options{Scale: 1, Gap: -1} }

// decodedTile is the tile of one code.
func decodedTile(t *testing.T, m *vae.Model, z []float64) []uint8 {
	t.Helper()
	pixels, err := m.Decode(vae.Codes{Z: z})
	if err != nil {
		t.Fatal(err)
	}
	img, err := picture.Grid(pixels, m.Shape(), bare())
	if err != nil {
		t.Fatal(err)
	}
	return tile(img, 0, 0)
}

// The plane's first latent rises to the right and its second upward.
func TestManifoldIsOriented(t *testing.T) {
	m := tiny(t, 1, "prior.mean=0.5", "prior.std=0.1")
	z := Median(m.Prior())
	z[2] = m.Prior().Marginal(2).Quantile(0.9) // up
	z[1] = m.Prior().Marginal(1).Quantile(0.1) // left
	opt := bare()
	img, err := Manifold(m, 1, 2, 5, 0, opt)
	if err != nil {
		t.Fatal(err)
	}
	// Labels shift the tiles; the plane is the picture's right part.
	want := decodedTile(t, m, z)
	found := false
	for y := range img.Bounds().Dy() - side + 1 {
		for x := range img.Bounds().Dx() - side + 1 {
			sub := img.(*image.Gray).SubImage(image.Rect(x, y, x+side, y+side)).(*image.Gray)
			var pixels []uint8
			for row := range side {
				pixels = append(pixels, sub.Pix[row*sub.Stride:row*sub.Stride+side]...)
			}
			if slices.Equal(pixels, want) {
				found = true
				if y > img.Bounds().Dy()/2 || x > img.Bounds().Dx()/2+side {
					t.Errorf("the code of the upper left corner is drawn at (%d, %d) of %v", x, y, img.Bounds().Max)
				}
			}
		}
	}
	if !found {
		t.Error("the code of the upper left corner is not on the plane")
	}
}

func TestMedianAndProbabilities(t *testing.T) {
	m := tiny(t, 1, "prior.name=uniform", "prior.low=2", "prior.high=6")
	if z := Median(m.Prior()); !slices.Equal(z, []float64{4, 4, 4}) {
		t.Errorf("the medians of Uniform(2, 6) are %v", z)
	}
	if p := Probabilities(1); !slices.Equal(p, []float64{0.5}) {
		t.Errorf("one step is at %v", p)
	}
	if p := Probabilities(3); math.Abs(p[0]-0.01) > 1e-15 || p[1] != 0.5 || math.Abs(p[2]-0.99) > 1e-15 {
		t.Errorf("three steps are at %v", p)
	}
}

func TestPicturesRefuseWhatTheyCannotShow(t *testing.T) {
	m := tiny(t, 1)
	for name, draw := range map[string]func() (image.Image, error){
		"a walk of one code":   func() (image.Image, error) { return Interpolation(m, bars(2), nil, 1, picture.Options{}) },
		"half a pair":          func() (image.Image, error) { return Interpolation(m, bars(3), nil, 4, picture.Options{}) },
		"no pair":              func() (image.Image, error) { return Interpolation(m, vae.Batch{}, nil, 4, picture.Options{}) },
		"a short code":         func() (image.Image, error) { return Traversal(m, []float64{0}, []int{0}, 3, 0, picture.Options{}) },
		"no latents":           func() (image.Image, error) { return Traversal(m, Median(m.Prior()), nil, 3, 0, picture.Options{}) },
		"no steps":             func() (image.Image, error) { return Traversal(m, Median(m.Prior()), []int{0}, 0, 0, picture.Options{}) },
		"a latent that is not": func() (image.Image, error) { return Manifold(m, 0, 3, 4, 0, picture.Options{}) },
		"an empty plane":       func() (image.Image, error) { return Manifold(m, 0, 1, 0, 0, picture.Options{}) },
		"a short step": func() (image.Image, error) {
			return Attribute(m, bars(1), []float64{1}, []float64{0}, picture.Options{})
		},
		"no strength": func() (image.Image, error) { return Attribute(m, bars(1), make([]float64, 3), nil, picture.Options{}) },
		"half a mask": func() (image.Image, error) {
			return Completion(t.Context(), m, bars(1), make([]bool, side), []int{1}, 1, picture.Options{})
		},
		"half a heat map": func() (image.Image, error) {
			return Ranking(m, []Ranked{{Images: bars(1), Lines: [][]string{{"0"}}, Heat: make([]float64, side)}}, 0, 1, picture.Options{})
		},
		"more codes than pictures": func() (image.Image, error) { return Reconstruction(m, bars(1), make([]float64, 6), picture.Options{}) },
	} {
		if _, err := draw(); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
}

func TestUsage(t *testing.T) {
	e := vae.Evaluation{KLPerDim: []float64{0.5, 2, 0}, ActivityPerDim: []float64{0.4, 0.9, 0.001}}
	u := UsageOf(e)
	if !slices.Equal(u.Order, []int{1, 0, 2}) || !slices.Equal(u.Active, []bool{true, true, false}) || !slices.Equal(u.KLs(), e.KLPerDim) {
		t.Errorf("%+v", u)
	}
	// A prior whose dimensions depend on each other has one KL for all.
	e.KLPerDim = nil
	e.ActivityPerDim = []float64{0.4, 0.001, 0.9}
	u = UsageOf(e)
	if !slices.Equal(u.Order, []int{2, 0, 1}) || u.KLs() != nil || u.Bars().Threshold != vae.ActiveThreshold {
		t.Errorf("%+v", u)
	}
}

// A density as it is drawn must hold nearly all of its probability, whatever
// its tails and ends.
func TestDensitiesHoldTheirProbability(t *testing.T) {
	for name, m := range map[string]loss.Marginal{
		"standard normal": distuv.Normal{Mu: 0, Sigma: 1},
		"narrow normal":   distuv.Normal{Mu: 0.5, Sigma: 0.001},
		"uniform":         distuv.Uniform{Min: -1, Max: 1},
		"Laplace":         distuv.Laplace{Mu: 1, Scale: 2},
		"heavy tails":     distuv.StudentsT{Mu: 0, Sigma: 1, Nu: 3},
		"half a line":     distuv.Gamma{Alpha: 2, Beta: 1},
		"heaviest tails":  student(t, 0.02),
	} {
		d := densityOf(m)
		var area float64
		for i := 1; i < len(d.X); i++ {
			if d.X[i] <= d.X[i-1] {
				t.Fatalf("%s: x does not rise at %d", name, i)
			}
			area += (d.X[i] - d.X[i-1]) * (d.P[i] + d.P[i-1]) / 2
		}
		if math.Abs(area-1) > 2e-3 {
			t.Errorf("%s: the curve holds %.5f", name, area)
		}
	}
	if d := densityOf(distuv.Uniform{Min: -1, Max: 1}); d.X[0] != -1 || d.X[len(d.X)-1] != 1 || d.P[0] != 0.5 {
		t.Errorf("Uniform(-1, 1) is drawn from %g to %g, with %g at its end", d.X[0], d.X[len(d.X)-1], d.P[0])
	}
	// The peak of so heavy a distribution is 180 orders of magnitude narrower than
	// what holds most of it.
	heavy := student(t, 0.02)
	if d := densityOf(heavy); slices.Max(d.P) != math.Exp(heavy.LogProb(0)) {
		t.Errorf("the highest density of %d points is %g, want that of 0, %g", len(d.X), slices.Max(d.P), math.Exp(heavy.LogProb(0)))
	}
	n := tiny(t, 1).Prior()
	if got := Densities(n); len(got) != 1 {
		t.Errorf("%d densities of a prior with one for all dimensions", len(got))
	}
	n = tiny(t, 1, "prior.mean=0,1,2").Prior()
	if got := Densities(n); len(got) != 3 || got[2].Mean != 2 {
		t.Errorf("%d densities of a prior with three", len(got))
	}
}

// student is the marginal of a Student's t prior.
func student(t *testing.T, dof float64) loss.Marginal {
	t.Helper()
	return tiny(t, 1, "prior.name=student-t", "prior.standardize=none", fmt.Sprintf("prior.dof=%g", dof)).Prior().Marginal(0)
}

// Codes on a plane in space keep their distances when projected on it.
func TestPlaneOfManyLatents(t *testing.T) {
	prior := tiny(t, 1).Prior()
	var z []float64
	at := func(i int) (a, b float64) { return 3 * math.Sin(float64(i)), math.Cos(2.3 * float64(i)) }
	for i := range 50 {
		a, b := at(i)
		// Along (1, 1, 0)/sqrt 2 and (0, 0, 1).
		z = append(z, 5+a/math.Sqrt2, a/math.Sqrt2, b-2)
	}
	points, err := Plane(prior, z)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 50; i++ {
		a0, b0 := at(i - 1)
		a1, b1 := at(i)
		want := math.Hypot(a1-a0, b1-b0)
		if got := math.Hypot(points.X[i]-points.X[i-1], points.Y[i]-points.Y[i-1]); math.Abs(got-want) > 1e-9 {
			t.Fatalf("codes %g apart are %g apart on the plane", want, got)
		}
	}
	if !strings.Contains(points.XLabel, "% of the variance") || points.Guides != nil {
		t.Errorf("labels %q, guides %v", points.XLabel, points.Guides)
	}
}

func TestPlaneOfTwoLatents(t *testing.T) {
	prior := tiny(t, 1, "model.latent=2", "prior.name=uniform", "prior.low=-1", "prior.high=1").Prior()
	points, err := Plane(prior, []float64{0.1, 0.2, 0.3, 0.4})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(points.X, []float64{0.1, 0.3}) || !slices.Equal(points.Y, []float64{0.2, 0.4}) || points.XLabel != "z0" {
		t.Errorf("%+v", points)
	}
	box := points.Guides[0]
	if math.Abs(slices.Min(box.X)+0.95) > 1e-12 || math.Abs(slices.Max(box.Y)-0.95) > 1e-12 {
		t.Errorf("95 %% of Uniform(-1, 1) lie within %v, %v", box.X, box.Y)
	}
}

func TestPlaneRefusesWhatHasNone(t *testing.T) {
	three, one := tiny(t, 1).Prior(), tiny(t, 1, "model.latent=1").Prior()
	for name, err := range map[string]error{
		"one latent":   second(Plane(one, []float64{1, 2})),
		"one code":     second(Plane(three, []float64{1, 2, 3})),
		"equal codes":  second(Plane(three, []float64{1, 2, 3, 1, 2, 3, 1, 2, 3})),
		"half a code":  second(Plane(three, []float64{1, 2})),
		"no code":      second(Plane(three, nil)),
		"not a number": second(Plane(three, []float64{math.NaN(), 2, 3, 1, 2, 3, 0, 1, 4})),
	} {
		if err == nil {
			t.Errorf("%s was placed on a plane", name)
		}
	}
	if _, err := Plane(one, []float64{1, 2}); !errors.Is(err, errPlane) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestCurves(t *testing.T) {
	runs := []Training{{Name: "a", Metrics: rundir.Metrics{Epochs: []rundir.EpochMetrics{
		{Epoch: 1, TrainLoss: 20, TrainReconstruction: 15, TrainKL: 5, Measures: rundir.Measures{Objective: "elbo", NegELBO: 12, NegBound: 12, Reconstruction: 8, KL: 4, ActiveUnits: 9}},
		{Epoch: 2, TrainLoss: 19, TrainReconstruction: 14, TrainKL: 5, Measures: rundir.Measures{Objective: "iwae", NegELBO: 11, NegBound: 10, Reconstruction: 7, KL: 4}},
	}}}}
	panels := Curves(runs)
	if len(panels) != 4 || len(panels[0].Series) != 2 {
		t.Fatalf("%+v", panels)
	}
	if units := panels[3].Series; len(units) != 1 || units[0].Dashed || !slices.Equal(units[0].Y, []float64{9, 0}) {
		t.Errorf("active units %+v", units)
	}
	if test, seen := panels[0].Series[0], panels[0].Series[1]; !slices.Equal(test.Y, []float64{12, 10}) || !slices.Equal(seen.Y, []float64{20, 19}) || test.Dashed || !seen.Dashed {
		t.Errorf("losses %v, in training %v", test, seen)
	}
	if !slices.Equal(panels[2].Series[0].Y, []float64{4, 4}) || !slices.Equal(panels[1].Series[1].X, []float64{1, 2}) {
		t.Errorf("%+v", panels)
	}
}

// The units of a lower layer have a panel of their own, in which runs without
// one have no curve.
func TestCurvesOfTwoLayers(t *testing.T) {
	below := 30
	panels := Curves([]Training{
		{Name: "one", Metrics: rundir.Metrics{Epochs: []rundir.EpochMetrics{{Epoch: 1, Measures: rundir.Measures{ActiveUnits: 5}}}}},
		{Name: "two", Metrics: rundir.Metrics{Epochs: []rundir.EpochMetrics{{Epoch: 1, Measures: rundir.Measures{ActiveUnits: 7, LowerFigures: rundir.LowerFigures{LowerActiveUnits: &below}}}}}},
	})
	if len(panels) != 5 || len(panels[3].Series) != 2 || len(panels[4].Series) != 1 {
		t.Fatalf("%+v", panels)
	}
	if s := panels[4].Series[0]; s.Name != "two" || !slices.Equal(s.Y, []float64{30}) || !panels[4].Whole || !panels[4].Counted {
		t.Errorf("lower layer %+v", s)
	}
}

// A conditional model's rows are decoded as the label asked for, whatever the
// labels its images are encoded with.
func TestPicturesOfAConditionalModel(t *testing.T) {
	m := tiny(t, 1, "model.conditional=true", "model.classes=4")
	images := bars(4)
	images.Labels = []int{0, 1, 2, 3}
	walk := func(rows ...int) []byte {
		img, err := Interpolation(m, images, rows, 3, picture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return img.(*image.Gray).Pix
	}
	own, same, other := walk(0, 2), walk(0, 2), walk(0, 1)
	if !bytes.Equal(own, same) || bytes.Equal(own, other) {
		t.Error("the label of a row does not decide what its codes decode to")
	}
	pair := bars(2)
	pair.Labels = []int{3, 0}
	if _, err := Reconstruction(m, pair, make([]float64, 6), picture.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := Reconstruction(m, bars(2), make([]float64, 6), picture.Options{}); err == nil {
		t.Error("reconstructions without labels")
	}
}

// More runs than a legend can tell apart have a panel each, with the loss.
func TestCurvesOfManyRuns(t *testing.T) {
	var runs []Training
	for i := range MostCurves + 2 {
		m := rundir.Metrics{Epochs: []rundir.EpochMetrics{{Epoch: 1}, {Epoch: 2}}}
		for e := range m.Epochs {
			m.Epochs[e].Objective, m.Epochs[e].NegELBO = "elbo", float64(100*i+e)
		}
		runs = append(runs, Training{Name: fmt.Sprint("run ", i), Metrics: m})
	}
	panels := Curves(runs)
	if len(panels) != len(runs) {
		t.Fatalf("%d panels for %d runs", len(panels), len(runs))
	}
	for i, p := range panels {
		if s := p.Series[0]; p.Title != runs[i].Name || !p.SameY || s.Dashed || s.Y[1] != float64(100*i+1) {
			t.Errorf("panel %d: %+v", i, p)
		}
	}
	if panels := Curves(runs[:MostCurves]); len(panels) != 4 {
		t.Errorf("%d panels for %d runs", len(panels), MostCurves)
	}
}

// Columns are the image, its reconstruction where the strength is 0, and what codes along
// the step decode to, in the space of the Gaussian variable.
func TestAttributeMovesAlongTheStep(t *testing.T) {
	m := tiny(t, 1, "prior.name=uniform")
	step := []float64{0.5, 0, -1}
	img, err := Attribute(m, bars(2), step, []float64{0, 2}, bare())
	if err != nil {
		t.Fatal(err)
	}
	q, err := m.Encode(bars(2))
	if err != nil {
		t.Fatal(err)
	}
	for row := range 2 {
		z := q.Z[3*row : 3*row+3]
		moved := make([]float64, 3)
		for d := range moved {
			moved[d] = loss.FromBase(m.Prior(), d, q.Mean[3*row+d]+2*step[d])
		}
		for column, want := range [][]uint8{nil, decodedTile(t, m, z), decodedTile(t, m, moved)} {
			if want != nil && !found(img.(*image.Gray), want) {
				t.Errorf("row %d has no column %d", row, column)
			}
		}
	}
}

// found looks for a tile, wherever labels have moved it.
func found(img *image.Gray, tile []uint8) bool {
	for y := range img.Rect.Dy() - side + 1 {
		for x := range img.Rect.Dx() - side + 1 {
			var pixels []uint8
			for row := range side {
				at := img.PixOffset(x, y+row)
				pixels = append(pixels, img.Pix[at:at+side]...)
			}
			if slices.Equal(pixels, tile) {
				return true
			}
		}
	}
	return false
}

func TestCompletionSteps(t *testing.T) {
	for steps, want := range map[int][]int{1: {1}, 2: {1, 2}, 5: {1, 2, 4, 5}, 32: {1, 2, 4, 8, 16, 32}} {
		if got := CompletionSteps(steps); !slices.Equal(got, want) {
			t.Errorf("of %d steps %v are shown", steps, got)
		}
	}
}
