package train

import (
	"context"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Loader loads the data set that a configuration names.
type Loader func(context.Context, configs.Data) (*data.Set, error)

// Job is a new training: what to train on what, and where to keep it.
type Job struct {
	Root    string // the folder of runs
	Name    string // of the run in it
	Replace bool   // a run that has the name already
	Config  configs.Config
	// Fit, unless nil, completes the configuration once the data are loaded.
	Fit    func(*configs.Config, *data.Set)
	Load   Loader
	Engine *vae.Engine
	Team   *Team // that trains it; nil for this process alone
}

// Continuation is a run to train on.
type Continuation struct {
	Run    *Run         // opened; the training closes it
	Epochs int          // to train to; 0 for as many as the run was made for
	Source configs.Data // where its data are now
	Load   Loader
	Engine *vae.Engine
	Team   *Team // that trains it; nil for this process alone
}

// Training is a run that is ready to be trained: configuration, data and weights
// fit each other, and its directory is locked until [Training.Close].
type Training struct {
	Run    *Run
	Data   *data.Set
	Engine *vae.Engine

	team   *Team
	source configs.Data
	start  *Start
	resume bool
	epochs int
}

// Begin assembles a new training. What can be checked without the data is checked before
// they are loaded, and nothing is written before everything is known to fit.
func Begin(ctx context.Context, j Job) (*Training, error) {
	if err := rundir.Check(j.Root, j.Name, j.Replace); err != nil {
		return nil, err
	}
	if err := checkShards(j.Config.Train, j.Team.ranks().Size()); err != nil {
		return nil, err
	}
	start, err := LoadStart(j.Root, j.Config.Train, j.Engine)
	if err != nil {
		return nil, err
	}
	set, err := j.Load(ctx, j.Config.Data)
	if err != nil {
		return nil, err
	}
	c := j.Config
	if j.Fit != nil {
		j.Fit(&c, set)
	}
	if err := checkData(c, set); err != nil {
		return nil, err
	}
	if err := start.Check(c, set, j.Engine); err != nil {
		return nil, err
	}
	run, err := Create(j.Root, j.Name, j.Replace, c)
	if err != nil {
		return nil, err
	}
	return &Training{Run: run, Data: set, Engine: j.Engine, team: j.Team, source: c.Data, start: start}, nil
}

// Continue assembles the rest of a training.
func Continue(ctx context.Context, c Continuation) (*Training, error) {
	if err := checkShards(c.Run.Config().Train, c.Team.ranks().Size()); err != nil {
		return nil, err
	}
	set, err := c.Load(ctx, c.Source)
	if err != nil {
		return nil, err
	}
	return &Training{Run: c.Run, Data: set, Engine: c.Engine, team: c.Team, source: c.Source, resume: true, epochs: c.Epochs}, nil
}

// Epochs is how many epochs are to be trained from here, those begun counted in part.
func (t *Training) Epochs() float64 {
	total := t.Run.Config().Train.Epochs
	if t.epochs > 0 {
		total = t.epochs
	}
	if !t.resume {
		return float64(total)
	}
	perEpoch := stepsPerEpoch(t.Run.Config(), t.Data)
	return max(0, float64(total)-float64(t.Run.Record().Step)/float64(perEpoch))
}

// Train trains to the end; see [Run.Train] and [Run.Resume]. Data, engine, start
// and team of the options are the training's own.
func (t *Training) Train(ctx context.Context, o Options) (Result, error) {
	o.Data, o.Engine, o.Start = t.Data, t.Engine, t.start
	o.Team, o.source = t.team, t.source
	if t.resume {
		return t.Run.Resume(ctx, o, t.epochs)
	}
	return t.Run.Train(ctx, o)
}

// Close unlocks the run directory.
func (t *Training) Close() error { return t.Run.Close() }
