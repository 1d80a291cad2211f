package holder

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sourcegraph/conc/panics"

	"posthog-org-mcp/apiclient"
)

// errSlow is a read that takes longer than its caller can wait.
var errSlow = errors.New("the answer takes too long")

// errBug is a read that ended with a panic.
var errBug = errors.New("reading it failed because of a bug")

// known is one thing that is read when it is first needed, and shared.
type known[T any] struct {
	read func(context.Context) (T, error)

	mu      sync.Mutex
	kept    reading[T] // an answer, or a refusal; neither passes by itself
	failure reading[T] // the last failure that may pass
	flight  *flight[T] // the read under way; nil: none
}

// reading is what a read came to. The zero reading is none.
type reading[T any] struct {
	value T
	err   error
	at    time.Time
}

// flight is a read under way. What it comes to is there once done is closed.
type flight[T any] struct {
	reading[T]
	began time.Time
	done  chan struct{}
}

// demand is how a caller wants to know.
type demand struct {
	// patience is how long after its beginning a read may end; zero: as long as
	// it takes. A read that has gone on for longer holds nobody up.
	patience time.Duration
	// maxAge is how old the answer may be; zero: as old as may be.
	maxAge time.Duration
	// insist asks again even right after a failure.
	insist bool
}

// get returns what is known, or reads it. Several callers share one read, and
// none of them can spoil it for the others by leaving.
func (k *known[T]) get(ctx context.Context, d demand) (T, error) {
	found, flight := k.lookUp(ctx, d)
	if flight == nil {
		return found.value, found.err
	}
	var none T
	var late <-chan time.Time
	if d.patience > 0 {
		timer := time.NewTimer(d.patience - time.Since(flight.began))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-flight.done:
		return flight.value, flight.err
	case <-late:
		return none, errSlow
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// lookUp returns what is known already, or else a read to wait for.
func (k *known[T]) lookUp(ctx context.Context, d demand) (reading[T], *flight[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case !k.kept.at.IsZero() && (d.maxAge == 0 || time.Since(k.kept.at) <= d.maxAge):
		return k.kept, nil
	case k.flight != nil:
		return reading[T]{}, k.flight
	case !d.insist && !k.failure.at.IsZero() && time.Since(k.failure.at) < pause:
		return k.failure, nil
	}
	k.flight = &flight[T]{began: time.Now(), done: make(chan struct{})}
	go k.fly(context.WithoutCancel(ctx), k.flight)
	return reading[T]{}, k.flight
}

// fly makes the read, and keeps what does not pass.
func (k *known[T]) fly(ctx context.Context, f *flight[T]) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	// A panic here would end the process, for no other goroutine sees it.
	if bug := panics.Try(func() { f.value, f.err = k.read(ctx) }); bug != nil {
		f.err = errBug
	}
	f.at = time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if f.err == nil || isRefusal(f.err) {
		k.kept, k.failure = f.reading, reading[T]{}
	} else {
		k.failure = f.reading
	}
	k.flight = nil
	close(f.done)
}

// last returns what is kept, whatever its age.
func (k *known[T]) last() (reading[T], bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept, !k.kept.at.IsZero()
}

// isRefusal reports whether asking again will end the same.
func isRefusal(err error) bool {
	return errors.Is(err, apiclient.ErrUnauthorized) || errors.Is(err, apiclient.ErrForbidden) || errors.Is(err, apiclient.ErrNotFound)
}
