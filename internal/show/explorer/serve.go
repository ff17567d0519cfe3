package explorer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// ErrAddress: an address is not HOST:PORT.
var ErrAddress = errors.New("not an address")

// Listen opens the address the explorer is to be served at. One without a host
// is on this machine only. An address that is taken is an error whose Hint
// names a way out; one that cannot be is [ErrAddress].
func Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return nil, &addressError{text: fmt.Sprintf("address %q is not HOST:PORT with a port up to 65535", addr), hint: "give one such as 127.0.0.1:8080", err: ErrAddress}
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	free := "--addr " + net.JoinHostPort(host, "0") + " picks a free one"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &addressError{text: fmt.Sprintf("port %s of %s is taken", port, host), hint: free, err: err}
	case errors.Is(err, syscall.EACCES):
		return nil, &addressError{text: fmt.Sprintf("port %s of %s is not for everybody", port, host), hint: "choose a port above 1023; " + free, err: err}
	case err != nil:
		return nil, &addressError{text: fmt.Sprintf("address %s: %v", addr, err), hint: "name a host of this machine, such as 127.0.0.1", err: err}
	}
	return listener, nil
}

// addressError is an address that cannot be listened on.
type addressError struct {
	text, hint string
	err        error
}

func (a *addressError) Error() string { return a.text }
func (a *addressError) Unwrap() error { return a.err }

// Hint says what to do about it.
func (a *addressError) Hint() string { return a.hint }

// How long clients may take, and how long requests under way may go on once
// the explorer is to end.
const (
	headerWithin = 5 * time.Second
	bodyWithin   = 30 * time.Second
	idleFor      = 2 * time.Minute
	endWithin    = 3 * time.Second
	maxHeader    = 32 << 10
)

// Serve answers requests until the context ends, lets those under way finish
// for a few seconds, and closes the listener and the explorer.
func (e *Explorer) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           e,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       bodyWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(e.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		e.Close()
		return fmt.Errorf("explorer at %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	// Streams have no end of their own.
	e.close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	err := server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	e.Close()
	if err != nil {
		return fmt.Errorf("explorer at %s: %w", listener.Addr(), err)
	}
	return nil
}
