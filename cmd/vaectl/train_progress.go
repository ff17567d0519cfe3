package main

import (
	"fmt"
	"time"

	"vaectl/train"
	"vaectl/vae"
)

// trainProgress says on stderr how far a training is, at the first step, every now and
// then, and after each epoch. It is a [train.Recorder].
type trainProgress struct {
	liveLine
	plan  train.Progress
	loss  string // what the loss of a step is called
	began time.Time
	steps uint64 // taken by this process
	since window // since the last line
}

// window sums the steps that one line stands for.
type window struct {
	start                    time.Time
	images                   int
	loss, reconstruction, kl float64 // over images
}

func (w *window) add(s train.StepRecord) {
	n := float64(s.Images)
	w.images += s.Images
	w.loss += n * s.Loss
	w.reconstruction += n * s.Reconstruction
	w.kl += n * s.KL
}

func newTrainProgress(env environment) *trainProgress {
	return &trainProgress{liveLine: newLiveLine(env)}
}

// Begin starts the clock.
func (p *trainProgress) Begin(plan train.Progress) {
	p.plan, p.loss = plan, "loss"
	if plan.Model != nil && plan.Model.Minimised() != "" {
		p.loss = "objective"
	}
	p.began = p.now()
	p.since = window{start: p.began}
	if p.plan.FirstStep > 0 {
		p.line("going on at step %d of %d", p.plan.FirstStep, p.plan.TotalSteps)
	}
}

// Step shows the step if the last one shown is long enough ago.
func (p *trainProgress) Step(s train.StepRecord) {
	p.steps++
	now := p.now()
	if p.since.start.IsZero() {
		// The step began after an evaluation and a checkpoint, whose time is none of its own.
		p.since.start = now
		return
	}
	p.since.add(s)
	elapsed := now.Sub(p.since.start)
	if p.steps > 1 && elapsed < p.period() {
		return
	}
	parts := p.describe(s, now, elapsed)
	p.since = window{start: now}
	p.show(parts)
}

// describe says where the training is, the most important parts first.
func (p *trainProgress) describe(s train.StepRecord, now time.Time, elapsed time.Duration) []string {
	n := float64(max(p.since.images, 1))
	return []string{
		fmt.Sprintf("epoch %d/%d", s.Epoch, p.plan.Epochs),
		fmt.Sprintf("step %d/%d", s.Step, p.plan.TotalSteps),
		fmt.Sprintf("%s %.2f", p.loss, p.since.loss/n),
		"ETA " + p.remaining(s.Step, now),
		fmt.Sprintf("%.0f images/s", float64(p.since.images)/max(elapsed.Seconds(), 1e-9)),
		fmt.Sprintf("reconstruction %.2f", p.since.reconstruction/n),
		fmt.Sprintf("KL %.2f", p.since.kl/n),
		fmt.Sprintf("beta %.3g", s.Beta),
	}
}

// remaining is the time that the steps to come will take, evaluations included.
func (p *trainProgress) remaining(step uint64, now time.Time) string {
	perStep := now.Sub(p.began).Seconds() / float64(p.steps)
	left := time.Duration(perStep * float64(p.plan.TotalSteps-step) * float64(time.Second))
	return left.Round(time.Second).String()
}

// Epoch writes a line that stays.
func (p *trainProgress) Epoch(e train.EpochRecord) error {
	p.clear()
	best := ""
	if e.Best {
		best = "  best so far"
	}
	bound := ""
	if e.Evaluation.Bound.Name == vae.IWAE {
		bound = fmt.Sprintf(" %.2f, negative ELBO", e.Evaluation.NegBound)
	}
	p.line("epoch %*d/%d  train %s %.2f  %s loss%s %.2f = reconstruction %.2f + KL %.2f  active %s  %.1f s%s",
		len(fmt.Sprint(p.plan.Epochs)), e.Epoch, p.plan.Epochs, p.loss, e.Train.Loss, e.Split, bound,
		e.Evaluation.NegELBO, e.Evaluation.Reconstruction, e.Evaluation.KL, activeText(e.Evaluation), e.Seconds, best)
	p.since = window{}
	return nil
}

// activeText is how many units are active, of every stochastic level, the lowest
// first.
func activeText(e vae.Evaluation) string {
	var text string
	for _, l := range e.Lower {
		text += fmt.Sprintf("%d/%d + ", l.ActiveUnits(), len(l.KLPerDim))
	}
	return text + fmt.Sprintf("%d/%d", e.ActiveUnits(), len(e.AggregateMean))
}
