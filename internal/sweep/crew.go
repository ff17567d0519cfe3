package sweep

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
)

// Job is a trial to be trained for so many epochs in all, on so many threads.
type Job struct {
	Trial   Trial
	Epochs  int
	Threads int
}

// Crew trains the trials of a sweep side by side.
type Crew struct {
	File *File
	Root string // the folder of the runs
	// Jobs is how many trials are trained at once, and Threads what they share.
	Jobs, Threads int
	// Train trains one trial. It is called from several goroutines. What came of the trial is read from its run.
	Train func(context.Context, Job) error
	// Watch is told of everything from one goroutine; its methods should return soon.
	Watch Watcher
	// Poll is how often trials are looked at that other processes train.
	Poll time.Duration
}

// Watcher is told how a sweep gets on.
type Watcher interface {
	// Began is called when a trial is handed out.
	Began(Job)
	// Ended is called when it is back. The error is that of a trial that has failed, nil for one that has diverged or that another
	// process has taken.
	Ended(Job, State, error)
	// Looked is called when all trials were looked at.
	Looked([]State)
}

// Outcome is where a sweep ended.
type Outcome struct {
	States []State
	// Failures are the errors of the trials that failed in this process, and of those whose run is another trial's.
	Failures map[int]error
}

// Run trains what is missing until nothing is left to do, rung by rung where the file has rungs. Trials that other processes
// train are waited for where something depends on them. A trial that fails is not tried again, and does not stop the others.
// Run returns the context's error once the trials under way have ended.
func (c *Crew) Run(ctx context.Context) (Outcome, error) {
	r := &crewRun{crew: c, tried: map[int]int{}, active: map[int]bool{}, ended: make(chan trialEnd)}
	r.failures = map[int]error{}
	for ctx.Err() == nil {
		r.look()
		if !r.shift(ctx) {
			break
		}
	}
	for len(r.active) > 0 {
		r.end(<-r.ended)
	}
	r.look()
	return Outcome{States: r.states, Failures: r.failures}, ctx.Err()
}

// crewRun is one call of Run.
type crewRun struct {
	crew     *Crew
	states   []State
	tried    map[int]int // the epochs a trial was last handed out for
	active   map[int]bool
	ended    chan trialEnd
	failures map[int]error
}

type trialEnd struct {
	job Job
	err error
}

// look reads how the trials stand. Those that were over stay so.
func (r *crewRun) look() {
	if r.states == nil {
		r.states = r.crew.File.Look(r.crew.Root)
	}
	for i, s := range r.states {
		if s.Status != Finished && s.Status != Diverged {
			r.states[i] = r.crew.File.LookAt(r.crew.Root, s.Trial)
		}
	}
	for _, s := range r.states {
		if s.Status == OtherTrial && r.failures[s.Trial.Index] == nil {
			r.failures[s.Trial.Index] = s.Err
			r.crew.Watch.Ended(Job{Trial: s.Trial}, s, s.Err)
		}
	}
	r.crew.Watch.Looked(r.states)
}

// shift hands out what there is to do now and returns when some of it is done, or when it is time to look again. It
// returns false when nothing is left.
func (r *crewRun) shift(ctx context.Context) bool {
	todo, elsewhere := r.todo()
	for len(todo) > 0 && len(r.active) < r.crew.Jobs {
		r.hand(ctx, todo[0], len(todo)+len(r.active))
		todo = todo[1:]
	}
	if len(r.active) == 0 && !elsewhere {
		return false
	}
	var again <-chan time.Time
	if elsewhere {
		timer := time.NewTimer(r.crew.Poll)
		defer timer.Stop()
		again = timer.C
	}
	select {
	case e := <-r.ended:
		r.end(e)
	case <-again:
	case <-ctx.Done():
	}
	return true
}

// todo lists the trials to train now, and reports whether some that are needed are trained by other processes.
func (r *crewRun) todo() (jobs []Job, elsewhere bool) {
	for _, score := range r.crew.File.Plan(r.states) {
		for _, s := range score.States {
			i := s.Trial.Index
			switch {
			case s.Done(score.Epochs) || s.Status == OtherTrial || r.active[i] || r.tried[i] >= score.Epochs:
			case s.Status == Training:
				elsewhere = true
			default:
				jobs = append(jobs, Job{Trial: s.Trial, Epochs: score.Epochs})
			}
		}
	}
	slices.SortFunc(jobs, func(a, b Job) int { return a.Trial.Index - b.Trial.Index })
	return jobs, elsewhere
}

// hand starts a trial. left is how many there are to do, this one included: the last ones get the threads of those that
// are done.
func (r *crewRun) hand(ctx context.Context, job Job, left int) {
	job.Threads = max(1, r.crew.Threads/min(r.crew.Jobs, left))
	r.active[job.Trial.Index], r.tried[job.Trial.Index] = true, job.Epochs
	r.crew.Watch.Began(job)
	go func() { r.ended <- trialEnd{job, r.crew.Train(ctx, job)} }()
}

// end takes a trial back.
func (r *crewRun) end(e trialEnd) {
	i := e.job.Trial.Index
	delete(r.active, i)
	s := r.crew.File.LookAt(r.crew.Root, e.job.Trial)
	r.states[i] = s
	err := e.err
	switch {
	case s.Done(e.job.Epochs) || s.Status == Training || errors.Is(err, context.Canceled):
		err = nil // its figures are there, whatever ended it; or another process has it
		if s.Status == Training {
			delete(r.tried, i)
		}
	case err == nil && s.Err != nil:
		err = s.Err
	case err == nil:
		err = errors.New("ended after epoch " + strconv.Itoa(s.Epoch) + " of " + strconv.Itoa(e.job.Epochs))
	}
	if err != nil {
		r.failures[i] = err
	}
	r.crew.Watch.Ended(e.job, s, err)
}
