// Package e2e holds the tests that start the built program and talk to it as a
// client does, over stdio, with the sandbox behind it.
package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// trial is a call and what its answer must hold.
type trial struct {
	tool string
	args values
	want []string
}

// everyTool is a call of each tool that succeeds, in this order, on the seeded
// organization. callEach fills in which write the last one takes back.
func everyTool() []trial {
	return []trial{
		{"organizations-list", nil, []string{`"id":"` + sandbox.Organization + `"`, `"level":"administrator"`, `"member_count":24`}},
		{"members-list", values{"search": "kovac"}, []string{sandbox.AnaEmail, `"level":"member"`}},
		{"whoami", nil, []string{`"email":"` + sandbox.AdminEmail + `"`, `"level":"administrator"`, `"label":"Assistant"`, `"id":"` + sandbox.Organization + `"`, `"tools":{"work":21}`}},
		{"projects-list", nil, []string{`"total":2`, `"id":84102`, sandbox.ProjectMobileName}},
		{"welcome-current", nil, []string{sandbox.OrganizationName, `"recent_activity":[{`, `"suggested_next_steps":[{`}},
		{"roles-list", nil, []string{`"total":6`, `"name":"Engineering"`, `"member_count":12`}},
		{"roles-get", values{"role": "support"}, []string{sandbox.RoleSupport, sandbox.KimEmail}},
		{"roles-create", values{"name": "Night shift"}, []string{`"changed":true`, `"name":"Night shift"`, `"undo":{"tool":"undo"`}},
		{"roles-update", values{"role": "Growth Marketing", "name": "Growth"}, []string{`"changed":true`, `"name":"Growth"`}},
		{"membership-list", values{"role": "Support", "limit": 2}, []string{`"total":4`, `"next_offset":2`}},
		{"membership-get", values{"role": "Support", "member": sandbox.AnaEmail}, []string{sandbox.MembershipAnaSupport}},
		{"membership-add", values{"role": "Support", "member": sandbox.NewcomerEmail}, []string{`"changed":true`, sandbox.NewcomerEmail}},
		{"membership-remove", values{"role": "Support", "member": sandbox.KimUser}, []string{`"changed":true`, sandbox.MembershipKimSupport}},
		{"external-reference-list", values{"provider": "slack"}, []string{sandbox.ReferenceSlack}},
		{"external-reference-lookup", values{"provider": "github", "provider_organization_id": sandbox.ReferenceGitHubOrg, "provider_role_slug": sandbox.ReferenceGitHubSlug},
			[]string{`"found":true`, sandbox.ReferenceGitHub}},
		{"external-reference-create", values{"role": "Security", "provider": "github", "provider_organization_id": "hedgebox", "provider_role_id": "5550001",
			"provider_role_name": "Security", "provider_role_slug": "security"}, []string{`"changed":true`, `"provider_role_id":"5550001"`}},
		{"external-reference-delete", values{"reference_id": sandbox.ReferenceSlack}, []string{`"changed":true`, sandbox.ReferenceSlackRoleID}},
		{"project-secret-token-rotate", values{"project": sandbox.ProjectWebName}, []string{`"changed":true`, `"secret_api_token":"phs_…`, `"secret_api_token_backup":"phs_…`}},
		{"roles-delete", values{"role": "Data & Analytics"}, []string{`"changed":true`, `"lost":{"members":[{`}},
		{"journal-list", values{"tool": "roles-delete"}, []string{`"state":"done"`, sandbox.RoleData, sandbox.AdminEmail}},
		{"undo", nil, []string{`"changed":true`, `"changes":[{`, `"state":"done"`}},
	}
}

// callEach calls every tool, and has each answer looked at.
func callEach(session *harness.Session, look func(try trial, result harness.Result)) {
	last := "0123456789" // the id of no write
	for _, try := range everyTool() {
		if try.tool == "undo" {
			try.args = values{"id": last}
		}
		result := session.Call(try.tool, try.args)
		if id := undoID(result); id != "" {
			last = id
		}
		look(try, result)
	}
}

func TestEachToolAnswersInEachEraWhatItsSchemaPromises(t *testing.T) {
	t.Parallel()
	for _, era := range harness.Eras() {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			session, _ := startUnasked(t, era)
			listed := session.Tools()
			for _, tool := range listed {
				if !slices.ContainsFunc(everyTool(), func(try trial) bool { return try.tool == tool.Name }) {
					t.Errorf("%s has no row in everyTool", tool.Name)
				}
			}
			callEach(session, func(try trial, result harness.Result) {
				if result.IsError {
					t.Errorf("%s: %s", try.tool, result.Text)
					return
				}
				for _, want := range try.want {
					if !strings.Contains(result.Text, want) {
						t.Errorf("%s: no %s in %s", try.tool, want, result.Text)
					}
				}
				assertFits(t, listed, try.tool, result)
			})
		})
	}
}

// assertFits checks a result against the output schema that the list promised.
func assertFits(t *testing.T, listed []harness.Tool, name string, result harness.Result) {
	t.Helper()
	i := slices.IndexFunc(listed, func(tool harness.Tool) bool { return tool.Name == name })
	if i < 0 {
		t.Errorf("%s is not listed", name)
		return
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(listed[i].OutputSchema))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("output.json", schema); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	compiled, err := compiler.Compile("output.json")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(result.Structured))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var text, structured any
	if json.Unmarshal([]byte(result.Text), &text) != nil || json.Unmarshal(result.Structured, &structured) != nil {
		t.Fatalf("%s: not JSON: %s", name, result.Raw)
	}
	if fmt.Sprint(text) != fmt.Sprint(structured) {
		t.Errorf("%s: the text says something else than the structured content", name)
	}
}

func TestEachToolHasATitleItsHintsAndBothSchemas(t *testing.T) {
	t.Parallel()
	session, _ := start(t, harness.Modern())
	for _, tool := range session.Tools() {
		hints := tool.Annotations
		if tool.Title == "" || tool.Description == "" || len(tool.InputSchema) == 0 || len(tool.OutputSchema) == 0 {
			t.Errorf("%s lacks something: %+v", tool.Name, tool)
		}
		reads := hints.ReadOnly != nil && *hints.ReadOnly
		if hints.OpenWorld == nil || reads == (hints.Destructive != nil) || reads == (hints.Idempotent != nil) {
			t.Errorf("%s lacks a hint: %+v", tool.Name, hints)
		}
	}
}

func TestTheSettingsSchemaIsAResource(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-06-18"), harness.Modern()} {
		session, _ := start(t, era)
		result, refused := session.Request("resources/read", values{"uri": "posthog-org://schemas/project-settings"})
		if refused != nil {
			t.Fatal(refused)
		}
		var read struct {
			Contents []struct{ URI, MimeType, Text string }
		}
		if err := json.Unmarshal(result, &read); err != nil || len(read.Contents) != 1 {
			t.Fatalf("%s: %v", result, err)
		}
		var schema struct{ Properties map[string]any }
		if err := json.Unmarshal([]byte(read.Contents[0].Text), &schema); err != nil || len(schema.Properties) != 52 {
			t.Errorf("%d settings, %v", len(schema.Properties), err)
		}
	}
}

func TestAReadOnlyServerOffersNothingThatWrites(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	session := harness.Start(t, harness.Options{Env: stage.Env(), Args: []string{"--read-only"}})
	for _, tool := range session.Tools() {
		if tool.Annotations.ReadOnly == nil || !*tool.Annotations.ReadOnly {
			t.Errorf("%s is offered", tool.Name)
		}
	}
	_, refused := session.Request("tools/call", values{"name": "roles-create", "arguments": values{"name": "Night shift"}})
	if refused == nil || !strings.Contains(refused.Message, "read-only") {
		t.Errorf("the call was answered with %v", refused)
	}
	if sent := writes(stage); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

func TestTheEmbeddedSandboxServesEveryTool(t *testing.T) {
	t.Parallel()
	session := harness.Start(t, harness.Options{Args: []string{"--sandbox", "--confirm", "never"}})
	if hello := session.Hello(); !strings.Contains(strings.ToLower(hello.Instructions), "sandbox") {
		t.Errorf("the instructions do not say that this is a sandbox: %s", hello.Instructions)
	}
	callEach(session, func(try trial, result harness.Result) {
		if result.IsError || !strings.Contains(result.Text, `"changed":true`) && strings.Contains(result.Text, `"changed":`) {
			t.Errorf("%s: %s", try.tool, result.Text)
		}
	})
}

func TestTheSandboxKeepsItsDataInAFile(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/organization.db"
	first := harness.Start(t, harness.Options{Args: []string{"--sandbox", "--sandbox-data", file}})
	if result := first.Call("roles-create", values{"name": "Night shift"}); result.IsError {
		t.Fatal(result.Text)
	}
	first.Close()
	second := harness.Start(t, harness.Options{Args: []string{"--sandbox", "--sandbox-data", file}})
	if result := second.Call("roles-get", values{"role": "night SHIFT"}); result.IsError {
		t.Error(result.Text)
	}
}
