package harness

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ErrGone means that the server closed its stdout before it answered.
var ErrGone = errors.New("the server left without an answer")

// ErrNoAnswer means that the deadline passed.
var ErrNoAnswer = errors.New("no answer in time")

// Pending is a request that has been sent and may not have been answered yet.
type Pending struct {
	ID     int
	Method string

	session *Session
	sent    time.Time
	frame   chan Frame    // one answer
	gone    chan struct{} // closed when none can come
	answer  *Frame        // once taken; a Pending belongs to one goroutine
}

// Begin sends a request and returns at once.
func (s *Session) Begin(method string, params any) *Pending {
	s.tb.Helper()
	encoded := s.params(params)
	s.mu.Lock()
	s.nextID++
	p := &Pending{
		ID: s.nextID, Method: method, session: s, sent: time.Now(),
		frame: make(chan Frame, 1), gone: make(chan struct{}),
	}
	id := strconv.Itoa(p.ID)
	if s.over {
		close(p.gone)
	} else {
		s.pending[id] = p // before it is sent: the answer may be quick
	}
	s.mu.Unlock()
	if err := s.send(json.RawMessage(id), method, encoded); err != nil {
		s.tb.Fatalf("harness: send %s: %v (%s)", method, err, s.state())
	}
	return p
}

// BeginCall sends a tool call and returns at once.
func (s *Session) BeginCall(tool string, args any) *Pending {
	s.tb.Helper()
	return s.Begin("tools/call", toolCall(tool, args))
}

func toolCall(tool string, args any) map[string]any {
	params := map[string]any{"name": tool}
	if args != nil {
		params["arguments"] = args
	}
	return params
}

// Wait returns the answer: a result or an error of the protocol. No answer
// fails the test.
func (p *Pending) Wait() (json.RawMessage, *RPCError) {
	p.session.tb.Helper()
	result, failure, err := p.TryWait()
	if err != nil {
		p.session.tb.Fatalf("harness: %s (id %d): %v (%s)", p.Method, p.ID, err, p.session.state())
	}
	return result, failure
}

// TryWait is Wait for a test that expects that there may be no answer; the
// error is then ErrGone or ErrNoAnswer.
func (p *Pending) TryWait() (json.RawMessage, *RPCError, error) {
	if p.answer == nil {
		deadline := time.NewTimer(p.session.options.Timeout)
		defer deadline.Stop()
		select {
		case frame := <-p.frame:
			p.answer = &frame
		case <-p.gone:
			select { // an answer that came just before the end counts
			case frame := <-p.frame:
				p.answer = &frame
			default:
				return nil, nil, ErrGone
			}
		case <-deadline.C:
			return nil, nil, ErrNoAnswer
		}
	}
	return p.answer.Result, p.answer.Error, nil
}

// Result waits and reads the answer as a tool's. A protocol error fails the
// test.
func (p *Pending) Result() Result {
	p.session.tb.Helper()
	raw, failure := p.Wait()
	if failure != nil {
		p.session.tb.Fatalf("harness: %s (id %d) was refused: %v", p.Method, p.ID, failure)
	}
	return toolResult(p.session.tb, raw)
}

// Cancel tells the server that nobody wants the answer any more. Whether one
// still comes is the server's choice; either is well.
func (p *Pending) Cancel() {
	p.session.tb.Helper()
	p.session.Notify("notifications/cancelled", map[string]any{"requestId": p.ID, "reason": "the test cancelled it"})
}

// Request sends a request and waits for its answer.
func (s *Session) Request(method string, params any) (json.RawMessage, *RPCError) {
	s.tb.Helper()
	return s.Begin(method, params).Wait()
}

func (s *Session) mustRequest(method string, params any) json.RawMessage {
	s.tb.Helper()
	result, failure := s.Request(method, params)
	if failure != nil {
		s.tb.Fatalf("harness: %s was refused: %v", method, failure)
	}
	return result
}

// Result is what a tool answered.
type Result struct {
	IsError    bool
	Text       string          // all text parts, one after the other
	Structured json.RawMessage // nil when the tool gave none
	Raw        json.RawMessage // the whole result
}

// Decode reads the structured answer into v, or the text when there is no
// structured one, as in errors. What cannot be read fails the test.
func (r Result) Decode(tb testing.TB, v any) {
	tb.Helper()
	data := []byte(r.Structured)
	if data == nil {
		data = []byte(r.Text)
	}
	if err := json.Unmarshal(data, v); err != nil {
		tb.Fatalf("harness: decode the result %s: %v", cut(r.Raw, 500), err)
	}
}

func toolResult(tb testing.TB, raw json.RawMessage) Result {
	tb.Helper()
	var parts struct {
		IsError bool `json:"isError"`
		Content []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
	}
	decode(tb, raw, &parts)
	var text strings.Builder
	for _, part := range parts.Content {
		if part.Type == "text" {
			text.WriteString(part.Text)
		}
	}
	return Result{IsError: parts.IsError, Text: text.String(), Structured: parts.Structured, Raw: raw}
}

// maxRounds bounds how often a server may ask before it answers.
const maxRounds = 10

// Call calls a tool and waits for its result. When a modern server asks for
// input first, the session's Answerer gives it and the call is sent again, as
// a client does.
func (s *Session) Call(tool string, args any) Result {
	s.tb.Helper()
	params := toolCall(tool, args)
	for range maxRounds {
		result := s.Begin("tools/call", params).Result()
		var needs struct {
			ResultType    string                     `json:"resultType"`
			RequestState  string                     `json:"requestState"`
			InputRequests map[string]json.RawMessage `json:"inputRequests"`
		}
		decode(s.tb, result.Raw, &needs)
		if needs.ResultType != "input_required" {
			return result
		}
		params["requestState"] = needs.RequestState
		params["inputResponses"] = s.inputs(needs.InputRequests)
	}
	s.tb.Fatalf("harness: %s asked for input %d times", tool, maxRounds)
	return Result{}
}

// inputs answers what a modern server asks for in its result.
func (s *Session) inputs(requests map[string]json.RawMessage) map[string]any {
	s.tb.Helper()
	responses := map[string]any{}
	for key, raw := range requests {
		var request struct {
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
		}
		decode(s.tb, raw, &request)
		response, failure := s.ask(Frame{Method: request.Method, Params: request.Params, Raw: raw})
		if failure != nil {
			s.tb.Fatalf("harness: the test refused %s: %v", request.Method, failure)
		}
		responses[key] = response
	}
	return responses
}

// Tool is one entry of the tool list.
type Tool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Description  string          `json:"description"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema"`
	Annotations  Annotations     `json:"annotations"`
	Raw          json.RawMessage `json:"-"`
}

// Annotations are a tool's hints; nil is one that was not given.
type Annotations struct {
	Title       string `json:"title"`
	ReadOnly    *bool  `json:"readOnlyHint"`
	Destructive *bool  `json:"destructiveHint"`
	Idempotent  *bool  `json:"idempotentHint"`
	OpenWorld   *bool  `json:"openWorldHint"`
}

// Tools returns the whole tool list, page after page.
func (s *Session) Tools() []Tool {
	s.tb.Helper()
	var tools []Tool
	var params any
	for range 100 {
		var page struct {
			Tools      []json.RawMessage `json:"tools"`
			NextCursor string            `json:"nextCursor"`
		}
		decode(s.tb, s.mustRequest("tools/list", params), &page)
		for _, raw := range page.Tools {
			tool := Tool{Raw: raw}
			decode(s.tb, raw, &tool)
			tools = append(tools, tool)
		}
		if page.NextCursor == "" {
			return tools
		}
		params = map[string]string{"cursor": page.NextCursor}
	}
	s.tb.Fatalf("harness: the tool list does not end")
	return nil
}
