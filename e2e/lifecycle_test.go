package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// slowAPI answers no request before it is let go, and tells how many arrived
// and how many were given up by the client.
type slowAPI struct {
	url              string
	arrived, givenUp chan struct{}
	letGo            chan struct{}
}

func newSlowAPI(t *testing.T) *slowAPI {
	t.Helper()
	api := &slowAPI{arrived: make(chan struct{}, 1000), givenUp: make(chan struct{}, 1000), letGo: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.arrived <- struct{}{}
		select {
		case <-r.Context().Done():
			api.givenUp <- struct{}{}
		case <-api.letGo:
			writePage(w, r)
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	api.url = server.URL
	return api
}

func await(t *testing.T, what string, events <-chan struct{}) {
	t.Helper()
	select {
	case <-events:
	case <-time.After(harness.DefaultTimeout):
		t.Fatalf("waited in vain for %s", what)
	}
}

func TestACancelledCallEndsItsRequest(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-11-25"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			api := newSlowAPI(t)
			session := harness.Start(t, harness.Options{Era: era, Env: at(api.url)})
			pending := session.BeginCall("roles-list", nil)
			await(t, "the request", api.arrived)
			pending.Cancel()
			await(t, "the request's end", api.givenUp)
			close(api.letGo)
			if result := session.Call("roles-list", values{"limit": 1}); result.IsError {
				t.Errorf("the next call fails: %s", result.Text)
			}
		})
	}
}

func TestCallsInFlightAreAnsweredWhenStdinCloses(t *testing.T) {
	t.Parallel()
	api := newSlowAPI(t)
	session := harness.Start(t, harness.Options{Env: at(api.url)})
	var calls []*harness.Pending
	for range 10 {
		calls = append(calls, session.BeginCall("roles-list", values{"limit": 1}))
	}
	for range calls {
		await(t, "a request", api.arrived)
	}
	session.CloseStdin()
	close(api.letGo)
	for i, call := range calls {
		if result := call.Result(); result.IsError {
			t.Errorf("call %d: %s", i, result.Text)
		}
	}
	if code := session.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestASignalToStopAnswersWhatIsInFlightAndExitsWithZero(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			api := newSlowAPI(t)
			session := harness.Start(t, harness.Options{Env: at(api.url)})
			call := session.BeginCall("roles-list", values{"limit": 1})
			await(t, "the request", api.arrived)
			session.Signal(signal)
			close(api.letGo)
			if result := call.Result(); result.IsError {
				t.Error(result.Text)
			}
			if code := session.Wait(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestAHangingAPIDoesNotKeepAStoppedServerAlive(t *testing.T) {
	t.Parallel()
	api := newSlowAPI(t)
	session := harness.Start(t, harness.Options{Env: at(api.url)})
	call := session.BeginCall("roles-list", nil)
	await(t, "the request", api.arrived)
	session.CloseStdin()
	if code := session.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	// An answer is a courtesy here; a lost one is no fault, a false one would be.
	if raw, _, err := call.TryWait(); err == nil && !strings.Contains(string(raw), "isError") {
		t.Errorf("answered %s", raw)
	}
}

func TestTwoHundredCallsAtOnceAreAllAnsweredRight(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-06-18"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
			session := harness.Start(t, harness.Options{Era: era, Env: unhurried(stage.Env())})
			var group sync.WaitGroup
			for i := range 200 {
				group.Go(func() {
					name := fmt.Sprintf("Shift %03d", i)
					result := session.Call("roles-create", values{"name": name})
					if result.IsError || !strings.Contains(result.Text, `"name":"`+name+`"`) {
						t.Errorf("%s: %s", name, result.Text)
					}
				})
			}
			group.Wait()
			var listed struct {
				Total int `json:"total"`
			}
			session.Call("roles-list", nil).Decode(t, &listed)
			if listed.Total != 206 {
				t.Errorf("%d roles", listed.Total)
			}
		})
	}
}

func TestCallsRunSideBySide(t *testing.T) {
	t.Parallel()
	api := newSlowAPI(t)
	session := harness.Start(t, harness.Options{Env: at(api.url)})
	slow := session.BeginCall("roles-list", values{"limit": 1})
	await(t, "the first request", api.arrived)
	second := session.BeginCall("roles-list", values{"limit": 1})
	await(t, "the second request, while the first waits", api.arrived)
	if tools := session.Tools(); len(tools) == 0 {
		t.Error("no tools")
	}
	close(api.letGo)
	for _, call := range []*harness.Pending{slow, second} {
		if result := call.Result(); result.IsError {
			t.Error(result.Text)
		}
	}
}

func TestAMalformedFrameGetsOneErrorAndTheNextCallWorks(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Legacy("2025-11-25"))
	for _, test := range []struct {
		name, line string
		code       int
	}{
		{"no JSON", `{"jsonrpc":"2.0","id":1,`, -32700},
		{"plain words", `hello`, -32700},
		{"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":901,\"method\":\"\xff\xfe\"}", 0},
		{"a number", `7`, 0},
		{"unknown method", `{"jsonrpc":"2.0","id":902,"method":"roles/delete-all"}`, -32601},
		{"call without a name", `{"jsonrpc":"2.0","id":903,"method":"tools/call","params":{}}`, -32602},
		{"call with a number for a name", `{"jsonrpc":"2.0","id":904,"method":"tools/call","params":{"name":7}}`, 0},
		{"params of the wrong kind", `{"jsonrpc":"2.0","id":905,"method":"tools/call","params":"roles-list"}`, 0},
		{"ten megabytes", strings.Repeat("x", 10<<20), -32600},
	} {
		session.SendRaw([]byte(test.line + "\n"))
		frame := session.NextFrame()
		if frame.Error == nil || (test.code != 0 && frame.Error.Code != test.code) {
			t.Errorf("%s: answered %.300s", test.name, frame.Raw)
		}
		if frame.Error != nil && strings.Contains(frame.Error.Message, "goroutine") {
			t.Errorf("%s: a stack trace: %s", test.name, frame.Error.Message)
		}
		if result := session.Call("roles-get", values{"role": "Support"}); result.IsError {
			t.Errorf("%s: the next call fails: %s", test.name, result.Text)
		}
	}
	if sent := writes(stage); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

func TestIdsComeBackAsTheyWereSent(t *testing.T) {
	t.Parallel()
	session, _ := start(t, harness.Legacy("2025-11-25"))
	for _, id := range []string{`"a string"`, `9007199254740993`, `-1`, `"ünï"`, `0`} {
		session.SendRaw([]byte(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}` + "\n"))
		frame := session.NextFrame()
		var sent, got any
		if json.Unmarshal([]byte(id), &sent) != nil || json.Unmarshal(frame.ID, &got) != nil || fmt.Sprint(sent) != fmt.Sprint(got) || frame.Error != nil {
			t.Errorf("id %s came back in %s", id, frame.Raw)
		}
	}
}

func TestALastLineWithoutANewlineIsAnswered(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	out := harness.Run(t, harness.Command{Env: stage.Env(), Stdin: strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"roles-get","arguments":{"role":"Support"}}}`,
	}, "\n")})
	if out.ExitCode != 0 || !strings.Contains(out.Stdout, sandbox.RoleSupport) {
		t.Errorf("exit code %d, stdout %s, stderr %s", out.ExitCode, out.Stdout, out.Stderr)
	}
	if out.Stderr != "" {
		t.Errorf("stderr: %s", out.Stderr)
	}
}
