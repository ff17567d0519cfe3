package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"vaectl/train"
	"vaectl/vae"
)

// progress tells on stderr how a training gets on. It is a [train.Recorder].
// On a terminal one line is drawn again and again; elsewhere a plain line is
// written at the start, every [linePeriod], and after each epoch.
type progress struct {
	out      io.Writer
	now      func() time.Time
	width    func() int
	terminal bool

	plan  train.Progress
	loss  string // what the loss of a step is called
	drawn int    // columns of the updating line on the screen
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

func newProgress(env environment) *progress {
	return &progress{
		out: env.stderr, now: env.now, terminal: env.isTerminal(env.stderr),
		width: func() int { return env.width(env.stderr) },
	}
}

// Begin starts the clock.
func (p *progress) Begin(plan train.Progress) {
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
func (p *progress) Step(s train.StepRecord) {
	p.steps++
	now := p.now()
	if p.since.start.IsZero() {
		// The step began after an evaluation and a checkpoint, whose time is none of its own.
		p.since.start = now
		return
	}
	p.since.add(s)
	period := linePeriod
	if p.terminal {
		period = barPeriod
	}
	elapsed := now.Sub(p.since.start)
	if p.steps > 1 && elapsed < period {
		return
	}
	parts := p.describe(s, now, elapsed)
	p.since = window{start: now}
	if !p.terminal {
		p.line("%s", strings.Join(parts, "  "))
		return
	}
	// The last column stays free: some terminals begin a new line after it.
	p.draw(fit(parts, p.width()-1))
}

// describe says where the training is, the most important parts first.
func (p *progress) describe(s train.StepRecord, now time.Time, elapsed time.Duration) []string {
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
func (p *progress) remaining(step uint64, now time.Time) string {
	perStep := now.Sub(p.began).Seconds() / float64(p.steps)
	left := time.Duration(perStep * float64(p.plan.TotalSteps-step) * float64(time.Second))
	return left.Round(time.Second).String()
}

// Epoch writes a line that stays.
func (p *progress) Epoch(e train.EpochRecord) error {
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

// draw puts text in the place of the updating line.
func (p *progress) draw(text string) {
	columns := utf8.RuneCountInString(text)
	_, _ = fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(0, p.drawn-columns)))
	p.drawn = columns
}

// clear takes the updating line away before something else is written.
func (p *progress) clear() {
	if p.drawn > 0 {
		p.draw("")
		_, _ = io.WriteString(p.out, "\r")
	}
}

// line writes a whole line. A training goes on when nobody can hear of it.
func (p *progress) line(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// fit joins as many parts as go into width columns; a part that is too long is
// left out and the ones after it are tried. The first part is cut.
func fit(parts []string, width int) string {
	line := ""
	for i, part := range parts {
		switch {
		case i == 0:
			line = part[:max(0, min(len(part), width))]
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(part) <= width:
			line += " " + part
		}
	}
	return line
}
