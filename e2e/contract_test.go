package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// untold is a PostHog that tells nothing of the key, as older ones do: then it is
// PostHog that says what the key may not do.
func untold() sandbox.Fault {
	return sandbox.Fault{Kind: sandbox.Fail, Status: http.StatusNotFound, Times: -1, PathContains: "/personal_api_keys/"}
}

// Each row of the API's error table, as a model gets to see it.
func TestEachErrorOfTheAPIIsExplained(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		key    string // "" is the administrator's
		faults sandbox.Faults
		tool   string
		args   values
		status int
		says   string
		next   string
	}{
		{name: "wrong key", key: "phx_thiskeyopensnothing0123456789", tool: "roles-list",
			status: 401, says: "does not accept the API key", next: "/settings/user-api-keys"},
		{name: "key of a switched-off account", key: sandbox.SwitchedOffKey, tool: "roles-list",
			status: 401, says: "does not accept the API key", next: "/settings/user-api-keys"},
		{name: "missing scope", key: sandbox.ReadOnlyKey, tool: "membership-add", args: values{"role": "Support", "member": sandbox.NewcomerEmail},
			status: 403, says: "lacks the scope organization:write", next: "add organization:write"},
		{name: "level too low", key: sandbox.MemberKey, tool: "membership-add", args: values{"role": "Support", "member": sandbox.NewcomerEmail},
			says: "takes an administrator, of the project where it is about one", next: "administrator or owner"},
		{name: "key confined to another organization", key: sandbox.ScopedKey, tool: "roles-list", args: values{"organization_id": sandbox.Organization},
			status: 403, says: "confined", next: "the id of one of the candidates as organization_id"},
		{name: "key confined to a project", key: sandbox.ProjectKey, tool: "roles-list",
			status: 403, says: "confined", next: "/settings/user-api-keys"},
		{name: "members' keys switched off", key: sandbox.MemberKey, faults: sandbox.Faults{NoMemberKeys: true}, tool: "roles-list",
			status: 403, says: "members use no API keys", next: "administrator"},
		{name: "rotation closed to keys", faults: sandbox.Faults{CloseActions: true}, tool: "project-secret-token-rotate", args: values{"project": "84102"},
			status: 403, says: "lets no API key do this", next: "/settings/project"},
		{name: "no administrator of the project", faults: sandbox.Faults{NoProjectAdmin: true}, tool: "project-secret-token-rotate", args: values{"project": "84102"},
			status: 403, says: "takes an administrator, of the project where it is about one", next: "administrator or owner"},
		{name: "project that never had a token, newer server", faults: sandbox.Faults{NewProjectKeys: true}, tool: "project-secret-token-rotate", args: values{"project": "84377"},
			status: 400, says: "refused the request", next: "detail"},
		{name: "unknown organization", tool: "roles-list", args: values{"organization_id": "00000000-0000-4000-8000-000000000000"},
			status: 404, says: "no such organization", next: "the id of one of the candidates as organization_id"},
		{name: "reference that exists", tool: "external-reference-create", args: values{"role": "Support", "provider": "github", "provider_organization_id": "HEDGEBOX",
			"provider_role_id": sandbox.ReferenceGitHubRoleID, "provider_role_name": "Engineers"},
			says: "has an external reference already", next: "external-reference-delete"},
		{name: "throttled with a time", faults: one(sandbox.Fault{Kind: sandbox.Throttle, RetryAfter: 42 * time.Second}), tool: "roles-list",
			status: 429, says: "rate limit", next: "Wait 42s"},
		{name: "server error", faults: one(sandbox.Fault{Kind: sandbox.Fail}), tool: "roles-list",
			status: 500, says: "PostHog failed", next: "in a minute"},
		{name: "bad gateway", faults: one(sandbox.Fault{Kind: sandbox.Fail, Status: 502, Times: -1}), tool: "roles-list",
			status: 502, says: "PostHog failed", next: "in a minute"},
		{name: "redirect to another host", faults: one(sandbox.Fault{Kind: sandbox.Redirect}), tool: "roles-list",
			says: "redirect", next: "POSTHOG_HOST"},
		{name: "cut body", faults: one(sandbox.Fault{Kind: sandbox.CutBody, Times: -1}), tool: "roles-list", says: "cannot be read", next: "Call again"},
		{name: "empty body", faults: one(sandbox.Fault{Kind: sandbox.EmptyBody}), tool: "roles-list", says: "cannot be read", next: "Call again"},
		{name: "garbage", faults: one(sandbox.Fault{Kind: sandbox.Garbage}), tool: "roles-list", says: "cannot be read", next: "Call again"},
		{name: "wrong shape", faults: one(sandbox.Fault{Kind: sandbox.WrongShape}), tool: "roles-list", says: "cannot be read", next: "Call again"},
		{name: "endless body", faults: one(sandbox.Fault{Kind: sandbox.EndlessBody}), tool: "roles-list", says: "too large", next: "fewer rows"},
		{name: "dropped connection", faults: one(sandbox.Fault{Kind: sandbox.DropBefore, Times: -1}), tool: "roles-list", says: "connection", next: "POSTHOG_HOST"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.faults.Next = append([]sandbox.Fault{untold()}, test.faults.Next...)
			stage := harness.Backend(t, sandbox.Options{Faults: test.faults})
			environment := unasked(stage.Env())
			if test.key != "" {
				environment["POSTHOG_PERSONAL_API_KEY"] = test.key
			}
			session := harness.Start(t, harness.Options{Env: environment})
			got := failure(t, session.Call(test.tool, test.args))
			if got.Status != test.status || !strings.Contains(got.Error, test.says) || !strings.Contains(got.NextStep, test.next) {
				t.Errorf("got %+v", got)
			}
			if test.status != 0 && test.status < 500 && (got.Type == "" || got.Code == "" || got.Detail == "") {
				t.Errorf("the API's own words are missing: %+v", got)
			}
		})
	}
}

func one(fault sandbox.Fault) sandbox.Faults { return sandbox.Faults{Next: []sandbox.Fault{fault}} }

// What failed for a moment is tried again where that is safe, and a caller sees
// nothing of it.
func TestAFaultThatPassesIsTriedAgainWhereThatIsSafe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		fault  sandbox.Fault
		method string
		tool   string
		args   values
		tries  int
	}{
		{"a read", sandbox.Fault{Kind: sandbox.DropBefore}, http.MethodGet, "roles-list", nil, 2},
		{"a read that is told when", sandbox.Fault{Kind: sandbox.Throttle, RetryAfter: time.Second}, http.MethodGet, "roles-list", nil, 2},
		{"a read, three times", sandbox.Fault{Kind: sandbox.Fail, Status: 503, Times: 3}, http.MethodGet, "roles-list", nil, 4},
		{"a delete that was done", sandbox.Fault{Kind: sandbox.DropAfter}, http.MethodDelete, "roles-delete", values{"role": "Support"}, 2},
		{"a delete that was not", sandbox.Fault{Kind: sandbox.DropBefore}, http.MethodDelete, "roles-delete", values{"role": "Support"}, 2},
		{"a delete at a gateway", sandbox.Fault{Kind: sandbox.Fail, Status: 504}, http.MethodDelete, "roles-delete", values{"role": "Support"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			session, stage := startUnasked(t, harness.Legacy("2025-11-25"))
			test.fault.Method, test.fault.PathContains = test.method, "/roles/"
			stage.Sandbox.SetFaults(one(test.fault))
			result := session.Call(test.tool, test.args)
			if result.IsError || strings.Contains(result.Text, `"changed":false`) {
				t.Errorf("it failed: %s", result.Text)
			}
			tries := 0
			for _, request := range stage.Sandbox.Requests() {
				if request.Method == test.method && strings.Contains(request.Path, "/roles/") {
					tries++
				}
			}
			if test.method == http.MethodDelete {
				assertGone(t, session, "Support")
			}
			if tries != test.tries {
				t.Errorf("%d tries, want %d", tries, test.tries)
			}
		})
	}
}

func assertGone(t *testing.T, session *harness.Session, role string) {
	t.Helper()
	if got := failure(t, session.Call("roles-get", values{"role": role})); !strings.Contains(got.Error, "No role is called") {
		t.Errorf("the role is not gone: %+v", got)
	}
}

// A write that may be done twice is not sent twice: when its answer is lost, it
// is looked up.
func TestAWriteWhoseAnswerIsLostIsReportedAsWhatIsTrue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   sandbox.FaultKind
		done   bool
		method string
		tool   string
		args   values
		tries  int
	}{
		{sandbox.DropAfter, true, http.MethodPost, "roles-create", values{"name": "Night shift"}, 1},
		{sandbox.DropBefore, false, http.MethodPost, "roles-create", values{"name": "Night shift"}, 1},
		{sandbox.CutBody, true, http.MethodPost, "membership-add", values{"role": "Support", "member": sandbox.NewcomerEmail}, 1},
		{sandbox.DropAfter, true, http.MethodDelete, "roles-delete", values{"role": "Support"}, 4},
		{sandbox.DropBefore, false, http.MethodDelete, "roles-delete", values{"role": "Support"}, 4},
		{sandbox.DropAfter, true, http.MethodPatch, "project-secret-token-rotate", values{"project": "84102"}, 1},
		{sandbox.DropBefore, false, http.MethodPatch, "project-secret-token-rotate", values{"project": "84102"}, 1},
	} {
		t.Run(string(test.kind)+" "+test.tool, func(t *testing.T) {
			t.Parallel()
			session, stage := startUnasked(t, harness.Legacy("2025-11-25"))
			stage.Sandbox.SetFaults(one(sandbox.Fault{Kind: test.kind, Method: test.method, Times: -1}))
			result := session.Call(test.tool, test.args)
			switch {
			case test.done && (result.IsError || !strings.Contains(result.Text, `"changed":true`)):
				t.Errorf("it was done, and yet: %s", result.Text)
			case !test.done && !strings.Contains(failure(t, result).Error, "was not there, but it may still be made"):
				t.Errorf("it was not done and may still come, and yet: %s", result.Text)
			}
			if sent := writes(stage); len(sent) != test.tries {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// The custom actions may be closed to keys; two of the three have a way round.
func TestWhatPostHogClosesToKeysIsAnsweredFromWhatIsOpen(t *testing.T) {
	t.Parallel()
	lookup := values{"provider": "github", "provider_organization_id": sandbox.ReferenceGitHubOrg, "provider_role_slug": sandbox.ReferenceGitHubSlug}
	open, _ := start(t, harness.Modern())
	want := open.Call("external-reference-lookup", lookup).Text
	stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{CloseActions: true}})
	session := harness.Start(t, harness.Options{Env: stage.Env()})
	for range 2 { // The second time the refusal is remembered.
		if got := session.Call("external-reference-lookup", lookup); got.IsError || got.Text != want {
			t.Errorf("got %s, want %s", got.Text, want)
		}
		if got := session.Call("welcome-current", nil); got.IsError || !strings.Contains(got.Text, sandbox.OrganizationName) {
			t.Errorf("got %s", got.Text)
		}
	}
	closed := 0
	for _, request := range stage.Sandbox.Requests() {
		if request.Status == http.StatusForbidden {
			closed++
		}
	}
	if closed != 2 {
		t.Errorf("%d requests were refused, want 2: a refusal is worth remembering", closed)
	}
}

func TestALongListIsFetchedWholeAndInOrder(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
	session := harness.Start(t, harness.Options{Era: harness.Modern(), Env: unhurried(stage.Env())})
	for i := range 230 {
		if result := session.Call("roles-create", values{"name": rowName(i)}); result.IsError {
			t.Fatal(result.Text)
		}
	}
	var whole, walked struct {
		Total int `json:"total"`
		Roles []struct {
			Name string `json:"name"`
		} `json:"roles"`
		NextOffset *int `json:"next_offset"`
	}
	session.Call("roles-list", values{"limit": 5000}).Decode(t, &whole)
	if whole.Total != 236 || len(whole.Roles) != 236 || whole.NextOffset != nil {
		t.Fatalf("%d of %d rows", len(whole.Roles), whole.Total)
	}
	for offset := 0; offset < 236; offset += 50 {
		walked.Roles = nil
		session.Call("roles-list", values{"limit": 50, "offset": offset}).Decode(t, &walked)
		for i, role := range walked.Roles {
			if role != whole.Roles[offset+i] {
				t.Fatalf("row %d is %q in one and %q in the other", offset+i, role.Name, whole.Roles[offset+i].Name)
			}
		}
	}
}

func TestMembersHiddenFromAPlainMemberAreNoError(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{HideMembers: true}})
	environment := stage.Env()
	environment["POSTHOG_PERSONAL_API_KEY"] = sandbox.MemberKey
	session := harness.Start(t, harness.Options{Env: environment})
	var people struct {
		Total   int               `json:"total"`
		Members []json.RawMessage `json:"members"`
	}
	session.Call("members-list", nil).Decode(t, &people)
	if people.Total == 0 || people.Total >= sandbox.SeededMembers || len(people.Members) != people.Total {
		t.Errorf("%d of %d members", len(people.Members), people.Total)
	}
	if result := session.Call("membership-list", values{"role": "Support"}); result.IsError {
		t.Error(result.Text)
	}
}
