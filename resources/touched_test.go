package resources_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/resources"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tokens"
	"posthog-org-mcp/tools"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// watched is an environment whose changes are kept.
func watched(t *testing.T) (tools.Environment, func() []changes.Outcome) {
	t.Helper()
	env, _ := environment(t, sandbox.AdminKey)
	var mu sync.Mutex
	var outcomes []changes.Outcome
	env.Executor.Watch(func(outcome changes.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		outcomes = append(outcomes, outcome)
	})
	return env, func() []changes.Outcome {
		mu.Lock()
		defer mu.Unlock()
		taken := outcomes
		outcomes = nil
		return taken
	}
}

// looked is what is at each of many addresses: every role and person of interest,
// by each of their names.
func looked(t *testing.T, env tools.Environment) map[string]string {
	t.Helper()
	at := map[string]string{}
	for _, uri := range []string{
		"posthog-org://organization", "posthog-org://roles", "posthog-org://references",
		"posthog-org://roles/Support", "posthog-org://roles/sUPPORT", "posthog-org://roles/" + sandbox.RoleSupport,
		"posthog-org://roles/Care", "posthog-org://roles/Viewers", "posthog-org://roles/" + sandbox.RoleViewers,
		"posthog-org://roles/Engineering", "posthog-org://roles/Night%20shift",
		"posthog-org://members/" + sandbox.AnaEmail, "posthog-org://members/" + sandbox.AnaUser,
		"posthog-org://members/" + sandbox.KimEmail, "posthog-org://members/" + sandbox.NewcomerEmail,
		"posthog-org://members/" + sandbox.AdminEmail, "posthog-org://members/@me",
	} {
		text, err := read(t, env, uri)
		if err != nil {
			text = "nothing" // Why, and what is close to it, is no matter.
		}
		at[uri] = text
	}
	return at
}

// What the table leaves out would be read as if nothing had happened. What it
// has too much costs one more read.
func TestWhateverReadsDifferentlyAfterAWriteIsToldOf(t *testing.T) {
	env, outcomes := watched(t)
	all := catalog(t)
	before := looked(t, env)
	for _, step := range []struct {
		tool  string
		args  map[string]any
		quiet []string // what is not told of
	}{
		{"roles-create", map[string]any{"name": "Night shift"}, []string{"posthog-org://references", "posthog-org://roles/Support", "posthog-org://members/" + sandbox.AnaEmail, "posthog-org://organization"}},
		{"membership-add", map[string]any{"role": "Support", "members": []string{sandbox.NewcomerEmail, "@me"}}, []string{"posthog-org://members/" + sandbox.AnaEmail, "posthog-org://roles/Viewers", "posthog-org://references", "posthog-org://organization"}},
		{"membership-remove", map[string]any{"role": "Support", "member": sandbox.AnaEmail}, []string{"posthog-org://members/" + sandbox.KimEmail, "posthog-org://roles/Viewers"}},
		{"external-reference-create", map[string]any{"role": "Support", "provider": "github", "provider_organization_id": "hedgebox", "provider_role_id": "5550001", "provider_role_name": "Care"}, []string{"posthog-org://roles", "posthog-org://members/" + sandbox.KimEmail}},
		{"external-reference-delete", map[string]any{"reference_id": sandbox.ReferenceSlack}, []string{"posthog-org://roles", "posthog-org://roles/Support"}},
		{"roles-update", map[string]any{"role": "Support", "name": "Care"}, []string{"posthog-org://roles/Viewers", "posthog-org://members/" + sandbox.AnaEmail, "posthog-org://organization"}},
		{"roles-update", map[string]any{"role": "Viewers", "name": "Onlookers"}, []string{"posthog-org://roles/Care"}},
		{"roles-delete", map[string]any{"role": "Care"}, []string{"posthog-org://roles/Viewers", "posthog-org://organization"}},
		{"roles-delete", map[string]any{"role": "Onlookers"}, []string{"posthog-org://roles/Engineering"}},
		{"project-secret-token-rotate", map[string]any{"project": sandbox.ProjectWebName}, []string{"posthog-org://roles", "posthog-org://organization"}},
	} {
		tool, _ := tools.Named(step.tool)
		arguments, err := json.Marshal(step.args)
		if err != nil {
			t.Fatal(err)
		}
		if answer := tool.Call(t.Context(), env, tools.Request{Arguments: arguments}); answer.IsError {
			t.Fatalf("%s: %s", step.tool, answer.JSON)
		}
		told := outcomes()
		if len(told) == 0 {
			t.Errorf("%s: nobody was told", step.tool)
		}
		after := looked(t, env)
		for uri := range after {
			isTold := slices.ContainsFunc(told, func(o changes.Outcome) bool { return resources.Touches(env, o, all, uri) })
			if after[uri] != before[uri] && !isTold {
				t.Errorf("%s %s changes %s from\n%s to\n%s, and nobody is told", step.tool, arguments, uri, before[uri], after[uri])
			}
			if isTold && slices.Contains(step.quiet, uri) {
				t.Errorf("%s %s does not touch %s", step.tool, arguments, uri)
			}
		}
		before = after
	}
}

func TestNothingIsToldOfWhatWasNotDoneOrIsOfAnotherOrganization(t *testing.T) {
	env, outcomes := watched(t)
	add, _ := tools.Named("membership-add")
	for range 2 { // The second time she is in it already.
		answer := add.Call(t.Context(), env, tools.Request{Arguments: json.RawMessage(`{"role":"Support","member":"` + sandbox.NewcomerEmail + `"}`)})
		if answer.IsError {
			t.Fatalf("%s", answer.JSON)
		}
	}
	told := outcomes()
	if len(told) != 1 {
		t.Fatalf("told of %d changes", len(told))
	}
	all, outcome := catalog(t), told[0]
	for state, touches := range map[changes.State]bool{
		changes.Done: true, changes.Unknown: true, changes.NotDone: false, changes.Unchanged: false,
	} {
		outcome.State = state
		if resources.Touches(env, outcome, all, "posthog-org://roles") != touches {
			t.Errorf("%s: touches is not %v", state, touches)
		}
	}
	outcome.State = changes.Done
	env.Reader = env.Reader.In(sandbox.OtherOrganization)
	if resources.Touches(env, outcome, all, "posthog-org://roles") {
		t.Error("a write to another organization touches ours")
	}
	env.Reader = env.Reader.In(sandbox.Organization)
	if !resources.Touches(env, outcome, all, "posthog-org://roles") {
		t.Error("a write to ours, which is named by its id, does not")
	}
}

func TestAResultAboutOneRoleLinksToItInFewTokens(t *testing.T) {
	env, _ := environment(t, sandbox.AdminKey)
	all := catalog(t)
	for _, test := range []struct{ tool, args, uri string }{
		{"roles-get", `{"role":"support"}`, "posthog-org://roles/" + sandbox.RoleSupport},
		{"roles-get", `{"role":"support","view":"full"}`, "posthog-org://roles/" + sandbox.RoleSupport},
		{"roles-update", `{"role":"support","name":"Support"}`, "posthog-org://roles/" + sandbox.RoleSupport},
		{"roles-list", `{}`, ""},
		{"membership-list", `{"role":"support"}`, ""},
		{"members-list", `{}`, ""},
	} {
		tool, _ := tools.Named(test.tool)
		answer := tool.Call(t.Context(), env, tools.Request{Arguments: json.RawMessage(test.args)})
		link, found := resources.LinkOf(all, test.tool, answer.JSON)
		if link.URI != test.uri || found != (test.uri != "") || found && link.Name != "Support" {
			t.Errorf("%s %s links to %+v, %v", test.tool, test.args, link, found)
			continue
		}
		if found {
			if _, err := read(t, env, link.URI); err != nil {
				t.Errorf("the link leads to %v", err)
			}
			count, err := tokens.Count(fmt.Sprintf(`{"type":"resource_link","uri":%q,"name":%q}`, link.URI, link.Name))
			if err != nil || count > 50 {
				t.Errorf("a link takes %d tokens, %v", count, err)
			}
		}
	}
	if _, found := resources.LinkOf(nil, "roles-get", json.RawMessage(`{"role":{"id":"x","name":"y"}}`)); found {
		t.Error("a link leads to a resource that is not offered")
	}
}
