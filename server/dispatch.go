package server

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// dispatch has the protocol library answer a request and returns the answer as
// a line. Every request gets one, whatever happens inside.
func (s *Server) dispatch(ctx context.Context, m message) (line []byte) {
	broken := refusal{
		id: m.id, code: mcp.INTERNAL_ERROR,
		text: "The server failed because of a bug; its log says more.",
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.logPanic(ctx, m.method, cause)
			line = broken.frame()
		}
	}()
	passing := exchangeOf(ctx)
	ctx = context.WithValue(ctx, exchangeKey{}, passing)
	var answer any
	switch response := s.mcp.HandleMessage(ctx, m.raw).(type) {
	case mcp.JSONRPCResponse:
		// The library reads ids as floating-point numbers, and rounds large ones.
		response.ID = mcp.NewRequestId(m.id)
		if ended, isListen := response.Result.(mcp.SubscriptionsListenResult); isListen {
			ended.EnsureResultMeta().SetSubscriptionID(m.id)
		}
		answer = response
	case mcp.JSONRPCError:
		response.ID = mcp.NewRequestId(m.id)
		s.reword(&response.Error, m, passing.refused)
		answer = response
	default:
		s.log.ErrorContext(ctx, "the protocol library gave no answer", "method", m.method)
		return broken.frame()
	}
	data, err := schemas.Marshal(answer) // without the escapes that HTML would need
	if err != nil {
		s.log.ErrorContext(ctx, "an answer does not marshal", "method", m.method, "error", err)
		return broken.frame()
	}
	return append(data, '\n')
}

// notify hands a notification to the protocol library, which answers none.
func (s *Server) notify(ctx context.Context, m message) {
	defer func() {
		if cause := recover(); cause != nil {
			s.logPanic(ctx, m.method, cause)
		}
	}()
	s.mcp.HandleMessage(ctx, m.raw)
}

// goTypeError finds what encoding/json says of a field that has the wrong type.
var goTypeError = regexp.MustCompile(`cannot unmarshal (\S+) into Go struct field \S*?params\.(?:[A-Z]\w*\.)*(\S+) of type`)

// reword says in a client's terms what the library says in Go's, or too briefly.
// What a handler of ours wants to have said comes before either.
func (s *Server) reword(refused *mcp.JSONRPCErrorDetails, m message, ours *refusal) {
	if wrong := goTypeError.FindStringSubmatch(refused.Message); wrong != nil {
		refused.Message = fmt.Sprintf("The params do not fit %s: %s cannot be of type %s.", m.method, wrong[2], wrong[1])
	}
	switch {
	case ours != nil:
		refused.Code, refused.Message, refused.Data = ours.code, ours.text, ours.data
	case refused.Code == mcp.INVALID_PARAMS && m.isToolCall():
		if text, unknown := s.explainUnknownTool(m.named()); unknown {
			refused.Message = text
		}
	case refused.Code == mcp.INVALID_PARAMS && m.isPrompt():
		refused.Message = s.explainUnknownPrompt(m.named())
	case m.isRead() && (refused.Code == mcp.RESOURCE_NOT_FOUND || refused.Code == mcp.INVALID_PARAMS):
		refused.Message, refused.Data = s.explainUnread(m.uri()), map[string]any{"uri": m.uri()}
	}
	if refused.Code == mcp.INVALID_PARAMS && m.setsLogLevel() {
		refused.Message = explainLevel(m.logLevel())
	}
	// Errors repeat words of the client's, and one of them may be a key.
	refused.Message = s.redactor.Text(refused.Message)
	if refused.Data != nil {
		if data, err := json.Marshal(refused.Data); err == nil {
			refused.Data = json.RawMessage(s.redactor.Text(string(data)))
		}
	}
}

// explainUnknownTool words the refusal of a call whose tool is not offered.
func (s *Server) explainUnknownTool(name string) (text string, unknown bool) {
	if s.mcp.GetTool(name) != nil {
		return "", false
	}
	return tools.UnknownTool(name, s.names, s.withheld), true
}
