package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/visible"
)

// message is one JSON-RPC message of the client, taken apart just enough to
// know what to do with it. The raw bytes go to the protocol library.
type message struct {
	raw    json.RawMessage
	id     json.RawMessage // as the client wrote it; nil in a notification
	method string          // empty in an answer to a request of ours
	params json.RawMessage
	result json.RawMessage // of an answer; nil when that is an error
}

// refusal is the answer to a message that never reaches the library. Without an
// id it is sent under null, as JSON-RPC has it for what cannot be told apart.
type refusal struct {
	id   json.RawMessage
	code int
	text string
	data any // what else there is to say; nil is nothing
}

// parse takes one line apart. What is refused here is everything that the
// library would answer in Go's words, under a changed id, or not at all.
func parse(line []byte) (message, *refusal) {
	line = bytes.TrimSpace(line)
	var parts struct {
		JSONRPC json.RawMessage `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  json.RawMessage `json:"method"`
		Params  json.RawMessage `json:"params"`
		Result  json.RawMessage `json:"result"`
		Error   json.RawMessage `json:"error"`
	}
	if len(line) == 0 {
		return message{}, &refusal{code: mcp.PARSE_ERROR, text: "The line is empty. A message is one JSON object on a line."}
	}
	if err := json.Unmarshal(line, &parts); err != nil || line[0] != '{' {
		return message{}, unreadable(line, err)
	}
	if string(parts.Params) == "null" {
		parts.Params = nil
	}
	m := message{raw: line, params: parts.Params}
	isAnswer := parts.Result != nil || parts.Error != nil
	if parts.Method == nil && isAnswer {
		m.id = parts.ID
		if parts.Error == nil || string(parts.Error) == "null" {
			m.result = parts.Result
		}
		return m, nil
	}
	if parts.ID != nil {
		if !isID(parts.ID) {
			return message{}, &refusal{code: mcp.INVALID_REQUEST, text: "The id must be a string or a number."}
		}
		m.id = parts.ID
	}
	refuse := func(code int, format string, args ...any) (message, *refusal) {
		return message{}, &refusal{id: m.id, code: code, text: fmt.Sprintf(format, args...)}
	}
	err := json.Unmarshal(parts.Method, &m.method)
	switch {
	case !utf8.Valid(line):
		return refuse(mcp.PARSE_ERROR, "The message is not valid UTF-8.")
	case string(parts.JSONRPC) != `"2.0"`:
		return refuse(mcp.INVALID_REQUEST, `The message must say "jsonrpc":"2.0".`)
	case err != nil || m.method == "":
		return refuse(mcp.INVALID_REQUEST, "The message needs a method, as a string.")
	case isAnswer:
		return refuse(mcp.INVALID_REQUEST, "The message is a request and an answer at once.")
	case m.id == nil && !strings.HasPrefix(m.method, "notifications/"):
		return refuse(mcp.INVALID_REQUEST, "The request %s needs an id.", quoted(m.method))
	case m.params != nil && m.params[0] != '{' && m.id != nil:
		return refuse(mcp.INVALID_PARAMS, "The params must be an object.")
	case m.addressLength() > maxAddress:
		return refuse(mcp.INVALID_PARAMS, "The address is longer than %d bytes; no resource has such a one.", maxAddress)
	case m.isToolCall() && !m.namesATool():
		return refuse(mcp.INVALID_PARAMS, "The params need the tool's name, as a string.")
	}
	return m, nil
}

// unreadable says why a line is no JSON object.
func unreadable(line []byte, err error) *refusal {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return &refusal{code: mcp.PARSE_ERROR, text: fmt.Sprintf("The line is not JSON: %v at byte %d.", err, syntax.Offset)}
	case line[0] == '[':
		return &refusal{code: mcp.INVALID_REQUEST, text: "Batches are not taken. Send each message on a line of its own."}
	default:
		return &refusal{code: mcp.INVALID_REQUEST, text: "A message must be a JSON object."}
	}
}

func isID(raw json.RawMessage) bool {
	return raw[0] == '"' || raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}

// idKey is the same for two ways of writing one id.
func idKey(id json.RawMessage) string {
	var text string
	if json.Unmarshal(id, &text) == nil {
		return "string " + text
	}
	return "number " + string(id)
}

func (m message) isNotification() bool { return m.id == nil }
func (m message) isAnswer() bool       { return m.method == "" }
func (m message) isInitialize() bool   { return m.method == string(mcp.MethodInitialize) }
func (m message) setsLogLevel() bool   { return m.method == string(mcp.MethodSetLogLevel) }
func (m message) isToolCall() bool     { return m.method == string(mcp.MethodToolsCall) }
func (m message) isRead() bool         { return m.method == string(mcp.MethodResourcesRead) }
func (m message) isPrompt() bool       { return m.method == string(mcp.MethodPromptsGet) }
func (m message) isListen() bool       { return m.method == string(mcp.MethodSubscriptionsListen) }

// named is the tool that a tools/call names, or the prompt of a prompts/get.
func (m message) named() string {
	var params struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(m.params, &params) // parse saw that a call's can be read
	return params.Name
}

// uri is the address that a resources/read names.
func (m message) uri() string {
	var params struct {
		URI string `json:"uri"`
	}
	_ = json.Unmarshal(m.params, &params) // what cannot be read is no address
	return params.URI
}

func (m message) namesATool() bool {
	var params struct {
		Name *string `json:"name"`
	}
	return json.Unmarshal(m.params, &params) == nil && params.Name != nil
}

// addressLength is how long the address of a resource is, in bytes, where the
// message names one. Matching it against the templates takes time.
func (m message) addressLength() int {
	if len(m.params) <= maxAddress || !strings.HasPrefix(m.method, "resources/") && !strings.HasPrefix(m.method, "completion/") {
		return 0
	}
	var params struct {
		URI string `json:"uri"`
		Ref struct {
			URI string `json:"uri"`
		} `json:"ref"`
	}
	_ = json.Unmarshal(m.params, &params) // what cannot be read, the library refuses
	return max(len(params.URI), len(params.Ref.URI))
}

// cancels is the id of the request that a notifications/cancelled is about.
func (m message) cancels() json.RawMessage {
	var params struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	_ = json.Unmarshal(m.params, &params) // what cannot be read cancels nothing
	return params.RequestID
}

// frame is the refusal as a line.
func (r refusal) frame() []byte {
	id := r.id
	if id == nil {
		id = json.RawMessage("null")
	}
	data, err := json.Marshal(mcp.JSONRPCError{
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      mcp.NewRequestId(id),
		Error:   mcp.NewJSONRPCErrorDetails(r.code, r.text, r.data),
	})
	if err != nil {
		panic(err) // An id that was read and a string always marshal.
	}
	return append(data, '\n')
}

// quoted repeats a word of the client's, cut to a length that nobody minds.
func quoted(word string) string {
	const longest = 60
	return visible.Quote(word, longest)
}
