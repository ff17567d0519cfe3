package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"vaectl/internal/lines"
	"vaectl/internal/show/words"
	"vaectl/internal/sweep"
	"vaectl/train"
)

// preview prints the trials and how long they would take here.
func (o *sweepOptions) preview(ctx context.Context, env environment, f *sweep.File) error {
	states := f.Look(o.root)
	threads, jobs := o.shares()
	jobs = min(jobs, len(states))
	set, err := loadData(ctx, env, f.Base.Data, o.quiet)
	if err != nil {
		return err
	}
	engine, err := newEngine(env, max(1, threads/jobs))
	if err != nil {
		return err
	}
	defer engine.Close()
	estimate, err := f.Estimate(states, func(t sweep.Trial) (time.Duration, error) {
		c := t.Config
		if c.Data.Validation == 0 {
			c.Data.Validation = sweep.HeldOut(set.Train.Count)
		}
		return train.EpochTime(ctx, c, set, engine)
	})
	if err != nil {
		return err
	}
	if o.json || o.csv {
		return o.writeStatus(ctx, env, f, states)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n%s", sweepTitle(f, states, 0), trialsTable(f, states))
	fmt.Fprintf(&text, "\nabout %s here for %s, %d at once on %s each, from the time of a few steps of %d of %s\n",
		rounded(estimate.Work/time.Duration(jobs)), words.Counted(estimate.Trials, "trial"), jobs, words.Counted(engine.Threads(), "thread"), estimate.Measured, words.Counted(estimate.Kinds, "kind of model"))
	_, err = io.WriteString(env.stdout, text.String())
	return err
}

// rounded is a time as somebody would say it.
func rounded(d time.Duration) string {
	if d < time.Minute {
		return max(time.Second, d.Round(time.Second)).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// trialsTable has the trials with what differs between them.
func trialsTable(f *sweep.File, states []sweep.State) string {
	var t strings.Builder
	head := []string{"trial", "run"}
	for _, v := range f.Variables {
		head = append(head, v.Name)
	}
	fmt.Fprintln(&t, strings.Join(append(head, "seed", "epochs", "status"), "\t"))
	for _, s := range states {
		cells := []string{fmt.Sprint(s.Trial.Index), s.Run}
		for _, c := range s.Trial.Choices {
			cells = append(cells, c.Label)
		}
		cells = append(cells, fmt.Sprint(s.Trial.Seed), fmt.Sprint(s.Trial.Config.Train.Epochs), string(s.Status))
		fmt.Fprintln(&t, strings.Join(cells, "\t"))
	}
	return lines.Columns(t.String())
}
