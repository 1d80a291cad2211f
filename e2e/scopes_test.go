package e2e_test

import (
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tools"
)

// What is refused before PostHog is asked must be what PostHog would refuse, and
// nothing else. Here it is PostHog that is asked, for it tells nothing of the key.
func TestTheScopesOfEachToolAreThoseThatPostHogAsksFor(t *testing.T) {
	t.Parallel()
	session, stage := startUnasked(t, harness.Modern())
	stage.Sandbox.SetFaults(one(untold()))
	grant := func(scopes []string) {
		t.Helper()
		if err := stage.Sandbox.SetScopes(t.Context(), sandbox.AdminKey, scopes...); err != nil {
			t.Fatal(err)
		}
	}
	scopesOf := map[string][]string{}
	for _, tool := range tools.Catalog() {
		scopesOf[tool.Name] = tool.Scopes
	}
	last := ""
	for _, try := range everyTool() {
		if try.tool == "whoami" {
			continue // It is about the key, of which nothing is told here.
		}
		if try.tool == "undo" {
			try.args = values{"id": last}
		}
		scopes := scopesOf[try.tool]
		for _, scope := range scopes {
			// The write scope includes the read, so that goes as well.
			grant(slices.DeleteFunc(slices.Clone(scopes), func(has string) bool {
				return has == scope || has == strings.TrimSuffix(scope, ":read")+":write"
			}))
			if got := session.Call(try.tool, try.args); !got.IsError || !strings.Contains(got.Text, "lacks the scope") {
				t.Errorf("%s works without %s: %s", try.tool, scope, got.Text)
			}
		}
		grant(scopes)
		got := session.Call(try.tool, try.args)
		if got.IsError {
			t.Errorf("%s fails with %q: %s", try.tool, scopes, got.Text)
		}
		if id := undoID(got); id != "" {
			last = id
		}
	}
}
