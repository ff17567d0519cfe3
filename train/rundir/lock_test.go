package rundir

import (
	"sync"
	"testing"
)

// Looking at a run must neither keep others from training in it nor make it
// look as if somebody trained in it to those who look at the same time.
func TestLookingAtRunsDisturbsNobody(t *testing.T) {
	root := t.TempDir()
	dir := makeRun(t, root, "run")

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
		w, err := Store{}.Continue(dir)
		if err != nil {
			t.Fatalf("opening a run while others list it: %v", err)
		}
		if !InUse(dir) {
			t.Error("a run that is open looks free")
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
