package conversations_test

import (
	"encoding/json"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tokens"
)

// with are the arguments of a call.
type with map[string]any

// A model makes the calls of one conversation, one after the other. What it
// reads and writes is kept.
type model struct {
	tb      testing.TB
	session *harness.Session
	said    []exchange
	// read takes what a model reads apart: the JSON in it, or why the call failed.
	read func(answer harness.Result) (body, failure string)
}

// An exchange is one call and its answer, as the model writes and reads them.
type exchange struct {
	tool, arguments, answer string
}

// call makes a call and reads its answer into a value; nil is no interest in it.
func (m *model) call(tool string, arguments with, into any) {
	m.tb.Helper()
	if arguments == nil {
		arguments = with{}
	}
	written, err := schemas.Marshal(arguments)
	if err != nil {
		m.tb.Fatal(err)
	}
	result := m.session.Call(tool, arguments)
	m.said = append(m.said, exchange{tool, string(written), whole(m.tb, result)})
	body, failure := m.read(result)
	if failure != "" {
		m.tb.Fatalf("%s %s: %s", tool, written, failure)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		m.tb.Fatalf("%s %s: %v in %s", tool, written, err, body)
	}
}

// whole is all that a model reads of an answer: its text, and the links after it.
func whole(tb testing.TB, result harness.Result) string {
	tb.Helper()
	var parts struct{ Content []json.RawMessage }
	if err := json.Unmarshal(result.Raw, &parts); err != nil {
		tb.Fatal(err)
	}
	text := result.Text
	for _, part := range parts.Content[1:] {
		text += "\n" + string(part)
	}
	return text
}

// size is what a text costs, or several together.
type size struct {
	Bytes  int `json:"bytes"`
	Tokens int `json:"tokens"`
}

func (s size) plus(other size) size { return size{s.Bytes + other.Bytes, s.Tokens + other.Tokens} }

// sizeOf measures texts, each for itself: in a conversation something stands
// between any two of them.
func sizeOf(tb testing.TB, texts ...string) size {
	tb.Helper()
	var sum size
	for _, text := range texts {
		count, err := tokens.Count(text)
		if err != nil {
			tb.Fatal(err)
		}
		sum = sum.plus(size{len(text), count})
	}
	return sum
}

// opening is what a model reads before the first call.
type opening struct {
	Tools        int  `json:"tools"`
	Shown        size `json:"shown"` // names, descriptions and input schemas
	Instructions size `json:"instructions"`
	Sent         size `json:"sent"` // the whole list, as it is sent to the client
}

// cost is what every conversation carries along.
func (o opening) cost() size { return o.Shown.plus(o.Instructions) }

// openingOf measures a server's list. Of each tool, clients hand name,
// description and input schema to the model; titles, hints and output schemas
// are for the client itself.
func openingOf(tb testing.TB, session *harness.Session) opening {
	tb.Helper()
	result := opening{Instructions: sizeOf(tb, session.Hello().Instructions)}
	for _, tool := range session.Tools() {
		shown, err := schemas.Marshal(struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			InputSchema json.RawMessage `json:"inputSchema"`
		}{tool.Name, tool.Description, tool.InputSchema})
		if err != nil {
			tb.Fatal(err)
		}
		result.Tools++
		result.Shown = result.Shown.plus(sizeOf(tb, string(shown)))
		result.Sent = result.Sent.plus(sizeOf(tb, string(tool.Raw)))
	}
	return result
}

// yes answers every question to the user with a yes.
func yes(method string, params json.RawMessage) (any, *harness.RPCError) {
	if method != "elicitation/create" {
		return harness.Decline(method, params)
	}
	return with{"action": "accept", "content": with{"confirm": true}}, nil
}

// ours is this server, of whose client the user says yes to every question.
func ours() player {
	return player{
		start: func(t *testing.T, stage *harness.Stage, task task) *model {
			t.Helper()
			options := harness.Options{Env: stage.Env()}
			if !task.cannotAsk {
				options.Capabilities, options.Answer = map[string]any{"elicitation": map[string]any{}}, yes
			}
			return &model{tb: t, session: harness.Start(t, options), read: readOurs}
		},
		talk:  func(task task, m *model) []string { return task.ours(m) },
		shown: 360,
	}
}

// readOurs tells an answer from a failure.
func readOurs(answer harness.Result) (body, failure string) {
	if answer.IsError {
		return "", answer.Text
	}
	return answer.Text, ""
}
