package server

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/tools"
)

func TestOnlyATickedBoxIsAYes(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		want         changes.Answer
	}{
		{"yes", saysYes, changes.Yes},
		{"yes, with a null for the error", saysYes + `,"error":null`, changes.Yes},
		{"the box left empty", `"result":{"action":"accept","content":{"confirm":false}}`, changes.No},
		{"the box is missing", `"result":{"action":"accept","content":{}}`, changes.No},
		{"no content", `"result":{"action":"accept"}`, changes.No},
		{"the box holds a text", `"result":{"action":"accept","content":{"confirm":"true"}}`, changes.No},
		{"another box", `"result":{"action":"accept","content":{"Confirm":true}}`, changes.No},
		{"content that is a list", `"result":{"action":"accept","content":[true]}`, changes.No},
		{"declined", `"result":{"action":"decline"}`, changes.No},
		{"declined, the box ticked", `"result":{"action":"decline","content":{"confirm":true}}`, changes.No},
		{"cancelled", `"result":{"action":"cancel"}`, changes.Dismissed},
		{"an unknown action", `"result":{"action":"agree","content":{"confirm":true}}`, changes.CannotAsk},
		{"no action", `"result":{"content":{"confirm":true}}`, changes.CannotAsk},
		{"a result that is null", `"result":null`, changes.CannotAsk},
		{"a result that is a list", `"result":[]`, changes.CannotAsk},
		{"an error", `"error":{"code":-32601,"message":"Method not found"}`, changes.CannotAsk},
		{"a yes and an error", saysYes + `,"error":{"code":-1,"message":"no"}`, changes.CannotAsk},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, 1)
			got := d.asks(d.base, d.person())
			if !d.answers(d.next().ID, test.answer) {
				t.Fatal("nobody waited for the answer")
			}
			if answer := <-got; answer != test.want {
				t.Errorf("got answer %d, want %d", answer, test.want)
			}
			d.silent()
		})
	}
}

func TestAQuestionIsAFormWithOneEmptyBoxAndHoldsNoSecret(t *testing.T) {
	d := newDesk(t, 1)
	p := d.person()
	go p.confirms(d.base, changes.Question{Changes: []string{`Delete the role "` + testKey + `".`}, Lost: []string{"Nobody is in it."}})
	line := d.next()
	if line.Method != "elicitation/create" || line.ID == "" || line.Params.Mode != "" {
		t.Errorf("sent %+v", line)
	}
	if text := line.Params.Message; strings.Contains(text, testKey) || !strings.Contains(text, "Delete the role") || !strings.Contains(text, "- Nobody is in it.") {
		t.Errorf("the message is %q", text)
	}
	var schema struct {
		Type       string
		Required   []string
		Properties map[string]struct {
			Type, Title string
			Default     *bool
		}
	}
	if err := json.Unmarshal(line.Params.RequestedSchema, &schema); err != nil {
		t.Fatal(err)
	}
	box := schema.Properties["confirm"]
	if schema.Type != "object" || len(schema.Required) != 1 || schema.Required[0] != "confirm" || len(schema.Properties) != 1 ||
		box.Type != "boolean" || box.Title != "Yes, do it" || box.Default == nil || *box.Default {
		t.Errorf("the schema is %s", line.Params.RequestedSchema)
	}
	d.answers(line.ID, saysYes)
}

func TestAPageIsOpenedOnlyOnAYesWithinAMinute(t *testing.T) {
	const page = "http://127.0.0.1:1/secret"
	for name, test := range map[string]struct {
		answer string
		want   bool
	}{
		"yes":       {`"result":{"action":"accept"}`, true},
		"declined":  {`"result":{"action":"decline"}`, false},
		"cancelled": {`"result":{"action":"cancel"}`, false},
		"an error":  {`"error":{"code":-32602,"message":"unsupported mode"}`, false},
		"malformed": {`"result":{"action":true}`, false},
		"nothing":   {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, 1)
				p, start, got := d.person(), time.Now(), make(chan bool, 1)
				go func() { got <- p.opens(d.base, "Open the page with "+testKey, page) }()
				line := d.next()
				if line.Method != "elicitation/create" || line.Params.Mode != "url" || line.Params.URL != page ||
					line.Params.ElicitationID == "" || line.Params.RequestedSchema != nil || strings.Contains(line.Params.Message, testKey) {
					t.Errorf("sent %+v", line)
				}
				if test.answer != "" {
					d.answers(line.ID, test.answer)
				}
				if opened := <-got; opened != test.want {
					t.Errorf("got %v", opened)
				}
				if waited := time.Since(start); waited != 0 && (test.answer != "" || waited != time.Minute) {
					t.Errorf("waited %v", waited)
				}
			})
		})
	}
}

func TestWhatAClientSaysOfItselfDecidesHowItsUserIsAsked(t *testing.T) {
	for _, test := range []struct {
		capabilities string
		ask, open    bool
	}{
		{`{}`, false, false},
		{`{"elicitation":{}}`, true, false},
		{`{"elicitation":{"form":{}}}`, true, false},
		{`{"elicitation":{"url":{}}}`, false, true},
		{`{"elicitation":{"form":{},"url":{}}}`, true, true},
	} {
		t.Run(test.capabilities, func(t *testing.T) {
			var hello mcp.InitializeRequest
			if err := json.Unmarshal([]byte(`{"params":{"capabilities":`+test.capabilities+`}}`), &hello); err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, 1)
			noteCapabilities(d.base, nil, &hello, nil)
			legacy := d.server.consent(context.WithValue(d.base, turnKey{}, d.person().turn), mcp.MultiRoundTripParams{RequestState: "x"})
			if legacy.Ask != nil != test.ask || legacy.Open != nil != test.open || legacy.Channel != changes.ByPreview || legacy.Token != "" {
				t.Errorf("in the legacy era: %+v", legacy)
			}
			info := &mcpserver.RequestProtocolInfo{Modern: true, ClientCapabilities: &hello.Params.Capabilities}
			modern := d.server.consent(mcpserver.WithRequestProtocolInfo(d.base, info), mcp.MultiRoundTripParams{RequestState: "x"})
			if modern.Ask != nil || modern.Open != nil || (modern.Channel == changes.ByClient) != test.ask || (modern.Token == "x") != test.ask || modern.Answer != changes.NoAnswer {
				t.Errorf("in the modern era: %+v", modern)
			}
		})
	}
}

func TestOutsideAConnectionNobodyIsAsked(t *testing.T) {
	d := newDesk(t, 1)
	if consent := d.server.consent(t.Context(), mcp.MultiRoundTripParams{}); consent.Ask != nil || consent.Open != nil || consent.Channel != changes.ByPreview {
		t.Errorf("got %+v", consent)
	}
}

func TestOnlyAPendingAnswerForTheClientWithATokenAsksIt(t *testing.T) {
	d := newDesk(t, 1)
	preview := json.RawMessage(`{"changed":false}`)
	for name, test := range map[string]struct {
		pending *changes.Pending
		asks    bool
	}{
		"done":       {nil, false},
		"by client":  {&changes.Pending{Channel: changes.ByClient, Token: "sealed"}, true},
		"by preview": {&changes.Pending{Channel: changes.ByPreview, Token: "sealed"}, false},
		"a dry run":  {&changes.Pending{Channel: changes.ByClient, DryRun: true}, false},
	} {
		result := d.server.result(tools.Answer{JSON: preview, Pending: test.pending})
		if result.NeedsInput() != test.asks || (result.StructuredContent == nil) != test.asks || result.IsError {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

func TestOnlyAStateAndAnAnswerTogetherCarryWhatAModernUserSaid(t *testing.T) {
	capabilities := &mcp.ClientCapabilities{Elicitation: &mcp.ElicitationCapability{}}
	for _, test := range []struct {
		state, responses string
		want             changes.Answer
	}{
		{"sealed", `{"confirm":{"action":"accept","content":{"confirm":true}}}`, changes.Yes},
		{"sealed", `{"confirm":{"action":"accept"}}`, changes.No},
		{"sealed", `{"confirm":{"action":"decline"}}`, changes.No},
		{"sealed", `{"confirm":{"action":"cancel"}}`, changes.Dismissed},
		{"sealed", `{"confirm":{"action":7}}`, changes.CannotAsk},
		{"sealed", `{"confirm":true}`, changes.CannotAsk},
		{"sealed", `{"confirm":null}`, changes.CannotAsk},
		{"sealed", `{"other":{"action":"accept","content":{"confirm":true}}}`, changes.NoAnswer},
		{"sealed", `{}`, changes.NoAnswer},
		{"", `{"confirm":{"action":"accept","content":{"confirm":true}}}`, changes.NoAnswer},
	} {
		round := mcp.MultiRoundTripParams{RequestState: test.state}
		if err := json.Unmarshal([]byte(test.responses), &round.InputResponses); err != nil {
			t.Fatal(err)
		}
		if consent := modernConsent(capabilities, round); consent.Answer != test.want || consent.Token != test.state || consent.Channel != changes.ByClient {
			t.Errorf("state %q and %s: %+v", test.state, test.responses, consent)
		}
	}
}
