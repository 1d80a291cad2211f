package apiclient

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// flight watches one request on its way: it ends a stage that takes longer than
// its limit, and knows afterwards whether anything may have left.
type flight struct {
	limits Timeouts
	write  bool
	traced bool // the transport is net/http's, which reports all it does
	cancel context.CancelCauseFunc
	total  *time.Timer

	mu        sync.Mutex
	stage     *time.Timer // the limit that runs now, nil when none
	asked     bool        // a connection was asked for
	connected bool        // and the request was given to one
	answered  bool        // an answer began
}

// takeOff starts the clocks and returns the context to send the request with.
// left is what earlier tries have left of the total limit. The context's cause
// tells a limit from the caller's own cancelling. land must be called.
func takeOff(ctx context.Context, limits Timeouts, left time.Duration, write, traced bool) (context.Context, *flight) {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &flight{limits: limits, write: write, traced: traced, cancel: cancel}
	f.total = time.AfterFunc(left, func() { cancel(&TimeoutError{Limit: limitTotal, After: limits.Total}) })
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:              func(string) { f.connecting() },
		GotConn:              func(httptrace.GotConnInfo) { f.gotConnection() },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { f.wrote(info.Err) },
		GotFirstResponseByte: f.gotAnswer,
	}), f
}

// land stops the clocks. It is called when the answer was read, or given up.
func (f *flight) land() {
	f.total.Stop()
	f.gotAnswer()
	f.cancel(context.Canceled)
}

// connecting begins an attempt. net/http begins a second one by itself only if
// the first, on a kept connection, failed; of a write only if nothing at all was
// written there (see newWriteTransport), which makes it unsent again.
func (f *flight) connecting() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = true
	if f.write {
		f.connected = false
	}
	f.answered = false
	f.begin(limitConnect, f.limits.Connect)
}

func (f *flight) gotConnection() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connected = true
	f.end()
}

func (f *flight) wrote(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// An answer may come before the request is wholly written.
	if err == nil && !f.answered {
		f.begin(limitHeader, f.limits.Header)
	}
}

func (f *flight) gotAnswer() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = true
	f.end()
}

// sent reports whether the request may have left. It did not if it was given to
// no connection by a transport that tells.
func (f *flight) sent() Sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.connected && (f.asked || f.traced) {
		return NotSent
	}
	return MaybeSent
}

func (f *flight) begin(limit string, after time.Duration) {
	f.end()
	f.stage = time.AfterFunc(after, func() { f.cancel(&TimeoutError{Limit: limit, After: after}) })
}

func (f *flight) end() {
	if f.stage != nil {
		f.stage.Stop()
		f.stage = nil
	}
}
