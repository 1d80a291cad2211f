package conversations_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// organization is the sandbox's organization as the API itself tells of it,
// past both servers.
type organization struct {
	roles      rawRoles
	references []struct {
		Provider string
		rawReference
	}
	projects []rawProject
}

type rawProject struct {
	ID     int
	Name   string
	Token  string `json:"secret_api_token"`
	Backup string `json:"secret_api_token_backup"`
}

// look reads the organization with its owner's key.
func look(t *testing.T, stage *harness.Stage) organization {
	t.Helper()
	var org organization
	org.roles = rows[rawRole](t, stage, "roles/")
	org.references = rows[struct {
		Provider string
		rawReference
	}](t, stage, "role_external_references/")
	for _, project := range rows[rawProject](t, stage, "projects/") {
		get(t, stage, fmt.Sprintf("projects/%d/", project.ID), &project)
		org.projects = append(org.projects, project)
	}
	return org
}

func rows[T any](t *testing.T, stage *harness.Stage, path string) []T {
	t.Helper()
	var list page[T]
	get(t, stage, path, &list)
	return list.Results
}

func get(t *testing.T, stage *harness.Stage, path string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stage.URL+"/api/organizations/"+sandbox.Organization+"/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+sandbox.OwnerKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// lines are all that a task may change, a line a fact. Roles go by the name that
// they had before, so that a new name is one line.
func (org organization) lines(before organization) []string {
	label := map[string]string{}
	for _, roles := range []rawRoles{org.roles, before.roles} {
		for _, role := range roles {
			label[role.ID] = role.Name
		}
	}
	var lines []string
	for _, role := range org.roles {
		line := "role " + label[role.ID]
		if role.Name != label[role.ID] {
			line += ", now " + role.Name
		}
		lines = append(lines, line)
		for _, place := range role.Members {
			lines = append(lines, label[role.ID]+": "+place.User.Email)
		}
	}
	for _, reference := range org.references {
		lines = append(lines, fmt.Sprintf("%s %s/%s stands for %s", reference.Provider,
			reference.ProviderOrganizationID, reference.ProviderRoleName, label[reference.Role]))
	}
	known := map[string]string{}
	for _, project := range before.projects {
		known[project.Token] = "the first"
	}
	known[""] = "none"
	for _, project := range org.projects {
		for part, token := range map[string]string{"secret token": project.Token, "backup token": project.Backup} {
			text, old := known[token]
			if !old {
				text = "a new one"
			}
			lines = append(lines, fmt.Sprintf("%s of %s: %s", part, project.Name, text))
		}
	}
	slices.Sort(lines)
	return lines
}

// changes are what is different from before, as the lines of a diff: what is
// gone, then what is new.
func (org organization) changes(before organization) []string {
	was, is := before.lines(before), org.lines(before)
	var diff []string
	for _, line := range was {
		if !slices.Contains(is, line) {
			diff = append(diff, "- "+line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			diff = append(diff, "+ "+line)
		}
	}
	return diff
}
