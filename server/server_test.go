package server_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/server"
	"posthog-org-mcp/tokens"
	"posthog-org-mcp/tools"
)

type listedTool struct {
	Name, Title, Description  string
	InputSchema, OutputSchema struct {
		Type       string
		Properties map[string]json.RawMessage
	}
	Annotations struct {
		ReadOnlyHint, DestructiveHint, IdempotentHint, OpenWorldHint *bool
	}
}

func listTools(c *client) []listedTool {
	c.t.Helper()
	f := c.ask(1, "tools/list", `{}`)
	var result struct{ Tools []listedTool }
	if err := json.Unmarshal(f.Result, &result); err != nil {
		c.t.Fatalf("tools/list answered %s: %v", f.Result, err)
	}
	return result.Tools
}

func TestEveryToolIsListedWithTitleBothSchemasAndItsHints(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	listed := listTools(c)
	catalog := tools.Catalog()
	if len(listed) != len(catalog) || len(catalog) == 0 {
		t.Fatalf("%d tools are listed, the catalog has %d", len(listed), len(catalog))
	}
	isReadOnly := map[changes.Effect]string{changes.Reads: "true", changes.Creates: "", changes.Updates: "", changes.Destroys: ""}
	isDestructive := map[changes.Effect]string{changes.Reads: "", changes.Creates: "false", changes.Updates: "false", changes.Destroys: "true"}
	met := map[changes.Effect]bool{}
	for _, tool := range catalog {
		at := slices.IndexFunc(listed, func(l listedTool) bool { return l.Name == tool.Name })
		if at < 0 {
			t.Errorf("%s is not listed", tool.Name)
			continue
		}
		met[tool.Effect] = true
		got, hints := listed[at], listed[at].Annotations
		if got.Title != tool.Title || got.Title == "" || got.Description != tool.Description {
			t.Errorf("%s is listed as %q, %q", tool.Name, got.Title, got.Description)
		}
		if got.InputSchema.Type != "object" || got.OutputSchema.Type != "object" || len(got.OutputSchema.Properties) == 0 {
			t.Errorf("%s lacks a schema: %+v", tool.Name, got)
		}
		if said(hints.ReadOnlyHint) != isReadOnly[tool.Effect] || said(hints.DestructiveHint) != isDestructive[tool.Effect] {
			t.Errorf("%s %s, but its hints say read-only %q, destructive %q", tool.Name, tool.Effect, said(hints.ReadOnlyHint), said(hints.DestructiveHint))
		}
		idempotent := ""
		if tool.Effect != changes.Reads {
			idempotent = strconv.FormatBool(tool.Idempotent)
		}
		if said(hints.IdempotentHint) != idempotent || said(hints.OpenWorldHint) != "false" {
			t.Errorf("%s: idempotent %q, open world %q", tool.Name, said(hints.IdempotentHint), said(hints.OpenWorldHint))
		}
	}
	if len(met) != len(isReadOnly) {
		t.Errorf("the catalog has tools of these effects only: %v", met)
	}
}

// said is a hint in words; empty when it was not given.
func said(hint *bool) string {
	if hint == nil {
		return ""
	}
	return strconv.FormatBool(*hint)
}

func TestWithoutOutputSchemasAnswersAreTextAlone(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil), TextOnly: true})
	for _, tool := range listTools(c) {
		if tool.OutputSchema.Type != "" || tool.InputSchema.Type != "object" {
			t.Errorf("%s is listed with %+v", tool.Name, tool)
		}
	}
	f := c.ask(2, "tools/call", call("roles-list", `{"limit":1}`))
	if f.Error != nil || strings.Contains(string(f.Result), "structuredContent") || !strings.Contains(string(f.Result), `\"total\"`) {
		t.Errorf("roles-list was answered %s %+v", f.Result, f.Error)
	}
}

func TestAToolWithoutAKnownEffectIsRefusedAtStart(t *testing.T) {
	catalog := tools.Catalog()[:1]
	catalog[0].Effect = "shrugs"
	if _, err := server.New(server.Options{Catalog: catalog}); err == nil || !strings.Contains(err.Error(), catalog[0].Name) {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsAskedOfTheAPIUntilAToolIsCalled(t *testing.T) {
	api := newBackend(t, nil)
	c := connect(t, server.Options{Environment: environment(t, api.url, nil)})
	c.ask(1, "initialize", initialize("2025-11-25"))
	listTools(c)
	c.ask(2, "resources/read", `{"uri":"`+schemas.SettingsURI+`"}`)
	if sent := api.Requests(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
	c.works()
	if len(api.Requests()) == 0 {
		t.Error("the call sent nothing either, so the test saw nothing")
	}
}

func TestWhatIsWithheldIsNeitherListedNorCalledAndTheRefusalSaysWhy(t *testing.T) {
	api := newBackend(t, nil)
	offered, withheld := tools.Limits{ReadOnly: true}.Split(tools.Catalog())
	withheld["roles-create"] = "roles-create is left out, for a reason."
	c := connect(t, server.Options{Environment: environment(t, api.url, nil), Catalog: offered, Withheld: withheld})
	listed := listTools(c)
	if len(listed) != len(offered) || len(listed) == 0 || len(listed) == len(tools.Catalog()) {
		t.Errorf("%d tools are listed, %d of %d are offered", len(listed), len(offered), len(tools.Catalog()))
	}
	for _, tool := range listed {
		if said(tool.Annotations.ReadOnlyHint) != "true" {
			t.Errorf("%s is listed", tool.Name)
		}
	}
	f := c.ask(2, "tools/call", call("roles-create", `{"name":"Night shift"}`))
	if f.Error == nil || f.Error.Code != -32602 || f.Error.Message != withheld["roles-create"] {
		t.Errorf("roles-create was answered %s %+v", f.Result, f.Error)
	}
	if sent := api.Requests(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
	c.works()
}

func TestInstructionsAreShortAndSayWhatIsSpecial(t *testing.T) {
	for _, test := range []struct {
		name     string
		options  server.Options
		has, not string
	}{
		{"the usual", server.Options{}, "organization_id", "SANDBOX"},
		{"a sandbox", server.Options{Sandbox: true}, "SANDBOX", "read-only"},
		{"read-only", server.Options{ReadOnly: true}, "read-only", "SANDBOX"},
		{"a dry run", server.Options{DryRun: true}, "Dry run: writing tools answer what they would do", "read-only"},
		{"all of them", server.Options{Sandbox: true, ReadOnly: true, DryRun: true}, "SANDBOX", "\n\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Environment = environment(t, "http://127.0.0.1:1", nil)
			c := connect(t, test.options)
			var hello struct {
				Instructions string
				ServerInfo   struct{ Name, Title, Version string }
				Capabilities map[string]json.RawMessage
			}
			if err := json.Unmarshal(c.ask(1, "initialize", initialize("2025-11-25")).Result, &hello); err != nil {
				t.Fatal(err)
			}
			text := hello.Instructions
			if count, err := tokens.Count(text); err != nil || count == 0 || count > 300 {
				t.Errorf("%d tokens, %v", count, err)
			}
			if !strings.Contains(text, test.has) || strings.Contains(text, test.not) {
				t.Errorf("want %q and not %q in:\n%s", test.has, test.not, text)
			}
			if hello.ServerInfo.Name != "posthog-org-mcp" || hello.ServerInfo.Title == "" || hello.ServerInfo.Version != "dev" {
				t.Errorf("server info %+v", hello.ServerInfo)
			}
			for capability, want := range map[string]string{
				"tools": "{}", "prompts": "{}", "completions": "{}", "resources": `{"subscribe":true}`,
			} {
				if got := string(hello.Capabilities[capability]); got != want {
					t.Errorf("capability %s is %s", capability, got)
				}
			}
		})
	}
}

func TestInstructionsNameOnlyToolsThatExist(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	var hello struct{ Instructions string }
	if err := json.Unmarshal(c.ask(1, "initialize", initialize("2025-11-25")).Result, &hello); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range tools.Catalog() {
		names = append(names, tool.Name)
	}
	mentioned := 0
	for _, word := range strings.FieldsFunc(hello.Instructions, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz-", r) }) {
		if strings.HasSuffix(word, "-list") || strings.HasSuffix(word, "-get") {
			mentioned++
			if !slices.Contains(names, word) {
				t.Errorf("there is no tool %s", word)
			}
		}
	}
	if mentioned == 0 {
		t.Error("no tool is mentioned; the test looks for the wrong shape")
	}
}

func TestASuccessIsTheSameJSONAsTextAndStructured(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	result := c.result(c.ask(1, "tools/call", call("roles-list", `{}`)))
	if result.IsError || !sameJSON(t, result.Content[0].Text, string(result.Structured)) {
		t.Errorf("text %s\nstructured %s", result.Content[0].Text, result.Structured)
	}
}

// sameJSON compares what two texts say; "&" may be written in two ways.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var left, right any
	if err := errors.Join(json.Unmarshal([]byte(a), &left), json.Unmarshal([]byte(b), &right)); err != nil {
		t.Fatalf("%v in %q or %q", err, a, b)
	}
	return reflect.DeepEqual(left, right)
}

func TestAFailureIsTextAloneInTheFormOfEveryFailure(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	result := c.result(c.ask(1, "tools/call", call("roles-get", `{"role":"Nobody calls it that"}`)))
	var failure schemas.Failure
	if err := json.Unmarshal([]byte(result.Content[0].Text), &failure); err != nil {
		t.Fatal(err)
	}
	if !result.IsError || result.Structured != nil || failure.Error == "" || failure.NextStep == "" {
		t.Errorf("got %+v, structured %s", failure, result.Structured)
	}
}

func TestAnUnknownToolIsAnsweredWithTheNearestNames(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	long := strings.Repeat("x", 10_000)
	for _, test := range []struct{ name, has string }{
		{"role-list", "roles-list"},
		{"memberships-add", "membership-add"},
		{"ROLES-DELETE", "roles-delete"},
		{"", "There is no tool"},
		{"../../roles", "There is no tool"},
		{long, "…"},
	} {
		f := c.ask(1, "tools/call", call(test.name, `{}`))
		if f.Error == nil || f.Error.Code != -32602 || !strings.Contains(f.Error.Message, test.has) {
			t.Errorf("%.20q was answered %s %+v", test.name, f.Result, f.Error)
		} else if len(f.Error.Message) > 300 {
			t.Errorf("%.20q was answered in %d bytes", test.name, len(f.Error.Message))
		}
	}
}

func TestTheSchemaOfProjectSettingsIsAResource(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	var list struct {
		Resources []struct{ URI, Name, Title, Description, MIMEType string }
	}
	if err := json.Unmarshal(c.ask(1, "resources/list", `{}`).Result, &list); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list.Resources, func(r struct{ URI, Name, Title, Description, MIMEType string }) bool {
		return r.URI == schemas.SettingsURI
	})
	if at < 0 || list.Resources[at].MIMEType != "application/schema+json" || list.Resources[at].Title == "" {
		t.Errorf("resources/list: %+v", list)
	}
	var read struct {
		Contents []struct{ URI, MIMEType, Text string }
	}
	if err := json.Unmarshal(c.ask(2, "resources/read", `{"uri":"`+schemas.SettingsURI+`"}`).Result, &read); err != nil {
		t.Fatal(err)
	}
	var schema struct{ Properties map[string]json.RawMessage }
	if len(read.Contents) != 1 || json.Unmarshal([]byte(read.Contents[0].Text), &schema) != nil || len(schema.Properties) < 50 {
		t.Errorf("resources/read: %+v", read)
	}
	if f := c.ask(3, "resources/read", `{"uri":"posthog-org://schemas/none"}`); f.Error == nil {
		t.Errorf("an unknown resource was answered %s", f.Result)
	}
}

// panicking stands for a bug anywhere below the tools.
type panicking struct{ requests atomic.Int32 }

func (p *panicking) RoundTrip(*http.Request) (*http.Response, error) {
	if p.requests.Add(1) > 1 {
		return nil, errors.New("down")
	}
	panic("index out of range near " + sandbox.AdminKey)
}

func TestAPanicIsAFailureAndTheNextCallWorks(t *testing.T) {
	var log journal
	var bug panicking
	c := connect(t, server.Options{
		Environment: environment(t, "http://127.0.0.1:1", &bug),
		Logger:      log.logger(slog.LevelDebug),
	})
	result := c.result(c.ask(1, "tools/call", call("organizations-list", `{"organization_id":"@current"}`)))
	text := result.Content[0].Text
	var failure schemas.Failure
	if err := json.Unmarshal([]byte(text), &failure); err != nil || !result.IsError || failure.Error == "" || failure.NextStep == "" {
		t.Errorf("answered %s", text)
	}
	if strings.Contains(text, "range") || strings.Contains(text, "goroutine") || strings.Contains(text, ".go:") {
		t.Errorf("the answer tells of the inside: %s", text)
	}
	logged := log.String()
	if !strings.Contains(logged, "index out of range near phx_…") || !strings.Contains(logged, "RoundTrip") {
		t.Errorf("the log lacks the panic or its stack:\n%s", logged)
	}
	if strings.Contains(logged, sandbox.AdminKey) {
		t.Error("the log holds the key")
	}
	next := c.result(c.ask(2, "tools/call", call("organizations-list", `{"organization_id":"@current"}`)))
	if next.Content[0].Text == text || bug.requests.Load() < 2 {
		t.Errorf("the next call did not run: %s", next.Content[0].Text)
	}
}

func TestWithoutDebugThePanicsStackStaysOutOfTheLog(t *testing.T) {
	var log journal
	c := connect(t, server.Options{
		Environment: environment(t, "http://127.0.0.1:1", &panicking{}),
		Logger:      log.logger(slog.LevelInfo),
	})
	c.ask(1, "tools/call", call("organizations-list", `{"organization_id":"@current"}`))
	if logged := log.String(); !strings.Contains(logged, "level=ERROR msg=panic") || strings.Contains(logged, "goroutine") {
		t.Errorf("logged:\n%s", logged)
	}
}

func TestTheLogNamesToolOutcomeAndDurationAndNeverArguments(t *testing.T) {
	var log journal
	c := connect(t, server.Options{
		Environment: environment(t, newBackend(t, nil).url, nil),
		Logger:      log.logger(slog.LevelInfo),
	})
	c.ask(1, "tools/call", call("roles-get", `{"role":"Zanzibar"}`))
	c.ask(2, "tools/call", call("roles-list", `{}`))
	logged := log.String()
	for _, want := range []string{"tool=roles-get outcome=failed duration=", "tool=roles-list outcome=ok duration="} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log lacks %q:\n%s", want, logged)
		}
	}
	if strings.Contains(logged, "Zanzibar") {
		t.Errorf("the log holds an argument:\n%s", logged)
	}
}
