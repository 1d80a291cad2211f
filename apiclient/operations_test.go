package apiclient_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// operation is one operation of the API as this package calls it.
type operation struct {
	name   string
	call   func(context.Context, *apiclient.Client) error
	method string
	path   string // below /api/
	query  string
	body   string
	status int
	answer string
}

// on makes a call out of a read.
func on[T any](read func(context.Context, apiclient.Reader) (T, error)) func(context.Context, *apiclient.Client) error {
	return func(ctx context.Context, client *apiclient.Client) error {
		_, err := read(ctx, client.Reader())
		return err
	}
}

// operations is the whole API, once each.
func operations(t *testing.T) []operation {
	const (
		inside      = "organizations/" + string(organization) + "/"
		role        = inside + "roles/" + string(roleID) + "/"
		memberships = role + "role_memberships/"
		references  = inside + "role_external_references/"
		project     = inside + "projects/7/"
	)
	filled := newSamples(t, false)
	name := "Support"
	timezone := "Europe/Istanbul"
	page := func(schema string) string { return pageJSON(1, filled.text(t, schema)) }
	return []operation{
		{"organizations", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Page[apiclient.Organization], error) {
			return r.Organizations().Page(ctx, 0, 0)
		}), "GET", "organizations/", "", "", 200, page("Organization")},
		{"organization", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Organization, error) {
			return r.Organization(ctx, apiclient.CurrentOrganization)
		}), "GET", "organizations/@current/", "", "", 200, filled.text(t, "Organization")},
		{"roles", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Page[apiclient.Role], error) {
			return r.Roles(organization).Page(ctx, 20, 40)
		}), "GET", inside + "roles/", "limit=20&offset=40", "", 200, page("Role")},
		{"role", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Role, error) {
			return r.Role(ctx, organization, roleID)
		}), "GET", role, "", "", 200, filled.text(t, "Role")},
		{"create a role", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.CreateRole(ctx, organization, apiclient.RoleCreate{Name: `Şirket "destek" <a&b>`})
			return err
		}, "POST", inside + "roles/", "", `{"name":"Şirket \"destek\" <a&b>"}`, 201, roleJSON},
		{"update a role", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.UpdateRole(ctx, organization, roleID, apiclient.RoleUpdate{Name: &name})
			return err
		}, "PATCH", role, "", `{"name":"Support"}`, 200, roleJSON},
		{"delete a role", func(ctx context.Context, c *apiclient.Client) error {
			return c.DeleteRole(ctx, organization, roleID)
		}, "DELETE", role, "", "", 204, ""},
		{"memberships", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Page[apiclient.RoleMembership], error) {
			return r.RoleMemberships(organization, roleID).Page(ctx, 0, 0)
		}), "GET", memberships, "", "", 200, page("RoleMembership")},
		{"membership", on(func(ctx context.Context, r apiclient.Reader) (apiclient.RoleMembership, error) {
			return r.RoleMembership(ctx, organization, roleID, membershipID)
		}), "GET", memberships + string(membershipID) + "/", "", "", 200, filled.text(t, "RoleMembership")},
		{"add a member", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.AddRoleMember(ctx, organization, roleID, userID)
			return err
		}, "POST", memberships, "", `{"user_uuid":"` + string(userID) + `"}`, 201, membershipJSON},
		{"remove a member", func(ctx context.Context, c *apiclient.Client) error {
			return c.RemoveRoleMember(ctx, organization, roleID, membershipID)
		}, "DELETE", memberships + string(membershipID) + "/", "", "", 204, ""},
		{"references", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Page[apiclient.Reference], error) {
			filter := apiclient.ReferenceFilter{Provider: "github", ProviderOrganizationID: "Ac me&co", RoleID: roleID}
			return r.References(organization, filter).Page(ctx, 0, 0)
		}), "GET", references, "provider=github&provider_organization_id=Ac+me%26co&role_id=" + string(roleID), "", 200, page("RoleExternalReference")},
		{"look up a reference", on(func(ctx context.Context, r apiclient.Reader) (*apiclient.Reference, error) {
			return r.LookupReference(ctx, organization, apiclient.ReferenceLookup{
				Provider: "github", ProviderOrganizationID: "acme", ProviderRoleSlug: "on-call", ProviderRoleID: "81732",
			})
		}), "GET", references + "lookup/", "provider=github&provider_organization_id=acme&provider_role_id=81732&provider_role_slug=on-call", "", 200,
			filled.text(t, "RoleExternalReferenceLookup")},
		{"create a reference", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.CreateReference(ctx, organization, apiclient.ReferenceCreate{
				Provider: "github", ProviderOrganizationID: "acme", ProviderRoleID: "81732", ProviderRoleName: "On call", Role: roleID,
			})
			return err
		}, "POST", references, "", `{"provider":"github","provider_organization_id":"acme","provider_role_id":"81732",` +
			`"provider_role_name":"On call","role":"` + string(roleID) + `"}`, 201, referenceJSON},
		{"delete a reference", func(ctx context.Context, c *apiclient.Client) error {
			return c.DeleteReference(ctx, organization, referenceID)
		}, "DELETE", references + string(referenceID) + "/", "", "", 204, ""},
		{"members", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Page[apiclient.OrganizationMember], error) {
			return r.Members(organization, apiclient.MemberFilter{
				Email: "ana+x@example.com", Search: "İpek", Order: apiclient.OldestFirst,
				UpdatedAfter: time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 3*60*60)),
			}).Page(ctx, 0, 0)
		}), "GET", inside + "members/", "email=ana%2Bx%40example.com&order=joined_at&search=%C4%B0pek&updated_after=2024-05-01T09%3A00%3A00Z", "", 200,
			page("OrganizationMember")},
		{"projects", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Page[apiclient.ProjectRow], error) {
			return r.Projects(organization).Page(ctx, 0, 0)
		}), "GET", inside + "projects/", "", "", 200, page("ProjectRow")},
		{"project", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Project, error) {
			return r.Project(ctx, organization, projectID)
		}), "GET", project, "", "", 200, filled.text(t, "Project")},
		{"rotate a token", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.RotateSecretToken(ctx, organization, projectID, nil)
			return err
		}, "PATCH", project + "rotate_secret_token/", "", "", 200, filled.text(t, "Project")},
		{"rotate a token with settings", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.RotateSecretToken(ctx, organization, projectID, &schemas.ProjectSettings{Timezone: &timezone})
			return err
		}, "PATCH", project + "rotate_secret_token/", "", `{"timezone":"Europe/Istanbul"}`, 200, filled.text(t, "Project")},
		{"welcome", on(func(ctx context.Context, r apiclient.Reader) (apiclient.Welcome, error) {
			return r.Welcome(ctx, organization)
		}), "GET", inside + "welcome/current/", "", "", 200, filled.text(t, "Welcome")},
		{"current user", on(func(ctx context.Context, r apiclient.Reader) (apiclient.CurrentUser, error) {
			return r.CurrentUser(ctx)
		}), "GET", "users/@me/", "", "", 200, filled.text(t, "CurrentUser")},
		{"current key", on(func(ctx context.Context, r apiclient.Reader) (apiclient.PersonalAPIKey, error) {
			return r.CurrentKey(ctx)
		}), "GET", "personal_api_keys/@current/", "", "", 200, filled.text(t, "PersonalApiKey")},
	}
}

func TestEveryOperationSendsWhatTheDocumentHas(t *testing.T) {
	for _, operation := range operations(t) {
		t.Run(operation.name, func(t *testing.T) {
			s := newStage(t)
			s.answer(operation.status, operation.answer)
			if err := operation.call(testContext(t), s.client(t)); err != nil {
				t.Fatal(err)
			}
			seen := s.seen()
			if len(seen) != 1 {
				t.Fatalf("%d requests went out, want 1", len(seen))
			}
			got := seen[0]
			wantPath := s.url.EscapedPath() + "/api/" + operation.path
			if got.method != operation.method || got.path != wantPath || got.query != operation.query {
				t.Errorf("sent %s %s ? %s\nwant %s %s ? %s", got.method, got.path, got.query, operation.method, wantPath, operation.query)
			}
			if !sameJSON(t, got.body, operation.body) {
				t.Errorf("sent the body %s\nwant %s", got.body, operation.body)
			}
			header := map[string]string{
				"Authorization": "Bearer " + canary, "User-Agent": "posthog-org-mcp/0.0.0-test",
				"Accept": "application/json", "Accept-Encoding": "gzip", "Idempotency-Key": "",
			}
			if operation.body != "" {
				header["Content-Type"] = "application/json"
			}
			for name, want := range header {
				if got.header.Get(name) != want {
					t.Errorf("sent %s: %q, want %q", name, got.header.Get(name), want)
				}
			}
		})
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	if a == "" || b == "" {
		return a == b
	}
	var left, right any
	for text, value := range map[string]*any{a: &left, b: &right} {
		if err := json.Unmarshal([]byte(text), value); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if a == b {
		return true
	}
	leftText, _ := json.Marshal(left)
	rightText, _ := json.Marshal(right)
	return string(leftText) == string(rightText)
}

func TestALookupThatFindsNothingIsNoError(t *testing.T) {
	s := newStage(t)
	s.answer(http.StatusOK, `{"reference":null}`)
	found, err := s.reader(t).LookupReference(testContext(t), organization, apiclient.ReferenceLookup{
		Provider: "github", ProviderOrganizationID: "acme", ProviderRoleID: "1",
	})
	if found != nil || err != nil {
		t.Errorf("got %v, %v; want neither", found, err)
	}
}

func TestAnEmptyUpdateIsAnEmptyObject(t *testing.T) {
	s := newStage(t)
	s.answer(http.StatusOK, roleJSON)
	if _, err := s.client(t).UpdateRole(testContext(t), organization, roleID, apiclient.RoleUpdate{}); err != nil {
		t.Fatal(err)
	}
	if body := s.seen()[0].body; body != "{}" {
		t.Errorf("sent %q", body)
	}
}

func TestAZeroReaderAnswersWithAnError(t *testing.T) {
	var reader apiclient.Reader
	if _, err := reader.Role(testContext(t), organization, roleID); err == nil {
		t.Error("no error")
	}
	if _, err := reader.Roles(organization).Rows(testContext(t), 1, 0); err == nil {
		t.Error("no error")
	}
	if host := reader.Host().String(); host != "" {
		t.Errorf("host %q", host)
	}
}

func TestTheHostIsACopy(t *testing.T) {
	s := newStage(t)
	reader := s.reader(t)
	reader.Host().Host = "elsewhere.example"
	if got := reader.Host().String(); got != s.url.String() {
		t.Errorf("host %s, want %s", got, s.url)
	}
}
