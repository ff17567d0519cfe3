package kernel

// Work is a task with what comes before and after its chunks, on the goroutine that runs it.
type Work interface {
	Task
	// Start begins a run and returns the number of chunks.
	Start() (chunks int)
	// Finish ends it, once all chunks are done.
	Finish()
}

// Do does some work.
func (e *Engine) Do(w Work) {
	e.Run(w.Start(), w)
	w.Finish()
}
