package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
)

// failure reads what a failed call says, and insists on its form.
func failure(t *testing.T, result harness.Result) schemas.Failure {
	t.Helper()
	if !result.IsError {
		t.Fatalf("succeeded: %s", result.Text)
	}
	if result.Structured != nil {
		t.Errorf("a failure has structured content, which clients hold against the output schema: %s", result.Structured)
	}
	var failed schemas.Failure
	if err := json.Unmarshal([]byte(result.Text), &failed); err != nil {
		t.Fatalf("not a failure: %s", result.Text)
	}
	if failed.Error == "" || failed.NextStep == "" {
		t.Errorf("the failure does not say what failed and what to do next: %s", result.Text)
	}
	return failed
}

func TestWrongArgumentsAreRefusedWithoutAnyRequest(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Legacy("2025-11-25"))
	long := strings.Repeat("x", 10*1024)
	for _, test := range []struct {
		tool string
		args string
		want string
	}{
		{"roles-get", `{}`, `"role" is missing`},
		{"roles-get", `{"role":"Support","verbose":true}`, `Unknown argument "verbose"`},
		{"roles-get", `{"roles":"Support"}`, `Unknown argument "roles"; use "role".`},
		{"roles-get", `{"role":["Support"]}`, `must be a string, not a list: "Support"`},
		{"roles-get", `{"role":null}`, `"role" is missing`},
		{"roles-get", `{"arguments":{"role":"Support"}}`, `belong at the top level`},
		{"roles-delete", `{"role":"Support","organization_id":""}`, `must not be empty`},
		{"roles-get", `{"role":"` + long + `"}`, `at most 200 are allowed`},
		{"roles-get", `{"role":"a\u0000b"}`, `NUL`},
		{"roles-get", `{"role":"Support","view":"everything"}`, `must be "compact" or "full", not "everything"`},
		{"roles-get", `{"role":"Support","organization_id":"../../users"}`, `"organization_id" must be a UUID or @current`},
		{"roles-get", `{"role":"Support","organization_id":"%2e%2e/"}`, `"organization_id" must be a UUID or @current`},
		{"roles-list", `{"limit":0}`, `at least 1`},
		{"roles-list", `{"limit":-1}`, `at least 1`},
		{"roles-list", `{"limit":1e99}`, `at most 5000`},
		{"roles-list", `{"limit":"ten"}`, `must be a whole number, not "ten"`},
		{"roles-list", `{"offset":-1}`, `at least 0`},
		{"roles-list", `{"offset":99999999999999999999}`, `"offset"`},
		{"roles-list", `[]`, `must be an object, not a list`},
		{"roles-list", `"text"`, `must be an object, not "text"`},
		{"roles-create", `{"name":""}`, `must not be empty`},
		{"roles-create", `{"name":"` + long + `"}`, `at most 200 are allowed`},
		{"external-reference-delete", `{"reference_id":"../../users"}`, `must be a UUID`},
		{"external-reference-delete", `{"reference_id":"%2e%2e/"}`, `must be a UUID`},
		{"external-reference-delete", `{"reference_id":"` + long + `"}`, `must be a UUID`},
		{"external-reference-create", `{"role":"Support","provider":"` + strings.Repeat("p", 33) + `","provider_organization_id":"a","provider_role_id":"1","provider_role_name":"A"}`, `at most 32 are allowed`},
		{"external-reference-lookup", `{"provider":"github","provider_organization_id":"hedgebox"}`, `"provider_role_slug" or "provider_role_id" is needed`},
		{"project-secret-token-rotate", `{"project":84102.5}`, `must be a string: "84102.5"`},
		{"project-secret-token-rotate", `{"project":true}`, `must be a string, not true`},
		{"project-secret-token-rotate", `{"project":"84102","settings":{"time_zone":"UTC"}}`, `use "timezone"`},
		{"project-secret-token-rotate", `{"project":"84102","settings":"all"}`, `must be an object, not "all"`},
		{"members-list", `{"search":"` + strings.Repeat("s", 201) + `"}`, `at most 200 are allowed`},
		{"members-list", `{"order":"name"}`, `must be "joined_at" or "-joined_at", not "name"`},
	} {
		failed := failure(t, session.Call(test.tool, json.RawMessage(test.args)))
		if !strings.Contains(failed.Error, test.want) {
			t.Errorf("%s %.60s: %s", test.tool, test.args, failed.Error)
		}
	}
	// What no schema can say is found out after a look at the key.
	for i, request := range stage.Sandbox.Requests() {
		if i > 0 || request.Path != keyRecord {
			t.Errorf("request %d went out: %s %s", i+1, request.Method, request.Path)
		}
	}
	if result := session.Call("roles-list", nil); result.IsError {
		t.Errorf("the next call fails: %s", result.Text)
	}
}

// What no schema can say is found out when the write is planned.
func TestABlankNameIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Modern())
	for tool, args := range map[string]string{
		"roles-create": `{"name":" \t\n "}`,
		"roles-update": `{"role":"Support","name":" \t\n "}`,
	} {
		failed := failure(t, session.Call(tool, json.RawMessage(args)))
		if !strings.Contains(failed.Error, "must not be blank") {
			t.Errorf("%s: %s", tool, failed.Error)
		}
	}
	wantNoWrite(t, stage)
}

func TestNamesThatLookLikePathsOnlyEverMatchNames(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Modern())
	for _, name := range []string{"../../users", "..", ".", "%2e%2e/", "a/b", "a?b=c", "#", `C:\roles`, "@current", "*", "' OR 1=1 --"} {
		failed := failure(t, session.Call("roles-delete", values{"role": name}))
		if !strings.Contains(failed.Error, "No role is called") {
			t.Errorf("role %q: %s", name, failed.Error)
		}
		failed = failure(t, session.Call("membership-remove", values{"role": "Support", "member": name}))
		if !strings.Contains(failed.Error, "named by e-mail, and none is") && !strings.Contains(failed.Error, "No member has the e-mail") {
			t.Errorf("member %q: %s", name, failed.Error)
		}
	}
	for _, request := range stage.Sandbox.Requests() {
		if request.Path == "/api/users/@me/" || request.Path == keyRecord {
			continue // Whose key it is, and what it may do.
		}
		rest := strings.TrimPrefix(request.Path, "/api/organizations/@current/")
		rest = strings.TrimPrefix(rest, "/api/organizations/"+sandbox.Organization+"/")
		known := rest == "" || rest == "roles/" || rest == "members/" || rest == "roles/"+sandbox.RoleSupport+"/"
		if request.Method != http.MethodGet || !known {
			t.Errorf("sent %s %s", request.Method, request.Path)
		}
	}
}

func TestNamesInAnyScriptSurviveTheRoundTrip(t *testing.T) {
	t.Parallel()
	session, _ := startUnasked(t, harness.Legacy("2024-11-05"))
	for _, name := range []string{
		"Müşteri Hizmetleri ığİŞ", "فريق الدعم", "支援チーム", "O'Brien & \"Sons\" <b>", "line one\nline two", `back\slash`, "🦔🦔",
		strings.Repeat("ş", 200),
	} {
		created := session.Call("roles-create", values{"name": name})
		if created.IsError {
			t.Errorf("%q: %s", name, created.Text)
			continue
		}
		var got schemas.Role
		session.Call("roles-get", values{"role": name}).Decode(t, &got)
		if got.Role == nil || got.Role.Name != name {
			t.Errorf("%q came back as %+v", name, got.Role)
		}
		if deleted := session.Call("roles-delete", values{"role": name}); deleted.IsError {
			t.Errorf("%q: %s", name, deleted.Text)
		}
	}
}

func TestARoleIsFoundWhateverTheCaseOfItsLetters(t *testing.T) {
	t.Parallel()
	session, _ := start(t, harness.Modern())
	if result := session.Call("roles-create", values{"name": "Ćevapi Straße"}); result.IsError {
		t.Fatal(result.Text)
	}
	if result := session.Call("roles-get", values{"role": "ćEVAPI sTRAßE"}); result.IsError {
		t.Error(result.Text)
	}
	failed := failure(t, session.Call("roles-create", values{"name": "ĆEVAPI STRAßE"}))
	if !strings.Contains(failed.Error, "is taken") || len(failed.Candidates) != 1 {
		t.Errorf("got %+v", failed)
	}
}

func TestAnUnknownToolIsRefusedWithTheClosestName(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Legacy("2025-06-18"))
	_, refused := session.Request("tools/call", values{"name": "role-list", "arguments": values{}})
	if refused == nil || refused.Code != -32602 || !strings.Contains(refused.Message, "roles-list") {
		t.Errorf("got %v", refused)
	}
	_, refused = session.Request("roles/list", values{})
	if refused == nil || refused.Code != -32601 {
		t.Errorf("got %v", refused)
	}
	if requests := stage.Sandbox.Requests(); len(requests) != 0 {
		t.Errorf("%d requests went out", len(requests))
	}
}

func TestAnotherOrganizationIsReachedOnlyWithAKeyForIt(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	admin := harness.Start(t, harness.Options{Env: stage.Env()})
	failed := failure(t, admin.Call("roles-list", values{"organization_id": sandbox.OtherOrganization}))
	if failed.Status != http.StatusForbidden {
		t.Errorf("got %+v", failed)
	}
	environment := stage.Env()
	environment["POSTHOG_PERSONAL_API_KEY"] = sandbox.OwnerKey
	owner := harness.Start(t, harness.Options{Env: environment})
	result := owner.Call("roles-get", values{"organization_id": sandbox.OtherOrganization, "role": "lab crew"})
	if result.IsError || !strings.Contains(result.Text, sandbox.OtherOrganizationRole) {
		t.Error(result.Text)
	}
	// The answer's undo knows the organization, so that it works there too.
	created := owner.Call("roles-create", values{"organization_id": sandbox.OtherOrganization, "name": "Night shift"})
	preview := previewed(t, owner.Call("undo", values{"id": undoID(created)}))
	undone := wrote(t, owner.Call("undo", values{"id": undoID(created), "confirmation": preview.Confirmation}))
	if !undone.Changed {
		t.Error("the role was not taken back")
	}
	var left struct{ Total int }
	owner.Call("roles-list", values{"organization_id": sandbox.OtherOrganization}).Decode(t, &left)
	if left.Total != 1 {
		t.Errorf("%d roles are there, want 1", left.Total)
	}
}
