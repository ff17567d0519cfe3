package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func training() comparison {
	return comparison{title: "small", work: []string{"--hidden", "4", "--batch-size", "2"}}
}

func TestCompareTakesTurnsAtTheBestSetting(t *testing.T) {
	// The fastest is two threads, compiled, fused; the first run of one thread flatters it.
	flattered := true
	f := &fake{ours: answers(images(1), images(90), images(110), images(100))}
	f.theirs = func(c command) (string, error) {
		rate := 10.0
		switch {
		case flagValue(c, "--threads") == "1" && flagValue(c, "--adam") == "fused" && flattered:
			flattered = false
			rate = 1000
		case flagValue(c, "--threads") == "2" && slices.Contains(c.args, "--compile") && flagValue(c, "--adam") == "fused":
			rate = 40
		}
		return "a warning\n" + images(rate) + "\n", nil
	}
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9", CanCompile: true, FusedAdam: true})
	got, err := c.compare(t.Context(), training())
	if err != nil {
		t.Fatal(err)
	}
	want := result{
		comparison: training(), hops: []float64{75, 75, 75}, ours: []float64{90, 110, 100}, ofProducts: []float64{0.8, 0.8, 0.8},
		theirs: []theirRates{{name: "PyTorch", setting: "torch 2.9, 2 threads, compiled, fused Adam", rates: []float64{40, 40, 40}}},
		kernel: "avx512", threads: 2, averageLoad: 0.5, othersLoad: -1,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{}, comparison{}, imageShape{}, theirRates{})); diff != "" {
		t.Error(diff)
	}
	if sides := f.sides("2"); sides != "opopop" {
		t.Errorf("long runs went %q, want opopop", sides)
	}
}

func TestComparePassesTheSameWorkToBothSides(t *testing.T) {
	f := &fake{ours: answers(images(2)), theirs: answers(images(1))}
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9"})
	c.data = "/digits"
	row := training()
	row.oneThread, row.kernel = true, "avx2"
	if _, err := c.compare(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	for _, command := range f.commands {
		if flagValue(command, "--hidden") != "4" || flagValue(command, "--batch-size") != "2" || flagValue(command, "--threads") != "1" {
			t.Errorf("%s %q does not do the row's work on one thread", command.name, command.args)
		}
		dataFlag := map[bool]string{true: "--dataset", false: "--data"}[command.name == "vaectl"]
		if flagValue(command, dataFlag) != "/digits" {
			t.Errorf("%s %q does not read /digits", command.name, command.args)
		}
		if command.name == "vaectl" && flagValue(command, "--likelihood") != "bernoulli" {
			t.Errorf("%q lets vaectl choose a likelihood that the scripts do not know", command.args)
		}
		if command.name == "vaectl" && !slices.Contains(command.environment, "VAECTL_KERNEL=avx2") {
			t.Errorf("vaectl ran in %q, without the row's kernel", command.environment)
		}
	}
}

func TestCompareDropsSettingsThatFail(t *testing.T) {
	f := &fake{ours: answers(images(2))}
	f.theirs = func(c command) (string, error) {
		if slices.Contains(c.args, "--compile") {
			return failing("no C++ compiler")(c)
		}
		return images(1), nil
	}
	var log strings.Builder
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9", CanCompile: true, FusedAdam: true})
	c.log = &log
	got, err := c.compare(t.Context(), training())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.theirs[0].setting, "compiled") {
		t.Errorf("chose %q, which fails", got.theirs[0].setting)
	}
	if !strings.Contains(log.String(), "compiled, fused Adam: failed: no C++ compiler") {
		t.Errorf("the failure is not told in\n%s", log.String())
	}
}

func TestCompareSearchesOncePerWork(t *testing.T) {
	f := &fake{ours: answers(images(2)), theirs: answers(images(1))}
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9"})
	searches := func(row comparison) int {
		f.commands = nil
		if _, err := c.compare(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		return len(f.sides("1"))
	}
	otherKernel, oneThread := training(), training()
	otherKernel.kernel, oneThread.oneThread = "avx2", true
	if n := searches(training()); n == 0 {
		t.Error("the first row was not searched for")
	}
	if n := searches(otherKernel); n != 0 {
		t.Errorf("the same work with another kernel of ours was searched again, %d runs", n)
	}
	if n := searches(oneThread); n == 0 {
		t.Error("one thread took the setting found for all")
	}
}

func TestCompareSkips(t *testing.T) {
	decoding := comparison{title: "decoding", work: []string{decodeFlag, "5000"}, decoding: true}
	forced := training()
	forced.kernel = "avx2"
	tests := []struct {
		name string
		row  comparison
		f    fake
		want string
	}{
		{"bench without the flag", decoding, fake{help: "--seconds"}, "vaectl bench has no --decode-samples"},
		{"kernel the CPU has not", forced, fake{ours: failing("kernel avx2: not on this CPU")}, "not on this CPU"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := newComparer(t, &test.f, python{Executable: "python3"}).compare(t.Context(), test.row)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got.skipped, test.want) {
				t.Errorf("skipped because %q, want %q", got.skipped, test.want)
			}
		})
	}
}

func TestCompareCountsSamplesWhenDecoding(t *testing.T) {
	f := &fake{help: "--decode-samples int", ours: answers(images(2)), theirs: answers(images(1))}
	row := comparison{title: "decoding", work: []string{decodeFlag, "5000"}, decoding: true}
	got, err := newComparer(t, f, python{Executable: "python3", Torch: "2.9"}).compare(t.Context(), row)
	if err != nil {
		t.Fatal(err)
	}
	theirs := got.theirs[0]
	if got.ours[0] != 2000 || theirs.rates[0] != 1000 || got.ofProducts != nil {
		t.Errorf("ours %v, theirs %v, share %v; want 2000 and 1000 samples and no share", got.ours, theirs.rates, got.ofProducts)
	}
	if !strings.Contains(theirs.setting, "samples at once") || strings.Contains(theirs.setting, "Adam") {
		t.Errorf("setting %q is not one for decoding", theirs.setting)
	}
}

func TestCompareReportsWhatMakesItUseless(t *testing.T) {
	tests := []struct {
		name string
		f    fake
		want string
	}{
		{"ours fails", fake{ours: failing("exit status 4")}, "vaectl bench --json --seconds 0.1 --dataset strokes --likelihood bernoulli --hidden 4 --batch-size 2: exit status 4"},
		{"ours is no JSON", fake{ours: answers("fast")}, `reading the result "fast"`},
		{"ours is nothing", fake{ours: answers(images(0))}, "no positive number of images/s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := newComparer(t, &test.f, python{Executable: "python3", Torch: "2.9"}).compare(t.Context(), training())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

// A setting that fails in a later round gives way to the next best, which is measured as often as vaectl.
func TestCompareSurvivesASettingThatFailsLater(t *testing.T) {
	long := 0
	f := &fake{ours: answers(images(100))}
	f.theirs = func(c command) (string, error) {
		if !slices.Contains(c.args, "--compile") {
			return images(10), nil
		}
		if flagValue(c, "--seconds") == "2" {
			if long++; long > 1 {
				return failing("out of memory")(c)
			}
		}
		return images(40), nil
	}
	var log strings.Builder
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9", CanCompile: true})
	c.log = &log
	got, err := c.compare(t.Context(), training())
	if err != nil {
		t.Fatal(err)
	}
	theirs := got.theirs[0]
	if strings.Contains(theirs.setting, "compiled") || !slices.Equal(theirs.rates, []float64{10, 10, 10}) || len(got.ours) != 3 {
		t.Errorf("got %+v beside %d rounds of ours, want three rates of an eager setting", theirs, len(got.ours))
	}
	if !strings.Contains(log.String(), "failed, though it worked before: out of memory") {
		t.Errorf("the failure is not told in\n%s", log.String())
	}
}

func TestCompareGoesOnWithoutARival(t *testing.T) {
	for name, theirs := range map[string]func(command) (string, error){"always fails": failing("Illegal instruction"), "no rate": answers("{}")} {
		t.Run(name, func(t *testing.T) {
			f := &fake{ours: answers(images(100)), theirs: theirs}
			got, err := newComparer(t, f, python{Executable: "python3", Torch: "2.9"}).compare(t.Context(), training())
			if err != nil {
				t.Fatal(err)
			}
			if got.theirs[0].missing != "failed at every setting" || len(got.ours) != 3 {
				t.Errorf("got %+v and %d rounds of ours", got.theirs[0], len(got.ours))
			}
		})
	}
}

// Every rival does what it can: JAX neither decodes nor computes in bfloat16.
func TestCompareMeasuresEveryRival(t *testing.T) {
	f := &fake{help: decodeFlag, ours: answers(images(100)), theirs: answers(images(20))}
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9"})
	c.rivals = append(c.rivals, rival{name: "JAX", script: "jax_vae.py", settings: jaxSettings, pythons: []python{{Executable: "python3", JAX: "0.10"}}})
	row := training()
	got, err := c.compare(t.Context(), row)
	if err != nil {
		t.Fatal(err)
	}
	if jax := got.theirs[1]; jax.setting != "JAX 0.10, 1 step a call" || len(jax.rates) != 3 {
		t.Errorf("got %+v", jax)
	}
	if sides := f.sides("2"); sides != "oppoppopp" {
		t.Errorf("long runs went %q, want oppoppopp", sides)
	}
	row.decoding = true
	if got, err = c.compare(t.Context(), row); err != nil || got.theirs[1].missing != "training only" {
		t.Errorf("decoding: got %+v and error %v", got.theirs[1], err)
	}
}

// JAX takes minutes for what PyTorch convolves in seconds: one short run shows it.
func TestCompareEndsAHopelessSearch(t *testing.T) {
	for jaxRate, wantRuns := range map[float64]int{19: 1, 21: 3 + finalRuns*3 + 3} {
		runs := 0
		f := &fake{ours: answers(images(100)), theirs: func(c command) (string, error) {
			if !strings.HasSuffix(c.args[0], "jax_vae.py") {
				return images(100), nil
			}
			runs++
			return images(jaxRate), nil
		}}
		c := newComparer(t, f, python{Executable: "python3", Torch: "2.9"})
		c.rivals = append(c.rivals, rival{name: "JAX", script: "jax_vae.py", settings: jaxSettings, pythons: []python{{Executable: "python3", JAX: "0.10"}}})
		got, err := c.compare(t.Context(), training())
		if err != nil {
			t.Fatal(err)
		}
		if runs != wantRuns {
			t.Errorf("JAX at %g images/s ran %d times, want %d", jaxRate, runs, wantRuns)
		}
		if missing := got.theirs[1].missing; jaxRate < 20 && missing != "19 images/s, not measured further" || jaxRate > 20 && missing != "" {
			t.Errorf("JAX at %g images/s is missing: %q", jaxRate, missing)
		}
	}
}

func TestCompareGivesAllSidesTheSameImages(t *testing.T) {
	f := &fake{ours: answers(images(2)), theirs: answers(images(1))}
	c := newComparer(t, f, python{Executable: "python3", Torch: "2.9"})
	row := training()
	row.images = imageShape{6, 3}
	if _, err := c.compare(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	for _, command := range f.commands {
		path := flagValue(command, "--dataset") + flagValue(command, "--data")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%s %q: %v", command.name, command.args, err)
		}
		if len(content)%64 != 0 || len(content) < imageCount*6*6*3 || !strings.HasPrefix(string(content), "\x93NUMPY\x01\x00") {
			t.Errorf("%s is no array of %d images", path, imageCount)
		}
	}
}

func TestCompareStopsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{ours: answers(images(1))}
	f.theirs = func(c command) (string, error) {
		cancel()
		return failing("killed")(c)
	}
	_, err := newComparer(t, f, python{Executable: "python3", Torch: "2.9"}).compare(ctx, training())
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if n := len(f.sides("1")); n != 1 {
		t.Errorf("ran PyTorch %d times, want no more after the first", n)
	}
}
