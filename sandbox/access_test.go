package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestARequestNeedsAKey(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for header, want := range map[string]problem{
		"":                                   notAuthenticated,
		"Bearer":                             notAuthenticated,
		"Bearer ":                            notAuthenticated,
		"Basic " + AdminKey:                  notAuthenticated,
		"Bearer phx_nobody_has_this_one":     wrongKey,
		"Bearer phc_SandboxHedgeboxWeb":      wrongKey,
		"Bearer phs_SandboxHedgeboxWeb":      wrongKey,
		"Bearer pha_an_oauth_access_token":   wrongKey,
		"Bearer " + SwitchedOffKey:           wrongKey,
		"Bearer " + AdminKey + "x":           wrongKey,
		"Bearer " + strings.ToUpper("x"+"y"): wrongKey,
	} {
		r := httptest.NewRequest("GET", here+"/roles/", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		answer := s.send(r)
		answer.refused(want)
		const challenge = `Bearer resource_metadata="http://example.com/.well-known/oauth-protected-resource"`
		same(t, "WWW-Authenticate after "+header, answer.header.Get("WWW-Authenticate"), challenge)
	}
}

func TestAnAddressThatDoesNotExistIsNotFound(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, path := range []string{
		"/", "/api/", "/api", "/roles/", "/api/organization/", here + "/role/", here + "//roles/",
		here + "/roles/" + RoleData + "/members/", "/api/users/@you/", "/api/users/", "/api/organizations/@current/welcome/",
		here + "/roles/%2e%2e%2f%2e%2e%2fusers%2f@me/x/", "/api/personal_api_keys/",
	} {
		s.get(AdminKey, path).refused(notFound)
	}
}

func TestTheLastSlashIsOptional(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, path := range []string{
		"/api/organizations", "/api/organizations/@current", here + "/roles", here + "/roles/" + RoleData,
		here + "/roles/" + RoleData + "/role_memberships", here + "/role_external_references", here + "/members",
		here + "/projects", here + "/projects/84102", "/api/users/@me", "/api/personal_api_keys/@current", here + "/welcome/current",
	} {
		with, without := s.get(AdminKey, path+"/").is(200), s.get(AdminKey, path).is(200)
		same(t, path+" without the slash", withoutLinks(without.text), withoutLinks(with.text))
	}
}

func withoutLinks(body string) string { return strings.ReplaceAll(body, "/?", "?") }

func TestAMethodThatDoesNotExistIsNotAllowed(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, c := range []struct{ method, path, allow string }{
		{"PUT", here + "/roles/", "GET, HEAD, POST"},
		{"POST", here + "/roles/" + RoleData + "/", "GET, HEAD, PATCH, PUT, DELETE"},
		{"PATCH", here + "/roles/" + RoleData + "/role_memberships/" + MembershipOld + "/", "GET, HEAD, DELETE"},
		{"PUT", here + "/roles/" + RoleData + "/role_memberships/" + MembershipOld + "/", "GET, HEAD, DELETE"},
		{"GET", here + "/role_external_references/" + ReferenceGitHub + "/", "DELETE"},
		{"PATCH", here + "/role_external_references/" + ReferenceGitHub + "/", "DELETE"},
		{"PUT", here + "/role_external_references/" + ReferenceGitHub + "/", "DELETE"},
		{"DELETE", here + "/role_external_references/lookup/", "GET, HEAD"},
		{"GET", here + "/projects/84102/rotate_secret_token/", "PATCH"},
		{"POST", here + "/projects/84102/rotate_secret_token/", "PATCH"},
		{"POST", here + "/welcome/current/", "GET, HEAD"},
		{"DELETE", "/api/organizations/@current/", "GET, HEAD"},
	} {
		answer := s.ask(AdminKey, c.method, c.path, "")
		answer.refused(methodNotAllowed.says(c.method))
		same(t, "Allow of "+c.path, answer.header.Get("Allow"), c.allow)
		s.ask("", c.method, c.path, "").refused(notAuthenticated)
	}
}

func TestHeadAnswersAsGetDoes(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	server := httptest.NewServer(s.Sandbox)
	defer server.Close()
	r, err := http.NewRequest("HEAD", server.URL+here+"/roles/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+AdminKey)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	same(t, "status", response.StatusCode, 200)
	same(t, "length", response.ContentLength, int64(len(s.get(AdminKey, here+"/roles/").text)))
}

func TestAnUnknownOrganizationIsNotFound(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, id := range []string{nobody, "7", "current", "@me", "..%2f..", "%00", strings.Repeat("x", 10_000), "0190f3a2_1000_7000_8000_000000000001"} {
		s.get(AdminKey, "/api/organizations/"+id+"/roles/").refused(noOrganization)
		s.get(AdminKey, "/api/organizations/"+id+"/").refused(notFound)
	}
	// The id of one that exists is read in any case, and without hyphens.
	s.get(AdminKey, "/api/organizations/"+strings.ToUpper(Organization)+"/roles/").is(200)
	s.get(AdminKey, "/api/organizations/"+strings.ReplaceAll(Organization, "-", "")+"/roles/").is(200)
	s.get(AdminKey, "/api/organizations/%40current/roles/").is(200)
}

func TestAScopeThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.grant(ReadOnlyKey, "insight:read")
	for _, c := range []struct{ method, path, scope string }{
		{"GET", here + "/roles/", "organization:read"},
		{"GET", here + "/roles/" + RoleData + "/", "organization:read"},
		{"POST", here + "/roles/", "organization:write"},
		{"PATCH", here + "/roles/" + RoleData + "/", "organization:write"},
		{"PUT", here + "/roles/" + RoleData + "/", "organization:write"},
		{"DELETE", here + "/roles/" + RoleData + "/", "organization:write"},
		{"GET", here + "/roles/" + RoleData + "/role_memberships/", "organization:read"},
		{"POST", here + "/roles/" + RoleData + "/role_memberships/", "organization:write"},
		{"GET", here + "/roles/" + RoleSupport + "/role_memberships/" + MembershipAnaSupport + "/", "organization:read"},
		{"DELETE", here + "/roles/" + RoleSupport + "/role_memberships/" + MembershipAnaSupport + "/", "organization:write"},
		{"GET", here + "/role_external_references/", "organization:read"},
		{"POST", here + "/role_external_references/", "organization:write"},
		{"DELETE", here + "/role_external_references/" + ReferenceGitHub + "/", "organization:write"},
		{"GET", here + "/role_external_references/lookup/", "organization:read"},
		{"GET", "/api/organizations/", "organization:read"},
		{"GET", here + "/", "organization:read"},
		{"GET", here + "/members/", "organization_member:read"},
		{"GET", here + "/projects/", "project:read"},
		{"GET", here + "/projects/84102/", "project:read"},
		{"GET", "/api/users/@me/", "user:read"},
	} {
		s.ask(ReadOnlyKey, c.method, c.path, "").refused(missingScope.says(c.scope))
	}
	// For the other two no scope was ever declared, and the key needs none.
	s.get(ReadOnlyKey, here+"/welcome/current/").is(200)
	s.get(ReadOnlyKey, "/api/personal_api_keys/@current/").is(200)
}

func TestAWriteScopeIncludesTheRead(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(AdminKey, here+"/roles/").is(200) // it has organization:write alone
	s.ask(ReadOnlyKey, "POST", here+"/roles/", `{"name": "x"}`).refused(missingScope.says("organization:write"))
	s.grant(ReadOnlyKey, "*")
	s.ask(ReadOnlyKey, "POST", here+"/roles/", `{"name": "x"}`).is(201)
}

// grant replaces the scopes of a key.
func (s *stand) grant(key, scope string) {
	s.t.Helper()
	s.exec(`UPDATE personal_api_keys SET scopes = ? WHERE secret = ?`, fmt.Sprintf("[%q]", scope), key)
}

// exec changes the data behind the API's back.
func (s *stand) exec(statement string, arguments ...any) {
	s.t.Helper()
	db, err := s.database(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := db.ExecContext(s.t.Context(), statement, arguments...); err != nil {
		s.t.Fatal(err)
	}
}

func TestWritesNeedAnAdministrator(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, c := range []struct{ method, path string }{
		{"POST", here + "/roles/"},
		{"PATCH", here + "/roles/" + RoleData + "/"},
		{"PUT", here + "/roles/" + RoleData + "/"},
		{"DELETE", here + "/roles/" + RoleData + "/"},
		{"POST", here + "/roles/" + RoleData + "/role_memberships/"},
		{"DELETE", here + "/roles/" + RoleSupport + "/role_memberships/" + MembershipAnaSupport + "/"},
		{"POST", here + "/role_external_references/"},
		{"DELETE", here + "/role_external_references/" + ReferenceGitHub + "/"},
	} {
		// The level is checked before the body, and before the row is looked up.
		s.ask(MemberKey, c.method, c.path, "not JSON").refused(levelTooLow)
		s.ask(MemberKey, c.method, strings.NewReplacer(RoleData, nobody, ReferenceGitHub, nobody).Replace(c.path), "").refused(levelTooLow)
	}
	same(t, "the number of roles", len(results[role](s.get(MemberKey, here+"/roles/"))), 6)
	s.ask(OwnerKey, "POST", here+"/roles/", `{"name": "Made by an owner"}`).is(201)
}

func TestAnOutsiderIsRefused(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(AdminKey, there+"/roles/").refused(notAMember)
	s.ask(AdminKey, "POST", there+"/roles/", `{"name": "x"}`).refused(notAMember)
	s.get(AdminKey, there+"/members/").refused(notAMember)
	s.get(AdminKey, there+"/welcome/current/").refused(notAMember)
	s.ask(AdminKey, "PATCH", there+"/projects/90518/rotate_secret_token/", "").refused(notAMember)
	s.get(AdminKey, there+"/").refused(notFound) // on its own address it is not there
	s.get(OwnerKey, there+"/roles/").is(200)
}

func TestRowsOfAnotherOrganizationAreNotFound(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, path := range []string{
		here + "/roles/" + OtherOrganizationRole + "/",
		here + "/roles/" + OtherOrganizationRole + "/role_memberships/" + OtherOrganizationPlace + "/",
	} {
		s.get(OwnerKey, path).refused(notFound)
		s.ask(OwnerKey, "DELETE", path, "").refused(notFound)
	}
	s.ask(OwnerKey, "DELETE", here+"/role_external_references/"+OtherOrganizationRef+"/", "").refused(notFound)
	s.get(OwnerKey, here+"/projects/90518/").refused(noProject)
	s.ask(OwnerKey, "PATCH", here+"/projects/90518/rotate_secret_token/", "").refused(noProject)
	same(t, "the page", s.get(OwnerKey, here+"/roles/"+OtherOrganizationRole+"/role_memberships/").is(200).text,
		`{"count":0,"next":null,"previous":null,"results":[]}`)
	same(t, "the roles over there", len(results[role](s.get(OwnerKey, there+"/roles/"))), 1)
}

func TestAKeyIsConfinedToItsOrganizations(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(ScopedKey, there+"/roles/").is(200)
	s.get(ScopedKey, here+"/roles/").refused(otherOrganization.says(Organization))
	s.get(ScopedKey, "/api/organizations/@current/roles/").refused(otherOrganization.says(Organization))
	s.get(ScopedKey, here+"/").refused(notFound)
	s.get(ScopedKey, there+"/").is(200)
	same(t, "its organizations", names(results[organization](s.get(ScopedKey, "/api/organizations/")),
		func(o organization) string { return o.Name }), OtherOrganizationName)
	s.get(ScopedKey, "/api/users/@me/").is(200)
	s.get(ScopedKey, "/api/personal_api_keys/@current/").is(200)
}

func TestAKeyIsConfinedToItsProjects(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(ProjectKey, here+"/projects/84102/").is(200)
	s.get(ProjectKey, here+"/projects/84377/").refused(otherProject.says(84377))
	s.ask(ProjectKey, "PATCH", here+"/projects/84377/rotate_secret_token/", "").refused(otherProject.says(84377))
	for _, path := range []string{here + "/roles/", here + "/projects/", here + "/members/", here + "/welcome/current/", "/api/organizations/", here + "/"} {
		s.get(ProjectKey, path).refused(projectKeyOnly)
	}
	s.get(ProjectKey, "/api/users/@me/").is(200)
	s.get(ProjectKey, "/api/personal_api_keys/@current/").is(200)
	s.ask(ProjectKey, "PATCH", here+"/projects/84102/rotate_secret_token/", "").is(200)
}

func TestCustomActionsCanBeClosedToKeys(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{CloseActions: true})
	lookup := "/role_external_references/lookup/?provider=github"
	for _, key := range []string{AdminKey, OwnerKey, MemberKey, ReadOnlyKey, ScopedKey, ProjectKey} {
		s.ask(key, "PATCH", here+"/projects/84102/rotate_secret_token/", "").refused(closedToKeys)
		s.get(key, here+lookup).refused(closedToKeys)
		s.get(key, here+"/welcome/current/").refused(closedToKeys)
	}
	// It comes before the organization is looked up, and after the key is known.
	s.get(AdminKey, "/api/organizations/"+nobody+lookup).refused(closedToKeys)
	s.get(AdminKey, there+"/welcome/current/").refused(closedToKeys)
	s.get("", here+"/welcome/current/").refused(notAuthenticated)
	s.get(AdminKey, here+"/roles/").is(200)

	s.SetFaults(Faults{})
	s.get(AdminKey, here+"/welcome/current/").is(200)
}

func TestTheChecksComeInTheirOrder(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{NoMemberKeys: true})
	// An unknown organization comes out before the key's limits.
	s.get(ScopedKey, "/api/organizations/"+nobody+"/roles/").refused(noOrganization)
	s.get(ProjectKey, "/api/organizations/"+nobody+"/roles/").refused(noOrganization)
	// Switched-off keys of members come before the scope and the limits, for
	// members alone.
	s.grant(MemberKey, "insight:read")
	s.get(MemberKey, here+"/roles/").refused(keysSwitchedOff.says(OrganizationName))
	s.get(MemberKey, here+"/").refused(keysSwitchedOff.says(OrganizationName))
	s.get(AdminKey, here+"/roles/").is(200)
	s.SetFaults(Faults{})
	// The limits come before the scope, the scope before the membership, the
	// membership before the level.
	s.grant(ScopedKey, "insight:read")
	s.grant(ProjectKey, "insight:read")
	s.get(ScopedKey, here+"/roles/").refused(otherOrganization.says(Organization))
	s.get(ScopedKey, there+"/roles/").refused(missingScope.says("organization:read"))
	s.get(ProjectKey, here+"/roles/").refused(projectKeyOnly)
	s.get(ReadOnlyKey, there+"/roles/").refused(notAMember)
	s.ask(ReadOnlyKey, "POST", there+"/roles/", "").refused(missingScope.says("organization:write"))
	s.ask(MemberKey, "POST", here+"/roles/", "").refused(missingScope.says("organization:write"))
	s.grant(MemberKey, "*")
	s.ask(MemberKey, "POST", here+"/roles/", "").refused(levelTooLow)
	s.ask(MemberKey, "POST", there+"/roles/", "").refused(notAMember)
	// The limits of a key do not hold for its owner's own page; its scope does.
	s.get(ScopedKey, "/api/users/@me/").refused(missingScope.says("user:read"))
}
