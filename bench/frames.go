package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
)

// The ids of the requests in an opening.
const (
	helloID = 1
	listID  = 2
)

// opening is what a client of one protocol era says to a server that it has
// just started, in order to learn its tools.
type opening struct {
	name    string
	text    []byte
	answers int
}

// openings returns those of both eras. The older one begins with a handshake;
// the newer one says in each request who asks.
func openings() ([]opening, error) {
	hello, err := frame(helloID, "initialize", map[string]any{
		"protocolVersion": mcp.ProtocolVersion20251125, "capabilities": struct{}{}, "clientInfo": client(),
	})
	if err != nil {
		return nil, err
	}
	hello = append(hello, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n"...)
	list, err := frame(listID, "tools/list", nil)
	if err != nil {
		return nil, err
	}
	modern, err := frame(listID, "tools/list", map[string]any{"_meta": map[string]any{
		mcp.MetaKeyProtocolVersion:    mcp.ProtocolVersion20260728,
		mcp.MetaKeyClientInfo:         client(),
		mcp.MetaKeyClientCapabilities: struct{}{},
	}})
	if err != nil {
		return nil, err
	}
	return []opening{
		{name: "initialize + tools/list", text: append(hello, list...), answers: 2},
		{name: "tools/list alone (2026-07-28)", text: modern, answers: 1},
	}, nil
}

func client() map[string]string {
	return map[string]string{"name": "posthog-org-mcp-bench", "version": "1.0.0"}
}

// frame writes one request as a line.
func frame(id int, method string, params any) ([]byte, error) {
	line, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      int    `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{"2.0", id, method, params})
	if err != nil {
		return nil, fmt.Errorf("frame of %s: %w", method, err)
	}
	return append(line, '\n'), nil
}

// answer is a frame that a server sent.
type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// resultOf finds the answer to a request among the lines that were read and
// returns its result. No line may be anything but an answer that is no error.
func resultOf(id int, lines [][]byte) (json.RawMessage, error) {
	answers := make([]answer, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal(line, &answers[i]); err != nil {
			return nil, fmt.Errorf("a line is no frame: %w", err)
		}
		if answers[i].Error != nil || answers[i].Result == nil {
			return nil, fmt.Errorf("request %d was answered with the error %s", answers[i].ID, answers[i].Error)
		}
	}
	i := slices.IndexFunc(answers, func(a answer) bool { return a.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("request %d was not answered", id)
	}
	return answers[i].Result, nil
}

// call writes the frame of a tool call.
func call(id int, tool string, arguments any) ([]byte, error) {
	return frame(id, "tools/call", map[string]any{"name": tool, "arguments": arguments})
}

// textOf returns the text of a call's result, and an error if the call failed.
func textOf(result json.RawMessage) (string, error) {
	var decoded struct {
		IsError bool `json:"isError"`
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
	}
	if err := json.Unmarshal(result, &decoded); err != nil {
		return "", fmt.Errorf("result of a call: %w", err)
	}
	if decoded.IsError || len(decoded.Content) == 0 {
		return "", fmt.Errorf("the call failed: %s", result)
	}
	return decoded.Content[0].Text, nil
}
