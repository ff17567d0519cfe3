package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"vaectl/internal/compute/comm"
	"vaectl/internal/finite"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Weights are a file of weights that another program wrote.
type Weights struct {
	Content io.ReaderAt
	Size    int64
	From    rundir.Imported // which the record keeps
}

// Import makes a run of weights that another program made or changed: with the
// configuration and the data of a job, evaluated like any other, and with an optimiser
// that has taken no step, so that resuming the run trains from these weights. Weights
// that are damaged, of another model, not finite or without a finite loss are
// [vae.ErrWeights], and leave no run.
func Import(ctx context.Context, j Job, w Weights, o Options) (record rundir.Record, err error) {
	if err := rundir.Check(j.Root, j.Name, j.Replace); err != nil {
		return record, err
	}
	c := j.Config
	c.Train.InitFrom = ""
	set, err := j.Load(ctx, c.Data)
	if err != nil {
		return record, err
	}
	s, err := newSession(c, set, j.Engine, comm.Local(1)[0])
	if err != nil {
		return record, err
	}
	if err := s.model.ReadWeights(w.Content, w.Size); err != nil {
		return record, fmt.Errorf("%s: %w", w.From.File, err)
	}
	if s.averaged, err = averaged(s.model, s.optimizer); err != nil {
		return record, err
	}
	if err := s.prepare(); err != nil {
		return record, err
	}
	evaluation, err := s.averaged.Evaluate(ctx, s.watched, s.config.Train.Seed)
	if err != nil {
		return record, err
	}
	if !finite.Is(evaluation.NegBound) {
		return record, fmt.Errorf("%s: %w: the %s loss is %g", w.From.File, vae.ErrWeights, s.split, evaluation.NegBound)
	}
	r, err := Create(j.Root, j.Name, j.Replace, s.config)
	if err != nil {
		return record, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	now := time.Now().UTC()
	r.record = rundir.Record{
		Name: filepath.Base(r.Dir()), Started: now, Updated: now, Seed: s.config.Train.Seed, Status: rundir.Finished,
		Dataset: describeData(s.data, s.config.Data.Binarize), Imported: &w.From,
		Figures: rundir.NewFigures(s.split, rundir.Last, 0, evaluation),
	}
	l := &loop{session: s, run: r, options: o}
	l.introduce()
	r.record.Epochs = 0 // that these weights were trained for here
	for _, name := range []string{rundir.Best, rundir.Last} {
		if err := l.save(name); err != nil {
			return record, err
		}
	}
	if err := r.writer.WriteConfig(r.config); err != nil {
		return record, err
	}
	if err := r.writer.WriteRecord(r.record); err != nil {
		return record, err
	}
	return r.record, r.writer.Publish()
}
