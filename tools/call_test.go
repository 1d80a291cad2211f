package tools_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// stage is the catalog in front of a fresh sandbox, with a journal.
type stage struct {
	sandbox     *sandbox.Sandbox
	environment tools.Environment
}

// newStage is a stage that asks nobody.
func newStage(t *testing.T, key string) stage {
	t.Helper()
	return newAskingStage(t, key, changes.Never)
}

func newAskingStage(t *testing.T, key string, mode changes.Mode) stage {
	t.Helper()
	backend := harness.Backend(t, sandbox.Options{})
	return stage{backend.Sandbox, environmentAt(t, backend.URL, key, mode)}
}

// environmentAt is what calls work with in front of the API at an address.
func environmentAt(t *testing.T, address, key string, mode changes.Mode) tools.Environment {
	t.Helper()
	host, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	secret := redact.NewSecret(key)
	written := journal.New(journal.Options{Path: filepath.Join(t.TempDir(), "journal.jsonl")})
	t.Cleanup(func() {
		if err := written.Close(); err != nil {
			t.Error(err)
		}
	})
	reader, executor, err := changes.Connect(apiclient.Config{
		Host: host, Key: secret, UserAgent: "posthog-org-mcp/test", Retry: apiclient.RetryPolicy{Tries: 1},
	}, changes.Options{Confirm: mode, Journal: written})
	if err != nil {
		t.Fatal(err)
	}
	history := written.Reader()
	return tools.Environment{
		Reader:   directory.New(reader, apiclient.CurrentOrganization),
		History:  &history,
		Executor: executor,
		Redactor: redact.New(secret),
	}
}

func find(t *testing.T, name string) tools.Tool {
	t.Helper()
	catalog := tools.Catalog()
	i := slices.IndexFunc(catalog, func(tool tools.Tool) bool { return tool.Name == name })
	if i < 0 {
		t.Fatalf("no tool is called %s", name)
	}
	return catalog[i]
}

// call runs a tool that must succeed, checks its result against its output
// schema, and decodes it.
func call[R any](t *testing.T, s stage, name, arguments string) R {
	t.Helper()
	tool := find(t, name)
	answer := tool.Call(t.Context(), s.environment, tools.Request{Arguments: json.RawMessage(arguments)})
	if answer.IsError {
		t.Fatalf("%s %s: %s", name, arguments, answer.JSON)
	}
	if err := fits(t, tool)(answer.JSON); err != nil {
		t.Errorf("%s %s answers what its schemas do not allow: %v\n%s", name, arguments, err, answer.JSON)
	}
	var result R
	if err := json.Unmarshal(answer.JSON, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// fits holds results to the output schema of a tool, and to the one that is listed.
func fits(t *testing.T, tool tools.Tool) func(json.RawMessage) error {
	t.Helper()
	output, err := tool.Output()
	if err != nil {
		t.Fatal(err)
	}
	listed, err := tool.ListedOutput()
	if err != nil {
		t.Fatal(err)
	}
	whole, short := compile(t, output), compile(t, listed)
	return func(result json.RawMessage) error {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(result))
		if err != nil {
			return err
		}
		return errors.Join(whole.Validate(value), short.Validate(value))
	}
}

// fail runs a tool that must fail, and decodes why.
func fail(t *testing.T, s stage, name, arguments string) schemas.Failure {
	t.Helper()
	answer := find(t, name).Call(t.Context(), s.environment, tools.Request{Arguments: json.RawMessage(arguments)})
	if !answer.IsError {
		t.Fatalf("%s %s succeeded: %s", name, arguments, answer.JSON)
	}
	var failure schemas.Failure
	if err := json.Unmarshal(answer.JSON, &failure); err != nil {
		t.Fatal(err)
	}
	if failure.Error == "" || failure.NextStep == "" {
		t.Errorf("%s %s: the failure does not say what failed and what to do: %s", name, arguments, answer.JSON)
	}
	return failure
}

// busyRole is a seeded role with somebody in it.
func busyRole(t *testing.T, s stage) schemas.RoleWithMembers {
	t.Helper()
	for _, row := range call[schemas.Roles](t, s, "roles-list", `{}`).Roles {
		if *row.MemberCount > 0 {
			return *call[schemas.Role](t, s, "roles-get", args("role", row.ID)).Role
		}
	}
	t.Fatal("every role is empty")
	return schemas.RoleWithMembers{}
}

func args(pairs ...string) string {
	object := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		object[pairs[i]] = pairs[i+1]
	}
	data, err := json.Marshal(object)
	if err != nil {
		panic(err) // A map of strings always marshals.
	}
	return string(data)
}

func TestEveryListAnswersWithRowsAndWithTheAPIsOwnObjects(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	for _, test := range []struct{ tool, rows, scope string }{
		{"roles-list", "roles", ""},
		{"membership-list", "memberships", `"role":"` + role.Name + `",`},
		{"external-reference-list", "references", ""},
		{"organizations-list", "organizations", ""},
		{"members-list", "members", ""},
		{"projects-list", "projects", ""},
	} {
		t.Run(test.tool, func(t *testing.T) {
			compact := call[map[string]json.RawMessage](t, s, test.tool, "{"+test.scope+`"limit":1}`)
			full := call[map[string]json.RawMessage](t, s, test.tool, "{"+test.scope+`"limit":1,"view":"full"}`)
			if rows(t, compact[test.rows]) != 1 || compact["full"] != nil {
				t.Errorf("compact: %s", compact)
			}
			if rows(t, full["full"]) != 1 || full[test.rows] != nil {
				t.Errorf("full: %s", full)
			}
			if string(compact["total"]) != string(full["total"]) || string(compact["total"]) == "0" {
				t.Errorf("totals %s and %s", compact["total"], full["total"])
			}
			if len(full["full"]) <= len(compact[test.rows]) {
				t.Errorf("the API's object is no longer than its row")
			}
		})
	}
}

func rows(t *testing.T, raw json.RawMessage) int {
	t.Helper()
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		t.Fatalf("%s is no list: %v", raw, err)
	}
	return len(items)
}

func TestAListIsWalkedByNextOffset(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	whole := call[schemas.Members](t, s, "members-list", `{}`)
	var walked []schemas.MemberRow
	for offset := 0; ; {
		part := call[schemas.Members](t, s, "members-list", fmt.Sprintf(`{"limit":7,"offset":%d}`, offset))
		walked = append(walked, part.Members...)
		if part.NextOffset == nil {
			break
		}
		offset = *part.NextOffset
	}
	if len(walked) != whole.Total || len(whole.Members) != whole.Total {
		t.Errorf("%d rows walked, %d at once, %d in all", len(walked), len(whole.Members), whole.Total)
	}
	for i := range walked {
		if walked[i].Email != whole.Members[i].Email {
			t.Fatalf("row %d differs", i)
		}
	}
}

func TestARoleAndAMemberAreFoundByEveryNameTheyHave(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	member := call[schemas.Memberships](t, s, "membership-list", `{"role":"`+role.ID+`","limit":1,"fields":["id","user_uuid","email"]}`).Memberships[0]
	for _, roleRef := range []string{role.ID, strings.ToUpper(role.ID), role.Name, strings.ToUpper(role.Name), " " + strings.ToLower(role.Name) + " "} {
		for _, memberRef := range []string{member.UserUUID, member.Email, strings.ToUpper(member.Email), member.ID} {
			got := call[schemas.Membership](t, s, "membership-get", args("role", roleRef, "member", memberRef))
			if got.Membership.ID != member.ID || got.Role.ID != role.ID {
				t.Errorf("role %q, member %q: got %+v", roleRef, memberRef, got)
			}
		}
	}
}

func TestEachWriteAnswersWithWhatChangedAndACallThatTakesItBack(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	reference := call[schemas.References](t, s, "external-reference-list", `{"limit":1}`).References[0]
	for _, test := range []struct{ tool, arguments string }{
		{"roles-create", args("name", "Night shift")},
		{"roles-update", args("role", role.ID, "name", "Day shift")},
		{"membership-remove", args("role", role.ID, "member", role.Members[0].Email)},
		{"membership-add", args("role", role.ID, "member", outsider(t, s, role))},
		{"external-reference-create", args("role", role.ID, "provider", "github", "provider_organization_id", "acme",
			"provider_role_id", "7001", "provider_role_name", "Night", "provider_role_slug", "night")},
		{"external-reference-delete", args("reference_id", reference.ID)},
		{"roles-delete", args("role", role.ID)},
	} {
		t.Run(test.tool, func(t *testing.T) {
			before := picture(t, s)
			result := call[schemas.Written](t, s, test.tool, test.arguments)
			if !result.Changed || result.Undo == nil || result.Undo.Tool != "undo" {
				t.Fatalf("result: %+v", result)
			}
			if picture(t, s) == before {
				t.Error("nothing changed")
			}
			arguments, err := json.Marshal(result.Undo.Arguments)
			if err != nil {
				t.Fatal(err)
			}
			if undone := call[schemas.Undone](t, s, result.Undo.Tool, string(arguments)); !undone.Changed || len(undone.Changes) == 0 {
				t.Errorf("the undo changed nothing: %+v", undone)
			}
			if after := picture(t, s); after != before {
				t.Errorf("before %s\nafter  %s", before, after)
			}
		})
	}
}

// outsider is the e-mail of a member who is not in role.
func outsider(t *testing.T, s stage, role schemas.RoleWithMembers) string {
	t.Helper()
	for _, member := range call[schemas.Members](t, s, "members-list", `{}`).Members {
		if !slices.ContainsFunc(role.Members, func(m schemas.RoleMember) bool { return m.Email == member.Email }) {
			return member.Email
		}
	}
	t.Fatal("everybody is in the role")
	return ""
}

// picture is who is in which role and which group stands for which role.
func picture(t *testing.T, s stage) string {
	t.Helper()
	var lines []string
	names := map[string]string{}
	for _, row := range call[schemas.Roles](t, s, "roles-list", `{}`).Roles {
		names[row.ID] = row.Name
		for _, member := range call[schemas.Role](t, s, "roles-get", args("role", row.ID)).Role.Members {
			lines = append(lines, "member "+row.Name+" "+member.Email)
		}
		lines = append(lines, "role "+row.Name)
	}
	for _, row := range call[schemas.References](t, s, "external-reference-list", `{}`).References {
		lines = append(lines, "reference "+names[row.Role]+" "+row.Provider+" "+row.ProviderRoleID+" "+row.ProviderRoleName)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestADeletedRoleSaysWhatWentWithIt(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	got := call[schemas.RoleDeleted](t, s, "roles-delete", args("role", role.Name))
	if !got.Changed || got.Role.ID != role.ID || len(got.Lost.Members) != *role.MemberCount {
		t.Errorf("got %+v", got)
	}
	if failure := fail(t, s, "roles-get", args("role", role.ID)); !strings.Contains(failure.Error, "no role") && !strings.Contains(failure.Error, "No role") {
		t.Errorf("the role is still there: %+v", failure)
	}
}

func TestSomebodyWhoIsInTheRoleAlreadyIsNotAddedAgain(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	s.sandbox.ForgetRequests()
	got := call[schemas.MembershipsWritten](t, s, "membership-add", args("role", role.ID, "member", role.Members[0].Email))
	if got.Changed || got.Undo != nil || len(got.Memberships) != 1 || got.Memberships[0].Email != role.Members[0].Email || got.Memberships[0].ID == "" || got.Memberships[0].Changed {
		t.Errorf("got %+v", got)
	}
	for _, request := range s.sandbox.Requests() {
		if request.Method != "GET" {
			t.Errorf("sent %s %s", request.Method, request.Path)
		}
	}
}

func TestSomebodyWhoIsNotInTheRoleIsNotRemovedAndNobodyElseIsOffered(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	role := busyRole(t, s)
	email := outsider(t, s, role)
	before := picture(t, s)
	got := call[schemas.MembershipsWritten](t, s, "membership-remove", args("role", role.ID, "member", email))
	if got.Changed || got.Undo != nil || len(got.Memberships) != 1 || got.Memberships[0].ID != "" || got.Memberships[0].Email != email {
		t.Errorf("got %+v", got)
	}
	if picture(t, s) != before {
		t.Error("something changed")
	}
	failure := fail(t, s, "membership-get", args("role", role.ID, "member", email))
	if !strings.Contains(failure.Error, "is not in the role") || len(failure.Candidates) != 0 {
		t.Errorf("got %+v", failure)
	}
}

func TestAGroupThatStandsForARoleAlreadyIsNotMappedTwice(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	is := call[schemas.References](t, s, "external-reference-list", `{"provider":"GitHub","limit":1}`).References[0]
	same := args("role", is.Role, "provider", "GITHUB", "provider_organization_id", is.ProviderOrganizationID,
		"provider_role_id", is.ProviderRoleID, "provider_role_name", is.ProviderRoleName, "provider_role_slug", is.ProviderRoleSlug)
	got := call[schemas.ReferenceWritten](t, s, "external-reference-create", same)
	if got.Changed || got.Undo != nil || got.Reference.ID != is.ID {
		t.Errorf("got %+v", got)
	}
	role := busyRole(t, s)
	other := args("role", "Security", "provider", "github", "provider_organization_id", is.ProviderOrganizationID,
		"provider_role_id", is.ProviderRoleID, "provider_role_name", "Else")
	failure := fail(t, s, "external-reference-create", other)
	if len(failure.Candidates) != 1 || failure.Candidates[0].ID != is.ID || !strings.Contains(failure.NextStep, "external-reference-delete") {
		t.Errorf("%s: got %+v", role.Name, failure)
	}
}

func TestNullAndEmptyArgumentsCountAsAbsentWhereNothingIsAtStake(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	whole := call[schemas.Members](t, s, "members-list", `{}`)
	blank := call[schemas.Members](t, s, "members-list", `{"search":"","order":null,"limit":null,"offset":null,"view":"","organization_id":null}`)
	if blank.Total != whole.Total || len(blank.Members) != len(whole.Members) {
		t.Errorf("%d rows with blanks, %d without", blank.Total, whole.Total)
	}
	created := call[schemas.RoleWritten](t, s, "roles-create", `{"name":"Night shift","organization_id":null}`)
	if !created.Changed {
		t.Errorf("got %+v", created)
	}
	if failure := fail(t, s, "roles-delete", `{"role":"Night shift","organization_id":""}`); !strings.Contains(failure.Error, "organization_id") {
		t.Errorf("got %+v", failure)
	}
}

func TestAProjectGoesByTheNumberThatTheListGave(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	id := call[schemas.Projects](t, s, "projects-list", `{"limit":1}`).Projects[0].ID
	got := call[schemas.TokenRotated](t, s, "project-secret-token-rotate", fmt.Sprintf(`{"project":%d}`, id))
	if got.Project.ID != id || got.Advice == "" {
		t.Errorf("got %+v", got)
	}
}

func TestARotationAnswersWithMaskedTokensOnly(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	for _, project := range call[schemas.Projects](t, s, "projects-list", `{}`).Projects {
		for _, view := range []string{"compact", "full"} {
			answer := find(t, "project-secret-token-rotate").Call(t.Context(), s.environment, tools.Request{Arguments: json.RawMessage(args("project", project.Name, "view", view))})
			if answer.IsError {
				t.Fatalf("%s", answer.JSON)
			}
			if text := string(answer.JSON); strings.Contains(text, "phs_") && !strings.Contains(text, "phs_…") {
				t.Errorf("a whole token: %s", text)
			}
			if bare := wholeToken.FindString(string(answer.JSON)); bare != "" {
				t.Errorf("a whole token: %s", bare)
			}
			got := call[schemas.TokenRotated](t, s, "project-secret-token-rotate", args("project", project.Name, "view", view))
			if !got.Changed || got.Undo != nil || !strings.HasPrefix(got.SecretAPIToken, "phs_…") || !strings.HasPrefix(got.SecretAPITokenBackup, "phs_…") {
				t.Errorf("got %+v", got)
			}
		}
	}
}

func TestTheRotationTakesDocumentedSettingsAndRefusesOthersBeforeAnyRequest(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	call[schemas.TokenRotated](t, s, "project-secret-token-rotate", `{"project":"`+firstProject(t, s)+`","settings":{"timezone":"Europe/Berlin","surveys_opt_in":null}}`)
	s.sandbox.ForgetRequests()
	failure := fail(t, s, "project-secret-token-rotate", `{"project":"1","settings":{"time_zone":"x"}}`)
	if !strings.Contains(failure.Error, `Unknown argument "time_zone"; use "timezone".`) {
		t.Errorf("got %+v", failure)
	}
	if requests := s.sandbox.Requests(); len(requests) != 0 {
		t.Errorf("%d requests were sent", len(requests))
	}
}

func firstProject(t *testing.T, s stage) string {
	t.Helper()
	return call[schemas.Projects](t, s, "projects-list", `{"limit":1}`).Projects[0].Name
}

func TestTheWelcomePageIsAnsweredWhole(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	got := call[schemas.Welcome](t, s, "welcome-current", `{}`)
	if got.OrganizationName == "" || len(got.TeamMembers) == 0 || len(got.RecentActivity) == 0 || len(got.SuggestedNextSteps) == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestALookupFindsAReferenceOrSaysThatThereIsNone(t *testing.T) {
	s := newStage(t, sandbox.AdminKey)
	reference := call[schemas.References](t, s, "external-reference-list", `{"limit":1}`).References[0]
	found := call[schemas.ReferenceFound](t, s, "external-reference-lookup", args("provider", reference.Provider,
		"provider_organization_id", reference.ProviderOrganizationID, "provider_role_id", reference.ProviderRoleID))
	if !found.Found || found.Reference.ID != reference.ID {
		t.Errorf("got %+v", found)
	}
	none := call[schemas.ReferenceFound](t, s, "external-reference-lookup", args("provider", "github", "provider_organization_id", "nobody", "provider_role_id", "0"))
	if none.Found || none.Reference != nil {
		t.Errorf("got %+v", none)
	}
}
