package server

import (
	"context"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// session is one client as the protocol library knows it. The library's own
// keeps neither the version that was agreed on nor what was subscribed to.
type session struct {
	*mcpserver.InProcessSession
	version       atomic.Pointer[string]
	subscriptions *subscriptions
}

func newSession(id string, s *Server) *session {
	return &session{
		InProcessSession: mcpserver.NewInProcessSession(id, nil),
		subscriptions:    newSubscriptions(s.isResource),
	}
}

// The library looks for these methods, and answers out of them.
var (
	_ mcpserver.SessionWithProtocolVersion          = (*session)(nil)
	_ mcpserver.SessionWithResourceSubscriptionsErr = (*session)(nil)
	_ mcpserver.SessionWithResourceSubscriptionsErr = (*listener)(nil)
)

// SetProtocolVersion keeps the version that initialize has agreed on.
func (s *session) SetProtocolVersion(version string) { s.version.Store(&version) }

// ProtocolVersion is that version; empty before initialize.
func (s *session) ProtocolVersion() string {
	if version := s.version.Load(); version != nil {
		return *version
	}
	return ""
}

// The subscriptions of a legacy client are the session's own.

func (s *session) SubscribeToResource(uri string) { _ = s.SubscribeToResourceErr(uri) }
func (s *session) SubscribeToResourceErr(uri string) error {
	return s.subscriptions.add(s.subscriptions.legacy, uri)
}
func (s *session) UnsubscribeFromResource(uri string) {
	s.subscriptions.remove(s.subscriptions.legacy, uri)
}
func (s *session) SubscribedResources() []string {
	return s.subscriptions.of(s.subscriptions.legacy)
}
func (s *session) IsSubscribedToResource(uri string) bool {
	return s.subscriptions.has(s.subscriptions.legacy, uri)
}

// listener is the session as one subscriptions/listen of a modern client sees
// it: what it subscribes to is its own, and ends with it.
type listener struct {
	*session
	stream   *stream
	exchange *exchange
	// acknowledged gets the one notification that the library sends by itself.
	acknowledged chan mcp.JSONRPCNotification
}

func (l *listener) NotificationChannel() chan<- mcp.JSONRPCNotification { return l.acknowledged }

func (l *listener) SubscribeToResource(uri string) { _ = l.SubscribeToResourceErr(uri) }
func (l *listener) SubscribeToResourceErr(uri string) error {
	err := l.subscriptions.add(l.stream, uri)
	if err != nil {
		// The library puts words of its own before those of an error.
		l.exchange.refused = &refusal{code: mcp.INVALID_PARAMS, text: err.Error()}
	}
	return err
}
func (l *listener) UnsubscribeFromResource(uri string)     { l.subscriptions.remove(l.stream, uri) }
func (l *listener) SubscribedResources() []string          { return l.subscriptions.of(l.stream) }
func (l *listener) IsSubscribedToResource(uri string) bool { return l.subscriptions.has(l.stream, uri) }

// listen answers a subscriptions/listen, which goes on until the client cancels
// it or we stop: then it is answered. The acknowledgement comes first on its
// stream, whatever changes meanwhile.
func (c *connection) listen(ctx context.Context, m message) []byte {
	subscriptions := c.session.subscriptions
	l := &listener{
		session: c.session, stream: &stream{id: m.id}, exchange: &exchange{},
		acknowledged: make(chan mcp.JSONRPCNotification, 1),
	}
	over, forwarded := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(forwarded)
		select {
		case notice := <-l.acknowledged:
			subscriptions.open(l.stream, notice)
		case <-over:
			select {
			case notice := <-l.acknowledged:
				subscriptions.open(l.stream, notice)
			default:
			}
		}
	}()
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, exchangeKey{}, l.exchange))
	defer cancel(nil)
	defer context.AfterFunc(c.listening, func() { cancel(errStopping) })()
	answer := c.server.dispatch(c.server.mcp.WithContext(ctx, l), m)
	close(over)
	<-forwarded
	subscriptions.close(l.stream)
	return answer
}
