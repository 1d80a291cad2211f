package server_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/server"
)

const deleteSupport = `{"role":"Support"}`

// desk is a client of a server that asks before it destroys.
type desk struct {
	*client
	api backend
}

func newDesk(t *testing.T, options server.Options) desk {
	t.Helper()
	api := newBackend(t, nil)
	env, err := reach(api.url, nil, changes.Ask)
	if err != nil {
		t.Fatal(err)
	}
	options.Environment = env
	return desk{connect(t, options), api}
}

// legacyDesk is one whose client says at initialize what it can do.
func legacyDesk(t *testing.T, capabilities string, options server.Options) desk {
	t.Helper()
	d := newDesk(t, options)
	d.ask(1000, "initialize", `{"protocolVersion":"2025-11-25","capabilities":`+capabilities+`,"clientInfo":{"name":"test","version":"1"}}`)
	d.send(initialized)
	return d
}

// writes are the requests that the API was sent besides reads.
func (d desk) writes() []string {
	var writes []string
	for _, sent := range d.api.Requests() {
		if sent.Method != http.MethodGet {
			writes = append(writes, sent.Method+" "+sent.Path)
		}
	}
	return writes
}

func (d desk) wantWrites(n int) {
	d.t.Helper()
	if writes := d.writes(); len(writes) != n {
		d.t.Errorf("%d writes reached the API, want %d: %v", len(writes), n, writes)
	}
}

// question reads a frame that must ask the client something, and returns the
// question's id.
func (d desk) question(f frame) string {
	d.t.Helper()
	var id string
	if f.Method != "elicitation/create" || json.Unmarshal(f.ID, &id) != nil {
		d.t.Fatalf("came %s %s %s %+v", f.ID, f.Method, f.Result, f.Error)
	}
	if !strings.Contains(string(f.Params), "Support") {
		d.t.Errorf("asked %s", f.Params)
	}
	return id
}

// withdrawn reads a frame that must take the question back.
func (d desk) withdrawn(f frame, id string) {
	d.t.Helper()
	if f.Method != "notifications/cancelled" || f.ID != nil || !strings.Contains(string(f.Params), `"requestId":"`+id+`"`) {
		d.t.Errorf("came %s %s %s", f.ID, f.Method, f.Params)
	}
}

func (d desk) answer(id, rest string) {
	d.t.Helper()
	d.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,%s}`+"\n", id, rest))
}

const (
	yes      = `"result":{"action":"accept","content":{"confirm":true}}`
	unticked = `"result":{"action":"accept","content":{"confirm":false}}`
	decline  = `"result":{"action":"decline"}`
	dismiss  = `"result":{"action":"cancel"}`
	cannot   = `"error":{"code":-32601,"message":"Method not found"}`
)

// written is what a write answers, if it is no failure.
type written struct {
	Changed *bool
	Preview *struct {
		WouldDo      []string `json:"would_do"`
		Confirmation string   `json:"confirmation"`
		NextStep     string   `json:"next_step"`
	}
}

// wrote reads a result that must be a success.
func (d desk) wrote(f frame) written {
	d.t.Helper()
	result := d.result(f)
	if result.IsError || result.ResultType == "input_required" {
		d.t.Fatalf("answered %s", f.Result)
	}
	var w written
	if err := json.Unmarshal(result.Structured, &w); err != nil || w.Changed == nil {
		d.t.Fatalf("answered %s: %v", f.Result, err)
	}
	return w
}

func TestALegacyClientThatCanAskIsAskedAndTheAnswerDecides(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		writes int
	}{
		"yes": {yes, 1}, "unticked": {unticked, 0}, "declined": {decline, 0}, "dismissed": {dismiss, 0},
	} {
		for _, capabilities := range []string{`{"elicitation":{}}`, `{"elicitation":{"form":{}}}`, `{"elicitation":{"form":{},"url":{}}}`} {
			t.Run(name+" "+capabilities, func(t *testing.T) {
				d := legacyDesk(t, capabilities, server.Options{})
				d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
				id := d.question(d.next())
				d.wantWrites(0)
				d.answer(id, test.answer)
				f := d.next()
				if test.writes > 0 {
					if w := d.wrote(f); !*w.Changed || w.Preview != nil {
						t.Errorf("answered %s", f.Result)
					}
				} else if !d.result(f).IsError {
					t.Errorf("answered %s", f.Result)
				}
				d.wantWrites(test.writes)
				d.answer(id, yes) // once more, too late
				d.works()
				d.wantWrites(test.writes)
			})
		}
	}
}

func TestWithoutAnAnswerInTimeNothingIsSent(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{AskTimeout: time.Millisecond})
	d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
	f, id := d.next(), "posthog-org-mcp-ask-1"
	if f.Method != "" { // A busy machine may be too late even to ask.
		id = d.question(f)
		d.withdrawn(d.next(), id)
		f = d.next()
	}
	if !d.result(f).IsError {
		t.Errorf("answered %s", f.Result)
	}
	d.answer(id, yes)
	d.works()
	d.wantWrites(0)
}

func TestAClientThatTurnsOutToBeUnableToAskGetsAPreview(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{})
	d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
	d.answer(d.question(d.next()), cannot)
	if w := d.wrote(d.next()); *w.Changed || w.Preview == nil || w.Preview.Confirmation == "" {
		t.Errorf("answered %+v", w)
	}
	d.wantWrites(0)
}

func TestWhatOnlyReadsOrCreatesAsksNobody(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{})
	d.works()
	if w := d.wrote(d.ask(1, "tools/call", call("roles-create", `{"name":"Night shift"}`))); !*w.Changed {
		t.Error("nothing was created")
	}
}

func TestWhileAPersonThinksOtherCallsRun(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{Workers: 1})
	d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
	one := d.question(d.next())
	d.send(request(2, "tools/call", call("roles-delete", deleteSupport)))
	two := d.question(d.next())
	if one == two {
		t.Errorf("both questions have the id %s", one)
	}
	d.works()
	d.answer(two, decline)
	if f := d.next(); string(f.ID) != "2" || !d.result(f).IsError {
		t.Errorf("the second was answered %s %s", f.ID, f.Result)
	}
	d.wantWrites(0)
	d.answer(one, yes)
	if f := d.next(); string(f.ID) != "1" || !*d.wrote(f).Changed {
		t.Errorf("the first was answered %s %s", f.ID, f.Result)
	}
	d.wantWrites(1)
}

func TestACallCancelledWhileAPersonThinksIsOff(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{})
	d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
	id := d.question(d.next())
	d.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}` + "\n")
	d.withdrawn(d.next(), id)
	d.answer(id, yes)
	d.works() // whose answer is the next frame
	d.wantWrites(0)
}

func TestTheEndEndsTheWaitForAPersonAtOnceAndNothingIsSent(t *testing.T) {
	for name, end := range map[string]func(*client){
		"stopped":      func(c *client) { c.stop() },
		"end of input": func(c *client) { _ = c.in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			d := legacyDesk(t, `{"elicitation":{}}`, server.Options{DrainTimeout: time.Hour, AskTimeout: time.Hour})
			d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
			id := d.question(d.next())
			end(d.client)
			frames := d.rest()
			if len(frames) != 2 {
				t.Fatalf("%d frames: %+v", len(frames), frames)
			}
			d.withdrawn(frames[0], id)
			if !d.result(frames[1]).IsError {
				t.Errorf("answered %s", frames[1].Result)
			}
			if err := d.ended(); err != nil {
				t.Error(err)
			}
			d.wantWrites(0)
		})
	}
}

func TestAClientThatLeavesWhileAPersonThinksIsNotWaitedFor(t *testing.T) {
	d := legacyDesk(t, `{"elicitation":{}}`, server.Options{DrainTimeout: time.Hour, AskTimeout: time.Hour})
	d.send(request(1, "tools/call", call("roles-delete", deleteSupport)))
	d.question(d.next())
	_ = d.out.Close()
	d.send(request(2, "ping", `{}`)) // whose answer finds nobody
	if err := d.ended(); err != nil {
		t.Error(err)
	}
	d.wantWrites(0)
}

func TestAClientThatCannotAskGetsAPreviewAndConfirmsWithASecondCall(t *testing.T) {
	desks := map[string]struct {
		of   func(*testing.T) desk
		call func(arguments string) string
	}{
		"legacy": {
			func(t *testing.T) desk { return legacyDesk(t, `{}`, server.Options{}) },
			func(arguments string) string { return call("roles-delete", arguments) },
		},
		"legacy, pages only": {
			func(t *testing.T) desk { return legacyDesk(t, `{"elicitation":{"url":{}}}`, server.Options{}) },
			func(arguments string) string { return call("roles-delete", arguments) },
		},
		"no handshake": {
			func(t *testing.T) desk { return newDesk(t, server.Options{}) },
			func(arguments string) string { return call("roles-delete", arguments) },
		},
		"modern": {
			func(t *testing.T) desk { return newDesk(t, server.Options{}) },
			func(arguments string) string { return modern(call("roles-delete", arguments)) },
		},
		"modern, pages only": {
			func(t *testing.T) desk { return newDesk(t, server.Options{}) },
			func(arguments string) string {
				return modernWith(`{"elicitation":{"url":{}}}`, call("roles-delete", arguments))
			},
		},
		"legacy beside a modern call of somebody who can": {
			func(t *testing.T) desk {
				d := legacyDesk(t, `{}`, server.Options{})
				d.ask(999, "tools/call", modernWith(`{"elicitation":{}}`, call("roles-list", `{}`)))
				return d
			},
			func(arguments string) string { return call("roles-delete", arguments) },
		},
	}
	for name, test := range desks {
		t.Run(name, func(t *testing.T) {
			d := test.of(t)
			w := d.wrote(d.ask(1, "tools/call", test.call(deleteSupport)))
			if *w.Changed || w.Preview == nil || w.Preview.Confirmation == "" || w.Preview.NextStep == "" ||
				!strings.Contains(strings.Join(w.Preview.WouldDo, " "), "Support") {
				t.Fatalf("answered %+v", w)
			}
			d.wantWrites(0)
			confirmation := w.Preview.Confirmation
			if result := d.result(d.ask(2, "tools/call", test.call(`{"role":"Support","confirmation":"x`+confirmation+`"}`))); !result.IsError {
				t.Errorf("an altered confirmation was answered %+v", result)
			}
			d.wantWrites(0)
			if w := d.wrote(d.ask(3, "tools/call", test.call(`{"role":"Support","confirmation":"`+confirmation+`"}`))); !*w.Changed || w.Preview != nil {
				t.Errorf("answered %+v", w)
			}
			d.wantWrites(1)
		})
	}
}

// round is a modern client's call of roles-delete with what it brings back.
func round(state, responses string) string {
	params := call("roles-delete", deleteSupport)
	if state != "" {
		params = strings.TrimSuffix(params, "}") + `,"requestState":"` + state + `"}`
	}
	if responses != "" {
		params = strings.TrimSuffix(params, "}") + `,"inputResponses":` + responses + `}`
	}
	return modernWith(`{"elicitation":{"form":{}}}`, params)
}

// required reads a result that must ask for input, and returns its state.
func (d desk) required(f frame) string {
	d.t.Helper()
	var result struct {
		ResultType, RequestState string
		InputRequests            map[string]struct {
			Method string
			Params struct {
				Message         string
				RequestedSchema struct{ Properties map[string]json.RawMessage }
			}
		}
		StructuredContent json.RawMessage
	}
	if f.Error != nil {
		d.t.Fatalf("refused: %+v", f.Error)
	}
	if err := json.Unmarshal(f.Result, &result); err != nil {
		d.t.Fatal(err)
	}
	asked := result.InputRequests["confirm"]
	if result.ResultType != "input_required" || result.RequestState == "" || len(result.InputRequests) != 1 || result.StructuredContent != nil ||
		asked.Method != "elicitation/create" || !strings.Contains(asked.Params.Message, "Support") || len(asked.Params.RequestedSchema.Properties) != 1 {
		d.t.Fatalf("answered %s", f.Result)
	}
	return result.RequestState
}

const confirmedYes = `{"confirm":{"action":"accept","content":{"confirm":true}}}`

func TestAModernClientIsAskedByAResultAndAYesWithItsStateDecides(t *testing.T) {
	d := newDesk(t, server.Options{})
	state := d.required(d.ask(1, "tools/call", round("", "")))
	d.wantWrites(0)
	f := d.ask(2, "tools/call", round(state, confirmedYes))
	if w := d.wrote(f); !*w.Changed || w.Preview != nil || d.result(f).ResultType != "complete" {
		t.Errorf("answered %s", f.Result)
	}
	d.wantWrites(1)
	d.ask(3, "tools/call", round(state, confirmedYes)) // replayed
	d.wantWrites(1)
}

func TestAnythingElseThatAModernClientBringsBackSendsNothing(t *testing.T) {
	for name, test := range map[string]struct {
		with      func(state string) string
		asksAgain bool // else it is a failure, or a preview
	}{
		"declined":            {func(state string) string { return round(state, `{"confirm":{"action":"decline"}}`) }, false},
		"dismissed":           {func(state string) string { return round(state, `{"confirm":{"action":"cancel"}}`) }, false},
		"unticked":            {func(state string) string { return round(state, `{"confirm":{"action":"accept","content":{}}}`) }, false},
		"malformed":           {func(state string) string { return round(state, `{"confirm":{"action":7}}`) }, false},
		"null":                {func(state string) string { return round(state, `{"confirm":null}`) }, false},
		"the state alone":     {func(state string) string { return round(state, "") }, true},
		"another answer":      {func(state string) string { return round(state, strings.ReplaceAll(confirmedYes, "confirm", "other")) }, true},
		"the answer alone":    {func(string) string { return round("", confirmedYes) }, true},
		"a state of its own":  {func(string) string { return round("yes", confirmedYes) }, false},
		"an altered state":    {func(state string) string { return round("x"+state, confirmedYes) }, false},
		"a state that is cut": {func(state string) string { return round(state[:len(state)-1], confirmedYes) }, false},
		"the state as a preview's": {func(state string) string {
			return modern(call("roles-delete", `{"role":"Support","confirmation":"`+state+`"}`))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, server.Options{})
			state := d.required(d.ask(1, "tools/call", round("", "")))
			f := d.ask(2, "tools/call", test.with(state))
			if test.asksAgain {
				d.required(f)
			} else if !d.result(f).IsError && !strings.Contains(string(f.Result), `"confirmation"`) {
				t.Errorf("answered %s", f.Result)
			}
			d.wantWrites(0)
			d.works()
		})
	}
}

func TestResponsesInAnotherShapeAreRefused(t *testing.T) {
	d := newDesk(t, server.Options{})
	state := d.required(d.ask(1, "tools/call", round("", "")))
	f := d.ask(2, "tools/call", round(state, `[true]`))
	if f.Error == nil || f.Error.Message == "" || strings.Contains(f.Error.Message, "Go ") {
		t.Errorf("answered %s %+v", f.Result, f.Error)
	}
	d.wantWrites(0)
}

func TestTheLogTellsACallThatAskedFromOneThatIsDone(t *testing.T) {
	var log journal
	d := newDesk(t, server.Options{Logger: log.logger(slog.LevelInfo)})
	state := d.required(d.ask(1, "tools/call", round("", "")))
	d.ask(2, "tools/call", round(state, confirmedYes))
	logged := log.String()
	for _, want := range []string{"tool=roles-delete outcome=asked", "tool=roles-delete outcome=ok"} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log lacks %q:\n%s", want, logged)
		}
	}
	if strings.Contains(logged, state) {
		t.Error("the log holds a state")
	}
}
