package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Frame is one line of JSON-RPC 2.0: a request (Method and ID), a notification
// (Method alone) or an answer (ID and either Result or Error).
type Frame struct {
	ID     json.RawMessage // as it was written; null in an answer to what could not be read
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *RPCError
	Raw    []byte // the line without its newline
}

// RPCError is the error of an answer: the call was refused before it reached a
// tool. An error that a tool reports is a Result.
type RPCError struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (e *RPCError) Error() string { return fmt.Sprintf("%s (%d)", e.Message, e.Code) }

// parseFrame reads one line, strictly: a client in another language stops at
// what encoding/json lets pass.
func parseFrame(line []byte) (Frame, error) {
	if len(line) == 0 || line[0] != '{' || line[len(line)-1] != '}' {
		return Frame{}, errors.New("it is not one JSON object")
	}
	if !utf8.Valid(line) {
		return Frame{}, errors.New("it is not UTF-8")
	}
	members, err := parseMembers(line)
	if err != nil {
		return Frame{}, err
	}
	frame := Frame{Raw: line, ID: members["id"], Params: members["params"], Result: members["result"]}
	if string(members["jsonrpc"]) != `"2.0"` {
		return Frame{}, errors.New(`it lacks "jsonrpc":"2.0"`)
	}
	if id := frame.ID; id != nil && id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9') && string(id) != "null" {
		return Frame{}, errors.New("its id is neither a string nor a number")
	}
	if method, ok := members["method"]; ok {
		if err := json.Unmarshal(method, &frame.Method); err != nil || frame.Method == "" {
			return Frame{}, errors.New("its method is not a name")
		}
		return frame, frame.checkCall(members)
	}
	return frame, frame.checkAnswer(members)
}

// parseMembers reads one object whose members are all of JSON-RPC's, each once.
func parseMembers(line []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		switch name {
		case "jsonrpc", "id", "method", "params", "result", "error":
		default:
			return nil, fmt.Errorf("it has a member %q", name)
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("it has %q twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		members[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return members, nil
}

func (f *Frame) checkCall(members map[string]json.RawMessage) error {
	if members["result"] != nil || members["error"] != nil {
		return errors.New("it is a call and an answer at once")
	}
	if string(f.ID) == "null" {
		return errors.New("it asks under the id null")
	}
	if f.Params != nil && f.Params[0] != '{' {
		return errors.New("its params are not an object")
	}
	return nil
}

func (f *Frame) checkAnswer(members map[string]json.RawMessage) error {
	failure, failed := members["error"]
	switch {
	case f.ID == nil:
		return errors.New("it has neither a method nor an id")
	case failed == (f.Result != nil):
		return errors.New("it needs a result or an error, and not both")
	case f.Params != nil:
		return errors.New("it is an answer with params")
	case !failed && f.Result[0] != '{':
		return errors.New("its result is not an object")
	case !failed && string(f.ID) == "null":
		return errors.New("its result is for no id")
	case !failed:
		return nil
	}
	var parts struct {
		Code    *int            `json:"code"`
		Message *string         `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(failure, &parts); err != nil || parts.Code == nil || parts.Message == nil {
		return errors.New("its error lacks a whole code or a message")
	}
	f.Error = &RPCError{Code: *parts.Code, Message: *parts.Message, Data: parts.Data}
	return nil
}

// isRequest says whether the frame wants an answer.
func (f *Frame) isRequest() bool { return f.Method != "" && f.ID != nil }

func cut(data []byte, limit int) string {
	if len(data) <= limit {
		return fmt.Sprintf("%q", data)
	}
	return fmt.Sprintf("%q… (%d bytes)", data[:limit], len(data))
}
