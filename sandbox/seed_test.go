package sandbox

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"posthog-org-mcp/contract"
)

func TestEveryOperationOfTheDocumentIsAnswered(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, c := range []struct{ method, path, body string }{
		{"GET", here + "/roles/", ""},
		{"POST", here + "/roles/", `{"name": "x"}`},
		{"GET", here + "/roles/" + RoleData + "/", ""},
		{"PATCH", here + "/roles/" + RoleData + "/", `{"name": "Data"}`},
		{"DELETE", here + "/roles/" + RoleSecurity + "/", ""},
		{"GET", inSupport, ""},
		{"POST", inSupport, `{"user_uuid": "` + NewcomerUser + `"}`},
		{"GET", inSupport + MembershipAnaSupport + "/", ""},
		{"DELETE", inSupport + MembershipAnaSupport + "/", ""},
		{"GET", references, ""},
		{"POST", references, link(nil)},
		{"DELETE", references + ReferenceGitHub + "/", ""},
		{"GET", references + "lookup/?provider=slack&provider_organization_id=t07hedgebox&provider_role_slug=support", ""},
		{"PATCH", here + "/projects/84102" + rotate, ""},
		{"GET", here + "/welcome/current/", ""},
		{"GET", "/api/organizations/", ""},
		{"GET", here + "/", ""},
		{"GET", here + "/members/", ""},
		{"GET", here + "/projects/", ""},
		{"GET", here + "/projects/84102/", ""},
		{"GET", "/api/users/@me/", ""},
		{"GET", "/api/personal_api_keys/@current/", ""},
	} {
		if answer := s.ask(AdminKey, c.method, c.path, c.body); answer.status >= 300 {
			t.Errorf("%s %s answered %d %s", c.method, c.path, answer.status, answer.text)
		}
	}
	seen := s.handler.Seen()
	operations := regexp.MustCompile(`"operationId": "(\w+)"`).FindAllStringSubmatch(string(contract.Document()), -1)
	same(t, "how many there are", len(operations), 22)
	for _, operation := range operations {
		if seen[operation[1]+" 200"]+seen[operation[1]+" 201"]+seen[operation[1]+" 204"] == 0 {
			t.Errorf("%s was not answered", operation[1])
		}
	}
}

func TestTheSeededIdsAreWhatTheyAreSaidToBe(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for id, name := range map[string]string{
		RoleEngineering: "Engineering 12", RoleSupport: "Support 4", RoleData: "Data & Analytics 3",
		RoleMarketing: "Growth Marketing 3", RoleViewers: "Viewers 5", RoleSecurity: "Security 0",
	} {
		r := decoded[role](s.get(AdminKey, here+"/roles/"+id+"/").is(200))
		same(t, id, fmt.Sprint(r.Name, " ", len(r.Members)), name)
		same(t, "is_default of "+r.Name, r.IsDefault, id == RoleViewers)
	}
	same(t, "the role over there", decoded[role](s.get(OwnerKey, there+"/roles/"+OtherOrganizationRole+"/").is(200)).Name, "Lab crew")
	s.get(OwnerKey, there+"/roles/"+OtherOrganizationRole+"/role_memberships/"+OtherOrganizationPlace+"/").is(200)

	for user, email := range map[string]string{
		OwnerUser: OwnerEmail, AdminUser: AdminEmail, MemberUser: MemberEmail, AnaUser: AnaEmail, RajUser: RajEmail,
		KimUser: KimEmail, NewcomerUser: NewcomerEmail,
	} {
		found := results[organizationMember](s.get(AdminKey, here+"/members/?email="+url.QueryEscape(email)))
		if len(found) != 1 || found[0].User.UUID != user {
			t.Errorf("%s is %v", email, found)
		}
	}
	for key, want := range map[string]struct {
		email string
		level int
	}{
		OwnerKey: {OwnerEmail, owner}, AdminKey: {AdminEmail, administrator}, MemberKey: {MemberEmail, member},
		ReadOnlyKey: {AdminEmail, administrator}, ScopedKey: {OwnerEmail, owner}, ProjectKey: {AdminEmail, administrator},
	} {
		me := decoded[currentUser](s.get(key, "/api/users/@me/").is(200))
		same(t, "the owner of "+key, me.Email, want.email)
		same(t, "the level of "+key, *me.Organization.MembershipLevel, want.level)
	}

	roles := map[string][]string{}
	for _, r := range results[role](s.get(AdminKey, here+"/roles/")) {
		for _, m := range r.Members {
			roles[m.User.UUID] = append(roles[m.User.UUID], r.Name)
		}
	}
	same(t, "Ana's roles", strings.Join(roles[AnaUser], " "), "Engineering Support")
	same(t, "Raj's roles", strings.Join(roles[RajUser], " "), "Engineering")
	same(t, "Kim's roles", strings.Join(roles[KimUser], " "), "Engineering Support Viewers")
	same(t, "the newcomer's roles", len(roles[NewcomerUser]), 0)

	same(t, "Ana in Support", decoded[roleMembership](s.get(AdminKey, inSupport+MembershipAnaSupport+"/").is(200)).User.UUID, AnaUser)
	same(t, "Kim in Support", decoded[roleMembership](s.get(AdminKey, inSupport+MembershipKimSupport+"/").is(200)).User.UUID, KimUser)
	found := map[string]reference{}
	for _, e := range results[reference](s.get(AdminKey, references)) {
		found[e.ID] = e
	}
	same(t, "the references", len(found), SeededReferences)
	same(t, "GitHub's", found[ReferenceGitHub].Provider+" "+found[ReferenceGitHub].Role, "github "+RoleEngineering)
	same(t, "Linear's", found[ReferenceLinear].Provider+" "+found[ReferenceLinear].Role, "linear "+RoleEngineering)
	same(t, "Slack's", found[ReferenceSlack].ProviderRoleName+" "+found[ReferenceSlack].Role, ReferenceSlackRoleName+" "+RoleSupport)
	same(t, "that over there", results[reference](s.get(OwnerKey, there+"/role_external_references/"))[0].ID, OtherOrganizationRef)
	same(t, "the project over there", results[projectRow](s.get(OwnerKey, there+"/projects/"))[0].ID, OtherProject)
}

func TestTheSeededPeopleAreOfAllKinds(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	levels, active, domains := map[int]int{}, map[string]int{}, regexp.MustCompile(`@example\.(com|org|net)$`)
	c := call{now: instantOf(s.clock)}
	for _, m := range results[organizationMember](s.get(AdminKey, here+"/members/")) {
		levels[m.Level]++
		active[c.lastActive(m.LastLogin)]++
		if !domains.MatchString(m.User.Email) {
			t.Errorf("%s could be somebody's address", m.User.Email)
		}
	}
	for _, level := range []int{member, administrator, owner} {
		if levels[level] < 2 {
			t.Errorf("%d people have the level %d", levels[level], level)
		}
	}
	for _, when := range []string{"today", "this_week", "inactive", "never"} {
		if active[when] < 2 {
			t.Errorf("%d people were here: %s", active[when], when)
		}
	}
}

func TestAUUIDIsReadInItsForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		RoleData: RoleData, strings.ToUpper(RoleData): RoleData, strings.ReplaceAll(RoleData, "-", ""): RoleData,
		"": "", "x": "", RoleData + "0": "", strings.Replace(RoleData, "-", "", 1) + "0": "", strings.Replace(RoleData, "0", "ü", 1): "",
		strings.Repeat("-", 36): "", strings.Repeat("g", 32): "",
	} {
		got, ok := parseUUID(text)
		same(t, text, got, want)
		same(t, text+" is one", ok, want != "")
	}
	made, ok := parseUUID(newUUID())
	if !ok || made[14] != '4' || made == newUUID() {
		t.Errorf("%s is no random UUID", made)
	}
}
