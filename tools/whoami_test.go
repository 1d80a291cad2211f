package tools_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// grant gives the administrator's key other scopes.
func grant(t *testing.T, s stage, scopes ...string) {
	t.Helper()
	if err := s.sandbox.SetScopes(t.Context(), sandbox.AdminKey, scopes...); err != nil {
		t.Fatal(err)
	}
}

// untold is a PostHog that tells nothing of the key itself.
func untold() sandbox.Faults {
	return sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Fail, Status: http.StatusForbidden, Times: -1, PathContains: "/personal_api_keys/"}}}
}

func TestWithoutARecordOfTheKeyWhatPostHogRefusesTellsOfItsScopes(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	grant(t, s, "user:read")
	s.sandbox.SetFaults(untold())
	got := call[schemas.Identity](t, s, "whoami", `{}`)
	if got.Owner == nil || got.Owner.Email != sandbox.AdminEmail || got.Organization == nil || got.Organization.Level != "administrator" || got.Key.Scopes != nil {
		t.Errorf("got %+v", got)
	}
	var reasons []string
	for _, row := range got.Tools.WillNot {
		reasons = append(reasons, row.Reason)
	}
	if want := []string{"missing scope organization:read", "missing scope organization:write"}; !slices.Equal(reasons, want) {
		t.Errorf("got %+v", got.Tools)
	}
	if want := "PostHog does not tell this key's scopes. A missing one shows only when a tool is called. The organization cannot be read: missing scope organization:read."; got.Note != want {
		t.Errorf("got %q", got.Note)
	}
}

func TestAnOwnerWhoMayNotBeReadIsLeftOut(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	grant(t, s, "organization:write", "project:read")
	got := call[schemas.Identity](t, s, "whoami", `{}`)
	if got.Owner != nil || got.Organization == nil || got.Organization.Level != "administrator" || got.Note != "The owner cannot be read: missing scope user:read." {
		t.Errorf("got %+v", got)
	}
	if len(got.Tools.WillNot) != 1 || got.Tools.WillNot[0].Reason != "missing scope organization_member:read" {
		t.Errorf("got %+v", got.Tools)
	}
}

func TestOfManyScopesOnlyThoseAreToldThatAToolNeeds(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	scopes := []string{"organization:write", "user:read", "organization_member:write"}
	for i := range 60 {
		scopes = append(scopes, fmt.Sprintf("thing_%s:write", strings.Repeat("x", i+1)))
	}
	grant(t, s, scopes...)
	got := call[schemas.Identity](t, s, "whoami", `{}`)
	if !slices.Equal(got.Key.Scopes, scopes[:3]) || got.Key.OtherScopes != 60 {
		t.Errorf("got %+v", got.Key)
	}
}

func TestWhatTheKeyRulesOutIsRefusedWithoutAskingPostHog(t *testing.T) {
	for _, tool := range tools.Catalog() {
		if len(tool.Scopes) == 0 {
			continue
		}
		s := newStage(t, sandbox.AdminKey)
		s.environment.Holder = s.environment.Executor.Holder()
		grant(t, s, "user:read")
		arguments := map[string]string{
			"roles-get": `{"role":"Support"}`, "roles-create": `{"name":"x"}`, "roles-update": `{"role":"Support","name":"x"}`, "roles-delete": `{"role":"Support"}`,
			"membership-list": `{"role":"Support"}`, "membership-get": `{"role":"Support","member":"@me"}`, "membership-add": `{"role":"Support","member":"@me"}`,
			"membership-remove": `{"role":"Support","member":"@me"}`, "undo": `{"id":"0123456789"}`, "project-secret-token-rotate": `{"project":"1"}`,
			"external-reference-create": `{"role":"Support","provider":"github","provider_organization_id":"a","provider_role_id":"1","provider_role_name":"A"}`,
			"external-reference-delete": `{"reference_id":"` + sandbox.ReferenceSlack + `"}`,
			"external-reference-lookup": `{"provider":"github","provider_organization_id":"a","provider_role_id":"1"}`,
		}[tool.Name]
		got := fail(t, s, tool.Name, arguments)
		for _, scope := range tool.Scopes {
			// A read comes with its write.
			if write := strings.TrimSuffix(scope, ":read") + ":write"; !strings.Contains(got.Error, scope) && !strings.Contains(got.Error, write) {
				t.Errorf("%s: %s is not named: %+v", tool.Name, scope, got)
			}
		}
		if !strings.Contains(got.Error, "lacks the scope") || !strings.Contains(got.NextStep, "/settings/user-api-keys") {
			t.Errorf("%s: got %+v", tool.Name, got)
		}
		for _, request := range s.sandbox.Requests() {
			if request.Path != "/api/personal_api_keys/@current/" {
				t.Errorf("%s: asked for %s", tool.Name, request.Path)
			}
		}
	}
}
