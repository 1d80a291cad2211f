package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"posthog-org-mcp/server"
	"posthog-org-mcp/tools"
)

func initialize(version string) string {
	return fmt.Sprintf(`{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"test","version":"1"}}`, version)
}

const initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"

func TestEveryLegacyVersionShakesHandsListsAndCalls(t *testing.T) {
	for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"} {
		t.Run(version, func(t *testing.T) {
			c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil), Version: "1.2.3"})
			var hello struct {
				ProtocolVersion string
				ServerInfo      struct{ Version string }
			}
			if err := json.Unmarshal(c.ask(1, "initialize", initialize(version)).Result, &hello); err != nil {
				t.Fatal(err)
			}
			if hello.ProtocolVersion != version || hello.ServerInfo.Version != "1.2.3" {
				t.Errorf("answered %+v", hello)
			}
			c.send(initialized)
			if listed := listTools(c); len(listed) != len(tools.Catalog()) {
				t.Errorf("%d tools", len(listed))
			}
			if f := c.ask(2, "ping", `{}`); string(f.Result) != "{}" {
				t.Errorf("ping was answered %s", f.Result)
			}
			c.works()
		})
	}
}

func TestAnUnknownVersionIsAnsweredWithTheLastOfItsEra(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	for _, version := range []string{"1999-01-01", "2999-01-01", "latest"} {
		var hello struct{ ProtocolVersion string }
		if err := json.Unmarshal(c.ask(1, "initialize", initialize(version)).Result, &hello); err != nil || hello.ProtocolVersion != "2025-11-25" {
			t.Errorf("%q was answered %+v, %v", version, hello, err)
		}
	}
}

func TestTheModernEraDiscoversListsAndCallsWithoutHandshake(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	var discovered struct {
		SupportedVersions []string
		Instructions      string
		ResultType        string
	}
	if err := json.Unmarshal(c.ask(1, "server/discover", modern(`{}`)).Result, &discovered); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(discovered.SupportedVersions, "2026-07-28") || discovered.Instructions == "" || discovered.ResultType != "complete" {
		t.Errorf("server/discover: %+v", discovered)
	}
	var list struct {
		Tools []listedTool
		TTLMs int64
	}
	if err := json.Unmarshal(c.ask(2, "tools/list", modern(`{}`)).Result, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Tools) != len(tools.Catalog()) || list.TTLMs <= 0 {
		t.Errorf("tools/list: %d tools to keep for %d ms", len(list.Tools), list.TTLMs)
	}
	result := c.result(c.ask(3, "tools/call", modern(call("roles-list", `{}`))))
	if result.IsError || result.ResultType != "complete" || !sameJSON(t, result.Content[0].Text, string(result.Structured)) {
		t.Errorf("tools/call: %+v", result)
	}
	if f := c.ask(4, "initialize", modern(`{}`)); f.Error == nil || f.Error.Code != -32601 {
		t.Errorf("initialize was answered %s %+v", f.Result, f.Error)
	}
}

func TestASubscriptionIsAcknowledgedThenEndsForNothingHereChanges(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	c.send(request(7, "subscriptions/listen", modern(`{"notifications":{"toolsListChanged":true}}`)))
	if f := c.next(); f.Method != "notifications/subscriptions/acknowledged" {
		t.Errorf("first came %+v", f)
	}
	if f := c.next(); string(f.ID) != "7" || f.Error != nil {
		t.Errorf("then came %+v", f)
	}
}

func TestBothErasMayShareAConnection(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	c.ask(1, "initialize", initialize("2025-06-18"))
	if result := c.result(c.ask(2, "tools/call", modern(call("roles-list", `{}`)))); result.ResultType != "complete" {
		t.Errorf("the modern call was answered %+v", result)
	}
	if result := c.result(c.ask(3, "tools/call", call("roles-list", `{}`))); result.ResultType != "" {
		t.Errorf("the legacy call was answered %+v", result)
	}
}
