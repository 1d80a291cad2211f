package server_test

import (
	"fmt"
	"strings"
	"testing"

	"posthog-org-mcp/server"
)

func TestAMalformedFrameGetsOneClearErrorAndTheNextCallWorks(t *testing.T) {
	const parse, invalid, params, method = -32700, -32600, -32602, -32601
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	for _, test := range []struct {
		name, line string
		code       int
		id, has    string
	}{
		{"an empty line", ``, parse, "null", "empty"},
		{"a line of blanks", "  \t\r", parse, "null", "empty"},
		{"no JSON", `hello`, parse, "null", "not JSON"},
		{"JSON cut short", `{"jsonrpc":"2.0","id":1,"method":"ping"`, parse, "null", "not JSON"},
		{"something after the object", `{"jsonrpc":"2.0","id":1,"method":"ping"} x`, parse, "null", "not JSON"},
		{"a NUL byte", "\x00", parse, "null", "not JSON"},
		{"a NUL byte in a string", `{"jsonrpc":"2.0","id":1,"method":"pi` + "\x00" + `ng"}`, parse, "null", "not JSON"},
		{"100,000 brackets", strings.Repeat("[", 100_000), parse, "null", "not JSON"},
		{"10,001 objects inside each other", strings.Repeat(`{"params":`, 10_001) + "1" + strings.Repeat("}", 10_001), parse, "null", "not JSON"},
		{"invalid UTF-8", `{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"` + "\xff" + `"}}`, parse, "5", "UTF-8"},
		{"UTF-16", "\xff\xfe{\x00}\x00", parse, "null", "not JSON"},
		{"an empty batch", `[]`, invalid, "null", "Batches"},
		{"a batch", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, invalid, "null", "Batches"},
		{"a number", `17`, invalid, "null", "object"},
		{"a string", `"ping"`, invalid, "null", "object"},
		{"null", `null`, invalid, "null", "object"},
		{"an empty object", `{}`, invalid, "null", "2.0"},
		{"no version", `{"id":1,"method":"ping"}`, invalid, "1", "2.0"},
		{"another version", `{"jsonrpc":"1.0","id":"a","method":"ping"}`, invalid, `"a"`, "2.0"},
		{"a version that is a number", `{"jsonrpc":2.0,"id":1,"method":"ping"}`, invalid, "1", "2.0"},
		{"no method", `{"jsonrpc":"2.0","id":1}`, invalid, "1", "method"},
		{"an empty method", `{"jsonrpc":"2.0","id":1,"method":""}`, invalid, "1", "method"},
		{"a method that is a number", `{"jsonrpc":"2.0","id":1,"method":7}`, invalid, "1", "method"},
		{"an unknown method", `{"jsonrpc":"2.0","id":1,"method":"roles/list"}`, method, "1", ""},
		{"a request that is an answer too", `{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, invalid, "1", "at once"},
		{"a request without id", `{"jsonrpc":"2.0","method":"tools/list"}`, invalid, "null", "needs an id"},
		{"an id that is null", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, invalid, "null", "id"},
		{"an id that is an object", `{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}`, invalid, "null", "id"},
		{"an id that is a list", `{"jsonrpc":"2.0","id":[1],"method":"ping"}`, invalid, "null", "id"},
		{"an id that is true", `{"jsonrpc":"2.0","id":true,"method":"ping"}`, invalid, "null", "id"},
		{"params that are a list", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}`, params, "1", "object"},
		{"params that are a string", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"roles-list"}`, params, "1", "object"},
		{"a call without params", `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, params, "1", "name"},
		{"a call without a name", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}`, params, "1", "name"},
		{"a name that is a number", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}`, params, "1", "name"},
		{"_meta that is a number", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"roles-list","_meta":5}}`, invalid, "1", "_meta cannot be of type number"},
		{"input that is a list", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"roles-list","inputResponses":[]}}`, invalid, "1", "inputResponses cannot be of type array"},
		{"a cursor that is an object", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":{}}}`, invalid, "1", "cursor cannot be of type object"},
		{"capabilities that are a list", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":[]}}`, invalid, "1", "capabilities cannot be of type array"},
		{"a modern request without capabilities", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, params, "1", ""},
		{"a version of the future", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2999-01-01","io.modelcontextprotocol/clientCapabilities":{}}}}`, -32022, "1", ""},
		{"an unreadable cursor", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"%"}}`, params, "1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.send(test.line + "\n")
			f := c.next()
			switch {
			case f.Error == nil:
				t.Fatalf("answered %s", f.Result)
			case f.Error.Code != test.code || string(f.ID) != test.id || !strings.Contains(f.Error.Message, test.has):
				t.Errorf("answered under %s: %d %s", f.ID, f.Error.Code, f.Error.Message)
			case f.Error.Message == "" || strings.Contains(f.Error.Message, "Go struct"):
				t.Errorf("answered in Go's words: %s", f.Error.Message)
			}
			c.works()
		})
	}
}

func TestStrangeArgumentsAreAFailureOfTheTool(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	for _, arguments := range []string{`[]`, `"x"`, `5`, `true`, `{"bogus":1}`, `{"limit":"ten"}`, `{"limit":9999999999999999999999}`, `{"offset":-1}`} {
		if result := c.result(c.ask(1, "tools/call", call("roles-list", arguments))); !result.IsError {
			t.Errorf("%s was answered %s", arguments, result.Content[0].Text)
		}
	}
	for _, params := range []string{`{"name":"roles-list"}`, `{"name":"roles-list","arguments":null}`} {
		if result := c.result(c.ask(1, "tools/call", params)); result.IsError {
			t.Errorf("%s was answered %s", params, result.Content[0].Text)
		}
	}
}

func TestAnIDComesBackAsItWasSent(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	for _, id := range []string{
		`0`, `-1`, `1.5`, `1e3`, `9007199254740993`, `123456789012345678901234567890`,
		`""`, `"1"`, `"null"`, `"täglich ✓"`, `"a\"b"`, `"` + strings.Repeat("x", 10_000) + `"`,
	} {
		for _, rest := range []string{
			`"method":"ping"`,
			`"method":"tools/call","params":` + call("roles-list", `{"limit":1}`),
			`"method":"tools/call","params":` + call("no-such", `{}`),
		} {
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`+"\n", id, rest))
			if f := c.next(); string(f.ID) != id {
				t.Errorf("id %.40s of %.30s came back as %.40s", id, rest, f.ID)
			}
		}
	}
}

func TestNotificationsAndAnswersAreNeverAnswered(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	for _, line := range []string{
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","method":"notifications/never-heard-of","params":{"a":1}}`,
		`{"jsonrpc":"2.0","method":"notifications/progress","params":[]}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled"}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4711}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":"x"}`,
		`{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}`,
	} {
		c.send(line + "\n")
		c.works() // whose answer must be the next frame
	}
}

func TestALineThatIsTooLongIsDroppedAndTheNextOneWorks(t *testing.T) {
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, nil).url, nil)})
	for _, size := range []int{1<<20 + 1, 6 << 20} {
		c.send(request(1, "tools/call", call("roles-get", `{"role":"`+strings.Repeat("x", size)+`"}`)))
		f := c.next()
		if f.Error == nil || f.Error.Code != -32600 || string(f.ID) != "null" || !strings.Contains(f.Error.Message, "1048576") {
			t.Errorf("%d bytes were answered under %s: %+v", size, f.ID, f.Error)
		}
		c.works()
	}
	large := c.result(c.ask(2, "tools/call", call("roles-get", `{"role":"`+strings.Repeat("x", 900<<10)+`"}`)))
	if !large.IsError || len(large.Content[0].Text) > 10_000 {
		t.Errorf("a line of 3 MiB was answered in %d bytes", len(large.Content[0].Text))
	}
}

func TestASecondRequestUnderAnIDInFlightIsRefusedAndTheFirstGoesOn(t *testing.T) {
	g := newGate()
	c := connect(t, server.Options{Environment: environment(t, newBackend(t, g.pass).url, nil)})
	c.send(request(5, "tools/call", call("roles-list", `{}`)))
	g.await(t, 1)
	c.send(request(5, "tools/call", call("roles-create", `{"name":"Twice"}`)))
	if f := c.next(); f.Error == nil || f.Error.Code != -32600 || string(f.ID) != "null" {
		t.Errorf("the second was answered %s %+v", f.ID, f.Error)
	}
	g.open()
	if f := c.next(); string(f.ID) != "5" || c.result(f).IsError {
		t.Errorf("the first was answered %+v", f)
	}
	c.ask(5, "ping", `{}`) // once answered, an id is free again
}

func FuzzNoLineBreaksTheServer(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"roles-list","arguments":{"limit":1}}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`,
		`{"jsonrpc":"2.0","id":"x","method":"resources/read","params":{"uri":"posthog-org://schemas/project-settings"}}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `[]`, ``, `null`, "\xff", `{"id":{}}`, `{"jsonrpc":"2.0","id":1e400,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":[]}}`,
		`{"jsonrpc":"2.0","id":1,"method":"completion/complete"}`, `{"jsonrpc":"2.0","id":1,"method":"logging/setLevel"}`,
		`{"JSONRPC":"2.0","ID":1,"Method":"ping"}`,
	} {
		f.Add(seed)
	}
	s, err := server.New(server.Options{Environment: environment(f, "http://127.0.0.1:1", nil)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n") {
			t.Skip()
		}
		c := connectTo(t, s)
		c.send(line + "\n" + `{"jsonrpc":"2.0","id":"the end","method":"ping"}`)
		_ = c.in.Close()
		frames := c.rest()
		pings := 0
		for _, f := range frames {
			if string(f.ID) == `"the end"` {
				pings++
			}
		}
		if pings != 1 || len(frames) > 3 { // a subscription is acknowledged besides
			t.Errorf("%q brought %d frames, %d pings", line, len(frames), pings)
		}
	})
}
