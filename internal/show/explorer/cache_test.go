package explorer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func made(v int, cost int64) func(context.Context) (int, int64, error) {
	return func(context.Context) (int, int64, error) { return v, cost, nil }
}

func TestCacheMakesAValueOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache[string, int](t.Context(), 100)
		release := make(chan struct{})
		var calls atomic.Int32
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				v, err := c.get(t.Context(), "a", func(context.Context) (int, int64, error) {
					calls.Add(1)
					<-release
					return 7, 1, nil
				})
				if v != 7 || err != nil {
					t.Errorf("%d, %v", v, err)
				}
			})
		}
		synctest.Wait()
		if _, ok := c.peek("a"); ok {
			t.Error("a value is there before it was made")
		}
		// One that gives up does not stop the others.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.get(ctx, "a", made(1, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
		close(release)
		wait.Wait()
		if calls.Load() != 1 {
			t.Errorf("made %d times", calls.Load())
		}
		if v, ok := c.peek("a"); !ok || v != 7 {
			t.Errorf("peek %d, %v", v, ok)
		}
	})
}

func TestCacheDropsWhatWasUnusedForLongest(t *testing.T) {
	c := newCache[string, int](t.Context(), 10)
	get := func(key string, cost int64) {
		t.Helper()
		if _, err := c.get(t.Context(), key, made(1, cost)); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(key string) bool { _, ok := c.peek(key); return ok }
	get("a", 4)
	get("b", 4)
	get("a", 4) // b is the older one now
	get("c", 4)
	if !kept("a") || kept("b") || !kept("c") || c.used != 8 {
		t.Errorf("kept a %v, b %v, c %v, used %d", kept("a"), kept("b"), kept("c"), c.used)
	}
	get("huge", 50)
	if kept("a") || kept("c") || !kept("huge") || c.used != 50 {
		t.Errorf("a value over the limit: kept a %v, c %v, huge %v, used %d", kept("a"), kept("c"), kept("huge"), c.used)
	}
	get("d", 1)
	if kept("huge") || !kept("d") || c.used != 1 {
		t.Errorf("after it: kept huge %v, d %v, used %d", kept("huge"), kept("d"), c.used)
	}
	c.drop(func(key string) bool { return key == "d" })
	if kept("d") || c.used != 0 {
		t.Errorf("dropped: kept %v, used %d", kept("d"), c.used)
	}
}

func TestCacheForgetsErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newCache[string, int](ctx, 10)
	broken := errors.New("broken")
	if _, err := c.get(t.Context(), "a", func(context.Context) (int, int64, error) { return 0, 0, broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if v, err := c.get(t.Context(), "a", made(3, 1)); v != 3 || err != nil {
		t.Errorf("after an error: %d, %v", v, err)
	}
	cancel()
	if _, err := c.get(t.Context(), "b", made(3, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	c.wait()
}
