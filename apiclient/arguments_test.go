package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// hostile is what must not become part of a path.
func hostile() []string {
	return []string{
		"", ".", "..", "/", "../../users", "%2e%2e/", "%2e%2e%2f", "..%2f..%2fusers", `..\..\users`, "@me", "@CURRENT", "lookup",
		"null", "0", "x", "a\x00b", "\n", "roles?limit=1", "roles#x", "<script>", "Şirket", strings.Repeat("9", 10<<10),
		string(roleID) + "/", string(roleID) + "\x00", string(roleID)[:35], string(roleID) + "0", " " + string(roleID),
		strings.ReplaceAll(string(roleID), "-", ""), "{" + string(roleID) + "}", "urn:uuid:" + string(roleID),
		strings.Replace(string(roleID), "0190f3a2", "0190f3g2", 1), strings.Replace(string(roleID), "-", "/", 1),
		"٠١٩٠f3a2-5b1c-7d10-8a55-3f6b2c9e", canary,
	}
}

func TestAHostileIDIsRefusedBeforeAnyRequest(t *testing.T) {
	type org = apiclient.OrganizationID
	calls := map[string]func(context.Context, *apiclient.Client, string) error{
		"organization": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.Organization, error) {
			return r.Organization(ctx, org(id))
		}),
		"roles": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.Rows[apiclient.Role], error) {
			return r.Roles(org(id)).Rows(ctx, 500, 0)
		}),
		"roles, each": func(ctx context.Context, c *apiclient.Client, id string) error {
			for _, err := range c.Reader().Roles(org(id)).Each(ctx) {
				return err
			}
			return nil
		},
		"role": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.Role, error) {
			return r.Role(ctx, organization, apiclient.RoleID(id))
		}),
		"role's organization": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.Role, error) {
			return r.Role(ctx, org(id), roleID)
		}),
		"memberships": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.Page[apiclient.RoleMembership], error) {
			return r.RoleMemberships(organization, apiclient.RoleID(id)).Page(ctx, 0, 0)
		}),
		"membership": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.RoleMembership, error) {
			return r.RoleMembership(ctx, organization, roleID, apiclient.MembershipID(id))
		}),
		"references' role": on1(func(ctx context.Context, r apiclient.Reader, id string) (apiclient.Page[apiclient.Reference], error) {
			if id == "" {
				id = "x" // An empty filter is none.
			}
			return r.References(organization, apiclient.ReferenceFilter{RoleID: apiclient.RoleID(id)}).Page(ctx, 0, 0)
		}),
		"create role": func(ctx context.Context, c *apiclient.Client, id string) error {
			_, err := c.CreateRole(ctx, org(id), apiclient.RoleCreate{Name: "x"})
			return err
		},
		"update role": func(ctx context.Context, c *apiclient.Client, id string) error {
			_, err := c.UpdateRole(ctx, organization, apiclient.RoleID(id), apiclient.RoleUpdate{})
			return err
		},
		"delete role": func(ctx context.Context, c *apiclient.Client, id string) error {
			return c.DeleteRole(ctx, organization, apiclient.RoleID(id))
		},
		"add member": func(ctx context.Context, c *apiclient.Client, id string) error {
			_, err := c.AddRoleMember(ctx, organization, roleID, apiclient.UserID(id))
			return err
		},
		"remove member": func(ctx context.Context, c *apiclient.Client, id string) error {
			return c.RemoveRoleMember(ctx, organization, roleID, apiclient.MembershipID(id))
		},
		"create reference": func(ctx context.Context, c *apiclient.Client, id string) error {
			_, err := c.CreateReference(ctx, organization, apiclient.ReferenceCreate{
				Provider: "github", ProviderOrganizationID: "a", ProviderRoleID: "1", ProviderRoleName: "n", Role: apiclient.RoleID(id),
			})
			return err
		},
		"delete reference": func(ctx context.Context, c *apiclient.Client, id string) error {
			return c.DeleteReference(ctx, organization, apiclient.ReferenceID(id))
		},
		"rotate": func(ctx context.Context, c *apiclient.Client, id string) error {
			_, err := c.RotateSecretToken(ctx, org(id), projectID, nil)
			return err
		},
	}
	s := newStage(t)
	s.handle(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s went out", r.Method, r.URL) })
	client := s.client(t)
	for name, call := range calls {
		for _, id := range hostile() {
			err := call(testContext(t), client, id)
			if got := matched(err); got != "Invalid NotSent" {
				t.Errorf("%s %.40q: %v matches %q", name, id, err, got)
				continue
			}
			var argument *apiclient.ArgumentError
			if !errors.As(err, &argument) || argument.Operation == "" {
				t.Errorf("%s %.40q: %#v names no operation", name, id, err)
			}
			if text := err.Error(); len(text) > 400 || strings.ContainsAny(text, "\x00\n") || strings.Contains(text, "CANARY0") {
				t.Errorf("%s: the message is %q", name, text)
			}
		}
	}
	if n := len(s.seen()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

// on1 makes a call out of a read that takes an id.
func on1[T any](read func(context.Context, apiclient.Reader, string) (T, error)) func(context.Context, *apiclient.Client, string) error {
	return func(ctx context.Context, client *apiclient.Client, id string) error {
		_, err := read(ctx, client.Reader(), id)
		return err
	}
}

func TestAParsedIDIsInLowerCase(t *testing.T) {
	upper := strings.ToUpper(string(roleID))
	parsed, err := apiclient.ParseRoleID(upper)
	if err != nil || parsed != roleID {
		t.Errorf("%q, %v", parsed, err)
	}
	for _, id := range hostile() {
		errs := map[string]error{}
		_, errs["role"] = apiclient.ParseRoleID(id)
		_, errs["membership"] = apiclient.ParseMembershipID(id)
		_, errs["external reference"] = apiclient.ParseReferenceID(id)
		_, errs["user"] = apiclient.ParseUserID(id)
		_, errs["organization"] = apiclient.ParseOrganizationID(id)
		_, errs["project"] = apiclient.ParseProjectID(id)
		for kind, err := range errs {
			var argument *apiclient.ArgumentError
			if !errors.As(err, &argument) || argument.Argument != kind+" id" {
				t.Errorf("%s %.40q: %v", kind, id, err)
			} else if len([]rune(argument.Value)) > 60+len(`"…"`)+200 || strings.Contains(err.Error(), "CANARY0") {
				t.Errorf("%s: the value is %s", kind, argument.Value)
			}
		}
	}
	if current, err := apiclient.ParseOrganizationID("@current"); err != nil || current != apiclient.CurrentOrganization {
		t.Errorf("%q, %v", current, err)
	}
	if project, err := apiclient.ParseProjectID("12"); err != nil || project != 12 {
		t.Errorf("%v, %v", project, err)
	}
	_, err = apiclient.ParseRoleID(strings.Repeat("x", 61))
	if want := fmt.Sprintf(`role id "%s…" is not a UUID`, strings.Repeat("x", 60)); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhatTheDocumentForbidsIsNotSent(t *testing.T) {
	s := newStage(t)
	s.handle(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s went out", r.Method, r.URL) })
	client, reader, ctx := s.client(t), s.reader(t), testContext(t)
	long, none := strings.Repeat("ş", 256), ""
	good := apiclient.ReferenceCreate{Provider: "github", ProviderOrganizationID: "a", ProviderRoleID: "1", ProviderRoleName: "n", Role: roleID}
	reference := func(change func(*apiclient.ReferenceCreate)) error {
		changed := good
		change(&changed)
		_, err := client.CreateReference(ctx, organization, changed)
		return err
	}
	errs := map[string]error{
		"reference without a provider": reference(func(r *apiclient.ReferenceCreate) { r.Provider = "" }),
		"reference, long provider":     reference(func(r *apiclient.ReferenceCreate) { r.Provider = long[:66] }),
		"reference without an org":     reference(func(r *apiclient.ReferenceCreate) { r.ProviderOrganizationID = "" }),
		"reference without an id":      reference(func(r *apiclient.ReferenceCreate) { r.ProviderRoleID = "" }),
		"reference without a name":     reference(func(r *apiclient.ReferenceCreate) { r.ProviderRoleName = "" }),
		"reference, long slug":         reference(func(r *apiclient.ReferenceCreate) { r.ProviderRoleSlug = &long }),
	}
	_, errs["no name"] = client.CreateRole(ctx, organization, apiclient.RoleCreate{})
	_, errs["long name"] = client.CreateRole(ctx, organization, apiclient.RoleCreate{Name: long})
	_, errs["name made empty"] = client.UpdateRole(ctx, organization, roleID, apiclient.RoleUpdate{Name: &none})
	_, errs["long search"] = reader.Members(organization, apiclient.MemberFilter{Search: long}).Page(ctx, 0, 0)
	_, errs["unknown order"] = reader.Members(organization, apiclient.MemberFilter{Order: "email"}).Rows(ctx, 1, 0)
	_, errs["long provider filter"] = reader.References(organization, apiclient.ReferenceFilter{Provider: long}).Page(ctx, 0, 0)
	_, errs["lookup without a provider"] = reader.LookupReference(ctx, organization, apiclient.ReferenceLookup{ProviderOrganizationID: "a"})
	_, errs["lookup without an org"] = reader.LookupReference(ctx, organization, apiclient.ReferenceLookup{Provider: "github"})
	_, errs["negative limit"] = reader.Roles(organization).Page(ctx, -1, 0)
	_, errs["negative offset"] = reader.Roles(organization).Page(ctx, 0, -1)
	_, errs["no rows"] = reader.Roles(organization).Rows(ctx, 0, 0)
	_, errs["negative offset of rows"] = reader.Roles(organization).Rows(ctx, 10, -1)
	_, errs["settings that are no JSON"] = client.RotateSecretToken(ctx, organization, projectID, &schemas.ProjectSettings{Modifiers: []byte(`{"x`)})
	_, errs["project 0"] = reader.Project(ctx, organization, 0)
	_, errs["project -1"] = client.RotateSecretToken(ctx, organization, -1, nil)
	for name, err := range errs {
		if got := matched(err); got != "Invalid NotSent" {
			t.Errorf("%s: %v matches %q", name, err, got)
		}
	}
	if n := len(s.seen()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}

func TestANameOfTheLongestLengthIsCountedInCharacters(t *testing.T) {
	s := newStage(t)
	s.answer(http.StatusCreated, roleJSON)
	if _, err := s.client(t).CreateRole(testContext(t), organization, apiclient.RoleCreate{Name: strings.Repeat("ş", 200)}); err != nil {
		t.Error(err)
	}
}
