package e2e_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// names are the tools that are offered.
func names(session *harness.Session) []string {
	var offered []string
	for _, tool := range session.Tools() {
		offered = append(offered, tool.Name)
	}
	slices.Sort(offered)
	return offered
}

func TestOnlyTheToolsThatTheOperatorAllowsAreOfferedAndCalled(t *testing.T) {
	t.Parallel()
	all := []string{}
	for _, try := range everyTool() {
		all = append(all, try.tool)
	}
	but := func(left ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(left, name) })
	}
	destroying := []string{"roles-delete", "membership-remove", "external-reference-delete", "project-secret-token-rotate", "undo"}
	roles := []string{"roles-list", "roles-get", "roles-create", "roles-update", "roles-delete"}
	writing := append([]string{"roles-create", "roles-update", "membership-add", "external-reference-create"}, destroying...)
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"--tools", "roles-get"}, []string{"roles-get"}},
		{[]string{"--tools", " Roles-Get , JOURNAL-LIST "}, []string{"roles-get", "journal-list"}},
		{[]string{"--tools", "roles"}, roles},
		{[]string{"--tools", "reads"}, but(writing...)},
		{[]string{"--tools", "roles,reads", "--exclude-tools", "roles-delete,journal"},
			append(but(append(writing, roles...)...), "roles-list", "roles-get", "roles-create", "roles-update")},
		{[]string{"--exclude-tools", "destroys"}, but(destroying...)},
		{[]string{"--exclude-tools", "roles-delete"}, but("roles-delete")},
		{[]string{"--exclude-tools", "memberships,references,projects,welcome,organization,journal"}, roles},
		{[]string{"--read-only"}, but(writing...)},
		{[]string{"--read-only", "--tools", "roles"}, []string{"roles-list", "roles-get"}},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			session := harness.Start(t, harness.Options{Env: unasked(stage.Env()), Args: test.args})
			want := slices.Clone(test.want)
			if i := slices.Index(want, "journal-list"); i >= 0 && slices.Contains(test.args, "roles-delete,journal") {
				want = slices.Delete(want, i, i+1)
			}
			slices.Sort(want)
			if got := names(session); !slices.Equal(got, want) {
				t.Errorf("offered %q, want %q", got, want)
			}
			for _, try := range everyTool() {
				if slices.Contains(want, try.tool) {
					continue
				}
				_, refused := session.Request("tools/call", values{"name": try.tool, "arguments": try.args})
				if refused == nil || !strings.Contains(refused.Message, "left out") {
					t.Errorf("%s: answered with %v", try.tool, refused)
				}
			}
			if sent := stage.Sandbox.Requests(); len(sent) != 0 {
				t.Errorf("%d requests went out, the first %s %s", len(sent), sent[0].Method, sent[0].Path)
			}
		})
	}
}

func TestAWordThatNoToolAnswersToStopsTheStartWithTheNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ flag, word, near string }{
		{"--tools", "role-list", "roles-list"},
		{"--tools", "destroy", "destroys"},
		{"--exclude-tools", "reference", "references"},
		{"--exclude-tools", "roles,membership-ad", "membership-add"},
		{"--exclude-tools", "frobnicate", "there are"},
	} {
		stage := harness.Backend(t, sandbox.Options{})
		out := harness.Run(t, harness.Command{Env: stage.Env(), Args: []string{test.flag, test.word}})
		if out.ExitCode != 2 || out.Stdout != "" || !strings.Contains(out.Stderr, test.near) || !strings.Contains(out.Stderr, test.flag) {
			t.Errorf("%s %s: exit code %d, stdout %q, stderr %s", test.flag, test.word, out.ExitCode, out.Stdout, out.Stderr)
		}
	}
}

// What undo may do follows from the other tools.
func TestUndoIsNoWayRoundAToolThatIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		without string
		write   trial
		method  string
	}{
		{"roles-delete", trial{tool: "roles-create", args: values{"name": "Night shift"}}, http.MethodDelete},
		{"membership-remove", trial{tool: "membership-add", args: values{"role": "Support", "member": sandbox.NewcomerEmail}}, http.MethodDelete},
		{"roles-create", trial{tool: "roles-delete", args: values{"role": "Support"}}, http.MethodPost},
		{"memberships", trial{tool: "roles-delete", args: values{"role": "Support"}}, http.MethodPost},
	} {
		t.Run(test.without, func(t *testing.T) {
			t.Parallel()
			a, stage := newStage(t)
			a = a.with("POSTHOG_MCP_CONFIRM", "never")
			before := a.start(t)
			id := undoID(before.Call(test.write.tool, test.write.args))
			before.Close()
			stage.Sandbox.ForgetRequests()
			session := a.start(t, "--exclude-tools", test.without)
			got := failure(t, session.Call("undo", values{"id": id}))
			if !strings.Contains(got.Error, "ruled this kind of change out") || !strings.Contains(got.NextStep, "--exclude-tools") {
				t.Errorf("got %+v", got)
			}
			out := a.run(t, "undo", id, "--yes", "--exclude-tools", test.without)
			if out.ExitCode != 1 || !strings.Contains(out.Stderr, "ruled this kind of change out") {
				t.Errorf("the command: exit code %d, stderr %s", out.ExitCode, out.Stderr)
			}
			wantNoWrite(t, stage)
		})
	}
}

func TestOtherOrganizationsThanTheAllowedAreNeitherReadNorWritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, allowed, asked string
	}{
		{"named by the call", sandbox.Organization, sandbox.OtherOrganization},
		{"@current", sandbox.OtherOrganization, "@current"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			a := newAccount(t, unasked(stage.Env())).with("POSTHOG_PERSONAL_API_KEY", sandbox.OwnerKey)
			elsewhere := a.start(t)
			id := undoID(elsewhere.Call("roles-create", values{"name": "Night shift", "organization_id": test.asked}))
			elsewhere.Close()
			stage.Sandbox.ForgetRequests()
			session := a.start(t, "--organizations", test.allowed)
			for _, try := range everyTool() {
				switch try.tool {
				case "organizations-list":
					continue // It is about all of them, and says which may be used.
				case "undo":
					try.args = values{"id": id}
				}
				result := session.Call(try.tool, try.args.with("organization_id", test.asked))
				if got := failure(t, result); !strings.Contains(got.Error, "other organizations only") && try.tool != "undo" {
					t.Errorf("%s: got %+v", try.tool, got)
				}
			}
			// The id alone says where it was.
			failure(t, session.Call("undo", values{"id": id}))
			for _, request := range stage.Sandbox.Requests() {
				if rest, below := strings.CutPrefix(request.Path, "/api/organizations/"+test.asked+"/"); below && rest != "" {
					t.Errorf("sent %s %s", request.Method, request.Path)
				}
			}
			wantNoWrite(t, stage)
			if result := session.Call("roles-list", nil); result.IsError {
				t.Errorf("the allowed one, which a call without a name means: %s", result.Text)
			}
		})
	}
}

func TestTheListOfOrganizationsLeavesOutThoseThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	environment := stage.Env()
	environment["POSTHOG_PERSONAL_API_KEY"] = sandbox.OwnerKey
	session := harness.Start(t, harness.Options{Env: environment, Args: []string{"--organizations", sandbox.Organization}})
	result := session.Call("organizations-list", nil)
	if result.IsError || strings.Contains(result.Text, sandbox.OtherOrganization) || !strings.Contains(result.Text, sandbox.Organization) {
		t.Errorf("answered %s", result.Text)
	}
}

// writing are the calls of everyTool that write.
func writing(session *harness.Session, created string) []trial {
	var trials []trial
	for _, tool := range session.Tools() {
		if tool.Annotations.ReadOnly != nil && *tool.Annotations.ReadOnly {
			continue
		}
		for _, try := range everyTool() {
			if try.tool == tool.Name {
				if try.tool == "undo" {
					try.args = values{"id": created}
				}
				trials = append(trials, try)
			}
		}
	}
	return trials
}

func TestADryRunSaysWhatItWouldDoAndSendsNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"ask", "never"} {
		for i, kind := range clientKinds() {
			if mode == "never" && i > 0 {
				continue
			}
			t.Run(kind.name+", "+mode, func(t *testing.T) {
				t.Parallel()
				a, stage := newStage(t)
				wet := a.start(t)
				id := createRole(t, wet, "Late shift")
				wet.Close()
				stage.Sandbox.ForgetRequests()
				session := kind.connect(t, a.environment, says(yes()), "--dry-run", "--confirm", mode)
				trials := writing(session, id)
				if len(trials) < 9 {
					t.Fatalf("only %d tools write", len(trials))
				}
				for _, try := range trials {
					written := wrote(t, session.Call(try.tool, try.args))
					if written.Changed || written.Preview == nil || len(written.Preview.WouldDo) == 0 || written.Preview.Confirmation != "" ||
						!strings.Contains(written.Preview.NextStep, "--dry-run") {
						t.Errorf("%s: answered %+v, preview %+v", try.tool, written, written.Preview)
					}
				}
				if asked := session.Asked(); len(asked) != 0 {
					t.Errorf("asked %s", asked[0].Params)
				}
				session.Close()
				out := a.run(t, "undo", id, "--yes", "--dry-run")
				if out.ExitCode != 0 || !strings.Contains(out.Stderr, "Late shift") || !strings.Contains(out.Stderr, "dry run") || out.Stdout != "" {
					t.Errorf("the command: exit code %d, stdout %s, stderr %s", out.ExitCode, out.Stdout, out.Stderr)
				}
				wantNoWrite(t, stage)
				if entries := a.entries(t); len(entries) != 1 {
					t.Errorf("%d writes are in the journal, want the first one alone", len(entries))
				}
			})
		}
	}
}

// The organization's own wish that nothing be changed through MCP servers.
func TestAnOrganizationThatWantsNoChangesGetsNoneWithAnyFlag(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no flag":          nil,
		"unasked":          {"--confirm", "never"},
		"by preview":       {"--confirm", "preview"},
		"named":            {"--organization", sandbox.Organization},
		"allowed":          {"--organizations", sandbox.Organization},
		"only what writes": {"--tools", "creates,updates,destroys"},
		"secrets":          {"--allow-secrets-in-results", "--journal", "off"},
		"dry":              {"--dry-run"},
	} {
		for _, key := range []string{sandbox.AdminKey, sandbox.OwnerKey} {
			if key == sandbox.OwnerKey && args != nil {
				continue // Who asks and with which flag have nothing to do with each other.
			}
			t.Run(name+", "+key, func(t *testing.T) {
				t.Parallel()
				a, stage := newStage(t)
				a = a.with("POSTHOG_PERSONAL_API_KEY", key)
				before := a.start(t)
				id := createRole(t, before, "Late shift")
				before.Close()
				stage.Sandbox.SetFaults(sandbox.Faults{ReadOnlyMCP: true})
				stage.Sandbox.ForgetRequests()
				session := harness.Start(t, harness.Options{Env: a.environment, Args: args, Capabilities: canAsk(), Answer: says(yes())})
				for _, try := range writing(session, id) {
					got := failure(t, session.Call(try.tool, try.args))
					if try.tool == "undo" && slices.Contains(args, "off") {
						continue // Without a journal it knows of nothing.
					}
					if !strings.Contains(got.Error, "no changes through MCP servers") || !strings.Contains(got.NextStep, "/settings/organization") {
						t.Errorf("%s: got %+v", try.tool, got)
					}
				}
				if asked := session.Asked(); len(asked) != 0 {
					t.Errorf("asked in vain: %s", asked[0].Params)
				}
				if name != "only what writes" {
					if result := session.Call("roles-list", nil); result.IsError {
						t.Errorf("reads go on, and yet: %s", result.Text)
					}
				}
				session.Close()
				if out := a.run(t, "undo", id, "--yes"); out.ExitCode != 1 || !strings.Contains(out.Stderr, "no changes through MCP servers") {
					t.Errorf("the command: exit code %d, stderr %s", out.ExitCode, out.Stderr)
				}
				wantNoWrite(t, stage)
			})
		}
	}
}

// The limits come from the environment as well, where most clients set them.
func TestLimitsFromTheEnvironmentHold(t *testing.T) {
	t.Parallel()
	for name, variables := range map[string]map[string]string{
		"read-only": {"POSTHOG_MCP_READ_ONLY": "true"},
		"dry run":   {"POSTHOG_MCP_DRY_RUN": "true"},
		"tools":     {"POSTHOG_MCP_TOOLS": "reads"},
		"excluded":  {"POSTHOG_MCP_EXCLUDE_TOOLS": "creates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{})
			environment := stage.Env()
			for variable, value := range variables {
				environment[variable] = value
			}
			session := harness.Start(t, harness.Options{Env: environment})
			result, refused := session.Request("tools/call", values{"name": "roles-create", "arguments": values{"name": "Night shift"}})
			var answer struct {
				Structured struct{ Preview json.RawMessage } `json:"structuredContent"`
			}
			if refused == nil && (json.Unmarshal(result, &answer) != nil || answer.Structured.Preview == nil) {
				t.Errorf("answered %s", result)
			}
			wantNoWrite(t, stage)
		})
	}
}
