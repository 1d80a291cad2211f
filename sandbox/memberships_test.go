package sandbox

import (
	"fmt"
	"testing"
)

const (
	inSupport = here + "/roles/" + RoleSupport + "/role_memberships/"
	inData    = here + "/roles/" + RoleData + "/role_memberships/"
)

func emailIn(m roleMembership) string { return m.User.Email }

func TestMembershipsAreListedByWhenTheyBegan(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	same(t, "the list", names(results[roleMembership](s.get(AdminKey, inSupport)), emailIn),
		"ana.kovac@example.com | kim.nguyen@example.com | grace.mbeki@example.com | leo.fontaine@example.com")
	// At the same time, by id.
	s.exec(`UPDATE role_memberships SET joined_at = 0 WHERE role_id = ?`, RoleSupport)
	same(t, "the list", names(results[roleMembership](s.get(AdminKey, inSupport)), emailIn),
		"ana.kovac@example.com | kim.nguyen@example.com | grace.mbeki@example.com | leo.fontaine@example.com")
	s.exec(`UPDATE role_memberships SET id = 'ffffffff-5000-7000-8000-000000000000' WHERE id = ?`, MembershipAnaSupport)
	same(t, "the first", results[roleMembership](s.get(AdminKey, inSupport))[0].User.Email, KimEmail)
}

func TestAnUnknownRoleHasNobodyInIt(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	same(t, "the page", s.get(AdminKey, here+"/roles/"+nobody+"/role_memberships/").is(200).text,
		`{"count":0,"next":null,"previous":null,"results":[]}`)
	for _, id := range []string{"7", "Support", "..%2Froles"} {
		s.get(AdminKey, here+"/roles/"+id+"/role_memberships/").refused(notFound)
		s.ask(AdminKey, "POST", here+"/roles/"+id+"/role_memberships/", `{"user_uuid": "`+AnaUser+`"}`).refused(notFound)
	}
}

func TestAPersonIsPutIntoARoleAndTakenOut(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	made := s.ask(AdminKey, "POST", inData, `{"user_uuid": "`+NewcomerUser+`", "level": 15}`).is(201)
	m := decoded[roleMembership](made)
	same(t, "role_id", m.RoleID, RoleData)
	same(t, "the person", m.User.Email, NewcomerEmail)
	same(t, "the member", m.OrganizationMember.User.UUID, NewcomerUser)
	same(t, "the level", m.OrganizationMember.Level, member)
	same(t, "joined_at", m.JoinedAt.time(), s.clock)
	same(t, "the row read", s.get(AdminKey, inData+m.ID+"/").is(200).text, made.text)
	same(t, "the list", names(results[roleMembership](s.get(AdminKey, inData)), emailIn),
		"priya.raman@example.com | omar.alfarouq@example.com | noa.bendavid@example.com | "+NewcomerEmail)

	s.ask(AdminKey, "DELETE", inData+m.ID+"/", "").is(204)
	s.get(AdminKey, inData+m.ID+"/").refused(notFound)
	s.ask(AdminKey, "DELETE", inData+m.ID+"/", "").refused(notFound)
	s.ask(AdminKey, "POST", inData, `{"user_uuid": "`+NewcomerUser+`"}`).is(201) // and back
}

func TestPuttingSomebodyIntoARoleHasItsRules(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	put := func(role, body string) reaction {
		return s.ask(AdminKey, "POST", here+"/roles/"+role+"/role_memberships/", body)
	}
	for body, want := range map[string]problem{
		``:                            required,
		`{}`:                          required,
		`{"user": "` + AnaUser + `"}`: required,
		`{"user_uuid": null}`:         null,
		`{"user_uuid": ""}`:           notUUID,
		`{"user_uuid": "ana"}`:        notUUID,
		`{"user_uuid": 42}`:           notUUID,
		`{"user_uuid": ["x"]}`:        notUUID,
	} {
		put(RoleData, body).refused(want.at("user_uuid"))
		put(nobody, body).refused(want.at("user_uuid")) // the body comes before the role
	}
	user := func(id string) string { return fmt.Sprintf(`{"user_uuid": %q}`, id) }
	put(nobody, user(AnaUser)).refused(noSuchRole)
	put(OtherOrganizationRole, user(AnaUser)).refused(noSuchRole)
	put(nobody, user(nobody)).refused(noSuchRole) // the role comes before the user
	put(RoleData, user(nobody)).refused(noSuchUser)
	put(RoleData, user(SwitchedOffUser)).refused(noSuchUser)
	put(RoleData, user(OtherOrganizationUser)).refused(noSuchUser)
	put(RoleSupport, user(AnaUser)).refused(alreadyInRole)
	put(RoleEngineering, user("0190f3a2-2000-7000-8000-000000000002")).refused(alreadyInRole) // in it since before members were kept
	same(t, "the size of Data", len(results[roleMembership](s.get(AdminKey, inData))), 3)
}

func TestAMembershipIsFoundInItsOwnRoleOnly(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(AdminKey, inSupport+MembershipAnaSupport+"/").is(200)
	for _, path := range []string{
		inData + MembershipAnaSupport, here + "/roles/" + nobody + "/role_memberships/" + MembershipAnaSupport,
		here + "/roles/x/role_memberships/" + MembershipAnaSupport, inSupport + nobody, inSupport + "x", inSupport + AnaUser,
	} {
		s.get(AdminKey, path+"/").refused(notFound)
		s.ask(AdminKey, "DELETE", path+"/", "").refused(notFound)
	}
	s.get(AdminKey, inSupport+MembershipAnaSupport+"/").is(200)
}

func TestAVeryOldMembershipNamesNoMember(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	m := decoded[roleMembership](s.get(AdminKey, here+"/roles/"+RoleEngineering+"/role_memberships/"+MembershipOld+"/").is(200))
	if m.OrganizationMember != nil {
		t.Errorf("it names the member %s", m.OrganizationMember.ID)
	}
	same(t, "the person", m.User.FirstName, "Tomasz")
}

func TestMembersCanBeHiddenFromPlainMembers(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{HideMembers: true})
	inEngineering := here + "/roles/" + RoleEngineering + "/role_memberships/"

	members := results[organizationMember](s.get(MemberKey, here+"/members/"))
	same(t, "the members", len(members), 7)
	for _, m := range members {
		if m.Level < administrator && m.User.Email != MemberEmail {
			t.Errorf("%s is visible", m.User.Email)
		}
	}
	p := decoded[page[roleMembership]](s.get(MemberKey, inEngineering+"?limit=1").is(200))
	same(t, "the count", p.Count, 2) // Şule and Declan; the row without a member is hidden too
	same(t, "the list", names(results[roleMembership](s.get(MemberKey, inEngineering)), emailIn),
		"sule.yildirim@example.com | declan.o'rourke@example.com")
	same(t, "the members of Support", names(decoded[role](s.get(MemberKey, here+"/roles/"+RoleSupport+"/").is(200)).Members, emailIn), MemberEmail)
	s.get(MemberKey, inSupport+MembershipAnaSupport+"/").refused(notFound)
	var hidden, shown int
	for _, e := range results[reference](s.get(MemberKey, here+"/role_external_references/")) {
		if e.CreatedBy == nil {
			hidden++
		} else {
			shown++
		}
	}
	same(t, "references without a creator", hidden, 2)
	same(t, "references with one", shown, 6)
	same(t, "the setting", decoded[organization](s.get(MemberKey, here+"/").is(200)).MembersCanSeeMembers, false)

	// Administrators see everybody, and so does everybody once it is off.
	same(t, "what an administrator sees", len(results[organizationMember](s.get(AdminKey, here+"/members/"))), SeededMembers)
	same(t, "what an administrator sees", len(results[roleMembership](s.get(AdminKey, inEngineering))), 12)
	s.SetFaults(Faults{})
	same(t, "what a member sees", len(results[organizationMember](s.get(MemberKey, here+"/members/"))), SeededMembers)
}
