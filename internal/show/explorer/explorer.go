package explorer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"sync"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/show/ranking"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// DataLoader loads the data set a run is to be shown with. It should not take
// long to find that there is none.
type DataLoader func(context.Context, rundir.Record, configs.Data) (*data.Set, error)

// Options say what an Explorer shows and to whom.
type Options struct {
	Runs       string       // the folder that holds runs
	Run        string       // the name of the run shown first; "" for the newest
	Checkpoint string       // rundir.Last or rundir.Best; "" for the last
	Engine     *vae.Engine  // must stay open until Close has returned
	Data       DataLoader   // nil: no images but the model's own
	Addr       string       // the address listened on: its host is one the explorer is known by
	Version    string       // of the program
	Log        *slog.Logger // hears what clients are not told; nil for nobody
}

// Explorer serves the page and the interface. It is safe for concurrent use.
type Explorer struct {
	options Options
	log     *slog.Logger
	hosts   hosts
	handler http.Handler
	assets  map[string]asset
	fields  []configs.Field

	ctx    context.Context // ends with Close
	close  context.CancelFunc
	closed sync.Once

	compute slots // requests that compute
	streams slots // event streams

	listing  listing
	models   *cache[modelKey, *model]
	atlases  *cache[modelKey, *atlas]
	rankings *cache[modelKey, *ranking.Ranking]
	datasets *cache[string, *data.Set]
}

// Sizes of the caches. Each keeps at least what was used last.
const (
	modelBytes   = 512 << 20
	atlasBytes   = 256 << 20
	rankingBytes = 16 << 20
	datasetBytes = 256 << 20
)

// maxStreams is the number of event streams open at once: a page has one.
const maxStreams = 128

// New makes an Explorer. A folder of runs that does not exist yet is an empty
// one.
func New(o Options) (*Explorer, error) {
	if o.Checkpoint == "" {
		o.Checkpoint = rundir.Last
	}
	if o.Checkpoint != rundir.Last && o.Checkpoint != rundir.Best {
		return nil, fmt.Errorf("checkpoint %q: must be %s or %s", o.Checkpoint, rundir.Last, rundir.Best)
	}
	info, err := os.Stat(o.Runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("folder of runs: %w", err)
	}
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("folder of runs: %s is a file", o.Runs)
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Explorer{
		options: o, log: o.Log, hosts: newHosts(o.Addr),
		ctx: ctx, close: stop, fields: configs.Fields(),
		// One more than there are cores, so that none rests while a request
		// waits for the pool of another.
		compute:  make(slots, runtime.GOMAXPROCS(0)+1),
		streams:  make(slots, maxStreams),
		models:   newCache[modelKey, *model](ctx, modelBytes),
		atlases:  newCache[modelKey, *atlas](ctx, atlasBytes),
		rankings: newCache[modelKey, *ranking.Ranking](ctx, rankingBytes),
		datasets: newCache[string, *data.Set](ctx, datasetBytes),
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.assets, err = loadAssets(); err != nil {
		stop()
		return nil, err
	}
	e.handler = e.guard(e.routes())
	return e, nil
}

// ServeHTTP answers one request.
func (e *Explorer) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Close ends the event streams and waits for what is being computed. Requests
// that come later are refused. It may be called more than once.
func (e *Explorer) Close() {
	e.close()
	e.closed.Do(func() {
		e.models.wait()
		e.atlases.wait()
		e.rankings.wait()
		e.datasets.wait()
		for range cap(e.compute) {
			e.compute <- struct{}{}
		}
	})
}

// slots bound how many do something at once.
type slots chan struct{}

// tryTake takes a slot if one is free.
func (s slots) tryTake() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) release() { <-s }

// computing waits for the right to compute; done gives it back. Who holds it
// must not wait for a cache, whose makers compute too.
func (e *Explorer) computing(ctx context.Context) (done func(), err error) {
	select {
	case e.compute <- struct{}{}:
		return e.compute.release, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.ctx.Done():
		return nil, e.ctx.Err()
	}
}
