package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// ServeStdio serves one client: newline-delimited JSON-RPC from in, answers to
// out, nothing else. It returns nil when in ends, when ctx is done (a signal to
// stop, say), or when the client no longer reads; each time the calls in flight
// are answered first, see Options.DrainTimeout. Any other failure of in or out
// is returned. Several clients may be served at once.
//
// After ctx is done a read from in may still be pending, so the caller either
// exits or closes in.
//
// The protocol itself is the library's, through its HandleMessage. Its own
// stdio transport is not used: at the end of input or at a signal it cancels
// what is in flight, it drops a last line without newline, rounds large ids,
// cannot cancel a call that waits, reads lines of any length, leaves an answer
// that does not marshal unsent, and keeps its session in a package variable.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	surviveBrokenPipes()
	session := newSession(fmt.Sprintf("stdio-%d", s.sessions.Add(1)), s)
	if err := s.mcp.RegisterSession(ctx, session); err != nil {
		return fmt.Errorf("register the client's session: %w", err)
	}
	defer s.mcp.UnregisterSession(ctx, session.SessionID())
	s.connected.Store(session, true)
	defer s.connected.Delete(session)

	// Calls outlive ctx: it says when to stop reading, not when to stop working.
	base, abort := context.WithCancelCause(s.mcp.WithContext(context.WithoutCancel(ctx), session))
	defer abort(nil)
	asked := newQuestions()
	outbox := newOutbox(out, session.ClientNotifications(), asked.lines, session.subscriptions)
	base = context.WithValue(base, logKey{}, newLogListener(outbox.notices, s.redactor))
	c := newConnection(s, base, abort, outbox, asked, session)
	s.log.InfoContext(ctx, "serving", "transport", "stdio", "tools", len(s.names))

	err := c.serve(ctx, in)
	return errors.Join(err, c.drain(ctx))
}

// isGone reports whether err means that the other end of a pipe was closed,
// which is how clients leave.
func isGone(err error) bool {
	return isBrokenPipe(err) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed)
}
