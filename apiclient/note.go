package apiclient

import (
	"context"
	"sync"
)

// RequestNote is what became of the requests that went out under one context. It
// is safe for concurrent use.
type RequestNote struct {
	mu        sync.Mutex
	requestID string
	tries     int
}

// WithRequestNote returns a context whose requests are noted, and the note. A note
// within another takes its place.
func WithRequestNote(ctx context.Context) (context.Context, *RequestNote) {
	note := new(RequestNote)
	return context.WithValue(ctx, noteKey{}, note), note
}

type noteKey struct{}

// noteOf returns the note of a context; nil, which notes nothing, without one.
func noteOf(ctx context.Context) *RequestNote {
	note, _ := ctx.Value(noteKey{}).(*RequestNote)
	return note
}

// RequestID returns the server's name for the last request that was answered,
// by success or refusal. It is empty when there was no answer, or none with a
// name. It is masked and cut to 100 characters, as everything from outside.
func (n *RequestNote) RequestID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requestID
}

// Tries returns how many tries were made. One that found no connection counts.
func (n *RequestNote) Tries() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.tries
}

func (n *RequestNote) tried() {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tries++
}

func (n *RequestNote) answered(requestID string) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requestID = requestID
}
