package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vaectl/internal/printable"
	"vaectl/internal/show/words"
	"vaectl/internal/sweep"
	"vaectl/train/rundir"
)

// pollPeriod is how often trials are looked at that other processes train.
const pollPeriod = 2 * time.Second

// sweepProgress tells on stderr how a sweep gets on: one line a trial that has ended and, on a terminal, below them one updating line
// for each trial under way and one for the whole. It is a [sweep.Watcher].
type sweepProgress struct {
	liveLine
	quiet   bool
	file    *sweep.File
	root    string
	began   time.Time
	stop    chan struct{}
	stopped sync.WaitGroup

	mu     sync.Mutex
	states []sweep.State
	trials []*trialProgress
	first  int // epochs that were there at the start
}

// trialProgress follows a trial while it is trained.
type trialProgress struct {
	job      sweep.Job
	run      string
	follower *rundir.Follower
	epoch    int
	loss     float64
	seen     bool // an evaluation
}

func newSweepProgress(env environment, f *sweep.File, o *sweepOptions) *sweepProgress {
	p := &sweepProgress{
		liveLine: newLiveLine(env), quiet: o.quiet, file: f, root: o.root, began: env.now(), stop: make(chan struct{}),
	}
	p.last = p.began
	p.stopped.Go(p.update)
	return p
}

// sweepPeriod is the time between two states of the block.
const sweepPeriod = 500 * time.Millisecond

// update follows the trials under way.
func (p *sweepProgress) update() {
	ticker := time.NewTicker(sweepPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			for _, u := range p.trials {
				u.follow()
			}
			p.show()
			p.mu.Unlock()
		}
	}
}

// follow reads what is new in a trial's metrics. A trial whose metrics cannot be read says so when it ends.
func (u *trialProgress) follow() {
	for more := true; more; {
		m, restarted, others, err := u.follower.Next()
		if err != nil {
			return
		}
		if restarted {
			u.epoch, u.seen = 0, false
		}
		if n := len(m.Epochs); n > 0 {
			u.epoch, u.loss, u.seen = m.Epochs[n-1].Epoch, m.Epochs[n-1].NegBound, true
		}
		more = others
	}
}

// Looked takes the states of all trials.
func (p *sweepProgress) Looked(states []sweep.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.states == nil {
		for _, s := range states {
			p.first += s.Epoch
		}
		if done := p.count(states, sweep.Finished) + p.count(states, sweep.Diverged); done > 0 {
			p.line("%s of %d are done already", words.Counted(done, "trial"), len(states))
		}
	}
	p.states = slices.Clone(states)
}

// Began adds a trial to those under way.
func (p *sweepProgress) Began(job sweep.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	run := p.file.Run(job.Trial.Index)
	p.trials = append(p.trials, &trialProgress{job: job, run: run, follower: rundir.Follow(filepath.Join(p.root, run))})
}

// Ended writes the trial's line.
func (p *sweepProgress) Ended(job sweep.Job, s sweep.State, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.trials, func(u *trialProgress) bool { return u.job.Trial.Index == job.Trial.Index }); i >= 0 {
		_ = p.trials[i].follower.Close() // only read from
		p.trials = slices.Delete(p.trials, i, i+1)
	}
	if p.states != nil {
		p.states[s.Trial.Index] = s
	}
	p.clear()
	text := fmt.Sprintf("%s%s", s.Run, settingsText(p.file, s.Trial))
	switch {
	case err != nil:
		// An error is told even to those who want no progress.
		p.liveLine.line("%s", printable.Lines(fmt.Sprintf("vaectl: error: trial %d, %s failed: %v", s.Trial.Index, text, err)))
	case s.Status == sweep.Diverged:
		p.line("%s  diverged after %s: %s", text, words.Counted(s.Epoch, "epoch"), s.Record.Error)
	case s.Status == sweep.Training:
		p.line("%s  taken by another process", text)
	default:
		p.line("%s  %s after %s  %s  %.1f s  [%s]", text, s.Status, words.Counted(s.Epoch, "epoch"), p.figures(s), s.Record.Seconds, p.summary())
	}
	p.show()
}

// figures are those of a trial's last evaluation.
func (p *sweepProgress) figures(s sweep.State) string {
	e, ok := p.file.Judge.Evaluation(s.Evaluations, s.Epoch)
	if !ok {
		return "no evaluation"
	}
	return fmt.Sprintf("loss %s = reconstruction %s + KL %s", words.Nats(e.NegBound), words.Nats(e.Reconstruction), words.Nats(e.KL))
}

func (p *sweepProgress) count(states []sweep.State, status sweep.Status) int {
	n := 0
	for _, s := range states {
		if s.Status == status {
			n++
		}
	}
	return n
}

// summary says how the sweep stands: its trials, and the time the epochs left will take at the speed so far.
func (p *sweepProgress) summary() string {
	var epochs, all, done int
	for _, score := range p.file.Plan(p.states) {
		for _, s := range score.States {
			all += score.Epochs
			if s.Done(score.Epochs) {
				done++
				epochs += score.Epochs
			} else {
				epochs += s.Epoch
			}
		}
	}
	for _, u := range p.trials {
		epochs += max(0, u.epoch-p.states[u.job.Trial.Index].Epoch)
	}
	text := fmt.Sprintf("%d of %d done", done, len(p.states))
	for _, status := range []sweep.Status{sweep.Diverged, sweep.Failed} {
		if n := p.count(p.states, status); n > 0 {
			text += fmt.Sprintf(", %d %s", n, status)
		}
	}
	if trained := epochs - p.first; trained > 0 && epochs < all {
		left := p.now().Sub(p.began).Seconds() / float64(trained) * float64(all-epochs)
		text += ", ETA " + time.Duration(left*float64(time.Second)).Round(time.Second).String()
	}
	return text
}

// show draws the block on a terminal; elsewhere it writes a line for the whole now and then.
func (p *sweepProgress) show() {
	if p.quiet || p.states == nil {
		return
	}
	if !p.terminal {
		if len(p.trials) > 0 && p.due() {
			p.line("%s", p.summary())
		}
		return
	}
	var lines []string
	for _, u := range p.trials {
		loss := ""
		if u.seen {
			loss = "  loss " + words.Nats(u.loss)
		}
		lines = append(lines, fmt.Sprintf("%s  epoch %d/%d%s%s", u.run, u.epoch, u.job.Epochs, loss, settingsText(p.file, u.job.Trial)))
	}
	p.showBlock(append(lines, p.summary()))
}

// line writes a line that stays. A sweep goes on when nobody can hear of it.
func (p *sweepProgress) line(format string, args ...any) {
	p.last = p.now()
	if !p.quiet {
		p.liveLine.line("%s", printable.Text(fmt.Sprintf(format, args...)))
	}
}

// close ends the display.
func (p *sweepProgress) close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	for _, u := range p.trials {
		_ = u.follower.Close() // only read from
	}
}
