// Package sandbox is PostHog's organization API in one process, on SQLite: what
// the demo, the tests and a newcomer run against. It keeps the API's own rules,
// says in its organization's name what it is, and can be told to misbehave.
//
// One request's way through the folder: routes.go finds the action, access.go
// checks who may do it, the resource's file does it inside one transaction,
// wire.go sends the answer. What a request can be refused with is in problems.go.
// Beside the API it plays the authorization server that people sign in at:
// signin.go and the files named after it.
package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options say where a sandbox keeps its data, how it misbehaves, and what time
// it believes it is. The zero value is a well-behaved sandbox in memory.
type Options struct {
	// DataFile is a SQLite file that outlives the process; it is made and
	// filled when it does not exist. Empty keeps everything in memory.
	DataFile string
	// Faults are the misbehaviours to start with; see SetFaults.
	Faults Faults
	// Now is the clock; nil is time.Now. The seeded people signed in, and the
	// seeded activity happened, at fixed distances from the first Now.
	Now func() time.Time
	// SignIn sets up the authorization server.
	SignIn SignIn
}

// Sandbox is the API as an http.Handler. It is safe for concurrent use.
type Sandbox struct {
	options  Options
	routes   []route
	faults   faultBook
	log      requestLog
	throttle throttle
	done     chan struct{} // closed by Close; ends whoever waits

	mu     sync.Mutex
	db     *sql.DB
	closed bool
}

// ErrClosed is what Open answers after Close.
var ErrClosed = errors.New("the sandbox is closed")

// New returns a sandbox and costs nothing: the database is opened and filled by
// the first request, or by Open.
func New(options Options) *Sandbox {
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Sandbox{options: options, routes: routes(), done: make(chan struct{})}
	s.faults.set(options.Faults)
	return s
}

// Open opens the database and fills it when it is new. It is worth calling only
// to learn early that a data file is unusable; calling it again does nothing.
func (s *Sandbox) Open(ctx context.Context) error {
	_, err := s.database(ctx)
	return err
}

// Close closes the database, which forgets what was kept in memory, and ends
// every request that a fault keeps waiting.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// SetFaults replaces all misbehaviours, those still outstanding included.
func (s *Sandbox) SetFaults(faults Faults) { s.faults.set(faults) }

// Requests returns what was asked so far, oldest first: the last 10,000
// requests, those that a fault spoiled or still holds included.
func (s *Sandbox) Requests() []Request { return s.log.all() }

// ForgetRequests empties the list that Requests returns.
func (s *Sandbox) ForgetRequests() { s.log.forget() }

// ServeHTTP answers one request of the API.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, unread := readBody(r)
	entry := s.log.begin(r, body, s.options.Now())
	knobs, fault := s.faults.meet(r)

	if !s.wait(r.Context(), knobs.Latency) || unread != nil && !errors.Is(unread, errBodyTooLong) {
		panic(http.ErrAbortHandler) // the client has left
	}
	if fault != nil && fault.Kind.before() {
		s.misbehave(w, r, entry, *fault)
		return
	}
	answer := s.answer(r, body, knobs, entry)
	entry.finish(answer.status)
	if fault != nil {
		s.spoil(w, r, answer, *fault)
		return
	}
	answer.send(w)
}

// answer does the deed and says what came of it. Whatever the action wrote is
// committed before the answer leaves, or not at all.
func (s *Sandbox) answer(r *http.Request, body []byte, knobs Faults, entry *logEntry) answer {
	// Once begun, a deed is carried through even when the client leaves: it
	// takes less than a millisecond, and an interrupt would cost the connection.
	ctx := context.WithoutCancel(r.Context())
	page, isSignIn := signInPageAt(r.URL.Path)
	found, exists := s.find(r)
	switch {
	case isSignIn && len(body) <= maxBody:
		return s.signIn(ctx, r, body, page)
	case !exists:
		return refusal(notFound)
	case len(body) > maxBody:
		return refusal(parseError.says(errBodyTooLong))
	}
	db, err := s.database(ctx)
	if err != nil {
		slog.ErrorContext(ctx, "sandbox: cannot open the database", "error", err)
		return refusal(serverError)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		slog.ErrorContext(ctx, "sandbox: cannot begin", "error", err)
		return refusal(serverError)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit

	c := &call{
		tx: tx, request: r, body: body, query: r.URL.Query(), now: instantOf(s.options.Now()),
		knobs: knobs, throttle: &s.throttle, match: found,
	}
	reply, err := c.run(ctx)
	entry.owner(c.caller.Email)
	if err == nil {
		err = tx.Commit()
	}
	var refused problem
	switch {
	case err == nil:
		return reply.encode(ctx)
	case errors.As(err, &refused):
		return refusal(refused)
	default:
		slog.ErrorContext(ctx, "sandbox: the action failed", "method", r.Method, "path", entry.request.Path, "error", err)
		return refusal(serverError)
	}
}

// wait sleeps, and reports whether the client was still there at the end.
func (s *Sandbox) wait(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return true
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}
