package explorer

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hosts are the names under which the explorer answers.
type hosts struct {
	names map[string]bool
	// anyAddress lets in every address in digits. A page cannot make a browser
	// call its own site an address, so rebinding a name does not get here.
	anyAddress bool
}

// newHosts are the names of this machine for itself and the host of addr. An
// address that stands for all of the machine's lets in all in digits.
func newHosts(addr string) hosts {
	h := hosts{names: map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}}
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return h
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		h.anyAddress = true
		return h
	}
	h.names[strings.ToLower(host)] = true
	return h
}

// known says whether a request's Host header names the explorer.
func (h hosts) known(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(header, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	host = strings.ToLower(host)
	if h.names[host] {
		return true
	}
	_, err := netip.ParseAddr(host)
	return h.anyAddress && err == nil
}

// contentPolicy allows what the page is made of and nothing else: its own
// files, and pictures that its own code made.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard refuses strangers and sets the headers of every answer.
func (e *Explorer) guard(next http.Handler) http.Handler {
	sites := http.NewCrossOriginProtection()
	sites.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.refuse(w, r, &problem{
			status: http.StatusForbidden,
			text:   fmt.Sprintf("a request from another site: origin %q", r.Header.Get("Origin")),
			hint:   "open the explorer's own page",
		})
	}))
	inner := sites.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !e.hosts.known(r.Host):
			e.refuse(w, r, &problem{
				status: http.StatusMisdirectedRequest,
				text:   fmt.Sprintf("host %q is not one the explorer is known by", r.Host),
				hint:   "open it as http://127.0.0.1 or http://localhost with its port, or give the name with --addr",
			})
		case e.ctx.Err() != nil:
			e.refuse(w, r, &problem{status: http.StatusServiceUnavailable, text: "the explorer is shutting down"})
		default:
			inner.ServeHTTP(w, r)
		}
	})
}
