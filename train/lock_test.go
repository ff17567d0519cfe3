package train

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
)

// Looking at a run must neither keep others from training in it nor make it
// look as if somebody trained in it to those who look at the same time.
func TestLookingAtRunsDisturbsNobody(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "run")
	trainWhole(t, root, "run", smallConfig(map[string]string{"train.epochs": "1"}), 1)
	killed, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	killed.record.Status = Running
	if err := errors.Join(killed.writeRecord(), killed.Close()); err != nil {
		t.Fatal(err)
	}

	var looking sync.WaitGroup
	defer looking.Wait()
	look := func(times int) {
		for range times {
			runs, err := List(root)
			if err != nil || len(runs) != 1 || runs[0].Err != nil || runs[0].Record.Status != Killed {
				t.Errorf("a list of a run whose process died says %+v, %v", runs, err)
				return
			}
		}
	}
	for range 4 {
		looking.Go(func() { look(300) })
	}
	looking.Wait()

	done := make(chan struct{})
	defer close(done)
	for range 4 {
		looking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_, _ = List(root)
				}
			}
		})
	}
	for range 200 {
		r, err := Open(dir)
		if err != nil {
			t.Fatalf("opening a run while others list it: %v", err)
		}
		if !inUse(dir) {
			t.Error("a run that is open looks free")
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
