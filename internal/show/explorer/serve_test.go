package explorer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

func TestListen(t *testing.T) {
	first, err := Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	host, port, err := net.SplitHostPort(first.Addr().String())
	if err != nil || host != "127.0.0.1" || port == "0" {
		t.Errorf("without a host it listens at %s", first.Addr())
	}
	for _, c := range []struct {
		addr, says, hint string
		kind             error
	}{
		{first.Addr().String(), "taken", "--addr 127.0.0.1:0", syscall.EADDRINUSE},
		{":" + port, "taken", "--addr 127.0.0.1:0", syscall.EADDRINUSE},
		{"8080", "8080", "127.0.0.1:8080", ErrAddress},
		{"", "HOST:PORT", "127.0.0.1:8080", ErrAddress},
		{"127.0.0.1:http-or-so", "http-or-so", "127.0.0.1:8080", ErrAddress},
		{"127.0.0.1:65536", "65536", "127.0.0.1:8080", ErrAddress},
		{"127.0.0.1:-1", "-1", "127.0.0.1:8080", ErrAddress},
		{"nowhere.invalid:0", "nowhere.invalid", "host of this machine", nil},
	} {
		l, err := Listen(c.addr)
		if err == nil {
			l.Close()
			t.Errorf("%s was accepted", c.addr)
			continue
		}
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(hintOf(err), c.hint) || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v; hint: %s", c.addr, err, hintOf(err))
		}
	}
}

// Open streams do not hold up the end, and a request under way is answered.
func TestServeEndsWithItsContext(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.explorer.Serve(ctx, listener) }()
	base := "http://" + listener.Addr().String()
	stream, err := http.Get(base + "/api/events?run=first")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if _, err := io.ReadFull(stream.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	page, err := http.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	if text := readAll(t, page.Body); page.StatusCode != http.StatusOK || !strings.Contains(string(text), "<!doctype html>") {
		t.Errorf("status %d: %.100s", page.StatusCode, text)
	}
	page.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("somebody still listens")
	}
}

func TestServeReportsAListenerThatFails(t *testing.T) {
	w := newWorld(t, nil)
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := w.explorer.Serve(t.Context(), listener); err == nil {
		t.Error("a closed listener was served")
	}
}
