package e2e_test

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// canAsk is what a client declares that puts questions to its user.
func canAsk() map[string]any { return map[string]any{"elicitation": map[string]any{}} }

// A clientKind is one of the ways in which the person behind a client is asked.
type clientKind struct {
	name         string
	era          harness.Era
	capabilities map[string]any // nil: the client cannot ask
}

func clientKinds() []clientKind {
	return []clientKind{
		{"legacy that asks", harness.Legacy("2025-06-18"), canAsk()},
		{"last legacy that asks", harness.Legacy("2025-11-25"), canAsk()},
		{"modern that asks", harness.Modern(), canAsk()},
		{"legacy that cannot", harness.Legacy("2025-03-26"), nil},
		{"modern that cannot", harness.Modern(), nil},
	}
}

// connect starts a server for such a client, whose user answers as given.
func (k clientKind) connect(t *testing.T, environment map[string]string, answer harness.Answerer, args ...string) *harness.Session {
	t.Helper()
	return harness.Start(t, harness.Options{Era: k.era, Capabilities: k.capabilities, Answer: answer, Env: environment, Args: args})
}

// says answers each question in the same way.
func says(response map[string]any) harness.Answerer {
	return func(method string, params json.RawMessage) (any, *harness.RPCError) {
		if method != "elicitation/create" {
			return harness.Decline(method, params)
		}
		return response, nil
	}
}

func yes() map[string]any {
	return map[string]any{"action": "accept", "content": map[string]any{"confirm": true}}
}

// destroying are the calls of everyTool that take something away, each of which
// works on the seeded organization whatever became of those before it. The last
// one takes back the creation of a role.
func destroying(created string) []trial {
	var trials []trial
	for _, try := range everyTool() {
		switch try.tool {
		case "membership-remove", "external-reference-delete", "project-secret-token-rotate", "roles-delete":
			trials = append(trials, try)
		case "undo":
			trials = append(trials, trial{tool: try.tool, args: values{"id": created}})
		}
	}
	return trials
}

// createRole makes a role and returns the id with which that is taken back.
func createRole(t *testing.T, session *harness.Session, name string) string {
	t.Helper()
	id := undoID(session.Call("roles-create", values{"name": name}))
	if id == "" {
		t.Fatalf("the role %q cannot be taken back", name)
	}
	return id
}

// with are arguments and one more.
func (v values) with(name string, value any) values {
	more := values{name: value}
	for known, text := range v {
		more[known] = text
	}
	return more
}

func TestAYesHasEachKindOfClientsCallDone(t *testing.T) {
	t.Parallel()
	for _, kind := range clientKinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			session := kind.connect(t, stage.Env(), says(yes()))
			trials := destroying(createRole(t, session, "Night shift"))
			for i, try := range trials {
				before := len(writes(stage))
				result := session.Call(try.tool, try.args)
				if kind.capabilities == nil {
					preview := previewed(t, result)
					if len(writes(stage)) != before {
						t.Errorf("%s: a preview has sent something: %q", try.tool, writes(stage))
					}
					result = session.Call(try.tool, try.args.with("confirmation", preview.Confirmation))
				}
				if !wrote(t, result).Changed || len(writes(stage)) != before+1 {
					t.Errorf("%s: %s; sent %q", try.tool, result.Text, writes(stage)[before:])
				}
				asked := len(session.Asked())
				if kind.capabilities != nil && asked != i+1 || kind.capabilities == nil && asked != 0 {
					t.Errorf("%s: asked %d times", try.tool, asked)
				}
			}
		})
	}
}

// What will be lost stands in the question, from a fresh read.
func TestTheQuestionSaysWhatWillBeLost(t *testing.T) {
	t.Parallel()
	for _, kind := range clientKinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			session := kind.connect(t, stage.Env(), nil)
			for _, question := range []struct {
				tool string
				args values
				says []string
			}{
				{"roles-delete", values{"role": "viewers"}, []string{"Viewers", sandbox.KimEmail, "5 people", "default", "no role at all", "access rules"}},
				{"membership-remove", values{"role": "Support", "member": sandbox.AnaEmail}, []string{sandbox.AnaEmail, "Support"}},
				{"project-secret-token-rotate", values{"project": sandbox.ProjectWebName}, []string{sandbox.ProjectWebName, "backup", "cannot be undone"}},
			} {
				result := session.Call(question.tool, question.args)
				text := result.Text
				if kind.capabilities != nil {
					asked := session.Asked()
					var params struct{ Message string }
					if err := json.Unmarshal(asked[len(asked)-1].Params, &params); err != nil {
						t.Fatal(err)
					}
					text = params.Message
				}
				for _, want := range question.says {
					if !strings.Contains(text, want) {
						t.Errorf("%s: no %q in %s", question.tool, want, text)
					}
				}
			}
			wantNoWrite(t, stage)
		})
	}
}

func TestAnythingButAYesSendsNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, kind := range clientKinds() {
		if kind.capabilities == nil {
			continue
		}
		for name, test := range map[string]struct {
			response any
			says     string
		}{
			"declined":    {map[string]any{"action": "decline"}, "declined"},
			"dismissed":   {map[string]any{"action": "cancel"}, "dismissed"},
			"unticked":    {map[string]any{"action": "accept", "content": map[string]any{"confirm": false}}, "declined"},
			"no content":  {map[string]any{"action": "accept"}, "declined"},
			"a text":      {map[string]any{"action": "accept", "content": map[string]any{"confirm": "true"}}, "declined"},
			"other field": {map[string]any{"action": "accept", "content": map[string]any{"yes": true}}, "declined"},
		} {
			t.Run(kind.name+", "+name, func(t *testing.T) {
				t.Parallel()
				a, stage := newStage(t)
				session := kind.connect(t, a.environment, func(string, json.RawMessage) (any, *harness.RPCError) { return test.response, nil })
				got := failure(t, session.Call("roles-delete", values{"role": "Support"}))
				if !strings.Contains(got.Error, test.says) || !strings.Contains(got.Error, "Nothing was changed") {
					t.Errorf("got %+v", got)
				}
				wantNoWrite(t, stage)
				session.Close()
				if entries := a.entries(t); len(entries) != 1 || entries[0].Outcome.State != "declined" {
					t.Errorf("the journal has %+v", entries)
				}
			})
		}
	}
}

// newStage is a sandbox and a user of it.
func newStage(t *testing.T) (account, *harness.Stage) {
	t.Helper()
	stage := harness.Backend(t, sandbox.Options{})
	return newAccount(t, stage.Env()), stage
}

// silent is a person who answers only when the test lets them.
type silent struct {
	asked chan struct{}
	speak chan struct{}
	once  sync.Once
}

func newSilent() *silent { return &silent{asked: make(chan struct{}, 10), speak: make(chan struct{})} }

func (s *silent) answer(string, json.RawMessage) (any, *harness.RPCError) {
	s.asked <- struct{}{}
	<-s.speak
	return yes(), nil
}

// relent has all questions answered with a yes, which comes too late.
func (s *silent) relent() { s.once.Do(func() { close(s.speak) }) }

func TestAQuestionThatIsNeverAnsweredSendsNothing(t *testing.T) {
	t.Parallel()
	for _, end := range []struct {
		name string
		end  func(session *harness.Session, call *harness.Pending)
		says string // "" when there may be no answer
	}{
		{"the call is cancelled", func(_ *harness.Session, call *harness.Pending) { call.Cancel() }, ""},
		{"stdin is closed", func(session *harness.Session, _ *harness.Pending) { session.CloseStdin() }, "Nothing was changed"},
		{"the server is told to stop", func(session *harness.Session, _ *harness.Pending) { session.Signal(syscall.SIGTERM) }, "Nothing was changed"},
	} {
		t.Run(end.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(end.name, "stop") {
				t.Skip("Windows has no such signal")
			}
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			person := newSilent()
			session := harness.Start(t, harness.Options{Env: stage.Env(), Capabilities: canAsk(), Answer: person.answer})
			t.Cleanup(person.relent)
			call := session.BeginCall("roles-delete", values{"role": "Support"})
			await(t, "the question", person.asked)
			end.end(session, call)
			if end.says != "" {
				if got := failure(t, call.Result()); !strings.Contains(got.Error, end.says) {
					t.Errorf("got %+v", got)
				}
				if code := session.Wait(); code != 0 {
					t.Errorf("exit code %d", code)
				}
			} else {
				session.AwaitNotification("notifications/cancelled")
				person.relent()
				if result := session.Call("roles-get", values{"role": "Support"}); result.IsError {
					t.Errorf("the next call fails: %s", result.Text)
				}
			}
			wantNoWrite(t, stage)
		})
	}
}

// A client that turns out to be unable to ask is one that cannot.
func TestAClientThatCannotAskAfterAllGetsAPreview(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	session := harness.Start(t, harness.Options{Env: stage.Env(), Capabilities: canAsk(), Answer: func(string, json.RawMessage) (any, *harness.RPCError) {
		return nil, &harness.RPCError{Code: -32601, Message: "Method not found"}
	}})
	args := values{"role": "Support"}
	preview := previewed(t, session.Call("roles-delete", args))
	wantNoWrite(t, stage)
	if !wrote(t, session.Call("roles-delete", args.with("confirmation", preview.Confirmation))).Changed {
		t.Error("the confirmation was not taken")
	}
}

func TestADestroyingToolWithoutConfirmationSendsNoWrite(t *testing.T) {
	t.Parallel()
	for _, kind := range clientKinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			session := kind.connect(t, stage.Env(), nil) // It declines.
			trials := destroying(createRole(t, session, "Night shift"))
			stage.Sandbox.ForgetRequests()
			for _, tool := range session.Tools() {
				destroys := tool.Annotations.Destructive != nil && *tool.Annotations.Destructive
				i := slices.IndexFunc(trials, func(try trial) bool { return try.tool == tool.Name })
				if destroys != (i >= 0) {
					t.Errorf("%s: it says that it destroys: %v; the test knows of it: %v", tool.Name, destroys, i >= 0)
				}
				if i < 0 {
					continue
				}
				result := session.Call(tool.Name, trials[i].args)
				if kind.capabilities == nil {
					previewed(t, result)
				} else {
					failure(t, result)
				}
				for _, made := range []string{"yes", strings.Repeat("a", 64)} {
					if got := failure(t, session.Call(tool.Name, trials[i].args.with("confirmation", made))); !strings.Contains(got.Error, "confirmation") {
						t.Errorf("%s: got %+v", tool.Name, got)
					}
				}
			}
			wantNoWrite(t, stage)
		})
	}
}
