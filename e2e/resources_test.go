package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// readText is what is at an address.
func readText(t *testing.T, session *harness.Session, uri string) string {
	t.Helper()
	result, refused := session.Request("resources/read", values{"uri": uri})
	if refused != nil {
		t.Fatalf("%s: %v", uri, refused)
	}
	var read struct {
		Contents []struct{ URI, Text string }
	}
	if err := json.Unmarshal(result, &read); err != nil || len(read.Contents) != 1 || read.Contents[0].URI != uri {
		t.Fatalf("%s: %s, %v", uri, result, err)
	}
	return read.Contents[0].Text
}

// listAll returns every address and template that the server lists.
func listAll(t *testing.T, session *harness.Session) []string {
	t.Helper()
	var uris []string
	for method, key := range map[string]string{"resources/list": "resources", "resources/templates/list": "resourceTemplates"} {
		result, refused := session.Request(method, nil)
		if refused != nil {
			t.Fatal(refused)
		}
		var listed map[string]json.RawMessage
		var entries []struct{ URI, URITemplate, Name, Title, Description, MIMEType string }
		if err := json.Unmarshal(result, &listed); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(listed[key], &entries); err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.Name == "" || entry.Title == "" || entry.Description == "" || entry.MIMEType == "" {
				t.Errorf("%+v lacks something", entry)
			}
			uris = append(uris, entry.URI+entry.URITemplate)
		}
	}
	return uris
}

func TestEveryResourceOfTheListsCanBeReadInEachEra(t *testing.T) {
	t.Parallel()
	fill := strings.NewReplacer("{role}", "Support", "{member}", "ana.kovac%40example.com", "{page}", "writes")
	for _, era := range harness.Eras() {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			session, stage := start(t, era)
			uris := listAll(t, session)
			if len(uris) < 8 {
				t.Errorf("listed %q", uris)
			}
			for _, uri := range uris {
				if readText(t, session, fill.Replace(uri)) == "" {
					t.Errorf("%s is empty", uri)
				}
			}
			if sent := writes(stage); len(sent) != 0 {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

func TestAClientOfEitherEraIsToldWhatAWriteAndItsUndoHaveChanged(t *testing.T) {
	t.Parallel()
	byName, byID := "posthog-org://roles/support", "posthog-org://roles/"+sandbox.RoleSupport
	for _, era := range []harness.Era{harness.Legacy("2025-06-18"), harness.Modern()} {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			session, _ := startUnasked(t, era)
			if era.Modern() {
				session.Begin("subscriptions/listen", values{"notifications": values{"resourceSubscriptions": []string{byName, byID}}})
				session.AwaitNotification("notifications/subscriptions/acknowledged")
			} else {
				for _, uri := range []string{byName, byID} {
					if _, refused := session.Request("resources/subscribe", values{"uri": uri}); refused != nil {
						t.Fatal(refused)
					}
				}
			}
			awaitBoth := func() {
				t.Helper()
				told := map[string]bool{}
				for range 2 {
					var params struct{ URI string }
					if err := json.Unmarshal(session.AwaitNotification("notifications/resources/updated").Params, &params); err != nil {
						t.Fatal(err)
					}
					told[params.URI] = true
				}
				if !told[byName] || !told[byID] {
					t.Errorf("told of %v", told)
				}
			}
			before := readText(t, session, byName)
			added := session.Call("membership-add", values{"role": "Support", "member": sandbox.NewcomerEmail})
			awaitBoth()
			if after := readText(t, session, byName); strings.Contains(before, sandbox.NewcomerEmail) || !strings.Contains(after, sandbox.NewcomerEmail) {
				t.Errorf("before %s after %s", before, after)
			}
			if result := session.Call("undo", values{"id": undoID(added)}); result.IsError {
				t.Fatal(result.Text)
			}
			awaitBoth()
			if again := readText(t, session, byName); again != before {
				t.Errorf("before %s after undo %s", before, again)
			}
			session.Call("roles-create", values{"name": "Night shift"})
			if more := session.Notifications(); len(more) != 0 {
				t.Errorf("told of %s", more[0].Raw)
			}
		})
	}
}

// Completion is a help, so its failure is nobody's business but the log's.
func TestACompletionWithoutTheScopeIsEmptyAndTheServerGoesOn(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	stage.Sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Fail, Method: http.MethodGet, Status: http.StatusForbidden, Times: 1}}})
	session := harness.Start(t, harness.Options{Env: stage.Env(), Args: []string{"--log-level", "debug"}})
	ask := values{"ref": values{"type": "ref/resource", "uri": "posthog-org://roles/{role}"}, "argument": values{"name": "role", "value": "s"}}
	result, refused := session.Request("completion/complete", ask)
	if refused != nil || !strings.Contains(string(result), `"values":[]`) {
		t.Errorf("answered %s, %v", result, refused)
	}
	if result := session.Call("roles-list", nil); result.IsError {
		t.Error(result.Text)
	}
	session.Close()
	if !strings.Contains(session.Stderr(), "nothing to complete from") {
		t.Errorf("the log says %s", session.Stderr())
	}
}

func TestALinkInAResultLeadsToWhatItIsAbout(t *testing.T) {
	t.Parallel()
	session, _ := start(t, harness.Legacy("2025-06-18"))
	for _, call := range []struct {
		tool string
		args values
	}{
		{"roles-create", values{"name": "Night shift"}},
		{"roles-update", values{"role": "Night shift", "name": "Night/day shift"}},
		{"roles-get", values{"role": "Night/day shift"}},
	} {
		var result struct {
			Content []struct{ Type, URI, Name string }
		}
		if err := json.Unmarshal(session.Call(call.tool, call.args).Raw, &result); err != nil || len(result.Content) != 2 {
			t.Fatalf("%s: %+v, %v", call.tool, result, err)
		}
		link := result.Content[1]
		if link.Type != "resource_link" || !strings.Contains(readText(t, session, link.URI), `"name":"`+link.Name+`"`) {
			t.Errorf("%s: %+v", call.tool, link)
		}
	}
	if raw := string(session.Call("roles-list", nil).Raw); strings.Contains(raw, "resource_link") {
		t.Errorf("a list has a link: %s", raw)
	}
}
