package explorer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"vaectl/data"
	"vaectl/train"
	"vaectl/train/rundir"
)

// problem is an error that a client is told.
type problem struct {
	status int
	text   string
	hint   string
}

func (p *problem) Error() string { return p.text }

// Hint says what to do about it; it may be empty.
func (p *problem) Hint() string { return p.hint }

// badRequest is what a client must change before it asks again.
func badRequest(hint, format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, text: fmt.Sprintf(format, args...), hint: hint}
}

// problemJSON is an error as answers hold it.
type problemJSON struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

func newProblemJSON(err error) *problemJSON {
	p := problemOf(err)
	return &problemJSON{Error: p.text, Hint: p.hint}
}

// problemOf says what a client is told about an error: the reason for what its
// owner can set right, nothing of what is inside the program.
func problemOf(err error) *problem {
	var own *problem
	if errors.As(err, &own) {
		return own
	}
	known := []struct {
		kind   error
		status int
	}{
		{rundir.ErrNoRun, http.StatusNotFound},
		{rundir.ErrDamaged, http.StatusConflict},
		{train.ErrData, http.StatusConflict},
		{data.ErrMissing, http.StatusConflict},
		{data.ErrDamaged, http.StatusConflict},
		{data.ErrUnknown, http.StatusConflict},
	}
	for _, k := range known {
		if errors.Is(err, k.kind) {
			return &problem{status: k.status, text: err.Error(), hint: hintOf(err)}
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &problem{status: http.StatusServiceUnavailable, text: "the explorer is shutting down or the request was given up"}
	}
	return &problem{status: http.StatusInternalServerError, text: "the explorer failed", hint: "its log says why"}
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// refuse answers with an error.
func (e *Explorer) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status == http.StatusInternalServerError {
		e.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	writeJSON(w, p.status, problemJSON{Error: p.text, Hint: p.hint})
}

// writeJSON writes an answer. A client that is gone has nobody to tell.
func writeJSON(w http.ResponseWriter, status int, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("explorer: answer of type %T: %v", answer, err))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
