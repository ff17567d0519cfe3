package vae

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/data"
	"vaectl/internal/compute/comm"
)

// among calls work once for each of so many ranks, at the same time, with a model of its own of the same weights.
func among(t *testing.T, ranks int, settings []string, work func(comm.Group, *Model, *data.Reader) error) []error {
	t.Helper()
	errs := make([]error, ranks)
	images := split(1100) // five batches, the last of them smaller
	models := make([]*Model, ranks)
	readers := make([]*data.Reader, ranks)
	for r := range ranks {
		models[r] = newModel(t, settings...)
		readers[r] = reader(t, models[r], images, data.Dynamic)
	}
	var wait sync.WaitGroup
	for r, g := range comm.Local(ranks) {
		wait.Go(func() {
			if errs[r] = work(g, models[r], readers[r]); errs[r] != nil && !errors.Is(errs[r], context.Canceled) {
				g.Abort(1)
			}
		})
	}
	wait.Wait()
	return errs
}

// The figures of an evaluation that ranks divide are those of one that none divides, to the last bit, on every rank.
func TestDividedEvaluationsAreTheSame(t *testing.T) {
	for name, settings := range map[string][]string{
		"elbo":       nil,
		"iwae":       {"objective.name=iwae", "objective.samples=3"},
		"two levels": {"model.upper_latent=2", "model.upper_hidden=5"},
		"mmd":        {"objective.name=mmd"},
		"mixture":    {"prior.name=mixture", "prior.learned=true", "prior.components=4"},
	} {
		t.Run(name, func(t *testing.T) {
			whole := newModel(t, settings...)
			r := reader(t, whole, split(1100), data.Dynamic)
			want, err := whole.Evaluate(context.Background(), r, 7)
			if err != nil {
				t.Fatal(err)
			}
			wantNLL, err := whole.NLL(context.Background(), r, 7, 5, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, ranks := range []int{2, 3, 7} {
				errs := among(t, ranks, settings, func(g comm.Group, m *Model, r *data.Reader) error {
					got, err := m.EvaluateAmong(context.Background(), g, r, 7)
					if err != nil {
						return err
					}
					if diff := cmp.Diff(want, got); diff != "" {
						return fmt.Errorf("rank %d of %d: %s", g.Rank(), ranks, diff)
					}
					nll, err := m.NLLAmong(context.Background(), g, r, 7, 5, nil)
					if err == nil && nll != wantNLL {
						err = fmt.Errorf("rank %d of %d: NLL %+v, want %+v", g.Rank(), ranks, nll, wantNLL)
					}
					return err
				})
				if err := errors.Join(errs...); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The end of one rank's context ends the work of all, and leaves none waiting.
func TestDividedEvaluationsStopTogether(t *testing.T) {
	for name, work := range map[string]func(context.Context, comm.Group, *Model, *data.Reader) error{
		"evaluation": func(ctx context.Context, g comm.Group, m *Model, r *data.Reader) error {
			_, err := m.EvaluateAmong(ctx, g, r, 7)
			return err
		},
		"nll": func(ctx context.Context, g comm.Group, m *Model, r *data.Reader) error {
			_, err := m.NLLAmong(ctx, g, r, 7, 5, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ended, end := context.WithCancel(context.Background())
			end()
			errs := among(t, 3, nil, func(g comm.Group, m *Model, r *data.Reader) error {
				ctx := context.Background()
				if g.Rank() == 1 {
					ctx = ended
				}
				return work(ctx, g, m, r)
			})
			for rank, err := range errs {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("rank %d ended with %v", rank, err)
				}
			}
		})
	}
}
