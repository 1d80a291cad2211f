package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
)

// newcomers are ten people who are not in the role Support.
func newcomers() []string {
	return []string{
		sandbox.RajEmail, sandbox.NewcomerEmail, "hugo.weiss@example.com", "wei.zhang@example.com", "aoife.nibhriain@example.com",
		"noa.bendavid@example.com", "chloe.lefevre@example.com", "soren.agard@example.com", "jose.alvarez@example.com", "layla.haddad@example.com",
	}
}

// heard is what a notifications/message says.
type heard struct {
	Level, Logger string
	Data          map[string]any
}

// inSupport are those of newcomers who are in the role now.
func inSupport(t *testing.T, session *harness.Session) []string {
	t.Helper()
	var listed struct{ Memberships []struct{ Email string } }
	session.Call("membership-list", values{"role": "Support", "limit": 100}).Decode(t, &listed)
	var found []string
	for _, membership := range listed.Memberships {
		if slices.Contains(newcomers(), membership.Email) {
			found = append(found, membership.Email)
		}
	}
	slices.Sort(found)
	return found
}

// written are the people whom the journal says to have been put into a role.
func written(t *testing.T, a account) (call string, people []string) {
	t.Helper()
	for _, entry := range a.entries(t) {
		if entry.Outcome.State != journal.Done || call != "" && entry.Call != call {
			t.Errorf("the journal has %s, %s", entry.ID, entry.Outcome.State)
		}
		call, people = entry.Call, append(people, entry.People[0])
	}
	slices.Sort(people)
	return call, people
}

// askForLogs has a client of the legacy era hear what its requests log.
func askForLogs(t *testing.T, session *harness.Session, level string) {
	t.Helper()
	if session.Era().Modern() {
		return // Each request asks for itself.
	}
	if _, failure := session.Request("logging/setLevel", values{"level": level}); failure != nil {
		t.Fatal(failure)
	}
}

// loggedCall are the params of a call that wants to hear what it logs, in the
// era that says so in each request.
func loggedCall(era harness.Era, level string, params values) values {
	if !era.Modern() {
		return params
	}
	meta, _ := params["_meta"].(values)
	params = maps.Clone(params)
	params["_meta"] = meta.with(mcp.MetaKeyLogLevel, level)
	return params
}

// awaitStderr waits until the server's stderr, which is read apart from its
// stdout, has a text.
func awaitStderr(t *testing.T, session *harness.Session, text string) {
	t.Helper()
	for deadline := time.Now().Add(harness.DefaultTimeout); !strings.Contains(session.Stderr(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stderr has %s, want %s", session.Stderr(), text)
		}
	}
}

func TestABatchThatIsCancelledSaysEverywhereTheSameOfWhatWasDone(t *testing.T) {
	t.Parallel()
	inEveryEra(t, func(t *testing.T, era harness.Era) {
		var stdout transcript
		stage := harness.Backend(t, sandbox.Options{})
		a := newAccount(t, stage.Env())
		session := harness.Start(t, harness.Options{Era: era, Env: a.environment, Stdout: &stdout})
		askForLogs(t, session, "warning")
		stage.Sandbox.SetFaults(sandbox.Faults{Latency: 120 * time.Millisecond})
		params := loggedCall(era, "warning", toldCall("batch", "membership-add", values{"role": "Support", "members": newcomers()}))
		call := session.Begin("tools/call", params)
		for readProgress(t, session.AwaitNotification("notifications/progress").Params).Progress < 3 {
		}
		call.Cancel()

		var message heard
		if err := json.Unmarshal(session.AwaitNotification("notifications/message").Params, &message); err != nil {
			t.Fatal(err)
		}
		stage.Sandbox.SetFaults(sandbox.Faults{})
		id, people := written(t, a)
		if len(people) < 3 || len(people) > 5 {
			t.Fatalf("%d were put into the role: %q", len(people), people)
		}
		want := map[string]any{
			"msg": "cancelled in the middle", "tool": "membership-add", "cause": "cancelled by the client",
			"done": float64(len(people)), "of": float64(10), "call": id, "taken_back_by": "undo " + id,
		}
		if message.Level != "warning" || fmt.Sprint(message.Data) != fmt.Sprint(want) {
			t.Errorf("the client heard %s %v, want %v", message.Level, message.Data, want)
		}
		line := fmt.Sprintf(`msg="cancelled in the middle" tool=membership-add cause="cancelled by the client" done=%d of=10 call=%s taken_back_by="undo %s"`, len(people), id, id)
		awaitStderr(t, session, "level=WARN "+line)
		if inRole := inSupport(t, session); !slices.Equal(inRole, people) {
			t.Errorf("in the role are %q, and the journal has %q", inRole, people)
		}
		var listed schemas.Journal
		session.Call("journal-list", nil).Decode(t, &listed)
		if len(listed.Writes) != len(people) || !strings.HasPrefix(listed.Writes[0].ID, id+".") || listed.Writes[0].State != "done" {
			t.Errorf("journal-list shows %+v", listed.Writes)
		}
		if out := a.run(t, "undo", id, "--yes"); out.ExitCode != 0 || strings.Count(out.Stdout, "done ") != len(people) {
			t.Errorf("undo: exit code %d, %s%s", out.ExitCode, out.Stdout, out.Stderr)
		}
		if inRole := inSupport(t, session); len(inRole) != 0 {
			t.Errorf("after undo, in the role are %q", inRole)
		}
		session.Close()
		if _, _, err := call.TryWait(); !errors.Is(err, harness.ErrGone) {
			t.Errorf("the cancelled call was answered: %v", err)
		}
		// A progress line may have been under way when the client cancelled.
		if told := strings.Count(stdout.String(), `"progressToken":"batch"`); told > len(people)+1 {
			t.Errorf("told %d times", told)
		}
	})
}

func TestABatchThatAStopInterruptsIsAnsweredWithWhatWasDoneAndWhatWasNotBegun(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*harness.Session){
		"SIGTERM":      func(s *harness.Session) { s.Signal(syscall.SIGTERM) },
		"end of input": func(s *harness.Session) { s.CloseStdin() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && name == "SIGTERM" {
				t.Skip("Windows has no such signals")
			}
			stage := harness.Backend(t, sandbox.Options{})
			a := newAccount(t, stage.Env())
			session := a.start(t)
			call := session.Begin("tools/call", toldCall("batch", "membership-add", values{"role": "Support", "members": newcomers()}))
			session.AwaitNotification("notifications/progress")
			stage.Sandbox.SetFaults(sandbox.Faults{Latency: 1200 * time.Millisecond})
			stop(session)
			got := failure(t, call.Result())
			if code := session.Wait(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			stage.Sandbox.SetFaults(sandbox.Faults{})
			states := map[string]int{}
			for _, change := range got.Changes {
				states[change.State]++
			}
			if len(got.Changes) != 10 || states["done"] == 0 || states["not begun"] == 0 || states["done"]+states["not begun"] != 9 || states["not done"]+states["unknown"] != 1 {
				t.Errorf("the changes are %v", states)
			}
			if !strings.Contains(got.Error, "cancelled") || strings.Contains(got.Error, "Nothing was changed") || got.Undo == nil {
				t.Fatalf("the failure is %+v", got)
			}
			if !strings.Contains(session.Stderr(), fmt.Sprintf(`cause="the server was told to stop" done=%d of=10`, states["done"])) {
				t.Errorf("stderr has %s", session.Stderr())
			}
			id := got.Undo.Arguments["id"]
			if out := a.run(t, "undo", id, "--yes"); out.ExitCode != 0 || strings.Count(out.Stdout, "done ") < states["done"] {
				t.Errorf("undo: exit code %d, %s%s", out.ExitCode, out.Stdout, out.Stderr)
			}
			if inRole := inSupport(t, a.start(t)); len(inRole) != 0 {
				t.Errorf("after undo, in the role are %q", inRole)
			}
		})
	}
}

func TestAReadThatIsCancelledBetweenItsPagesHasNothingToSay(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-11-25"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			api := newSlowAPI(t)
			session := harness.Start(t, harness.Options{Era: era, Env: at(api.url)})
			askForLogs(t, session, "warning")
			call := session.Begin("tools/call", loggedCall(era, "warning", toldCall("pages", "roles-list", values{"limit": 1500})))
			await(t, "the first page's request", api.arrived)
			call.Cancel()
			await(t, "its end", api.givenUp)
			session.Close()
			if told := session.Notifications(); len(told) != 0 || session.Stderr() != "" {
				t.Errorf("told %+v, stderr %s", told, session.Stderr())
			}
		})
	}
}
