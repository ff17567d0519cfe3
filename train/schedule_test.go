package train

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"vaectl/train/rundir"

	"pgregory.net/rapid"
)

func TestRates(t *testing.T) {
	type rates map[uint64]float64 // by step, from 0; an epoch has 10
	for name, c := range map[string]struct {
		settings map[string]string
		want     rates
	}{
		"constant": {nil, rates{0: 1e-3, 99: 1e-3}},
		"step": {
			map[string]string{"train.schedule": "step", "train.lr_every": "3", "train.lr_factor": "0.1"},
			rates{0: 1e-3, 29: 1e-3, 30: 1e-4, 59: 1e-4, 60: 1e-5, 99: 1e-6},
		},
		"cosine": {
			map[string]string{"train.schedule": "cosine"},
			rates{0: 1e-3, 25: 0.5e-3 * (1 + math.Sqrt2/2), 50: 0.5e-3, 75: 0.5e-3 * (1 - math.Sqrt2/2), 99: 0.5e-3 * (1 - math.Cos(math.Pi/100))},
		},
		"cosine to a fifth": {
			map[string]string{"train.schedule": "cosine", "train.lr_final": "0.2"},
			rates{0: 1e-3, 50: 0.6e-3, 99: 0.2e-3 + 0.4e-3*(1-math.Cos(math.Pi/100))},
		},
		"cosine after a warm-up": {
			map[string]string{"train.schedule": "cosine", "train.lr_warmup": "2"},
			rates{0: 0.05e-3, 9: 0.5e-3, 19: 1e-3, 20: 1e-3, 60: 0.5e-3},
		},
		"nothing but warm-up": {
			map[string]string{"train.schedule": "cosine", "train.lr_warmup": "10"},
			rates{0: 1e-5, 49: 0.5e-3, 99: 1e-3},
		},
		"warm-up of part of an epoch": {
			map[string]string{"train.lr_warmup": "0.25"},
			rates{0: 1e-3 / 2.5, 1: 2e-3 / 2.5, 2: 1e-3, 3: 1e-3},
		},
	} {
		s := newSchedule(optimizerConfig(c.settings), 10)
		for step, want := range c.want {
			if got := s.rate(step); math.Abs(got-want) > 1e-15 {
				t.Errorf("%s: rate of step %d is %g, want %g", name, step, got, want)
			}
		}
	}
}

// The stages of the full recipe begin at the epochs and have the rates of the
// paper; half as many epochs, and a shorter one that no stage divides, have
// them in proportion.
func TestStagesOfTheImportanceWeightedPaper(t *testing.T) {
	first := 0
	for i := 1; i <= 8; i++ {
		length := int(math.Pow(3, float64(i-1)))
		want := 1e-4 * math.Round(10*math.Pow(10, 1-float64(i-1)/7)) / 10
		for epochs, stretch := range map[int]float64{3280: 1, 1640: 0.5, 100: 100. / 3280} {
			const perEpoch = 3000
			s := newSchedule(optimizerConfig(map[string]string{"train.schedule": "iwae", "train.epochs": fmt.Sprint(epochs)}), perEpoch)
			begin := uint64(math.Ceil(float64(first) * perEpoch * stretch))
			end := uint64(math.Ceil(float64(first+length) * perEpoch * stretch))
			for _, step := range []uint64{begin, (begin + end) / 2, end - 1} {
				if got := s.rate(step); math.Abs(got-want) > 1e-12 {
					t.Errorf("%d epochs, stage %d: rate of step %d is %g, want %g", epochs, i, step, got, want)
				}
			}
		}
		first += length
	}
	if first != iwaeEpochs {
		t.Errorf("the stages have %d epochs, the schedule says %d", first, iwaeEpochs)
	}
}

// Whatever the settings, rates are positive, never above train.lr, rise to the
// end of the warm-up and fall from there on.
func TestRatesRiseAndFall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := optimizerConfig(nil)
		c.Epochs = rapid.IntRange(1, 40).Draw(t, "epochs")
		c.Schedule = rapid.SampledFrom([]string{"constant", "step", "cosine", "iwae"}).Draw(t, "schedule")
		c.RateEvery = rapid.IntRange(1, 50).Draw(t, "every")
		c.RateFactor = rapid.Float64Range(0.5, 1).Draw(t, "factor")
		c.RateFinal = rapid.Float64Range(0, 1).Draw(t, "final")
		c.RateWarmup = rapid.Float64Range(0, float64(c.Epochs)).Draw(t, "warmup")
		if rapid.Bool().Draw(t, "cold") {
			c.RateWarmup = 0
		}
		s := newSchedule(c, uint64(rapid.IntRange(1, 7).Draw(t, "steps an epoch")))
		previous := 0.0
		for step := range s.total {
			rate := s.rate(step)
			if !(rate > 0) || rate > c.LearningRate {
				t.Fatalf("step %d of %d: rate %g", step, s.total, rate)
			}
			warm := float64(step) < s.warmup()
			falls := c.Schedule == "step" || c.Schedule == "iwae" // in the warm-up too
			if step > 0 && (warm && !falls && rate < previous || !warm && rate > previous*(1+1e-12) && float64(step) > s.warmup()+1) {
				t.Fatalf("step %d of %d: rate %g after %g", step, s.total, rate, previous)
			}
			previous = rate
		}
	})
}

// A schedule that spreads over the run makes 2 + 2 epochs another training
// than 4, and the run says so; a schedule by the epoch does not.
func TestContinuingAScheduleIsWarnedOf(t *testing.T) {
	for name, warns := range map[string]bool{"constant": false, "step": false, "cosine": true, "iwae": true} {
		root := t.TempDir()
		settings := map[string]string{"train.schedule": name, "train.lr_every": "1", "train.epochs": "2"}
		trainWhole(t, root, "two", smallConfig(settings), 1)
		var warned warningLog
		dir := filepath.Join(root, "two")
		r, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		result, err := r.Resume(t.Context(), Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{&warned}}, 4)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		settings["train.epochs"] = "4"
		whole := trainWhole(t, root, "four", smallConfig(settings), 1)
		if same := digestOf(result.Model.Weights()) == digestOf(whole.Model.Weights()); same == warns {
			t.Errorf("%s: 2 + 2 epochs and 4 give the same weights: %v", name, same)
		}
		record, err := readRecord(dir)
		if err != nil {
			t.Fatal(err)
		}
		for place, warnings := range map[string][]rundir.Warning{"begin": warned.begin, "result": result.State.Warnings, "run.json": record.Warnings} {
			text, found := textOf(warnings, WarnSchedule)
			if found != warns || found && !strings.Contains(text, "8 steps so far followed that of 2 epochs, the rest follows that of 4") {
				t.Errorf("%s: %s warns of the schedule: %v %q", name, place, found, text)
			}
		}
	}
}

// warningLog keeps what a training warned of at its beginning.
type warningLog struct{ begin []rundir.Warning }

func (l *warningLog) Begin(p Progress)        { l.begin = p.Warnings }
func (l *warningLog) Step(StepRecord)         {}
func (l *warningLog) Epoch(EpochRecord) error { return nil }

func textOf(warnings []rundir.Warning, code string) (string, bool) {
	for _, w := range warnings {
		if w.Code == code {
			return w.Text, true
		}
	}
	return "", false
}
