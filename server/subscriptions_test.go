package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/server"
)

// updated is the address that a notification tells of, with the stream that it
// belongs to.
func updated(c *client) string {
	c.t.Helper()
	f := c.next()
	var params struct {
		URI  string         `json:"uri"`
		Meta map[string]any `json:"_meta"`
	}
	if err := json.Unmarshal(f.Params, &params); err != nil || f.Method != "notifications/resources/updated" {
		c.t.Fatalf("want an update, got %+v %s %s", f, f.Params, f.Result)
	}
	if stream := params.Meta["io.modelcontextprotocol/subscriptionId"]; stream != nil {
		return fmt.Sprint(params.URI, " on ", stream)
	}
	return params.URI
}

const addNewcomer = `{"role":"Support","member":"` + sandbox.NewcomerEmail + `"}`

func TestALegacyClientIsToldOfWhatItSubscribedToBeforeTheWriteIsAnswered(t *testing.T) {
	c, _ := hello(t, server.Options{})
	watched := []string{
		"posthog-org://members/" + sandbox.NewcomerEmail, "posthog-org://roles",
		"posthog-org://roles/" + sandbox.RoleSupport, "posthog-org://roles/support",
	}
	for _, uri := range append(watched, "posthog-org://roles/Viewers", "posthog-org://references", "posthog-org://roles") {
		if f := c.ask(2, "resources/subscribe", fmt.Sprintf(`{"uri":%q}`, uri)); string(f.Result) != "{}" {
			t.Fatalf("%s: %+v", uri, f.Error)
		}
	}
	c.send(request(3, "tools/call", call("membership-add", addNewcomer)))
	for _, uri := range watched {
		if got := updated(c); got != uri {
			t.Errorf("told of %s, want %s", got, uri)
		}
	}
	c.result(c.next())
	c.result(c.ask(4, "tools/call", call("membership-add", addNewcomer))) // which changes nothing
	for _, uri := range watched {
		c.ask(5, "resources/unsubscribe", fmt.Sprintf(`{"uri":%q}`, uri))
	}
	c.result(c.ask(6, "tools/call", call("membership-remove", addNewcomer)))
}

func TestAModernClientIsToldOnTheStreamThatItOpened(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	listen := func(id int, uris ...string) {
		t.Helper()
		list, err := json.Marshal(uris)
		if err != nil {
			t.Fatal(err)
		}
		c.send(request(id, "subscriptions/listen", modern(`{"notifications":{"resourceSubscriptions":`+string(list)+`}}`)))
		if f := c.next(); f.Method != "notifications/subscriptions/acknowledged" || !strings.Contains(string(f.Params), fmt.Sprintf(`subscriptionId":%d`, id)) || !strings.Contains(string(f.Params), uris[0]) {
			t.Fatalf("answered %+v %s", f, f.Params)
		}
	}
	listen(7, "posthog-org://roles", "posthog-org://roles/Support")
	listen(8, "posthog-org://roles")
	c.send(request(9, "tools/call", modern(call("membership-add", addNewcomer))))
	told := map[string]bool{updated(c): true, updated(c): true, updated(c): true}
	for _, want := range []string{"posthog-org://roles on 7", "posthog-org://roles/Support on 7", "posthog-org://roles on 8"} {
		if !told[want] {
			t.Errorf("not told of %s: %v", want, told)
		}
	}
	c.result(c.next())

	// A cancelled stream ends without an answer, the other goes on.
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}` + "\n")
	for id := 10; ; id++ {
		arguments := fmt.Sprintf(`{"name":"Role %d"}`, id)
		c.send(request(id, "tools/call", modern(call("roles-create", arguments))))
		first, second := c.next(), c.next()
		if len(second.ID) == 0 { // one more: the cancellation has not arrived
			c.next()
			continue
		}
		if !strings.Contains(string(first.Params), `subscriptionId":8`) {
			t.Errorf("told %s", first.Params)
		}
		return
	}
}

// An open stream must not keep the server from leaving. It is answered then.
func TestAtTheEndOfInputAStreamIsAnsweredAtOnce(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, "http://127.0.0.1:1", nil)})
	c.send(request(7, "subscriptions/listen", modern(`{"notifications":{"resourceSubscriptions":["posthog-org://roles"]}}`)))
	c.next()
	_ = c.in.Close()
	f := c.next()
	if string(f.ID) != "7" || f.Error != nil || !strings.Contains(string(f.Result), `subscriptionId":7`) {
		t.Errorf("answered %+v", f)
	}
	if err := c.ended(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoResourceIsNotSubscribedTo(t *testing.T) {
	c, _ := hello(t, server.Options{})
	for _, uri := range []string{"posthog-org://nowhere", "posthog-org://roles/" + strings.Repeat("x", 2000)} {
		if _, text := refused(c, 2, "resources/subscribe", fmt.Sprintf(`{"uri":%q}`, uri)); !strings.HasSuffix(text, ".") {
			t.Errorf("refused with %s", text)
		}
		listen := fmt.Sprintf(`{"notifications":{"resourceSubscriptions":["posthog-org://roles",%q]}}`, uri)
		if code, text := refused(c, 3, "subscriptions/listen", modern(listen)); code != -32602 || strings.HasPrefix(text, "subscribing") {
			t.Errorf("refused with %d %s", code, text)
		}
	}
}

func TestOneClientHasAThousandSubscriptionsAtMost(t *testing.T) {
	c, _ := hello(t, server.Options{})
	for i := range 1000 {
		c.ask(2, "resources/subscribe", fmt.Sprintf(`{"uri":"posthog-org://roles/role-%d"}`, i))
	}
	if _, text := refused(c, 3, "resources/subscribe", `{"uri":"posthog-org://roles/one-more"}`); !strings.Contains(text, "1000 subscriptions") {
		t.Error(text)
	}
	if f := c.ask(4, "resources/subscribe", `{"uri":"posthog-org://roles/role-7"}`); f.Error != nil {
		t.Errorf("what is subscribed to already: %+v", f.Error)
	}
	c.ask(5, "resources/unsubscribe", `{"uri":"posthog-org://roles/role-7"}`)
	if f := c.ask(6, "resources/subscribe", `{"uri":"posthog-org://roles/one-more"}`); f.Error != nil {
		t.Errorf("in place of another: %+v", f.Error)
	}
}

func TestALinkGoesToClientsOfVersionsThatKnowLinks(t *testing.T) {
	for _, version := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", ""} {
		c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
		params := call("roles-get", `{"role":"Support"}`)
		if version == "" {
			params = modern(params)
		} else {
			c.ask(1, "initialize", initialize(version))
		}
		result := c.result(c.ask(2, "tools/call", params))
		if wants := version == "" || version >= "2025-06-18"; (len(result.Content) == 2) != wants {
			t.Errorf("%q: %+v", version, result.Content)
		}
		if !sameJSON(t, result.Content[0].Text, string(result.Structured)) {
			t.Errorf("%q: the text is not the structured content", version)
		}
	}
}
