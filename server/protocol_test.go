package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/server"
	"posthog-org-mcp/tools"
)

// hello is a legacy client of the last version, in front of a sandbox.
func hello(t *testing.T, options server.Options) (*client, backend) {
	t.Helper()
	api := newBackend(t, nil)
	options.Environment = environment(t, api.url, nil)
	c := connect(t, options)
	c.ask(1, "initialize", initialize("2025-11-25"))
	c.send(initialized)
	return c, api
}

// refused is the protocol error that a request is answered with.
func refused(c *client, id int, method, params string) (code int, message string) {
	c.t.Helper()
	f := c.ask(id, method, params)
	if f.Error == nil {
		c.t.Fatalf("%s %s was answered %s", method, params, f.Result)
	}
	return f.Error.Code, f.Error.Message
}

func TestWhatIsNotThereIsRefusedUnderTheCodeOfTheEra(t *testing.T) {
	c, _ := hello(t, server.Options{})
	for _, test := range []struct {
		uri            string
		legacy, modern int
		says           string
	}{
		{"posthog-org://roles/suport", -32002, -32602, `"Support"`},
		{"posthog-org://nowhere", -32002, -32602, "See resources/list"},
		{"posthog-org://docs/writs", -32002, -32602, "writes"},
		{"posthog-org://roles/" + strings.Repeat("x", 300), -32602, -32602, "at most 200"},
		{"posthog-org://roles/" + strings.Repeat("x", 900_000), -32602, -32602, "longer than 2000 bytes"},
	} {
		params := fmt.Sprintf(`{"uri":%q}`, test.uri)
		if code, text := refused(c, 2, "resources/read", params); code != test.legacy || !strings.Contains(text, test.says) {
			t.Errorf("%.40s: %d %s", test.uri, code, text)
		}
		if code, text := refused(c, 3, "resources/read", modern(params)); code != test.modern || !strings.Contains(text, test.says) {
			t.Errorf("%.40s: %d %s", test.uri, code, text)
		}
	}
}

func TestAReadAnswersUnderTheAddressThatTheClientWrote(t *testing.T) {
	c, _ := hello(t, server.Options{})
	for _, uri := range []string{"posthog-org://members/ana.kovac%40example.com", "posthog-org://members/ana.kovac@example.com", "posthog-org://roles/Data & Analytics", "posthog-org://roles"} {
		params, err := json.Marshal(map[string]string{"uri": uri})
		if err != nil {
			t.Fatal(err)
		}
		var read struct {
			Contents []struct{ URI, MIMEType, Text string }
		}
		f := c.ask(2, "resources/read", string(params))
		if err := json.Unmarshal(f.Result, &read); err != nil || len(read.Contents) != 1 {
			t.Fatalf("%s: %s, %v", uri, f.Result, f.Error)
		}
		if got := read.Contents[0]; got.URI != uri || got.MIMEType != "application/json" || !json.Valid([]byte(got.Text)) {
			t.Errorf("%s: %+v", uri, got)
		}
	}
}

// The lists stay the same as long as the process runs; what can be read does not.
func TestOnlyTheListsMayBeKeptByAModernClient(t *testing.T) {
	c, _ := hello(t, server.Options{})
	for method, kept := range map[string]bool{"resources/list": true, "resources/templates/list": true, "prompts/list": true, "resources/read": false} {
		var result struct{ TTLMs *int64 }
		if err := json.Unmarshal(c.ask(2, method, modern(`{"uri":"posthog-org://roles"}`)).Result, &result); err != nil || result.TTLMs == nil || (*result.TTLMs > 0) != kept {
			t.Errorf("%s: %v, %v", method, result.TTLMs, err)
		}
	}
}

func TestAPanicDuringAReadTakesNothingElseAlong(t *testing.T) {
	api := newBackend(t, nil)
	env := environment(t, api.url, &panicking{})
	c := connect(t, server.Options{Environment: env})
	if code, text := refused(c, 1, "resources/read", `{"uri":"posthog-org://roles"}`); code != -32603 || strings.Contains(text, "index out of range") {
		t.Errorf("%d %s", code, text)
	}
	if f := c.ask(2, "ping", `{}`); string(f.Result) != "{}" {
		t.Errorf("ping was answered %s", f.Result)
	}
}

func TestAKeyInAnAddressIsMaskedInTheRefusal(t *testing.T) {
	c, _ := hello(t, server.Options{})
	for _, uri := range []string{"posthog-org://roles/" + sandbox.AdminKey, "posthog-org://" + sandbox.AdminKey} {
		c.send(request(2, "resources/read", fmt.Sprintf(`{"uri":%q}`, uri)))
		f := c.next()
		if data, err := json.Marshal(f); err != nil || strings.Contains(string(data), sandbox.AdminKey) || f.Error == nil {
			t.Errorf("%s, %v", data, err)
		}
	}
}

func TestPromptsAreListedAndRefuseWhatDoesNotFit(t *testing.T) {
	c, _ := hello(t, server.Options{})
	var list struct {
		Prompts []struct {
			Name, Title, Description string
			Arguments                []struct {
				Name, Description string
				Required          bool
			}
		}
	}
	if err := json.Unmarshal(c.ask(2, "prompts/list", `{}`).Result, &list); err != nil || len(list.Prompts) != 7 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, prompt := range list.Prompts {
		arguments := map[string]string{}
		for _, argument := range prompt.Arguments {
			arguments[argument.Name] = "Support"
		}
		params, err := json.Marshal(map[string]any{"name": prompt.Name, "arguments": arguments})
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Messages []struct {
				Role    string
				Content struct{ Type, Text string }
			}
		}
		if err := json.Unmarshal(c.ask(3, "prompts/get", string(params)).Result, &got); err != nil || len(got.Messages) != 1 {
			t.Fatalf("%s: %+v, %v", prompt.Name, got, err)
		}
		if m := got.Messages[0]; m.Role != "user" || m.Content.Type != "text" || !strings.Contains(m.Content.Text, `: "Support"`) {
			t.Errorf("%s: %+v", prompt.Name, m)
		}
	}
	for params, says := range map[string]string{
		`{"name":"offboard"}`: `needs the argument "member"`,
		`{"name":"offbord"}`:  "Close to it: offboard",
		`{"name":"offboard","arguments":{"member":"a","x":"y"}}`: `has no argument "x"`,
	} {
		if code, text := refused(c, 4, "prompts/get", params); code != -32602 || !strings.Contains(text, says) {
			t.Errorf("%s: %d %s", params, code, text)
		}
	}
}

func TestAReadOnlyServerOffersThePromptsThatOnlyReadAndSaysWhyNotTheOthers(t *testing.T) {
	offered, withheld := tools.Limits{ReadOnly: true}.Split(tools.Catalog())
	c, _ := hello(t, server.Options{Catalog: offered, Withheld: withheld, ReadOnly: true})
	var list struct{ Prompts []struct{ Name string } }
	if err := json.Unmarshal(c.ask(2, "prompts/list", `{}`).Result, &list); err != nil || len(list.Prompts) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	for method, params := range map[string]string{
		"prompts/get":         `{"name":"offboard","arguments":{"member":"a"}}`,
		"completion/complete": `{"ref":{"type":"ref/prompt","name":"offboard"},"argument":{"name":"member","value":""}}`,
	} {
		if code, text := refused(c, 3, method, params); code != -32602 || !strings.Contains(text, "read-only") {
			t.Errorf("%s: %d %s", method, code, text)
		}
	}
}

func TestAResourceThatStandsOnAWithheldToolIsRefusedWithTheReason(t *testing.T) {
	offered, withheld := tools.Limits{Except: []string{"members-list"}}.Split(tools.Catalog())
	c, _ := hello(t, server.Options{Catalog: offered, Withheld: withheld})
	if code, text := refused(c, 2, "resources/read", `{"uri":"posthog-org://members/@me"}`); code != -32002 || !strings.Contains(text, "--exclude-tools") {
		t.Errorf("%d %s", code, text)
	}
	if f := c.ask(3, "resources/templates/list", `{}`); strings.Contains(string(f.Result), "posthog-org://members") {
		t.Errorf("listed: %s", f.Result)
	}
}

// complete asks for a completion.
func complete(c *client, id int, ref, name, value string) (values []string, total int) {
	c.t.Helper()
	var result struct {
		Completion struct {
			Values  []string
			Total   int
			HasMore bool
		}
	}
	f := c.ask(id, "completion/complete", fmt.Sprintf(`{"ref":%s,"argument":{"name":%q,"value":%q}}`, ref, name, value))
	if err := json.Unmarshal(f.Result, &result); err != nil || result.Completion.Values == nil {
		c.t.Fatalf("%s: %s %+v", ref, f.Result, f.Error)
	}
	if result.Completion.HasMore != (result.Completion.Total > len(result.Completion.Values)) {
		c.t.Errorf("%s: %s", ref, f.Result)
	}
	return result.Completion.Values, result.Completion.Total
}

func TestTemplatesAndPromptsAreCompletedAndOurOwnWritesAreSeenAtOnce(t *testing.T) {
	c, api := hello(t, server.Options{})
	role := `{"type":"ref/resource","uri":"posthog-org://roles/{role}"}`
	if values, total := complete(c, 2, role, "role", "sUp"); !slices.Equal(values, []string{"Support"}) || total != 1 {
		t.Errorf("%q of %d", values, total)
	}
	if values, _ := complete(c, 3, `{"type":"ref/resource","uri":"posthog-org://members/{member}"}`, "member", "kov"); !slices.Equal(values, []string{sandbox.AnaEmail}) {
		t.Errorf("%q", values)
	}
	onboard := `{"type":"ref/prompt","name":"onboard"}`
	if values, _ := complete(c, 4, onboard, "member", "zuz"); !slices.Equal(values, []string{sandbox.NewcomerEmail}) {
		t.Errorf("%q", values)
	}
	if values, _ := complete(c, 5, onboard, "roles", "Support,eng"); !slices.Equal(values, []string{"Support, Engineering"}) {
		t.Errorf("%q", values)
	}
	if values, _ := complete(c, 6, `{"type":"ref/prompt","name":"rotate-secret"}`, "reason", ""); len(values) != 0 {
		t.Errorf("%q", values)
	}
	before := len(api.Requests())
	complete(c, 7, role, "role", "s")
	if len(api.Requests()) != before {
		t.Error("the roles were read again")
	}
	c.result(c.ask(8, "tools/call", call("roles-create", `{"name":"Superintendents"}`)))
	if values, _ := complete(c, 9, role, "role", "super"); !slices.Equal(values, []string{"Superintendents"}) {
		t.Errorf("%q", values)
	}
	for params, says := range map[string]string{
		`{"ref":{"type":"ref/resource","uri":"posthog-org://roles"},"argument":{"name":"role","value":""}}`:        "posthog-org://roles/{role}",
		`{"ref":{"type":"ref/resource","uri":"posthog-org://roles/{role}"},"argument":{"name":"name","value":""}}`: `"role"`,
		`{"ref":{"type":"ref/prompt","name":"onboard"},"argument":{"name":"name","value":""}}`:                     `"name"`,
	} {
		if code, text := refused(c, 10, "completion/complete", params); code != -32602 || !strings.Contains(text, says) {
			t.Errorf("%s: %d %s", params, code, text)
		}
	}
}
