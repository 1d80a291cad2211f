package server

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/visible"
)

// outbox writes lines to the client, one at a time, from one goroutine.
type outbox struct {
	out           io.Writer
	notifications <-chan mcp.JSONRPCNotification
	questions     <-chan []byte // lines that the connection's calls ask the client
	subscriptions *subscriptions
	notices       notices // what tells the client of its requests
	lines         chan outgoing
	stop          chan struct{} // closed by the connection: all lines were sent
	stopped       chan struct{} // closed by run at its end
	failed        chan struct{} // closed when a write failed
	err           error         // of that write; read it after failed
}

// outgoing is a line, and what to do once it is written, or known to be
// undeliverable.
type outgoing struct {
	line []byte
	done func()
}

func newOutbox(out io.Writer, notifications <-chan mcp.JSONRPCNotification, questions <-chan []byte, subscribed *subscriptions) *outbox {
	o := &outbox{
		out: out, notifications: notifications, questions: questions, subscriptions: subscribed, notices: newNotices(),
		// Each message is answered once, so sending never blocks: a client that
		// writes without reading must not keep us from noticing the end.
		lines: make(chan outgoing, maxMessages),
		stop:  make(chan struct{}), stopped: make(chan struct{}), failed: make(chan struct{}),
	}
	go o.run()
	return o
}

// send hands over a line and returns at once.
func (o *outbox) send(line []byte, done func()) { o.lines <- outgoing{line, done} }

func (o *outbox) run() {
	defer close(o.stopped)
	for {
		select {
		case notification := <-o.notifications:
			o.notify(notification)
		case line := <-o.questions:
			o.write(line)
		case <-o.subscriptions.wake:
			o.tell()
		case line := <-o.notices:
			o.write(line)
		case next := <-o.lines:
			o.flush() // what a call announced or withdrew goes out before its answer
			o.write(next.line)
			next.done()
		case <-o.stop:
			o.flush()
			return
		}
	}
}

// flush writes the notifications, questions, notices and news that wait.
func (o *outbox) flush() {
	for {
		select {
		case notification := <-o.notifications:
			o.notify(notification)
		case line := <-o.questions:
			o.write(line)
		default:
			o.tell()
			// Those that come meanwhile are about other requests, and answers must
			// not wait for them without end.
			for range len(o.notices) {
				o.write(<-o.notices)
			}
			return
		}
	}
}

// tell writes what subscribers are yet to be told.
func (o *outbox) tell() {
	for _, notice := range o.subscriptions.take() {
		o.notify(notice)
	}
}

func (o *outbox) notify(notification mcp.JSONRPCNotification) {
	// One that does not marshal is a bug of its sender; no client waits for it.
	if data, err := json.Marshal(notification); err == nil {
		o.write(append(data, '\n'))
	}
}

// write writes a whole line at once. After a failure nothing is written any
// more: the rest of a cut line would garble the next.
func (o *outbox) write(line []byte) {
	if o.err != nil {
		return
	}
	// Names are other people's text, and so are the words of a client.
	if _, err := o.out.Write(visible.JSON(line)); err != nil {
		o.err = fmt.Errorf("write to the client: %w", err)
		close(o.failed)
	}
}

// failure is why writing failed. A client that closed its end has left, which
// is no failure.
func (o *outbox) failure() error {
	select {
	case <-o.failed:
		if isGone(o.err) {
			return nil
		}
		return o.err
	default:
		return nil
	}
}
