package e2e_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// heardOf reads the log messages among notifications.
func heardOf(t *testing.T, notifications []harness.Frame) []heard {
	t.Helper()
	var all []heard
	for _, frame := range notifications {
		if frame.Method != string(mcp.MethodNotificationMessage) {
			continue
		}
		var message heard
		if err := json.Unmarshal(frame.Params, &message); err != nil {
			t.Fatal(err)
		}
		all = append(all, message)
	}
	return all
}

func TestAClientHearsWhatItsRequestsLogFromTheLevelThatItAskedFor(t *testing.T) {
	t.Parallel()
	inEveryEra(t, func(t *testing.T, era harness.Era) {
		stage := harness.Backend(t, sandbox.Options{})
		session := harness.Start(t, harness.Options{Era: era, Env: stage.Env()})
		if _, says := session.Hello().Capabilities["logging"]; !says {
			t.Errorf("the server does not say that it logs: %s", session.Hello().Raw)
		}
		session.Call("roles-create", values{"name": "Night shift"})
		if told := session.Notifications(); len(told) != 0 {
			t.Errorf("unasked it told %s", told[0].Raw)
		}
		askForLogs(t, session, "info")
		session.Begin("tools/call", loggedCall(era, "info", values{"name": "roles-create", "arguments": values{"name": "Day shift"}})).Result()
		messages := heardOf(t, session.Notifications())
		if len(messages) != 2 || messages[0].Data["msg"] != "changed" || messages[1].Data["msg"] != "call" || messages[1].Data["tool"] != "roles-create" {
			t.Fatalf("heard %+v", messages)
		}
		for _, message := range messages {
			if message.Level != "info" || message.Logger != "posthog-org-mcp" || strings.Contains(strings.ToLower(message.Data["msg"].(string)), "day shift") {
				t.Errorf("heard %+v", message)
			}
		}
		if session.Stderr() != "" {
			t.Errorf("stderr, which asked for warnings, has %s", session.Stderr())
		}
		// What the client of the API says is heard too.
		askForLogs(t, session, "debug")
		stage.Sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Fail, Status: 503}}})
		session.Begin("tools/call", loggedCall(era, "debug", values{"name": "roles-list"})).Result()
		tried := 0
		for _, message := range heardOf(t, session.Notifications()[len(messages):]) {
			if message.Level == "debug" && message.Data["msg"] == "PostHog request is tried again" && message.Data["try"] == float64(2) {
				tried++
			}
		}
		if tried != 1 {
			t.Errorf("heard %+v", heardOf(t, session.Notifications()))
		}
	})
}

// The canaries of a busy day, with everything told that can be told.
func TestNoCanarySurfacesInWhatAClientIsToldOfItsRequests(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-03-26"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			key := "phx_" + canary + "0123456789abcdefghijklmnop"
			stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
			m := newMeddler(t, stage, key)
			a := newAccount(t, unhurried(unasked(map[string]string{"POSTHOG_HOST": m.URL, "POSTHOG_PERSONAL_API_KEY": key})))
			var stdout bytes.Buffer
			session := harness.Start(t, harness.Options{Era: era, Env: a.environment, Stdout: &stdout})
			askForLogs(t, session, "debug")
			call := func(tool string, args values) {
				session.Begin("tools/call", loggedCall(era, "debug", toldCall("all", tool, args))).Result()
			}
			for _, name := range []string{canaryToken, key, "Team " + canaryAccess + " of " + key} {
				call("roles-create", values{"name": name})
				call("membership-add", values{"role": name, "members": newcomers()})
				call("membership-remove", values{"role": name, "members": newcomers()})
				call("roles-delete", values{"role": name})
			}
			call("project-secret-token-rotate", values{"project": sandbox.ProjectWebName})
			for _, bad := range m.spoilings() {
				m.spoil(&bad)
				call("roles-create", values{"name": canaryToken})
			}
			session.Request("tools/call", values{"name": "roles-list", "_meta": values{"progressToken": canaryToken, mcp.MetaKeyLogLevel: canaryAccess}})
			session.Close()
			messages := strings.Count(stdout.String(), `"notifications/message"`)
			steps := strings.Count(stdout.String(), `"notifications/progress"`)
			if messages < 100 || steps < 6 {
				t.Errorf("%d log messages and %d steps: the test looks at nothing", messages, steps)
			}
			look := &looker{T: t, key: key, rotated: m.token(t)}
			look.at("stdout", stdout.String())
			look.at("stderr", session.Stderr())
		})
	}
}
