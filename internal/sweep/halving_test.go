package sweep_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vaectl/internal/sweep"
	"vaectl/train/rundir"
)

// after is the state of a trial that has been evaluated after every epoch, with these losses.
func after(t sweep.Trial, status sweep.Status, losses ...float64) sweep.State {
	s := sweep.State{Trial: t, Status: status, Epoch: len(losses), Run: fmt.Sprintf("beta-%d", t.Index)}
	for i, loss := range losses {
		s.Evaluations = append(s.Evaluations, rundir.EpochMetrics{Epoch: i + 1, Measures: rundir.Measures{NegBound: loss}})
	}
	return s
}

// epochs lists how long each point trains, negative where that waits for others.
func epochs(scores []sweep.Score) []int {
	all := make([]int, len(scores))
	for i, s := range scores {
		all[i] = s.Epochs
		if s.Waits {
			all[i] = -s.Epochs
		}
	}
	return all
}

func TestHalvingKeepsTheBestThird(t *testing.T) {
	f := parse(t, "grid: {objective.beta: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\nrungs: [1, 2, 4]")
	trials := f.Trials()
	var states []sweep.State
	for _, trial := range trials {
		states = append(states, sweep.State{Trial: trial, Status: sweep.Waiting})
	}
	check := func(what string, want ...int) {
		t.Helper()
		if diff := cmp.Diff(want, epochs(f.Plan(states))); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	check("at the start", -1, -1, -1, -1, -1, -1, -1, -1, -1)
	for i, loss := range []float64{9, 1, 8, 2, 7, 3, 6, 4, 5} {
		states[i] = after(trials[i], sweep.Stopped, loss)
	}
	states[8] = sweep.State{Trial: trials[8], Status: sweep.Training}
	check("before the last has its figure", -1, -1, -1, -1, -1, -1, -1, -1, -1)
	states[8] = after(trials[8], sweep.Stopped, 5)
	check("after the first rung", 1, -2, 1, -2, 1, -2, 1, 1, 1)
	states[1], states[3] = after(trials[1], sweep.Stopped, 1, 3), after(trials[3], sweep.Stopped, 2, 1)
	states[5] = after(trials[5], sweep.Diverged, 3)
	check("after the second", 1, 2, 1, 4, 1, 2, 1, 1, 1)
	states[3] = after(trials[3], sweep.Finished, 2, 1, 9, 9)
	check("at the end", 1, 2, 1, 4, 1, 2, 1, 1, 1)
	point, best, ok := f.Best(states)
	if !ok || point.Point != 3 || best.Run != "beta-3" || point.Mean != 9 {
		t.Errorf("the best is %+v", best)
	}
}

func TestHalvingCountsWhatWasLostAsWorst(t *testing.T) {
	f := parse(t, "grid: {objective.beta: [1, 2, 3, 4]}\nseeds: 2\nrungs: [1, 2]\nkeep: 1/2")
	trials := f.Trials()
	states := []sweep.State{
		after(trials[0], sweep.Stopped, 1), after(trials[1], sweep.Stopped, 1), after(trials[2], sweep.Stopped, 9), after(trials[3], sweep.Stopped, 8),
		after(trials[4], sweep.Diverged), after(trials[5], sweep.Failed), after(trials[6], sweep.Stopped, 9), after(trials[7], sweep.Stopped, 8),
	}
	if diff := cmp.Diff([]int{1, 1, 2, 2}, epochs(f.Plan(states))); diff != "" {
		t.Error(diff)
	}
}

// What happens to a trial after a rung does not change who survived it.
func TestHalvingStandsByItsDecisions(t *testing.T) {
	f := parse(t, "grid: {objective.beta: [1, 2, 3]}\nrungs: [1, 3]")
	trials := f.Trials()
	for _, later := range []sweep.State{
		after(trials[0], sweep.Stopped, 1, 50), after(trials[0], sweep.Diverged, 1, 50), after(trials[0], sweep.Training, 1, 50), after(trials[0], sweep.Failed, 1),
	} {
		got := epochs(f.Plan([]sweep.State{later, after(trials[1], sweep.Stopped, 2), after(trials[2], sweep.Stopped, 3)}))
		if diff := cmp.Diff([]int{3, 1, 1}, got); diff != "" {
			t.Errorf("%s: %s", later.Status, diff)
		}
	}
}

// The plan does not depend on the order in which trials came to their figures, only on these.
func TestHalvingIsAFunctionOfTheResults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points, seeds := rapid.IntRange(1, 8).Draw(t, "points"), rapid.IntRange(1, 3).Draw(t, "seeds")
		betas := make([]string, points)
		for i := range betas {
			betas[i] = fmt.Sprint(i + 1)
		}
		f, err := sweep.Parse(strings.NewReader(fmt.Sprintf("grid: {objective.beta: [%s]}\nseeds: %d\nrungs: [1, 2, 4]\nkeep: 0.4", strings.Join(betas, ","), seeds)), "beta.yaml")
		if err != nil {
			t.Fatal(err)
		}
		trials := f.Trials()
		final := func(i int) []float64 {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			return []float64{r.Float64(), r.Float64(), r.Float64(), r.Float64()}
		}
		// Train whatever the plan asks for, in a random order, until it asks for nothing.
		run := func(order func([]int) int) []sweep.Score {
			states := make([]sweep.State, len(trials))
			for i, trial := range trials {
				states[i] = sweep.State{Trial: trial, Status: sweep.Waiting}
			}
			for {
				scores := f.Plan(states)
				var todo []int
				for _, s := range scores {
					for _, state := range s.States {
						if !state.Done(s.Epochs) {
							todo = append(todo, state.Trial.Index)
						}
					}
				}
				if len(todo) == 0 {
					return scores
				}
				i := todo[order(todo)]
				e := scores[trials[i].Point].Epochs
				status := sweep.Stopped
				if e == 4 {
					status = sweep.Finished
				}
				states[i] = after(trials[i], status, final(i)[:e]...)
			}
		}
		first := run(func([]int) int { return 0 })
		other := run(func(todo []int) int { return rapid.IntRange(0, len(todo)-1).Draw(t, "next") })
		if diff := cmp.Diff(first, other, cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
		for rung, most := range map[int]int{2: int(math.Ceil(0.4 * float64(points))), 1: points} {
			if n := len(slices.DeleteFunc(slices.Clone(first), func(s sweep.Score) bool { return s.Epochs < rung })); n > most {
				t.Fatalf("%d of %d points reach epoch %d", n, points, rung)
			}
		}
	})
}

func TestMeanAndStandardErrorOverSeeds(t *testing.T) {
	f := parse(t, "set: {train.epochs: 1}\nseeds: 4")
	trials := f.Trials()
	states := []sweep.State{after(trials[0], sweep.Finished, 1), after(trials[1], sweep.Finished, 2), after(trials[2], sweep.Finished, 3), after(trials[3], sweep.Finished, 6)}
	s := f.Plan(states)[0]
	// Squared deviations from 3: 4, 1, 0, 9; variance 14/3.
	if want := math.Sqrt(14. / 3 / 4); s.Mean != 3 || math.Abs(s.StdErr-want) > 1e-15 {
		t.Errorf("%g ± %g, want 3 ± %g", s.Mean, s.StdErr, want)
	}
	states[3] = sweep.State{Trial: trials[3], Status: sweep.Waiting}
	if s := f.Plan(states)[0]; s.Mean != 2 || len(s.Values) != 3 {
		t.Errorf("of three: %+v", s)
	}
	states[3] = after(trials[3], sweep.Diverged)
	if s := f.Plan(states)[0]; !math.IsNaN(s.Mean) || s.Status() != "1 diverged, 3 finished" {
		t.Errorf("with one diverged: %g, %s", s.Mean, s.Status())
	}
}

func TestJudgeTakesTheLastOrTheBestEpoch(t *testing.T) {
	f := parse(t, "set: {train.epochs: 4}\njudge: {figure: kl_nats, checkpoint: best}")
	s := after(f.Trials()[0], sweep.Finished, 4, 2, 3, 5)
	for i := range s.Evaluations {
		s.Evaluations[i].KL = 10 * float64(i+1)
	}
	if e, ok := f.Judge.Evaluation(s.Evaluations, 4); !ok || f.Judge.Value(e) != 20 {
		t.Errorf("best: %+v", e)
	}
	f.Judge.Checkpoint = rundir.Last
	if e, ok := f.Judge.Evaluation(s.Evaluations, 3); !ok || f.Judge.Value(e) != 30 {
		t.Errorf("last of three: %+v", e)
	}
	if _, ok := f.Judge.Evaluation(nil, 3); ok {
		t.Error("no evaluation has a figure")
	}
}
