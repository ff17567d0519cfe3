package train

import (
	"context"

	"vaectl/data"
	"vaectl/internal/finite"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// TestEvaluation is the only evaluation on the test images of a training that had
// validation images to choose by. It is made at the end, of the checkpoint that
// was aimed at: with train.patience the best one, otherwise the last.
type TestEvaluation struct {
	Checkpoint string
	Epoch      int
	Model      *vae.Model
	Evaluation vae.Evaluation
}

// test evaluates on the test images.
func (l *loop) test(ctx context.Context) error {
	t := &TestEvaluation{Checkpoint: rundir.Last, Epoch: l.state.Evaluated, Model: l.averaged}
	if l.config.Train.Patience > 0 {
		t.Checkpoint, t.Epoch = rundir.Best, l.state.BestEpoch
	}
	if t.Epoch != l.state.Evaluated {
		run, err := l.run.writer.Run()
		if err != nil {
			return err
		}
		best, err := run.Checkpoint(t.Checkpoint, l.engine)
		if err != nil {
			return err
		}
		t.Model = best.Model
	}
	mode := data.Binarization(l.config.Data.Binarize)
	reader, err := data.NewReader(&l.data.Test, mode, l.engine)
	if err != nil {
		return err
	}
	t.Evaluation, err = l.evaluateModel(ctx, t.Model, reader)
	if ctx.Err() != nil {
		return l.interrupt()
	}
	if err != nil {
		return err
	}
	if !finite.Is(t.Evaluation.NegBound) {
		return failure(ErrDiverged, "", "test loss is %g after epoch %d", t.Evaluation.NegBound, t.Epoch)
	}
	l.tested = t
	l.run.record.Test = rundir.NewFigures(rundir.SplitTest, t.Checkpoint, t.Epoch, t.Evaluation)
	return nil
}
