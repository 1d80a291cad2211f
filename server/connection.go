package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"golang.org/x/sync/semaphore"
)

// maxWaiting bounds, in bytes, the messages that are read and not yet answered;
// each counts for its length and messageCost more, so there are never more than
// maxMessages. Beyond it the client's pipe fills until some are answered.
const (
	maxWaiting  = 64 << 20
	messageCost = 16 << 10
	maxMessages = maxWaiting / messageCost
)

// longestDrain is how long a client may go on getting answers after it has
// closed its end. Whoever pipes a file of calls into the server wants them all.
const longestDrain = time.Minute

// lastWords is how long cancelled calls get to say so.
const lastWords = time.Second

// The causes with which a request's context ends.
var (
	errCancelled = errors.New("cancelled by the client")
	errStopping  = errors.New("the server was told to stop")
	errLeft      = errors.New("the client left")
)

// connection is one client: what it sent, what is in flight, what goes back.
type connection struct {
	server *Server
	base   context.Context         // of every request; abort ends them all
	abort  context.CancelCauseFunc // of base
	outbox *outbox
	asked  *questions          // of the client, by the calls that run
	room   *semaphore.Weighted // of maxWaiting
	slots  chan struct{}       // as many as tool calls and reads run at once

	session      *session
	listening    context.Context    // ends when no subscription is to go on
	endListening context.CancelFunc // of listening

	requests sync.WaitGroup // read, and not yet answered
	answered atomic.Int64   // how many were

	mu       sync.Mutex
	inFlight map[string]context.CancelCauseFunc // by idKey
}

func newConnection(s *Server, base context.Context, abort context.CancelCauseFunc, out *outbox, asked *questions, client *session) *connection {
	listening, endListening := context.WithCancel(base)
	return &connection{
		session: client, listening: listening, endListening: endListening,
		server: s, abort: abort, outbox: out, asked: asked,
		base:     context.WithValue(base, questionsKey{}, asked),
		room:     semaphore.NewWeighted(maxWaiting),
		slots:    make(chan struct{}, s.workers),
		inFlight: map[string]context.CancelCauseFunc{},
	}
}

// received is a line, or why there is none.
type received struct {
	line []byte
	err  error
	cost int64 // of room
}

// serve takes messages until in ends, ctx is done, or the client no longer
// reads. From then on nobody waits for a person, whose answer would not be read.
// Only what in reports besides its end is an error.
func (c *connection) serve(ctx context.Context, in io.Reader) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	defer c.asked.end()
	lines := make(chan received)
	go c.read(reading, in, lines)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.outbox.failed:
			return nil
		case next, more := <-lines:
			switch {
			case !more:
				return nil
			case next.err != nil && !errors.Is(next.err, errLineTooLong):
				return fmt.Errorf("read from the client: %w", next.err)
			}
			c.accept(next)
		}
	}
}

// read reads until the input ends or ctx is done, and closes lines.
func (c *connection) read(ctx context.Context, in io.Reader, lines chan<- received) {
	defer close(lines)
	reader := newLineReader(in, maxLine)
	for {
		line, err := reader.next()
		if errors.Is(err, io.EOF) || err != nil && isGone(err) {
			return
		}
		next := received{line: line, err: err, cost: int64(len(line) + messageCost)}
		if c.room.Acquire(ctx, next.cost) != nil {
			return
		}
		select {
		case lines <- next:
		case <-ctx.Done():
			return
		}
		if err != nil && !errors.Is(err, errLineTooLong) {
			return
		}
	}
}

// accept sees that one line gets its answer, if it is to have one.
func (c *connection) accept(next received) {
	c.requests.Add(1)
	done := func() {
		c.room.Release(next.cost)
		c.answered.Add(1)
		c.requests.Done()
	}
	if next.err != nil {
		tooLong := refusal{code: mcp.INVALID_REQUEST, text: fmt.Sprintf("The message was dropped: it is longer than %d bytes.", maxLine)}
		c.outbox.send(tooLong.frame(), done)
		return
	}
	m, refused := parse(next.line)
	switch {
	case refused != nil:
		refused.text = c.server.redactor.Text(refused.text)
		c.outbox.send(refused.frame(), done)
	case m.isAnswer():
		if !c.asked.answered(m) {
			c.server.log.DebugContext(c.base, "the client answered what nobody asks")
		}
		done()
	case m.isNotification():
		c.notified(m)
		done()
	case m.isInitialize(), m.setsLogLevel():
		// What follows in the pipe relies on it, so it is not overtaken.
		c.outbox.send(c.server.dispatch(c.base, m), done)
	default:
		c.start(m, done)
	}
}

// notified handles a notification; nothing is ever answered to one.
func (c *connection) notified(m message) {
	if m.method != string(mcp.MethodNotificationCancelled) {
		c.server.notify(c.base, m)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, found := c.inFlight[idKey(m.cancels())]; found {
		cancel(errCancelled)
	}
}

// start runs a request beside the others and has it answered, unless the client
// cancels it first, running or waiting.
func (c *connection) start(m message, done func()) {
	ctx, cancel := context.WithCancelCause(c.base)
	if !c.enter(m.id, cancel) {
		cancel(nil)
		// Under null: an error under the id itself would be taken for the
		// outcome of the call that goes on.
		taken := refusal{code: mcp.INVALID_REQUEST, text: fmt.Sprintf("The id %s is that of a request still in flight; the second one was dropped.", quoted(string(m.id)))}
		c.outbox.send(taken.frame(), done)
		return
	}
	go func() {
		defer cancel(nil)
		answer := c.run(ctx, m)
		c.leave(m.id)
		if errors.Is(context.Cause(ctx), errCancelled) {
			done()
			return
		}
		c.outbox.send(answer, done)
	}()
}

// run answers a request. A tool call and a read wait for a slot; once the context
// ends they go on without one, for then they are only told so.
func (c *connection) run(ctx context.Context, m message) []byte {
	if m.isListen() {
		return c.listen(ctx, m)
	}
	if m.isToolCall() || m.isRead() {
		t := &turn{slots: c.slots, base: c.base}
		defer t.leave()
		if t.take(ctx) != nil && ctx.Err() == nil {
			ctx = c.base // which has ended, as ctx is about to
		}
		ctx = context.WithValue(ctx, turnKey{}, t)
	}
	ctx, end, refused := c.attend(ctx, m)
	if refused != nil {
		return refused.frame()
	}
	defer end()
	return c.server.dispatch(ctx, m)
}

// enter notes a request in flight; false means that its id is taken.
func (c *connection) enter(id json.RawMessage, cancel context.CancelCauseFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := idKey(id)
	if _, taken := c.inFlight[key]; taken {
		return false
	}
	c.inFlight[key] = cancel
	return true
}

func (c *connection) leave(id json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inFlight, idKey(id))
}

// drain lets what is in flight come to its end, and has all of it answered.
// After the end of input it is patient as long as answers keep coming, up to
// longestDrain; once ctx is done it is not. What takes longer is cancelled, and
// all of it is as soon as the client reads no answers any more; a write that
// has begun is carried through even so. The error is that of writing, unless
// the client had just left.
func (c *connection) drain(ctx context.Context) error {
	c.endListening()
	answered := make(chan struct{})
	go func() {
		c.requests.Wait()
		close(answered)
	}()
	stopped, failed := ctx.Done(), c.outbox.failed
	patience, patient := time.NewTimer(c.server.drain), true
	defer patience.Stop()
	latest, before := time.Now().Add(longestDrain), c.answered.Load()
	for waiting := true; waiting; {
		select {
		case <-answered:
			waiting = false
		case <-failed:
			failed = nil
			c.abort(errLeft)
		case <-stopped:
			stopped, patient = nil, false
			patience.Reset(c.server.drain)
		case <-patience.C:
			if now := c.answered.Load(); patient && now > before && time.Now().Before(latest) {
				before = now
				patience.Reset(c.server.drain)
				continue
			}
			waiting = false
			c.server.log.WarnContext(c.base, "calls in flight are cancelled: they take too long")
			c.abort(errStopping)
			within(lastWords, answered)
		}
	}
	close(c.outbox.stop)
	within(lastWords, c.outbox.stopped)
	return c.outbox.failure()
}

// within waits for done, but no longer than timeout.
func within(timeout time.Duration, done <-chan struct{}) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
