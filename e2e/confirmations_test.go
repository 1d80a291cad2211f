package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
)

// A call of a modern client, round by round.
type round struct {
	Type     string                     `json:"resultType"`
	State    string                     `json:"requestState"`
	Requests map[string]json.RawMessage `json:"inputRequests"`
}

func ask(t *testing.T, session *harness.Session, tool string, args values) round {
	t.Helper()
	return readRound(t, session.Begin("tools/call", values{"name": tool, "arguments": args}).Result())
}

func readRound(t *testing.T, result harness.Result) round {
	t.Helper()
	var r round
	if err := json.Unmarshal(result.Raw, &r); err != nil || r.Type != "input_required" || r.State == "" || len(r.Requests) != 1 {
		t.Fatalf("it does not ask: %s", result.Raw)
	}
	return r
}

// reply sends the call again with a state and, unless it is nil, an answer.
func reply(session *harness.Session, tool string, args values, state string, answer map[string]any) harness.Result {
	params := values{"name": tool, "arguments": args, "requestState": state}
	if answer != nil {
		params["inputResponses"] = values{"confirm": answer}
	}
	return session.Begin("tools/call", params).Result()
}

func TestAModernClientsAnswerCountsOnceAndForThatCallAlone(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	session := harness.Start(t, harness.Options{Era: harness.Modern(), Capabilities: canAsk(), Env: stage.Env()})
	kim, ana := values{"role": "Support", "member": sandbox.KimEmail}, values{"role": "Support", "member": sandbox.AnaEmail}
	const tool = "membership-remove"
	state := ask(t, session, tool, kim).State

	// An answer to nothing, and a state without an answer, have it asked.
	again := readRound(t, reply(session, tool, kim, "", yes())).State
	readRound(t, reply(session, tool, kim, again, nil))
	for name, result := range map[string]harness.Result{
		"altered":            reply(session, tool, kim, altered(state), yes()),
		"cut":                reply(session, tool, kim, state[:len(state)-1], yes()),
		"other arguments":    reply(session, tool, ana, state, yes()),
		"other tool":         reply(session, "roles-delete", values{"role": "Support"}, state, yes()),
		"other organization": reply(session, tool, kim.with("organization_id", sandbox.OtherOrganization), state, yes()),
		"as a confirmation":  session.Call(tool, kim.with("confirmation", state)),
	} {
		if got := failure(t, result); !strings.Contains(got.Error, "Nothing was changed") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	wantNoWrite(t, stage)
	if !wrote(t, reply(session, tool, kim, state, yes())).Changed {
		t.Error("the answer was not taken")
	}
	// She is out. Put back, the same answer must not take her out once more.
	session.Call("membership-add", kim)
	before := writes(stage)
	if got := failure(t, reply(session, tool, kim, state, yes())); !strings.Contains(got.Error, "used already") {
		t.Errorf("got %+v", got)
	}
	if after := writes(stage); len(after) != len(before) {
		t.Errorf("sent %q", after[len(before):])
	}
}

// altered changes the middle of a text.
func altered(text string) string {
	middle := []byte(text)
	if middle[len(middle)/2] == 'b' {
		middle[len(middle)/2] = 'c'
	} else {
		middle[len(middle)/2] = 'b'
	}
	return string(middle)
}

func TestAConfirmationCountsOnceAndForThatCallAlone(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2024-11-05"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
			session := harness.Start(t, harness.Options{Era: era, Env: unhurried(stage.Env())})
			kim, ana := values{"role": "Support", "member": sandbox.KimEmail}, values{"role": "Support", "member": sandbox.AnaEmail}
			const tool = "membership-remove"
			confirmation := previewed(t, session.Call(tool, kim)).Confirmation
			var foreign []harness.Result
			for i := range confirmation {
				changed := []byte(confirmation)
				changed[i] = altered(confirmation[i : i+1])[0]
				foreign = append(foreign, session.Call(tool, kim.with("confirmation", string(changed))))
			}
			foreign = append(foreign,
				session.Call(tool, kim.with("confirmation", confirmation[1:])),
				session.Call(tool, kim.with("confirmation", confirmation+"a")),
				session.Call(tool, kim.with("confirmation", strings.ToUpper(confirmation))),
				session.Call(tool, ana.with("confirmation", confirmation)),
				session.Call(tool, values{"role": "support", "member": sandbox.KimEmail, "confirmation": confirmation}),
				session.Call("roles-delete", values{"role": "Support", "confirmation": confirmation}),
				session.Call(tool, kim.with("confirmation", confirmation).with("organization_id", sandbox.OtherOrganization)),
			)
			for i, result := range foreign {
				if got := failure(t, result); !strings.Contains(got.Error, "Nothing was changed") {
					t.Errorf("foreign %d: got %+v", i, got)
				}
			}
			wantNoWrite(t, stage)
			if !wrote(t, session.Call(tool, kim.with("confirmation", " "+confirmation+"\n"))).Changed {
				t.Error("the confirmation was not taken")
			}
			session.Call("membership-add", kim)
			before := writes(stage)
			if got := failure(t, session.Call(tool, kim.with("confirmation", confirmation))); !strings.Contains(got.Error, "used already") {
				t.Errorf("got %+v", got)
			}
			if after := writes(stage); len(after) != len(before) {
				t.Errorf("sent %q", after[len(before):])
			}
		})
	}
}

// A confirmation that was used up by a write that failed is used up all the same.
func TestAConfirmationIsUsedUpEvenIfTheWriteFails(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Legacy("2025-11-25"))
	args := values{"role": "Support"}
	args = args.with("confirmation", previewed(t, session.Call("roles-delete", args)).Confirmation)
	stage.Sandbox.SetFaults(one(sandbox.Fault{Kind: sandbox.Fail, Method: http.MethodDelete}))
	failure(t, session.Call("roles-delete", args))
	if got := failure(t, session.Call("roles-delete", args)); !strings.Contains(got.Error, "used already") {
		t.Errorf("got %+v", got)
	}
	if sent := writes(stage); len(sent) != 1 {
		t.Errorf("sent %q", sent)
	}
}

// Right before the deed the target is read again.
func TestATargetThatHasChangedSinceIsShownAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range clientKinds() {
		for name, change := range map[string]trial{
			"renamed":      {tool: "roles-update", args: values{"role": sandbox.RoleSupport, "name": "Helpdesk"}},
			"more members": {tool: "membership-add", args: values{"role": sandbox.RoleSupport, "member": sandbox.NewcomerEmail}},
		} {
			t.Run(kind.name+", "+name, func(t *testing.T) {
				t.Parallel()
				stage := harness.Backend(t, sandbox.Options{})
				someoneElse := harness.Start(t, harness.Options{Env: stage.Env()})
				var once sync.Once
				changed := func() {
					once.Do(func() {
						if result := someoneElse.Call(change.tool, change.args); result.IsError {
							t.Error(result.Text)
						}
					})
				}
				answered := 0
				session := kind.connect(t, stage.Env(), func(string, json.RawMessage) (any, *harness.RPCError) {
					changed()
					if answered++; answered > 1 {
						return map[string]any{"action": "decline"}, nil
					}
					return yes(), nil
				})
				args := values{"role": sandbox.RoleSupport}
				result := session.Call("roles-delete", args)
				if kind.capabilities == nil {
					preview := previewed(t, result)
					changed()
					second := previewed(t, session.Call("roles-delete", args.with("confirmation", preview.Confirmation)))
					if !strings.Contains(second.NextStep, "has changed") || slices.Equal(second.WouldLose, preview.WouldLose) && slices.Equal(second.WouldDo, preview.WouldDo) {
						t.Errorf("shown again: %+v", second)
					}
				} else {
					failure(t, result)
					asked := session.Asked()
					if len(asked) != 2 || !strings.Contains(string(asked[1].Params), "has changed") {
						t.Errorf("asked %d times, the last time %s", len(asked), asked[len(asked)-1].Params)
					}
				}
				if sent := writes(stage); len(sent) != 1 {
					t.Errorf("sent %q", sent)
				}
			})
		}
	}
}

// signing writes a signing secret into a file.
func signing(t *testing.T, secret string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "signing-secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestProcessesThatShareASecretTakeEachOthersConfirmations(t *testing.T) {
	t.Parallel()
	shared, other := signing(t, strings.Repeat("shared", 8)), signing(t, strings.Repeat("differ", 8))
	stage, elsewhere := harness.Backend(t, sandbox.Options{}), harness.Backend(t, sandbox.Options{})
	owner := stage.Env()
	owner["POSTHOG_PERSONAL_API_KEY"] = sandbox.OwnerKey
	process := func(environment map[string]string, args ...string) *harness.Session {
		return harness.Start(t, harness.Options{Env: environment, Args: args})
	}
	first := process(stage.Env(), "--signing-secret-file", shared)
	args := values{"role": "Support"}
	confirmed := args.with("confirmation", previewed(t, first.Call("roles-delete", args)).Confirmation)
	for name, session := range map[string]*harness.Session{
		"another secret":  process(stage.Env(), "--signing-secret-file", other),
		"no secret":       process(stage.Env()),
		"another key":     process(owner, "--signing-secret-file", shared),
		"another PostHog": process(elsewhere.Env(), "--signing-secret-file", shared),
	} {
		if got := failure(t, session.Call("roles-delete", confirmed)); !strings.Contains(got.Error, "not for this call") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	wantNoWrite(t, stage)
	wantNoWrite(t, elsewhere)
	if !wrote(t, process(stage.Env(), "--signing-secret-file", shared).Call("roles-delete", confirmed)).Changed {
		t.Error("the other process did not take the confirmation")
	}
	if got := failure(t, first.Call("roles-delete", confirmed)); !strings.Contains(got.Error, "Nothing was changed") {
		t.Errorf("got %+v", got)
	}
	if sent := writes(stage); len(sent) != 1 {
		t.Errorf("sent %q", sent)
	}
}

func TestConfirmPreviewNeverAsksThroughTheClient(t *testing.T) {
	t.Parallel()
	for _, kind := range clientKinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			session := kind.connect(t, stage.Env(), says(yes()), "--confirm", "preview")
			args := values{"role": "Support"}
			preview := previewed(t, session.Call("roles-delete", args))
			wantNoWrite(t, stage)
			if !strings.Contains(preview.NextStep, "Show this to the user") || !strings.Contains(preview.NextStep, "never confirm by yourself") {
				t.Errorf("the preview says: %s", preview.NextStep)
			}
			if !wrote(t, session.Call("roles-delete", args.with("confirmation", preview.Confirmation))).Changed {
				t.Error("the confirmation was not taken")
			}
			if asked := session.Asked(); len(asked) != 0 {
				t.Errorf("asked %s", asked[0].Params)
			}
		})
	}
}

func TestConfirmNeverWarnsAtTheStartAndAsksNobody(t *testing.T) {
	t.Parallel()
	const warning = "nothing is asked before"
	for _, kind := range clientKinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			session := kind.connect(t, stage.Env(), nil, "--confirm", "never")
			for _, try := range destroying(createRole(t, session, "Night shift")) {
				if !wrote(t, session.Call(try.tool, try.args)).Changed {
					t.Errorf("%s was not done", try.tool)
				}
			}
			session.Close()
			if said := session.Stderr(); len(session.Asked()) != 0 || strings.Count(said, warning) != 1 || !strings.Contains(said, "level=WARN") {
				t.Errorf("asked %d times, stderr: %s", len(session.Asked()), said)
			}
		})
	}
	asking, _ := start(t, harness.Modern())
	asking.Close()
	if said := asking.Stderr(); said != "" {
		t.Errorf("a server that asks warns: %s", said)
	}
}

// A rotation says what it does to the tokens in use, and since when there has
// been a backup.
func TestTheQuestionBeforeARotationKnowsTheBackup(t *testing.T) {
	t.Parallel()
	a, _ := newStage(t)
	session := a.start(t, "--confirm", "preview")
	args := values{"project": sandbox.ProjectWebName}
	first := previewed(t, session.Call("project-secret-token-rotate", args))
	if text := strings.Join(first.WouldLose, " "); strings.Contains(text, "cut off") {
		t.Errorf("there is no backup yet, and yet: %s", text)
	}
	var rotated schemas.TokenRotated
	session.Call("project-secret-token-rotate", args.with("confirmation", first.Confirmation)).Decode(t, &rotated)
	if !rotated.Changed || rotated.TokenFile == "" {
		t.Fatalf("it was not rotated: %+v", rotated)
	}
	second := previewed(t, session.Call("project-secret-token-rotate", args))
	text := strings.Join(second.WouldLose, " ")
	for _, want := range []string{"cut off", "the backup since 20"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}
