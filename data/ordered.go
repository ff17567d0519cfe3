package data

import (
	"context"
	"runtime"
	"sync"

	"vaectl/internal/format/source"
)

// ordered gives every image of a source to work, on all cores, and hands the results
// to take one after another, in the order of the source. It ends at take's first
// error.
func ordered[T any](ctx context.Context, s *source.Source, work func(source.Image) (T, error), take func(source.Image, T, error) error) error {
	type job struct {
		image  source.Image
		result T
		err    error
		done   chan struct{}
	}
	const aheadPerWorker = 8
	workers := runtime.GOMAXPROCS(0)
	queue := make(chan *job, aheadPerWorker*workers)
	todo := make(chan *job, aheadPerWorker*workers)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for range workers {
		running.Go(func() {
			for j := range todo {
				if ctx.Err() == nil {
					j.result, j.err = work(j.image)
				}
				close(j.done)
			}
		})
	}
	var eachErr error
	running.Go(func() {
		defer close(queue)
		defer close(todo)
		eachErr = s.Each(ctx, func(i source.Image) error {
			j := &job{image: i, done: make(chan struct{})}
			select {
			case queue <- j:
				todo <- j
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for j := range queue {
		<-j.done
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := take(j.image, j.result, j.err); err != nil {
			return err
		}
	}
	return eachErr
}
