package sweep_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaectl/configs"
	"vaectl/internal/sweep"
)

func TestTrialsAreAllCombinationsTheLastVariableFastest(t *testing.T) {
	f := parse(t, "grid: {objective.beta: [1, 2], model.latent: [3, 4, 5]}\nseeds: 2")
	var got []string
	for _, trial := range f.Trials() {
		c := trial.Config
		got = append(got, fmt.Sprintf("%d %d: %g %d seed %d", trial.Index, trial.Point, c.Objective.Beta, c.Model.Latent, c.Train.Seed))
	}
	want := []string{
		"0 0: 1 3 seed 1", "1 1: 1 4 seed 1", "2 2: 1 5 seed 1", "3 3: 2 3 seed 1", "4 4: 2 4 seed 1", "5 5: 2 5 seed 1",
		"6 0: 1 3 seed 2", "7 1: 1 4 seed 2", "8 2: 1 5 seed 2", "9 3: 2 3 seed 2", "10 4: 2 4 seed 2", "11 5: 2 5 seed 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTrialsWithoutVariablesAreTheSeeds(t *testing.T) {
	f := parse(t, "seeds: 3")
	if n := len(f.Trials()); n != 3 || f.Points() != 1 {
		t.Errorf("%d trials of %d points", n, f.Points())
	}
	if n := len(parse(t, "").Trials()); n != 1 {
		t.Errorf("an empty file makes %d trials", n)
	}
}

// configurations lists those of all trials.
func configurations(f *sweep.File) []configs.Config {
	var all []configs.Config
	for _, t := range f.Trials() {
		all = append(all, t.Config)
	}
	return all
}

// More seeds, and more draws of one seed, leave the trials there were as they are, so that their runs go on serving.
func TestMoreTrialsComeBehindThoseThereWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"random", "quasirandom"}).Draw(t, "kind")
		text := func(draws, seeds int) string {
			return fmt.Sprintf("%s: {draws: %d, train.lr: {low: 1e-4, high: 1e-2, scale: log}, model.latent: {low: 2, high: 30}}\n"+
				"grid: {objective.beta: [1, 2]}\nseeds: %d\nseed: %d", kind, draws, seeds, 5)
		}
		draws, more := rapid.IntRange(1, 5).Draw(t, "draws"), rapid.IntRange(1, 3).Draw(t, "more")
		read := func(text string) []configs.Config {
			f, err := sweep.Parse(strings.NewReader(text), "beta.yaml")
			if err != nil {
				t.Fatal(err)
			}
			return configurations(f)
		}
		few := read(text(draws, 1))
		if many := read(text(draws+more, 1)); !cmp.Equal(few, many[:len(few)]) {
			t.Fatalf("%d more draws change the first trials", more)
		}
		if many := read(text(draws, 1+more)); !cmp.Equal(few, many[:len(few)]) {
			t.Fatalf("%d more seeds change the first trials", more)
		}
	})
}

func TestDrawsStayInTheirRangeAndFillIt(t *testing.T) {
	for _, kind := range []string{"random", "quasirandom"} {
		t.Run(kind, func(t *testing.T) {
			f := parse(t, kind+": {draws: 400, train.lr: {low: 1e-4, high: 1e-2, scale: log}, model.latent: {low: 2, high: 5}, "+
				"model.upper_latent: {low: 1, high: 64, scale: log}, model.upper_hidden: [8], objective.beta: {low: 0, high: 1}, model.activation: [relu, tanh, elu]}")
			counts := map[string]int{}
			var rates, betas []float64
			for _, c := range configurations(f) {
				counts["latent "+strconv.Itoa(c.Model.Latent)]++
				counts[c.Model.Activation]++
				rates = append(rates, math.Log10(c.Train.LearningRate))
				betas = append(betas, c.Objective.Beta)
				if c.Model.UpperLatent < 1 || c.Model.UpperLatent > 64 {
					t.Errorf("upper latent %d", c.Model.UpperLatent)
				}
			}
			// Uniform within three standard deviations: 400/4 ± 3·8.7, 400/3 ± 3·9.4.
			for what, n := range counts {
				want, off := 100., 26.
				if !strings.HasPrefix(what, "latent") {
					want, off = 133, 28
				}
				if math.Abs(float64(n)-want) > off {
					t.Errorf("%s is drawn %d times of 400", what, n)
				}
			}
			if len(counts) != 7 {
				t.Errorf("drawn: %v", counts)
			}
			for name, values := range map[string][]float64{"log10 of the rate": rates, "beta": betas} {
				slices.Sort(values)
				low, high := values[0], values[len(values)-1]
				end := map[string][2]float64{"log10 of the rate": {-4, -2}, "beta": {0, 1}}[name]
				if low < end[0] || high > end[1] || low > end[0]+0.03 || high < end[1]-0.03 {
					t.Errorf("%s goes from %g to %g", name, low, high)
				}
				if median := values[200]; math.Abs(median-(end[0]+end[1])/2) > 0.1*(end[1]-end[0]) {
					t.Errorf("the median of %s is %g", name, median)
				}
			}
		})
	}
}

// A Halton sequence leaves no gaps: of n points, each of n/2 equal cells of a line has one or two or three.
func TestQuasirandomPointsLieEvenly(t *testing.T) {
	f := parse(t, "quasirandom: {draws: 64, objective.beta: {low: 0, high: 1}, objective.free_bits: {low: 0, high: 1}}")
	cells := make([]int, 32)
	for _, c := range configurations(f) {
		cells[min(31, int(c.Objective.Beta*32))]++
	}
	if slices.Min(cells) < 1 || slices.Max(cells) > 3 {
		t.Errorf("points in cells: %v", cells)
	}
}

// The trials of a file are the same on every machine and in every version: what was begun goes on.
func TestDrawsArePinned(t *testing.T) {
	var got []string
	for _, kind := range []string{"random", "quasirandom"} {
		for _, c := range configurations(parse(t, kind+": {draws: 3, train.lr: {low: 1e-4, high: 1e-2, scale: log}, model.latent: {low: 2, high: 64}}")) {
			got = append(got, fmt.Sprintf("%g %d", c.Train.LearningRate, c.Model.Latent))
		}
	}
	want := []string{"0.001572 7", "0.002696 3", "0.00253 36", "0.0009883 9", "0.009883 30", "0.0003125 51"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSeedOfTheDrawsChangesThem(t *testing.T) {
	text := "random: {draws: 3, train.lr: {low: 1e-4, high: 1e-2}}\nseed: "
	if cmp.Equal(configurations(parse(t, text+"1")), configurations(parse(t, text+"2"))) {
		t.Error("two seeds draw the same points")
	}
}
