package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"

	"vaectl/data"
	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// announcer says before the first step what will be trained on what. It is a
// [train.Recorder] because only then the model is there.
type announcer struct {
	out    io.Writer
	run    *train.Run
	set    *data.Set
	engine *vae.Engine
}

// Begin writes the lines. A training goes on when nobody can hear of it.
func (a *announcer) Begin(p train.Progress) {
	c := a.run.Config()
	_, _ = fmt.Fprintf(a.out, "run    %s\n", p.Dir)
	watched, held := rundir.SplitTest, ""
	if n := c.Data.Validation; n > 0 {
		watched, held = rundir.SplitValidation, fmt.Sprintf(", %d validation", n)
	}
	_, _ = fmt.Fprintf(a.out, "data   %s (%s): %d training%s and %d test images of %v, %s\n",
		a.set.Name, a.set.Source, p.Images, held, a.set.Test.Count, p.Model.Shape(), words.Pixels(c.Data.Binarize, a.set.Train.Channels, a.set.Binary))
	_, _ = fmt.Fprintf(a.out, "model  %v, prior %s%s\n", p.Model.Network(), loss.Describe(p.Model.Prior()), likelihoodText(p.Model))
	if from := a.run.Record().Origin; from != nil {
		_, _ = fmt.Fprintf(a.out, "start  weights of run %s, checkpoint %s of epoch %d\n", from.Run, from.Checkpoint, from.Epoch)
	}
	_, _ = fmt.Fprintf(a.out, "train  %s of %s, batches of %s, kernel %s on %s\n",
		words.Counted(p.Epochs, "epoch"), words.Counted(int(p.StepsPerEpoch), "step"), words.Counted(c.Train.BatchSize, "image"), a.engine.Kernel(), words.Counted(a.engine.Threads(), "thread"))
	_, _ = fmt.Fprintf(a.out, "loss   negative %s in nats per image, z sampled; the %[2]s loss is that of the whole %[2]s split\n", p.Model.Bound(), watched)
	if minimised := p.Model.Minimised(); minimised != "" {
		_, _ = fmt.Fprintf(a.out, "       trained to minimise %s, the train objective, which is not the loss below\n", minimised)
	}
}

// likelihoodText names the likelihood unless it is the usual one.
func likelihoodText(m *vae.Model) string {
	if name := m.Likelihood().Name(); name != bernoulli {
		return ", likelihood " + name
	}
	return ""
}

// Step has nothing to announce.
func (a *announcer) Step(train.StepRecord) {}

// Epoch has nothing to announce.
func (a *announcer) Epoch(train.EpochRecord) error { return nil }

// The lines of train --json.
type (
	startEvent struct {
		Event      string           `json:"event"`
		Run        string           `json:"run"`
		Path       string           `json:"path"`
		Prior      string           `json:"prior"`
		Dataset    rundir.Dataset   `json:"dataset"`
		Epochs     int              `json:"epochs"`
		Steps      uint64           `json:"steps"`
		FirstStep  uint64           `json:"first_step"`
		BatchSize  int              `json:"batch_size"`
		Seed       uint64           `json:"seed"`
		Parameters int              `json:"parameters"`
		Warnings   []rundir.Warning `json:"warnings,omitempty"`
	}
	epochEvent struct {
		Event string `json:"event"`
		rundir.EpochMetrics
		Substitute bool `json:"substitute"`
	}
	doneEvent struct {
		Event string `json:"event"`
		figures
		Epochs    int     `json:"epochs"`
		Steps     uint64  `json:"steps"`
		Seconds   float64 `json:"seconds"`
		BestLoss  float64 `json:"best_loss"`
		BestEpoch int     `json:"best_epoch"`
		// Test is there when the figures above are of validation images.
		Test         *rundir.Figures `json:"test,omitempty"`
		StoppedEarly bool            `json:"stopped_early"`
		// Paused: the training was asked to stop after an epoch before its last.
		Paused bool   `json:"paused,omitempty"`
		Next   string `json:"next"`
	}
)

// eventLog writes a training as JSON lines. It is a [train.Recorder].
type eventLog struct {
	out io.Writer
	run *train.Run
	set *data.Set
	err error // of Begin, which cannot return it
}

// Begin writes the start event.
func (l *eventLog) Begin(p train.Progress) {
	c := l.run.Config()
	e := startEvent{
		Event: "start", Run: filepath.Base(p.Dir), Path: p.Dir, Prior: loss.Describe(p.Model.Prior()),
		Dataset: l.run.Record().Dataset, Epochs: p.Epochs, Steps: p.TotalSteps, FirstStep: p.FirstStep,
		BatchSize: c.Train.BatchSize, Seed: c.Train.Seed, Parameters: len(p.Model.Weights()), Warnings: p.Warnings,
	}
	l.err = writeJSON(l.out, e)
}

// Step writes nothing: metrics.jsonl has the steps.
func (l *eventLog) Step(train.StepRecord) {}

// Epoch writes an epoch event.
func (l *eventLog) Epoch(e train.EpochRecord) error {
	if l.err != nil {
		return l.err
	}
	err := writeJSON(l.out, epochEvent{Event: "epoch", Substitute: l.set.Substitute, EpochMetrics: e.Metrics()})
	if errors.Is(err, syscall.EPIPE) {
		return nil // the signal that came with it ends the training, with a checkpoint
	}
	return err
}

// writeResult prints where a training ended.
func (o *trainOptions) writeResult(env environment, run *train.Run, set *data.Set, r train.Result) error {
	f := newFigures(run.Dir(), r.Model, r.Final.Evaluation)
	f.addData(set, r.Final.Split, run.Config().Data.Binarize)
	f.Checkpoint, f.Epoch, f.Seed = rundir.Last, r.Final.Epoch, run.Config().Train.Seed
	f.inheritSubstitute(r.State.Dataset)
	f.Warnings = r.State.Warnings
	paused := r.State.Status == rundir.Paused
	next := o.nextCommand(f.Run, paused)
	if o.json {
		return writeJSON(env.stdout, doneEvent{
			Event: "done", figures: f, Epochs: r.State.Epochs, Steps: r.State.Step, Seconds: r.State.Seconds,
			BestLoss: r.State.BestLoss, BestEpoch: r.State.Best, Test: r.State.Test, StoppedEarly: r.State.StoppedEarly, Paused: paused, Next: next,
		})
	}
	if o.quiet {
		return f.writeLine(env.stdout, r)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "trained %s, %s, in %.1f s\n", words.Counted(r.State.Epoch, "epoch"), words.Counted(int(r.State.Step), "step"), r.State.Seconds)
	if paused {
		fmt.Fprintf(&text, "paused after epoch %d of %d, as --%s asked\n", r.State.Epoch, r.State.Epochs, stopAfterFlag)
	}
	if r.State.StoppedEarly {
		fmt.Fprintf(&text, "stopped early: the validation loss has been no lower than that of epoch %d for %s\n", r.State.Best, words.Counted(run.Config().Train.Patience, "epoch"))
	}
	text.WriteString(f.text())
	if t := r.State.Test; t != nil {
		bound := ""
		if t.Objective == vae.IWAE {
			bound = fmt.Sprintf(" %s, negative ELBO", words.Nats(t.NegBound))
		}
		fmt.Fprintf(&text, "\ntest loss%s %s nats per image = reconstruction %s + KL %s, on %d images, checkpoint %s of epoch %d\n",
			bound, words.Nats(t.NegELBO), words.Nats(t.Reconstruction), words.Nats(t.KL), set.Test.Count, t.Checkpoint, t.Epoch)
	}
	fmt.Fprintf(&text, "\nrun   %s\nnext  %s\n", run.Dir(), next)
	_, err := io.WriteString(env.stdout, text.String())
	return err
}

// writeLine prints where a training ended in one line.
func (f *figures) writeLine(w io.Writer, r train.Result) error {
	loss, split := f.Loss(), r.Final.Split
	if t := r.State.Test; t != nil {
		loss, split = t.Loss(), t.Split
	}
	bits := ""
	if b, ok := comparison.Bits(r.Model.Config().Model, r.Model.Shape(), loss); ok && !f.NoDensity {
		bits = fmt.Sprintf(" (%.4f bits per dimension)", b)
	}
	trained := words.Counted(r.State.Epoch, "epoch")
	if r.State.Status == rundir.Paused {
		trained = fmt.Sprintf("%d of %s, paused", r.State.Epoch, words.Counted(r.State.Epochs, "epoch"))
	}
	_, err := fmt.Fprintf(w, "%s: %s loss %s nats per image%s after %s, %.1f s\n", f.Path, split, words.Nats(loss), bits, trained, r.State.Seconds)
	return err
}

// nextCommand is what to type to see what the model has learned, or to go on with
// a training that is paused.
func (o *trainOptions) nextCommand(run string, paused bool) string {
	command := "vaectl sample " + printable.Word(run)
	if paused {
		command = "vaectl train --resume " + printable.Word(run)
	}
	if o.root != defaultRoot {
		command += " --runs " + printable.Word(o.root)
	}
	return command
}
