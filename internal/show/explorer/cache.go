package explorer

import (
	"context"
	"sync"
)

// cache keeps values that are dear to make: each is made once however many ask
// for it, and those unused for longest go when all together cost more than the
// limit. The value used last always stays.
type cache[K comparable, V any] struct {
	ctx   context.Context // of the making of values, which outlives the request that began it
	limit int64

	mu      sync.Mutex
	entries map[K]*cached[V]
	clock   uint64
	used    int64
	making  sync.WaitGroup
}

type cached[V any] struct {
	made chan struct{} // closed when value or err is there
	cost int64
	last uint64 // when it was asked for
	val  V
	err  error
}

func newCache[K comparable, V any](ctx context.Context, limit int64) *cache[K, V] {
	return &cache[K, V]{ctx: ctx, limit: limit, entries: make(map[K]*cached[V])}
}

// get returns the value of a key, from create if nobody has made it yet. Create
// says what the value costs; an error is for those who wait now and not kept.
func (c *cache[K, V]) get(ctx context.Context, key K, create func(context.Context) (V, int64, error)) (V, error) {
	entry, err := c.entry(key, create)
	if err != nil {
		var none V
		return none, err
	}
	select {
	case <-entry.made:
		return entry.val, entry.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

func (c *cache[K, V]) entry(key K, create func(context.Context) (V, int64, error)) (*cached[V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	if entry, ok := c.entries[key]; ok {
		entry.last = c.clock
		return entry, nil
	}
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	entry := &cached[V]{made: make(chan struct{}), last: c.clock}
	c.entries[key] = entry
	c.making.Go(func() { c.fill(key, entry, create) })
	return entry, nil
}

func (c *cache[K, V]) fill(key K, entry *cached[V], create func(context.Context) (V, int64, error)) {
	val, cost, err := create(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	entry.val, entry.err = val, err
	close(entry.made)
	if err != nil {
		delete(c.entries, key)
		return
	}
	entry.cost = cost
	c.used += cost
	c.shrink()
}

// shrink drops what was unused for longest. An entry without a cost is being made.
func (c *cache[K, V]) shrink() {
	for c.used > c.limit {
		var oldest K
		made := 0
		first := uint64(0)
		for key, entry := range c.entries {
			if entry.cost == 0 {
				continue
			}
			made++
			if made == 1 || entry.last < first {
				oldest, first = key, entry.last
			}
		}
		if made < 2 {
			return
		}
		c.remove(oldest)
	}
}

func (c *cache[K, V]) remove(key K) {
	c.used -= c.entries[key].cost
	delete(c.entries, key)
}

// peek returns the value of a key if it is there already.
func (c *cache[K, V]) peek(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	if !ok || entry.cost == 0 {
		return value, false
	}
	c.clock++
	entry.last = c.clock
	return entry.val, true
}

// drop forgets the made values whose keys are stale.
func (c *cache[K, V]) drop(stale func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, entry := range c.entries {
		if entry.cost > 0 && stale(key) {
			c.remove(key)
		}
	}
}

// wait returns when nothing is being made. Its context must have ended.
func (c *cache[K, V]) wait() {
	// Whoever saw the context alive has begun to make when the lock is free.
	c.mu.Lock()
	c.mu.Unlock() //lint:ignore SA2001 the empty section is the point
	c.making.Wait()
}
