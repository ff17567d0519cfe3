// Package explorer shows runs in a browser: one page, embedded in the program,
// and the JSON interface behind it.
//
// An [Explorer] is an http.Handler over a folder of runs. It reads what
// training writes and never writes itself: models are loaded when they are
// asked for, loaded again when a training replaces their checkpoint, and kept
// in a cache of bounded size. Requests compute on one engine; how many do so
// at once is bounded, the others wait or give up with their client.
//
// Answers are JSON; errors are {"error": ..., "hint": ...} with a status in
// the four hundreds for what the client can change. openapi.yaml, served as
// /api/openapi.yaml, says what there is, and the tests hold the handlers to it.
//
// The page and the interface are for the machine they run on. A request must
// name a host the explorer is known by, which keeps out pages that reach for
// it through a name of their own (DNS rebinding), and a request that computes
// must not come from another site.
package explorer
