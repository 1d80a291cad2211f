package server

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/progress"
)

// notices are lines that a client gets while its requests run: how far they
// have come (progress.go) and what the log says of them (logs.go). Nobody waits
// for a client to read them.
type notices chan []byte

// maxNotices is how many lines wait for the client to read. Further ones are
// dropped.
const maxNotices = 512

func newNotices() notices { return make(notices, maxNotices) }

// put hands over a line; false means that it is dropped.
func (n notices) put(line []byte) bool {
	select {
	case n <- line:
		return true
	default:
		return false
	}
}

// attend has the client told of a request while it runs, as far as the request
// asks for that. From end on it is told nothing more of it, so that nothing
// follows the answer.
func (c *connection) attend(ctx context.Context, m message) (_ context.Context, end func(), _ *refusal) {
	asks := m.asks()
	var ends []func()
	if asks.isModern {
		// Each request of this era speaks for itself; what was set by
		// logging/setLevel is not for it.
		listener := newLogListener(c.outbox.notices, c.server.redactor)
		if asks.logLevel != nil {
			level, known := levelNamed(*asks.logLevel)
			if !known {
				return nil, nil, &refusal{id: m.id, code: mcp.INVALID_PARAMS, text: c.server.redactor.Text(explainLevel(*asks.logLevel))}
			}
			listener.listen(level)
		}
		ctx = context.WithValue(ctx, logKey{}, listener)
		ends = append(ends, listener.end)
	}
	if asks.progressToken != nil {
		r := newReporter(c.outbox.notices, asks.progressToken, c.server.redactor.Text, isCancelled(ctx))
		ctx = progress.With(ctx, r.tell)
		ends = append(ends, r.end)
	}
	return ctx, func() {
		for _, end := range slices.Backward(ends) {
			end()
		}
	}, nil
}

// asked is what a request wants to be told while it runs.
type asked struct {
	progressToken json.RawMessage // as it was written; nil: nothing
	isModern      bool
	logLevel      *string // of a modern request; nil: nothing
}

// asks reads what a request wants to be told. The library's own reading rounds
// large tokens. What cannot be read asks for nothing.
func (m message) asks() asked {
	var params struct {
		Meta map[string]json.RawMessage `json:"_meta"`
	}
	var asks asked
	if json.Unmarshal(m.params, &params) != nil {
		return asks
	}
	if token := params.Meta["progressToken"]; len(token) > 0 && isID(token) {
		asks.progressToken = token
	}
	var version string
	_ = json.Unmarshal(params.Meta[mcp.MetaKeyProtocolVersion], &version) // the library refuses what is no text
	asks.isModern = mcp.IsModernProtocol(version)
	if level := params.Meta[mcp.MetaKeyLogLevel]; asks.isModern && level != nil && string(level) != "null" {
		name := string(level)
		_ = json.Unmarshal(level, &name) // what is no text is no level either
		asks.logLevel = &name
	}
	return asks
}

// isCancelled tells whether the client has cancelled the request of a context.
func isCancelled(ctx context.Context) func() bool {
	return func() bool { return context.Cause(ctx) == errCancelled }
}

// notificationLine is a notification as a line; nil when params do not marshal.
func notificationLine(method mcp.MCPMethod, params any) []byte {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false) // Addresses stand in angle brackets.
	err := encoder.Encode(struct {
		JSONRPC string        `json:"jsonrpc"`
		Method  mcp.MCPMethod `json:"method"`
		Params  any           `json:"params"`
	}{mcp.JSONRPC_VERSION, method, params})
	if err != nil {
		return nil
	}
	return line.Bytes()
}

// logLevel is the level that a logging/setLevel names.
func (m message) logLevel() string {
	var params struct {
		Level string `json:"level"`
	}
	_ = json.Unmarshal(m.params, &params) // what is no text is no level either
	return params.Level
}

// explainLevel refuses a log level that there is not.
func explainLevel(name string) string {
	return "There is no log level " + quoted(name) + ". The levels are: " + strings.Join(levelNames(), ", ") + "."
}
