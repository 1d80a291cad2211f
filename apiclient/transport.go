package apiclient

import (
	"net"
	"net/http"
	"time"
)

// newReadTransport returns the transport for reads: HTTP/2 where the server has
// it, so that pages fetched side by side share a connection. net/http may send a
// GET again by itself when a kept connection turns out closed; that is harmless.
func newReadTransport(limits Timeouts) *http.Transport {
	transport := newTransport(limits)
	transport.Protocols.SetHTTP2(true)
	// A connection that died while the machine slept is noticed in seconds, not
	// at the first request's timeout.
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	transport.IdleConnTimeout = 90 * time.Second
	return transport
}

// newWriteTransport returns the transport for writes: HTTP/1.1 alone.
//
// net/http repeats requests silently, and a write must never go out twice. Over
// HTTP/2 it repeats any request without a body after REFUSED_STREAM, GOAWAY or
// PROTOCOL_ERROR (http2shouldRetryRequest), the last of which does not say that
// nothing was done: a token rotation has no body. Over HTTP/1.1 it repeats a
// POST, PATCH or DELETE only when not a byte was written to the connection
// (persistConn.shouldRetryRequest, Request.isReplayable), on one condition: no
// Idempotency-Key header, so none may be set here.
func newWriteTransport(limits Timeouts) *http.Transport {
	transport := newTransport(limits)
	// Shorter than the idle time of common load balancers, so that a write does
	// not meet a connection that is just being closed.
	transport.IdleConnTimeout = 30 * time.Second
	return transport
}

// newOnceTransport returns the transport for what must never go out again, not
// even the way that net/http does it. Each request has a connection of its own:
// on a fresh one net/http repeats nothing (persistConn.shouldRetryRequest), and no
// server is about to close it as idle, which would leave the outcome unknown.
func newOnceTransport(limits Timeouts) *http.Transport {
	transport := newTransport(limits)
	transport.DisableKeepAlives = true
	return transport
}

// newTransport returns what all have in common. It costs nothing until used.
func newTransport(limits Timeouts) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	// The stages of a request are timed in flight.go, which can say which limit
	// passed. These ends are for what net/http goes on with after a request was
	// given up, so they come later.
	background := 2 * limits.Connect
	dialer := &net.Dialer{Timeout: background, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		Protocols:              protocols,
		TLSHandshakeTimeout:    background,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    16,
		MaxResponseHeaderBytes: 256 << 10,
	}
}
