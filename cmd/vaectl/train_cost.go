package main

import (
	"context"
	"fmt"
	"time"

	"vaectl/internal/compute/memory"
	"vaectl/train"
)

// tellCost says on stderr what a training takes, before it takes it: first what the
// network says, then, of a long one, what some steps say. Several processes do not
// measure steps: they would have to do so together.
func (o *trainOptions) tellCost(ctx context.Context, env environment, t *train.Training) error {
	c := t.Run.Config()
	cost, err := train.CostOf(c, t.Data)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(env.stderr, "cost   %s weights, %s of memory, %.3g GFLOP a step\n", millions(cost.Weights), memory.Text(cost.Bytes), cost.StepFLOPs/1e9)
	if cost.LargeDense {
		_, _ = fmt.Fprintln(env.stderr, "       convolutions need far less for images of this size: --config colour64")
	}
	epochs := t.Epochs()
	if o.team != nil || !cost.IsLong(epochs, t.Engine) {
		return nil
	}
	epoch, err := train.EpochTime(ctx, c, t.Data, t.Engine)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(env.stderr, "time   about %s, by that of a few steps\n", rounded(time.Duration(epochs*float64(epoch))))
	return nil
}

// millions writes a large number to what matters of it.
func millions(n float64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.3g million", n/1e6)
}
