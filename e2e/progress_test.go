package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// inEveryEra runs a test in each protocol version.
func inEveryEra(t *testing.T, test func(t *testing.T, era harness.Era)) {
	t.Helper()
	for _, era := range harness.Eras() {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			test(t, era)
		})
	}
}

// toldCall are the params of a call that wants to be told of its progress.
func toldCall(token any, tool string, args values) values {
	return values{"name": tool, "arguments": args, "_meta": values{"progressToken": token}}
}

// progressed is what a notifications/progress says.
type progressed struct {
	ProgressToken json.RawMessage
	Progress      float64
	Total         float64
	Message       string
}

func readProgress(t *testing.T, params json.RawMessage) progressed {
	t.Helper()
	var p progressed
	if err := json.Unmarshal(params, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// transcript is what a server wrote to stdout, line by line.
type transcript struct{ bytes.Buffer }

// told are the notifications of progress under a token. Those after the answer
// to id fail the test, as do values that do not rise.
func (s *transcript) told(t *testing.T, token string, id int) []progressed {
	t.Helper()
	var all []progressed
	answered := false
	for line := range strings.Lines(s.String()) {
		var frame harness.Frame
		if err := json.Unmarshal([]byte(line), &frame); err != nil {
			t.Fatal(err)
		}
		answered = answered || frame.Method == "" && string(frame.ID) == fmt.Sprint(id)
		if frame.Method != string(mcp.MethodNotificationProgress) {
			continue
		}
		p := readProgress(t, frame.Params)
		switch {
		case string(p.ProgressToken) != token:
			continue
		case answered:
			t.Errorf("after the answer came %s", line)
		case len(all) > 0 && p.Progress <= all[len(all)-1].Progress:
			t.Errorf("%v came after %v", p.Progress, all[len(all)-1].Progress)
		case p.Total != 0 && p.Total < p.Progress:
			t.Errorf("%v of %v", p.Progress, p.Total)
		}
		all = append(all, p)
	}
	if !answered {
		t.Errorf("call %d was not answered", id)
	}
	return all
}

// wantEnd insists that the last thing told is that all steps are done.
func wantEnd(t *testing.T, told []progressed, steps int, message string) {
	t.Helper()
	if len(told) == 0 {
		t.Error("nothing was told")
		return
	}
	if last := told[len(told)-1]; last.Progress != float64(steps) || last.Total != float64(steps) || !strings.HasPrefix(last.Message, message) {
		t.Errorf("at last it told %+v, want %d of %[2]d and %q", last, steps, message)
	}
}

func TestALongListTellsOfItsPagesAndAShortOneNothing(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(writePage))
	t.Cleanup(api.Close)
	inEveryEra(t, func(t *testing.T, era harness.Era) {
		var stdout transcript
		session := harness.Start(t, harness.Options{Era: era, Env: at(api.URL), Stdout: &stdout})
		long := session.Begin("tools/call", toldCall("pages", "roles-list", values{"limit": 1500}))
		if result := long.Result(); result.IsError {
			t.Fatal(result.Text)
		}
		short := session.Begin("tools/call", toldCall(json.Number("9007199254740993"), "roles-list", values{"limit": 100}))
		short.Result()
		session.Close()
		wantEnd(t, stdout.told(t, `"pages"`, long.ID), 15, "15 of 15 pages of roles.")
		if told := stdout.told(t, `9007199254740993`, short.ID); len(told) != 0 {
			t.Errorf("a list of one page told %+v", told)
		}
	})
}

// manyRoles makes so many that they take two pages.
func manyRoles(t *testing.T, session *harness.Session) {
	t.Helper()
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			if result := session.Call("roles-create", values{"name": fmt.Sprintf("Shift %03d", i)}); result.IsError {
				t.Errorf("%s", result.Text)
			}
		})
	}
	group.Wait()
}

func TestReadingPagesAndThenWritingCountsOnAndNeverBack(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-06-18"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			var stdout transcript
			stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
			session := harness.Start(t, harness.Options{Era: era, Env: unhurried(unasked(stage.Env())), Stdout: &stdout})
			manyRoles(t, session)
			// Who would be left in no role: that takes all roles, read before the
			// first is taken out.
			args := values{"role": "Support", "members": []string{sandbox.KimEmail, sandbox.AnaEmail, sandbox.MemberEmail}}
			call := session.Begin("tools/call", toldCall(9007199254740993, "membership-remove", args))
			if result := call.Result(); result.IsError {
				t.Fatal(result.Text)
			}
			session.Close()
			told := stdout.told(t, `9007199254740993`, call.ID)
			pages := 0
			for _, p := range told {
				if strings.HasSuffix(p.Message, " pages of roles.") {
					pages++
				}
			}
			if pages == 0 {
				t.Errorf("no page was told: %+v", told)
			}
			if len(told) == 0 {
				t.Fatal("nothing was told")
			}
			if last := told[len(told)-1]; last.Progress < 5 || last.Progress != last.Total || !strings.HasPrefix(last.Message, "3 of 3 changes: Take ") {
				t.Errorf("at last it told %+v", last)
			}
		})
	}
}

func TestAWaitBeforeTheNextTryIsTold(t *testing.T) {
	t.Parallel()
	inEveryEra(t, func(t *testing.T, era harness.Era) {
		stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Throttle, RetryAfter: 2e9}}}})
		session := harness.Start(t, harness.Options{Era: era, Env: stage.Env()})
		call := session.Begin("tools/call", toldCall("waits", "roles-list", nil))
		p := readProgress(t, session.AwaitNotification("notifications/progress").Params)
		if p.Message != "Waiting 2s before PostHog is asked again." || p.Progress != 0.5 || p.Total != 0 {
			t.Errorf("told %+v", p)
		}
		if result := call.Result(); result.IsError {
			t.Error(result.Text)
		}
	})
}
