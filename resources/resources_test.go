package resources_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/resources"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tools"
)

// environment is that of the owner of key, whom nobody asks.
func environment(t *testing.T, key string) (tools.Environment, *sandbox.Sandbox) {
	t.Helper()
	backend := harness.Backend(t, sandbox.Options{})
	host, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	secret := redact.NewSecret(key)
	reader, executor, err := changes.Connect(
		apiclient.Config{Host: host, Key: secret, UserAgent: "posthog-org-mcp/test", Retry: apiclient.RetryPolicy{Tries: 1}},
		changes.Options{Confirm: changes.Never})
	if err != nil {
		t.Fatal(err)
	}
	return tools.Environment{
		Reader: directory.New(reader, apiclient.CurrentOrganization), Executor: executor, Redactor: redact.New(secret),
	}, backend.Sandbox
}

func catalog(t *testing.T) []resources.Resource {
	t.Helper()
	all, err := resources.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// read reads what is at uri.
func read(t *testing.T, env tools.Environment, uri string) (string, error) {
	t.Helper()
	resource, value, found := resources.Match(catalog(t), uri)
	if !found {
		t.Fatalf("nothing is at %s", uri)
	}
	return resource.Read(t.Context(), env, value)
}

func TestEachResourceHoldsWhatItsDescriptionSays(t *testing.T) {
	env, _ := environment(t, sandbox.AdminKey)
	met := map[string]bool{}
	for uri, wants := range map[string][]string{
		"posthog-org://organization":                     {`"name":"Hedgebox (sandbox)"`, `"level":"administrator"`, `"member_count":24`, `"default_role":{"id":"` + sandbox.RoleViewers + `","name":"Viewers"}`},
		"posthog-org://roles":                            {`"total":6`, `"name":"Data & Analytics"`, sandbox.RoleSupport},
		"posthog-org://references":                       {`"total":8`, sandbox.ReferenceGitHub, sandbox.ReferenceSlack},
		"posthog-org://schemas/project-settings":         {`"timezone"`, `"additionalProperties":false`},
		"posthog-org://docs/writes":                      {"# What happens to a write\n"},
		"posthog-org://docs/WRITES.md":                   {"# What happens to a write\n"},
		"posthog-org://roles/Support":                    {`"id":"` + sandbox.RoleSupport + `"`, sandbox.AnaEmail},
		"posthog-org://roles/" + sandbox.RoleSupport:     {`"name":"Support"`, sandbox.AnaEmail},
		"posthog-org://roles/Data%20%26%20Analytics":     {`"name":"Data & Analytics"`},
		"posthog-org://roles/data & analytics":           {`"name":"Data & Analytics"`},
		"posthog-org://members/ana.kovac%40example.com":  {`"name":"Ana Kovač"`, `"roles":[{"id":"` + sandbox.RoleEngineering + `","name":"Engineering"},{"id":"` + sandbox.RoleSupport + `","name":"Support"}]`},
		"posthog-org://members/" + sandbox.AnaEmail:      {`"user_uuid":"` + sandbox.AnaUser + `"`},
		"posthog-org://members/" + sandbox.AnaUser:       {`"email":"` + sandbox.AnaEmail + `"`},
		"posthog-org://members/@me":                      {`"email":"` + sandbox.AdminEmail + `"`, `"roles":[]`},
		"posthog-org://members/" + sandbox.NewcomerEmail: {`"last_login":null`},
	} {
		text, err := read(t, env, uri)
		if err != nil {
			t.Errorf("%s: %v", uri, err)
		}
		resource, _, _ := resources.Match(catalog(t), uri)
		met[resource.URI] = true
		if resource.Type() != "text/markdown" && !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON: %s", uri, text)
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s in %.500s", uri, want, text)
			}
		}
	}
	for _, resource := range catalog(t) {
		if resource.Name == "" || resource.Title == "" || resource.Description == "" {
			t.Errorf("%+v lacks something", resource)
		}
		if !met[resource.URI] && !strings.HasPrefix(resource.URI, "posthog-org://docs/") {
			t.Errorf("%s was not read", resource.URI)
		}
		for _, name := range resource.Tools {
			if tool, found := tools.Named(name); !found || tool.Effect != changes.Reads {
				t.Errorf("%s stands on %s", resource.URI, name)
			}
		}
	}
}

func TestARoleWithAnySignsInItsNameIsReadAtTheAddressThatAClientMakesOfIt(t *testing.T) {
	env, _ := environment(t, sandbox.AdminKey)
	create, _ := tools.Named("roles-create")
	role, _, _ := resources.Match(catalog(t), "posthog-org://roles/x")
	for _, name := range []string{"a/b", "100% sure?", "R&D #1+2", "Ünïcödé 角色", "%41", `"quoted" \`} {
		arguments, err := json.Marshal(map[string]string{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		if answer := create.Call(t.Context(), env, tools.Request{Arguments: arguments}); answer.IsError {
			t.Fatalf("%s", answer.JSON)
		}
		uri := role.At(name)
		if strings.Trim(strings.TrimPrefix(uri, "posthog-org://roles/"), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%") != "" {
			t.Errorf("%q is at %s, which is not escaped", name, uri)
		}
		text, err := read(t, env, uri)
		var holds struct{ Role struct{ Name string } }
		if err != nil || json.Unmarshal([]byte(text), &holds) != nil || holds.Role.Name != name {
			t.Errorf("%s holds %s, %v", uri, text, err)
		}
	}
}

func TestNothingIsAtOtherAddresses(t *testing.T) {
	for _, uri := range []string{
		"", "posthog-org://", "posthog-org://roles/", "posthog-org://members", "posthog-org://members/", "posthog-org://organizations",
		"posthog-org://references/x", "posthog-org://docs/", "https://example.com/posthog-org://roles", "posthog-org:roles",
	} {
		if resource, value, found := resources.Match(catalog(t), uri); found {
			t.Errorf("%q is %s with %q", uri, resource.URI, value)
		}
	}
}

func TestAFailedReadSaysWhyAndWhatToDo(t *testing.T) {
	admin, _ := environment(t, sandbox.AdminKey)
	wrong, _ := environment(t, "phx_opens_nothing_at_all")
	for _, test := range []struct {
		env    tools.Environment
		uri    string
		reason resources.Reason
		says   []string
	}{
		{admin, "posthog-org://roles/suport", resources.NotFound, []string{`"suport"`, `"Support"`, "roles-list"}},
		{admin, "posthog-org://roles/00000000-0000-4000-8000-000000000000", resources.NotFound, []string{"roles-list"}},
		{admin, "posthog-org://members/nobody@example.com", resources.NotFound, []string{`"nobody@example.com"`, "members-list"}},
		{admin, "posthog-org://roles/" + strings.Repeat("x", 201), resources.Invalid, []string{"200"}},
		{admin, "posthog-org://docs/writs", resources.NotFound, []string{`"writs"`, "writes"}},
		{wrong, "posthog-org://organization", resources.Failed, []string{"does not accept the API key"}},
		{wrong, "posthog-org://roles", resources.Failed, []string{"does not accept the API key"}},
		{wrong, "posthog-org://members/@me", resources.Failed, []string{"does not accept the API key"}},
	} {
		text, err := read(t, test.env, test.uri)
		var failed *resources.ReadError
		if !errors.As(err, &failed) || failed.Reason != test.reason || text != "" {
			t.Errorf("%.60s: %q, %+v", test.uri, text, err)
			continue
		}
		for _, says := range test.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%.60s: no %s in %s", test.uri, says, err)
			}
		}
		if strings.Contains(err.Error(), "phx_opens_nothing_at_all") {
			t.Errorf("%s shows the key", err)
		}
	}
}

func TestTheOperatorsLimitsHoldForResources(t *testing.T) {
	env, _ := environment(t, sandbox.AdminKey)
	perTool := map[string][]string{
		"roles-list":              {"posthog-org://roles", "posthog-org://members/@me"},
		"roles-get":               {"posthog-org://roles/Support", "posthog-org://organization"},
		"members-list":            {"posthog-org://members/@me"},
		"organizations-list":      {"posthog-org://organization"},
		"external-reference-list": {"posthog-org://references"},
	}
	for tool, uris := range perTool {
		env.Limits = tools.Limits{Except: []string{tool}}
		offered, _ := env.Limits.Split(tools.Catalog())
		var names []string
		for _, tool := range offered {
			names = append(names, tool.Name)
		}
		left := resources.Offered(catalog(t), names)
		for _, uri := range uris {
			if _, _, found := resources.Match(left, uri); found {
				t.Errorf("without %s, %s is offered", tool, uri)
			}
			if text, err := read(t, env, uri); err == nil || !strings.Contains(err.Error(), "left out") {
				t.Errorf("without %s, %s holds %s, %v", tool, uri, text, err)
			}
		}
		if len(left) != len(catalog(t))-len(uris) {
			t.Errorf("without %s, %d resources are left", tool, len(left))
		}
	}
	env.Limits = tools.Limits{Organizations: []apiclient.OrganizationID{sandbox.OtherOrganization}}
	for _, uris := range perTool {
		for _, uri := range uris {
			if text, err := read(t, env, uri); err == nil || !strings.Contains(err.Error(), "other organizations only") {
				t.Errorf("%s holds %s, %v", uri, text, err)
			}
		}
	}
}

func TestAReadSendsNothingButReads(t *testing.T) {
	env, box := environment(t, sandbox.AdminKey)
	for _, uri := range []string{"posthog-org://organization", "posthog-org://roles", "posthog-org://references", "posthog-org://roles/Support", "posthog-org://members/@me"} {
		if _, err := read(t, env, uri); err != nil {
			t.Error(err)
		}
	}
	for _, request := range box.Requests() {
		if request.Method != http.MethodGet {
			t.Errorf("sent %+v", request)
		}
	}
}

func TestEachKindOfWordsIsThereToCompleteFrom(t *testing.T) {
	env, _ := environment(t, sandbox.AdminKey)
	for _, test := range []struct {
		kind  resources.Words
		typed string
		want  []string
	}{
		{resources.Roles, "s", []string{"Security", "Support", "Data & Analytics", "Viewers"}},
		{resources.Members, "kova", []string{sandbox.AnaEmail}}, // her surname
		{resources.Members, "ANA", []string{sandbox.AnaEmail, sandbox.NewcomerEmail}},
		{resources.Providers, "", []string{"github", "jira", "linear", "slack"}},
		{resources.Projects, "hedgebox w", []string{sandbox.ProjectWebName}},
		{resources.Pages, "wri", []string{"writes"}},
	} {
		got := resources.NewCompleter(env, discard()).Complete(t.Context(), test.kind, test.typed)
		if test.kind == resources.Providers {
			got.Values = slices.DeleteFunc(got.Values, func(value string) bool { return !slices.Contains(test.want, value) })
		}
		if !slices.Equal(got.Values, test.want) {
			t.Errorf("%s %q: %q", test.kind, test.typed, got.Values)
		}
	}
}

func TestWithheldToolsCompleteNothing(t *testing.T) {
	env, box := environment(t, sandbox.AdminKey)
	env.Limits = tools.Limits{Only: []string{"welcome-current"}}
	completer := resources.NewCompleter(env, discard())
	for _, kind := range []resources.Words{resources.Roles, resources.Members, resources.Projects} {
		if got := completer.Complete(t.Context(), kind, ""); len(got.Values) != 0 {
			t.Errorf("%s: %q", kind, got.Values)
		}
	}
	if got := completer.Complete(t.Context(), resources.Providers, ""); len(got.Values) != 4 {
		t.Errorf("the providers that need no reading: %q", got.Values)
	}
	if sent := box.Requests(); len(sent) != 0 {
		t.Errorf("sent %+v", sent)
	}
}
