package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tokens"
)

// keyRecord is what a server asks once to find out what its key may do.
const keyRecord = "/api/personal_api_keys/@current/"

// startWith starts the program with a key, in front of a fresh sandbox.
func startWith(t *testing.T, key string, faults sandbox.Faults, args ...string) (*harness.Session, *harness.Stage) {
	t.Helper()
	stage := harness.Backend(t, sandbox.Options{Faults: faults})
	environment := stage.Env()
	environment["POSTHOG_PERSONAL_API_KEY"] = key
	return harness.Start(t, harness.Options{Env: environment, Args: args}), stage
}

// unauthorized is a PostHog that gives an OAuth token no record of a key.
func unauthorized() sandbox.Fault {
	return sandbox.Fault{Kind: sandbox.Fail, Status: http.StatusUnauthorized, Times: -1, PathContains: "/personal_api_keys/"}
}

// paths are what a stage was asked for.
func paths(stage *harness.Stage) []string {
	var asked []string
	for _, request := range stage.Sandbox.Requests() {
		asked = append(asked, request.Path)
	}
	return asked
}

func TestWhoamiTellsOfEachKeyWhatItMayDo(t *testing.T) {
	t.Parallel()
	const writes = `"tools":["roles-create","roles-update","roles-delete","membership-add","membership-remove","external-reference-create","external-reference-delete","undo"]`
	for _, test := range []struct {
		name   string
		key    string
		faults sandbox.Faults
		flags  []string
		args   values
		want   []string
		hasNot []string
	}{
		{name: "an administrator's", key: sandbox.AdminKey,
			want: []string{`"owner":{"name":"Maya Okonkwo","email":"` + sandbox.AdminEmail + `"}`, `"kind":"personal API key"`, `"label":"Assistant"`, `"masked":"phx_..._key"`,
				`"scopes":["organization:write","organization_member:read","project:read","user:read"]`, `"level":"administrator"`, `"member_count":24`,
				`"posthog":"480 a minute and 4800 an hour","server":"480 a minute and 4800 an hour"`, `"tools":{"work":21}`},
			hasNot: []string{"note", "will_not", "dry_run", "read_only"}},
		{name: "a plain member's", key: sandbox.MemberKey,
			want: []string{`"scopes":["*"]`, `"level":"member"`, `"work":13`, `{"reason":"your level is member, writes need administrator",` + writes}},
		{name: "one that only reads", key: sandbox.ReadOnlyKey,
			want: []string{`"level":"administrator"`, `"work":13`, `{"reason":"missing scope organization:write",` + writes}},
		{name: "one for another organization", key: sandbox.ScopedKey,
			want: []string{`"organizations":["` + sandbox.OtherOrganization + `"]`, `"name":"` + sandbox.OrganizationName + `"`, `"reason":"the key is for other organizations"`, `"work":3`}},
		{name: "one for another organization, there", key: sandbox.ScopedKey, args: values{"organization_id": sandbox.OtherOrganization},
			want: []string{`"name":"` + sandbox.OtherOrganizationName + `"`, `"level":"owner"`, `"work":21`}, hasNot: []string{"will_not"}},
		{name: "one for a project", key: sandbox.ProjectKey,
			want: []string{`"projects":[84102]`, `"reason":"the key is for single projects"`, `"work":2`}},
		{name: "one of an older PostHog", key: sandbox.ReadOnlyKey, faults: one(untold()),
			want: []string{`"level":"administrator"`, `"note":"PostHog does not tell this key's scopes. A missing one shows only when a tool is called."`, `"work":21`}, hasNot: []string{`"scopes"`}},
		{name: "one like an OAuth token's", key: sandbox.AdminKey, faults: one(unauthorized()),
			want: []string{sandbox.AdminEmail, `"note":"PostHog does not tell this key's scopes.`, `"work":21`}},
		{name: "one whose record fails just now", key: sandbox.AdminKey, faults: one(sandbox.Fault{Kind: sandbox.Fail, Times: -1, PathContains: "/personal_api_keys/"}),
			want: []string{`"note":"The key's scopes could not be read: PostHog did not answer. A missing one shows only when a tool is called."`}},
		{name: "one where members may use none", key: sandbox.MemberKey, faults: sandbox.Faults{NoMemberKeys: true},
			want: []string{`"reason":"the organization lets its members use no API keys"`, `"name":"` + sandbox.OrganizationName + `"`}},
		{name: "an organization that MCP servers only read", key: sandbox.AdminKey, faults: sandbox.Faults{ReadOnlyMCP: true},
			want: []string{`"read_only_mcp_access":true`, `"reason":"the organization allows MCP servers no changes"`, `"work":12`}},
		{name: "a server that only reads", key: sandbox.AdminKey, flags: []string{"--read-only", "--dry-run", "--requests-per-minute", "60"},
			want: []string{`"read_only":true,"dry_run":true`, `"reason":"read-only server"`, `"server":"60 a minute and 600 an hour"`, `"work":12`}},
		{name: "a server without some tools", key: sandbox.AdminKey, flags: []string{"--exclude-tools", "welcome,undo", "--organizations", sandbox.Organization, "--journal", "off"},
			want: []string{`"organizations":["` + sandbox.Organization + `"]`, `{"reason":"left out by the operator","tools":["welcome-current","undo"]}`, `{"reason":"no journal is kept","tools":["journal-list"]}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			session, _ := startWith(t, test.key, test.faults, test.flags...)
			got := session.Call("whoami", test.args)
			if got.IsError {
				t.Fatal(got.Text)
			}
			for _, want := range test.want {
				if !strings.Contains(got.Text, want) {
					t.Errorf("no %s in %s", want, got.Text)
				}
			}
			for _, word := range test.hasNot {
				if strings.Contains(got.Text, word) {
					t.Errorf("%s in %s", word, got.Text)
				}
			}
			if strings.Contains(string(got.Raw)+session.Stderr(), test.key) {
				t.Error("the key is shown")
			}
			assertFits(t, session.Tools(), "whoami", got)
		})
	}
}

func TestWhoamiAnswersAnAdministratorInFewTokens(t *testing.T) {
	t.Parallel()
	session, _ := start(t, harness.Modern())
	got := session.Call("whoami", nil)
	count, err := tokens.Count(got.Text)
	if err != nil || got.IsError || count >= 400 {
		t.Errorf("%d tokens, %v: %s", count, err, got.Text)
	}
	t.Logf("%d tokens", count)
}

func TestWhoamiOfAnOrganizationThatTheKeyDoesNotSeeSaysSo(t *testing.T) {
	t.Parallel()
	for key, says := range map[string]string{sandbox.AdminKey: "no such organization", sandbox.ScopedKey: "confined"} {
		session, _ := startWith(t, key, sandbox.Faults{})
		if got := failure(t, session.Call("whoami", values{"organization_id": "00000000-0000-4000-8000-000000000000"})); !strings.Contains(got.Error, says) {
			t.Errorf("got %+v", got)
		}
	}
}

func TestAKeyThatPostHogDoesNotKnowIsNobodys(t *testing.T) {
	t.Parallel()
	session, _ := startWith(t, "phx_thiskeyopensnothing0123456789", sandbox.Faults{})
	if got := failure(t, session.Call("whoami", nil)); got.Status != http.StatusUnauthorized || !strings.Contains(got.Error, "does not accept the API key") {
		t.Errorf("got %+v", got)
	}
}

func TestWhatTheScopesRuleOutIsRefusedBeforePostHogIsAskedAndNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	session, stage := startWith(t, sandbox.ReadOnlyKey, sandbox.Faults{})
	got := failure(t, session.Call("roles-delete", values{"role": "Support"}))
	keys := stage.URL + "/settings/user-api-keys"
	if got.Error != "The API key lacks the scope organization:write. Nothing was changed." || got.NextStep != "Ask the user to add organization:write to the key at "+keys+", then call again." {
		t.Errorf("got %+v", got)
	}
	if asked := paths(stage); !slices.Equal(asked, []string{keyRecord}) {
		t.Errorf("asked for %q", asked)
	}
	grant(t, stage, sandbox.ReadOnlyKey, "user:read")
	restarted := harness.Start(t, harness.Options{Env: map[string]string{"POSTHOG_HOST": stage.URL, "POSTHOG_PERSONAL_API_KEY": sandbox.ReadOnlyKey}})
	if got := failure(t, restarted.Call("membership-add", values{"role": "Support", "member": sandbox.KimEmail})); !strings.Contains(got.Error, "the scopes organization:write and organization_member:read") {
		t.Errorf("got %+v", got)
	}
}

func grant(t *testing.T, stage *harness.Stage, key string, scopes ...string) {
	t.Helper()
	if err := stage.Sandbox.SetScopes(t.Context(), key, scopes...); err != nil {
		t.Fatal(err)
	}
}

func TestTheKeyIsReadOnceHoweverManyCallsBeginAtOnce(t *testing.T) {
	t.Parallel()
	session, stage := start(t, harness.Legacy("2025-11-25"))
	var calls []*harness.Pending
	for range 8 {
		calls = append(calls, session.BeginCall("roles-list", nil))
	}
	for _, call := range calls {
		if result := call.Result(); result.IsError {
			t.Error(result.Text)
		}
	}
	read := 0
	for _, path := range paths(stage) {
		if path == keyRecord {
			read++
		}
	}
	if read != 1 {
		t.Errorf("read %d times", read)
	}
}

func TestAScopeThatIsAddedInTheMiddleOfAConversationCounts(t *testing.T) {
	t.Parallel()
	session, stage := startWith(t, sandbox.ReadOnlyKey, sandbox.Faults{})
	if got := failure(t, session.Call("roles-create", values{"name": "Night shift"})); !strings.Contains(got.NextStep, "then call again") {
		t.Fatalf("got %+v", got)
	}
	grant(t, stage, sandbox.ReadOnlyKey, "organization:write")
	deadline := time.Now().Add(harness.DefaultTimeout)
	for session.Call("roles-create", values{"name": "Night shift"}).IsError {
		if time.Now().After(deadline) {
			t.Fatal("the scope counts for nothing")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestAKeyIsRefusedOtherOrganizationsThanItsOwnBeforePostHogIsAsked(t *testing.T) {
	t.Parallel()
	session, stage := startWith(t, sandbox.ScopedKey, sandbox.Faults{})
	for _, tool := range []string{"roles-list", "roles-create"} {
		args := values{"organization_id": sandbox.Organization}
		if tool == "roles-create" {
			args["name"] = "Night shift"
		}
		got := failure(t, session.Call(tool, args))
		if !strings.Contains(got.Error, "confined") || len(got.Candidates) != 1 || got.Candidates[0].ID != sandbox.OtherOrganization {
			t.Errorf("%s: got %+v", tool, got)
		}
	}
	for _, path := range paths(stage) {
		if path != keyRecord && path != "/api/organizations/" { // the latter for the candidates
			t.Errorf("asked for %s", path)
		}
	}
	if got := session.Call("organizations-list", nil); got.IsError || !strings.Contains(got.Text, sandbox.OtherOrganization) {
		t.Errorf("the way out is closed: %s", got.Text)
	}
	if got := session.Call("roles-list", values{"organization_id": sandbox.OtherOrganization}); got.IsError {
		t.Error(got.Text)
	}
}

func TestNobodyIsAskedToConfirmWhatTheirLevelDoesNotAllow(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	environment := stage.Env()
	environment["POSTHOG_PERSONAL_API_KEY"] = sandbox.MemberKey
	session := harness.Start(t, harness.Options{Env: environment, Capabilities: map[string]any{"elicitation": map[string]any{}}})
	for _, try := range everyTool() {
		if try.tool == "undo" || !strings.Contains(strings.Join(try.want, ""), `"changed":true`) || try.tool == "project-secret-token-rotate" {
			continue // The level for a rotation is one in the project.
		}
		if got := failure(t, session.Call(try.tool, try.args)); !strings.Contains(got.Error, "takes an administrator") {
			t.Errorf("%s: got %+v", try.tool, got)
		}
	}
	for _, path := range paths(stage) {
		if path != keyRecord && path != "/api/organizations/@current/" {
			t.Errorf("asked for %s", path)
		}
	}
	if asked := session.Asked(); len(asked) != 0 {
		t.Errorf("the user was asked: %v", asked)
	}
}

func TestARecordThatDoesNotComeHoldsNoCallUpForLong(t *testing.T) {
	t.Parallel()
	session, stage := startWith(t, sandbox.AdminKey, one(sandbox.Fault{Kind: sandbox.Hang, Times: -1, PathContains: "/personal_api_keys/"}))
	for range 3 {
		if got := session.Call("roles-list", nil); got.IsError {
			t.Error(got.Text)
		}
	}
	hanging := 0
	for _, request := range stage.Sandbox.Requests() {
		if request.Path == keyRecord && request.Status == 0 {
			hanging++
		}
	}
	if hanging != 1 {
		t.Errorf("%d requests for the record hang; the calls were to go on while one does", hanging)
	}
}

func TestToolsThatTheKeyRulesOutAreHiddenWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-06-18"), harness.Modern()} {
		for _, test := range []struct {
			key    string
			faults sandbox.Faults
			flags  []string
			tools  int
		}{
			{sandbox.ReadOnlyKey, sandbox.Faults{}, []string{"--hide-unusable"}, 13},
			{sandbox.ReadOnlyKey, sandbox.Faults{}, nil, 21},
			{sandbox.AdminKey, sandbox.Faults{}, []string{"--hide-unusable"}, 21},
			{sandbox.ProjectKey, sandbox.Faults{}, []string{"--hide-unusable"}, 2},
			{sandbox.ReadOnlyKey, one(untold()), []string{"--hide-unusable"}, 21},
			{sandbox.ReadOnlyKey, one(sandbox.Fault{Kind: sandbox.Hang, Times: -1}), []string{"--hide-unusable"}, 21},
		} {
			t.Run(fmt.Sprintf("%s %v %d", era, test.flags, test.tools), func(t *testing.T) {
				t.Parallel()
				stage := harness.Backend(t, sandbox.Options{Faults: test.faults})
				environment := stage.Env()
				environment["POSTHOG_PERSONAL_API_KEY"] = test.key
				session := harness.Start(t, harness.Options{Era: era, Env: environment, Args: test.flags})
				if listed := session.Tools(); len(listed) != test.tools {
					t.Errorf("%d tools are listed, want %d", len(listed), test.tools)
				}
				if asked := paths(stage); len(asked) != len(test.flags) || len(asked) > 0 && asked[0] != keyRecord {
					t.Errorf("the list asked for %q", asked)
				}
			})
		}
	}
}

func TestAHiddenToolThatIsCalledAllTheSameSaysWhyAndWorksOnceItsScopeIsThere(t *testing.T) {
	t.Parallel()
	session, stage := startWith(t, sandbox.ReadOnlyKey, sandbox.Faults{}, "--hide-unusable")
	hidden := func() bool {
		return !slices.ContainsFunc(session.Tools(), func(tool harness.Tool) bool { return tool.Name == "roles-create" })
	}
	if !hidden() {
		t.Fatal("it is not hidden")
	}
	got := failure(t, session.Call("roles-create", values{"name": "Night shift"}))
	if got.Error != "The API key lacks the scope organization:write. Nothing was changed." {
		t.Errorf("got %+v", got)
	}
	grant(t, stage, sandbox.ReadOnlyKey, "organization:write")
	for deadline := time.Now().Add(harness.DefaultTimeout); hidden(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it stays hidden")
		}
	}
	var written schemas.RoleWritten
	session.Call("roles-create", values{"name": "Night shift"}).Decode(t, &written)
	if !written.Changed {
		t.Errorf("got %+v", written)
	}
}
