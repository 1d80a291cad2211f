package conversations_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// peerNeeded is the variable with which conversations/run says that the peer is
// there, so that its tests fail where they would be skipped elsewhere.
const peerNeeded = "CONVERSATIONS_PEER"

// installedPeer is the server that peer/install has made, with the same key. The
// test is skipped where that was not run.
func installedPeer(t *testing.T) player {
	t.Helper()
	missing := t.Skipf
	if os.Getenv(peerNeeded) == "required" {
		missing = t.Fatalf
	}
	folder, err := filepath.Abs("peer/server")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../contract/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if made, err := os.ReadFile(filepath.Join(folder, "openapi.json")); err != nil || !bytes.Equal(made, document) {
		missing("the peer is not there, or was made of an older document; conversations/peer/install makes it")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("the peer needs Node: %v", err)
	}
	return player{
		start: func(t *testing.T, stage *harness.Stage, _ task) *model {
			t.Helper()
			session := harness.Start(t, harness.Options{
				Binary: node, Args: []string{filepath.Join(folder, "build", "index.js")},
				Env: map[string]string{"API_BASE_URL": stage.URL, "BEARER_TOKEN_BEARER": sandbox.AdminKey},
			})
			return &model{tb: t, session: session, read: readPeer}
		},
		talk:  func(task task, m *model) []string { return task.peer(m) },
		shown: 180,
	}
}

// readPeer takes the peer's answers apart: a line with the status, then what the
// API sent, indented. Failures come without that line.
func readPeer(answer harness.Result) (body, failure string) {
	status, body, _ := strings.Cut(answer.Text, "\n")
	if answer.IsError || !strings.HasPrefix(status, "API Response (Status: 2") {
		return "", answer.Text
	}
	return body, ""
}

// raw calls an operation of the peer, all of which want the organization.
func (m *model) raw(operation string, arguments with, into any) {
	m.tb.Helper()
	full := with{"organization_id": "@current"}
	for name, value := range arguments {
		full[name] = value
	}
	m.call(operation, full, into)
}

// page is a page of the API's rows.
type page[T any] struct{ Results []T }

// The API's levels.
const (
	rawAdministrator = 8
	rawOwner         = 15
)

// The API's own objects, as far as the conversations look at them.
type (
	rawUser struct {
		UUID, Email string
		FirstName   string `json:"first_name"`
	}
	rawMember struct {
		User      rawUser
		Level     int
		JoinedAt  string  `json:"joined_at"`
		LastLogin *string `json:"last_login"`
	}
	rawPlace struct {
		ID     string
		User   rawUser
		Member *rawMember `json:"organization_member"`
	}
	rawRole struct {
		ID, Name string
		Members  []rawPlace
	}
	rawReference struct {
		ID, Role               string
		ProviderOrganizationID string `json:"provider_organization_id"`
		ProviderRoleID         string `json:"provider_role_id"`
		ProviderRoleSlug       string `json:"provider_role_slug"`
		ProviderRoleName       string `json:"provider_role_name"`
	}
)

// rawRoles are all roles with everybody in them: the API gives roles by id only,
// so whoever has a name lists them.
type rawRoles []rawRole

func (m *model) rawRoles() rawRoles {
	m.tb.Helper()
	var roles page[rawRole]
	m.raw("listRoles", nil, &roles)
	return roles.Results
}

// named finds a role.
func (roles rawRoles) named(name string) rawRole {
	for _, role := range roles {
		if role.Name == name {
			return role
		}
	}
	return rawRole{}
}

// with finds the roles that somebody is in.
func (roles rawRoles) with(email string) rawRoles {
	var found rawRoles
	for _, role := range roles {
		if role.place(email).ID != "" {
			found = append(found, role)
		}
	}
	return found
}

// user finds somebody who is in some role.
func (roles rawRoles) user(email string) rawUser {
	for _, role := range roles.with(email) {
		return role.place(email).User
	}
	return rawUser{}
}

func (roles rawRoles) names() []string {
	var names []string
	for _, role := range roles {
		names = append(names, role.Name)
	}
	return names
}

// place finds somebody's place in the role.
func (role rawRole) place(email string) rawPlace {
	for _, place := range role.Members {
		if place.User.Email == email {
			return place
		}
	}
	return rawPlace{}
}

// rawAdd and rawRemove are one call a person and role.
func (m *model) rawAdd(role, user string) {
	m.tb.Helper()
	m.raw("createRoleMembership", with{"role_id": role, "requestBody": with{"user_uuid": user}}, nil)
}

func (m *model) rawRemove(role rawRole, email string) {
	m.tb.Helper()
	m.raw("deleteRoleMembership", with{"role_id": role.ID, "id": role.place(email).ID}, nil)
}
