package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnOrganizationSaysThatItIsASandbox(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	o := decoded[organization](s.get(AdminKey, "/api/organizations/@current/").is(200))
	same(t, "its id", o.ID, Organization)
	same(t, "its name", o.Name, OrganizationName)
	for _, name := range []string{OrganizationName, OtherOrganizationName} {
		if !strings.Contains(name, "sandbox") {
			t.Errorf("%q does not say what it is", name)
		}
	}
}

func TestAnOrganizationIsSeenByItsMembersAsTheyAre(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for key, level := range map[string]int{OwnerKey: owner, AdminKey: administrator, MemberKey: member} {
		o := decoded[organization](s.get(key, here+"/").is(200))
		same(t, "the level", *o.MembershipLevel, level)
		same(t, "member_count", o.MemberCount, SeededMembers)
		same(t, "default_role_id", *o.DefaultRoleID, RoleViewers)
		same(t, "the projects", fmt.Sprint(o.Projects), fmt.Sprintf("[{84102 %s %s} {84377 %[1]s %[3]s}]", Organization, ProjectWebName, ProjectMobileName))
		same(t, "the teams", len(o.Teams), 2)
		same(t, "read_only_mcp_access", o.ReadOnlyMCPAccess, false)
		same(t, "members_can_use_personal_api_keys", o.MembersCanUseKeys, true)
	}
}

func TestOrganizationsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	list := func(key string) string {
		return names(results[organization](s.get(key, "/api/organizations/")), func(o organization) string { return o.Name })
	}
	same(t, "the administrator's", list(AdminKey), OrganizationName)
	same(t, "the owner's", list(OwnerKey), OrganizationName+" | "+OtherOrganizationName)
}

func TestAnOrganizationCanAskForReadsOnlyThroughMCP(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{ReadOnlyMCP: true, NoMemberKeys: true})
	o := decoded[organization](s.get(AdminKey, here+"/").is(200))
	same(t, "read_only_mcp_access", o.ReadOnlyMCPAccess, true)
	same(t, "members_can_use_personal_api_keys", o.MembersCanUseKeys, false)
	s.ask(AdminKey, "POST", here+"/roles/", `{"name": "x"}`).is(201) // to honour it is the client's part
}

func TestTheCurrentUserIsTheOwnerOfTheKey(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	me := decoded[currentUser](s.get(AdminKey, "/api/users/@me/").is(200))
	same(t, "uuid", me.UUID, AdminUser)
	same(t, "email", me.Email, AdminEmail)
	same(t, "organization", me.Organization.ID, Organization)
	same(t, "organizations", len(me.Organizations), 1)
	same(t, "team", me.Team.ID, ProjectWeb)
	same(t, "is_organization_first_user", *me.FirstUser, false)

	me = decoded[currentUser](s.get(OwnerKey, "/api/users/@me/").is(200))
	same(t, "the owner's uuid", me.UUID, OwnerUser)
	same(t, "the owner's organizations", len(me.Organizations), 2)
	same(t, "is_organization_first_user", *me.FirstUser, true)
}

func TestAUserMayHaveNoCurrentOrganization(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.exec(`UPDATE users SET current_organization = NULL, current_project = NULL WHERE uuid = ?`, AdminUser)
	me := decoded[currentUser](s.get(AdminKey, "/api/users/@me/").is(200))
	if me.Organization != nil || me.Team != nil || me.FirstUser != nil {
		t.Errorf("it shows %v, %v and %v", me.Organization, me.Team, me.FirstUser)
	}
	s.get(AdminKey, "/api/organizations/@current/roles/").refused(noOrganization)
	s.get(AdminKey, "/api/organizations/@current/").refused(notFound)
}

func TestCurrentIsTheOrganizationLastUsed(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.exec(`UPDATE users SET current_organization = ? WHERE uuid = ?`, OtherOrganization, OwnerUser)
	same(t, "its roles", names(results[role](s.get(OwnerKey, "/api/organizations/@current/roles/")), roleName), "Lab crew")
	me := decoded[currentUser](s.get(OwnerKey, "/api/users/@me/").is(200))
	same(t, "organization", me.Organization.ID, OtherOrganization)
	if me.Team != nil {
		t.Errorf("the project %d is of another organization", me.Team.ID)
	}
}

func TestAKeyDescribesItselfAndNeverHoldsItself(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	answer := s.get(ProjectKey, "/api/personal_api_keys/@current/").is(200)
	key := decoded[apiKey](answer)
	same(t, "mask_value", key.MaskValue, "phx_..._key")
	same(t, "scopes", fmt.Sprint(key.Scopes), "[*]")
	same(t, "scoped_teams", fmt.Sprint(key.ScopedTeams), "[84102]")
	same(t, "scoped_organizations", fmt.Sprint(key.ScopedOrganizations), "[]")
	if strings.Contains(answer.text, ProjectKey) || key.Value != nil {
		t.Errorf("%s holds the key", answer.text)
	}
	key = decoded[apiKey](s.get(AdminKey, "/api/personal_api_keys/@current/").is(200))
	same(t, "the administrator's scopes", fmt.Sprint(key.Scopes), "[organization:write organization_member:read project:read user:read]")
	key = decoded[apiKey](s.get(ScopedKey, "/api/personal_api_keys/@current/").is(200))
	same(t, "the owner's organizations", fmt.Sprint(key.ScopedOrganizations), "["+OtherOrganization+"]")
}
