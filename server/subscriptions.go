package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/resources"
	"posthog-org-mcp/tools"
)

// What one client may be subscribed to.
const (
	maxSubscriptions = 1000
	maxAddress       = 2000 // bytes of one address
)

// subscriptions are what one client wants to hear of, and what it is yet to be
// told. An address that changes again before the client was told is told once.
type subscriptions struct {
	isResource func(uri string) bool
	legacy     *stream
	wake       chan struct{} // has a token when something is to be told

	mu      sync.Mutex
	streams map[*stream]bool // those that are open
	count   int              // of addresses, over all streams
	untold  []news
}

// stream is what was subscribed to together: all of a legacy client's, or one
// subscriptions/listen. The lock is the subscriptions'.
type stream struct {
	id   json.RawMessage // of the request; nil for a legacy client
	uris map[string]bool
}

// news is one thing to tell: an address that changed, or a notification that is
// ready.
type news struct {
	stream *stream
	uri    string
	notice *mcp.JSONRPCNotification
}

func newSubscriptions(isResource func(uri string) bool) *subscriptions {
	s := &subscriptions{
		isResource: isResource, legacy: &stream{},
		wake: make(chan struct{}, 1), streams: map[*stream]bool{},
	}
	s.streams[s.legacy] = true
	return s
}

// open tells of a stream's acknowledgement, and from then on of what changes.
func (s *subscriptions) open(stream *stream, acknowledgement mcp.JSONRPCNotification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The library reads ids as floating-point numbers, and rounds large ones.
	acknowledgement.Params.Meta = subscriptionID(stream)
	s.streams[stream] = true
	s.tell(news{stream: stream, notice: &acknowledgement})
}

// close ends a stream: nothing is told of it any more but that it had begun.
func (s *subscriptions) close(stream *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, stream)
	s.count -= len(stream.uris)
	stream.uris = nil
	s.untold = slices.DeleteFunc(s.untold, func(n news) bool { return n.stream == stream && n.notice == nil })
}

// unsubscribable is why an address is not subscribed to, in a sentence.
type unsubscribable string

func (u unsubscribable) Error() string { return string(u) }

func (s *subscriptions) add(stream *stream, uri string) error {
	if len(uri) > maxAddress {
		return unsubscribable("The address is too long to be that of a resource.")
	}
	if !s.isResource(uri) {
		return unsubscribable(noResource(uri))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case stream.uris[uri]:
		return nil
	case s.count >= maxSubscriptions:
		return unsubscribable(fmt.Sprintf("There are %d subscriptions already. End some of them first.", maxSubscriptions))
	}
	if stream.uris == nil {
		stream.uris = map[string]bool{}
	}
	stream.uris[uri] = true
	s.count++
	return nil
}

func (s *subscriptions) remove(stream *stream, uri string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stream.uris[uri] {
		delete(stream.uris, uri)
		s.count--
		s.untold = slices.DeleteFunc(s.untold, func(n news) bool { return n.stream == stream && n.uri == uri })
	}
}

func (s *subscriptions) of(stream *stream) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(stream.uris))
}

func (s *subscriptions) has(stream *stream, uri string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return stream.uris[uri]
}

// changed notes what is to be told of one change.
func (s *subscriptions) changed(isTouched func(uri string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for stream := range s.streams {
		for _, uri := range slices.Sorted(maps.Keys(stream.uris)) {
			if isTouched(uri) && !slices.ContainsFunc(s.untold, func(n news) bool { return n.stream == stream && n.uri == uri }) {
				s.tell(news{stream: stream, uri: uri})
			}
		}
	}
}

// tell has the outbox woken. The lock is held.
func (s *subscriptions) tell(n news) {
	s.untold = append(s.untold, n)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns the notifications that are to be sent now.
func (s *subscriptions) take() []mcp.JSONRPCNotification {
	s.mu.Lock()
	defer s.mu.Unlock()
	notices := make([]mcp.JSONRPCNotification, 0, len(s.untold))
	for _, n := range s.untold {
		if n.notice != nil {
			notices = append(notices, *n.notice)
			continue
		}
		notices = append(notices, mcp.JSONRPCNotification{
			JSONRPC: mcp.JSONRPC_VERSION,
			Notification: mcp.Notification{
				Method: mcp.MethodNotificationResourceUpdated,
				Params: mcp.NotificationParams{Meta: subscriptionID(n.stream), AdditionalFields: map[string]any{"uri": n.uri}},
			},
		})
	}
	s.untold = nil
	return notices
}

// subscriptionID is what tells a modern client which of its streams is meant.
func subscriptionID(stream *stream) map[string]any {
	if stream.id == nil {
		return nil
	}
	return map[string]any{mcp.MetaKeySubscriptionID: stream.id}
}

// watch has clients told of what each of our writes changes, and drops what was
// read before it to complete from.
func (s *Server) watch(env tools.Environment) {
	if env.Executor == nil {
		return
	}
	env.Executor.Watch(func(outcome changes.Outcome) {
		s.completer.Forget()
		s.connected.Range(func(key, _ any) bool {
			if client, isSession := key.(*session); isSession {
				client.subscriptions.changed(func(uri string) bool { return resources.Touches(env, outcome, s.resources, uri) })
			}
			return true
		})
	})
}
