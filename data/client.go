package data

import (
	"fmt"
	"net"
	"net/http"
)

// maxRedirects bounds how often a mirror may send us elsewhere for one file.
const maxRedirects = 5

// client is o.Client with bounded redirects, or one of our own.
func (o Options) client(t Timeouts) *http.Client {
	var c http.Client
	if o.Client != nil {
		c = *o.Client
	} else {
		c.Transport = newTransport(t)
	}
	if c.CheckRedirect == nil {
		c.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("gave up after %d redirects", maxRedirects)
			}
			return nil
		}
	}
	return &c
}

func newTransport(t Timeouts) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: t.Connect}).DialContext,
		TLSHandshakeTimeout: t.Connect,
		ForceAttemptHTTP2:   true,
	}
}
