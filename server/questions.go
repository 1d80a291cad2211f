package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// Why a question has no answer. Any other reason is that of its call's end.
var (
	errNoAnswer  = errors.New("nobody answered in time")
	errNoMore    = errors.New("nobody can answer any more")
	errCannotAsk = errors.New("the client could not ask")
)

// questions are those that one client of the legacy era is asked. A modern one
// gets its questions as results.
type questions struct {
	// declared is what the client said at initialize; nil is that it cannot ask.
	// The library's session would do only as long as no modern request comes:
	// each leaves its own capabilities there.
	declared atomic.Pointer[mcp.ElicitationCapability]
	lines    chan []byte   // to the outbox
	ended    chan struct{} // closed once no answer can come any more

	mu      sync.Mutex
	over    bool // ended is closed
	asked   int  // how many there were, to tell them apart
	waiting map[string]chan message
}

// maxUnsent is how many questions, and withdrawals of some, wait for the client
// to read. Who has more to ask waits as well.
const maxUnsent = 32

// maxOpen is how many questions one client has open at once. Nobody answers more,
// and calls that wait take room that the client's answers need. Beyond it there
// are previews.
const maxOpen = 64

func newQuestions() *questions {
	return &questions{
		lines: make(chan []byte, maxUnsent), ended: make(chan struct{}),
		waiting: map[string]chan message{},
	}
}

// put puts a question to the client and waits for the answer, up to limit. A
// question that is given up is withdrawn. An error is one of those above, or
// the cause of ctx's end.
func (q *questions) put(ctx context.Context, limit time.Duration, params mcp.ElicitationParams) (mcp.ElicitationResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	id, answer, err := q.open()
	if err != nil {
		return mcp.ElicitationResponse{}, err
	}
	if params.Mode == mcp.ElicitationModeURL {
		params.ElicitationID = id
	}
	line, err := json.Marshal(mcp.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(id),
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)}, Params: params,
	})
	if err != nil {
		q.giveUp(id)
		return mcp.ElicitationResponse{}, fmt.Errorf("%w: %w", errCannotAsk, err)
	}
	select {
	case q.lines <- append(line, '\n'):
	case <-ctx.Done():
		q.giveUp(id)
		return mcp.ElicitationResponse{}, context.Cause(ctx)
	case <-q.ended:
		q.giveUp(id)
		return mcp.ElicitationResponse{}, errNoMore
	}
	var why error
	select {
	case m := <-answer:
		return response(m)
	case <-ctx.Done():
		why = context.Cause(ctx)
	case <-q.ended:
		why = errNoMore
	}
	if !q.giveUp(id) {
		return response(<-answer) // which came at the same moment
	}
	q.withdraw(id, why)
	return mcp.ElicitationResponse{}, why
}

// response reads what the client made of a question.
func response(m message) (mcp.ElicitationResponse, error) {
	var read mcp.ElicitationResponse
	if m.result == nil {
		return read, fmt.Errorf("%w: it answered with an error", errCannotAsk)
	}
	if err := json.Unmarshal(m.result, &read); err != nil {
		return read, fmt.Errorf("%w: %w", errCannotAsk, err)
	}
	return read, nil
}

// open notes a new question; a nil channel means that it is too late for any.
func (q *questions) open() (id string, answer <-chan message, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.over:
		return "", nil, errNoMore
	case len(q.waiting) >= maxOpen:
		return "", nil, errCannotAsk
	}
	q.asked++
	id = fmt.Sprintf("%s-ask-%d", Name, q.asked)
	// With room for the one answer, so that who brings it never waits.
	waits := make(chan message, 1)
	q.waiting[id] = waits
	return id, waits, nil
}

// answered hands an answer to whoever waits for it; false means that nobody does.
func (q *questions) answered(m message) bool {
	var id string
	if json.Unmarshal(m.id, &id) != nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	waits, found := q.waiting[id]
	if found {
		delete(q.waiting, id)
		waits <- m
	}
	return found
}

// giveUp waits for an answer no more; false means that it has come.
func (q *questions) giveUp(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, waited := q.waiting[id]
	delete(q.waiting, id)
	return waited
}

// withdraw tells the client that the question is off. One that does not read
// goes without.
func (q *questions) withdraw(id string, why error) {
	line, err := json.Marshal(mcp.JSONRPCNotification{
		JSONRPC: mcp.JSONRPC_VERSION,
		Notification: mcp.Notification{
			Method: string(mcp.MethodNotificationCancelled),
			Params: mcp.NotificationParams{AdditionalFields: map[string]any{"requestId": id, "reason": why.Error()}},
		},
	})
	if err != nil {
		return // Two strings always marshal, and nothing depends on it.
	}
	select {
	case q.lines <- append(line, '\n'):
	default:
	}
}

// end ends the wait for all answers: none can come any more.
func (q *questions) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.over {
		q.over = true
		close(q.ended)
	}
}
