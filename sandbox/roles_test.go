package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestRolesAreListedOldestFirst(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	roles := results[role](s.get(AdminKey, here+"/roles/"))
	same(t, "the list", names(roles, roleName), "Engineering | Support | Data & Analytics | Growth Marketing | Viewers | Security")
	same(t, "their sizes", names(roles, func(r role) string { return fmt.Sprint(len(r.Members)) }), "12 | 4 | 3 | 3 | 5 | 0")
	same(t, "the default", names(roles, func(r role) string { return fmt.Sprint(r.IsDefault) }), "false | false | false | false | true | false")
	made := decoded[role](s.ask(AdminKey, "POST", here+"/roles/", `{"name": "Aardvarks"}`).is(201))
	roles = results[role](s.get(AdminKey, here+"/roles/"))
	same(t, "the last", roles[6].ID, made.ID)
}

func TestARoleIsCreatedReadRenamedAndDeleted(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	made := s.ask(AdminKey, "POST", here+"/roles/", `{"name": "Night shift", "is_default": true, "members": [1], "id": 7}`).is(201)
	r := decoded[role](made)
	same(t, "the body", made.text, fmt.Sprintf(
		`{"id":%q,"name":"Night shift","created_at":"2026-03-14T09:26:53.589793Z","created_by":null,"members":[],"is_default":false}`, r.ID))
	path := here + "/roles/" + r.ID + "/"
	same(t, "the role read", s.get(AdminKey, path).is(200).text, made.text)
	renamed := s.ask(AdminKey, "PATCH", path, `{"name": "Day shift"}`).is(200)
	same(t, "the renamed", renamed.text, strings.Replace(made.text, "Night", "Day", 1))
	same(t, "the role read", s.get(AdminKey, path).is(200).text, renamed.text)
	gone := s.ask(AdminKey, "DELETE", path, "").is(204)
	same(t, "the body of the 204", gone.text, "")
	same(t, "its content type", gone.header.Get("Content-Type"), "")
	s.get(AdminKey, path).refused(notFound)
	s.ask(AdminKey, "DELETE", path, "").refused(notFound)
	s.ask(AdminKey, "PATCH", path, `{"name": "x"}`).refused(notFound)
}

func TestARoleNameHasItsRules(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	long := strings.Repeat("ü", 200)
	for _, c := range []struct {
		body string
		want problem
	}{
		{``, required},
		{`{}`, required},
		{`{"title": "x"}`, required},
		{`{"name": null}`, null},
		{`{"name": ""}`, blank},
		{`{"name": " \t\n\u00a0\u2003\u001f "}`, blank},
		{`{"name": "` + long + `ü"}`, tooLong.says(200)},
		{`{"name": true}`, notText},
		{`{"name": ["x"]}`, notText},
		{`{"name": {"x": 1}}`, notText},
		{`{"name": "a\u0000b"}`, nulCharacter},
		{`{"name": "Support"}`, nameTaken},
		{`{"name": "  sUPPORT "}`, nameTaken},
	} {
		s.ask(AdminKey, "POST", here+"/roles/", c.body).refused(c.want.at("name"))
		s.ask(AdminKey, "PUT", here+"/roles/"+RoleData+"/", c.body).refused(c.want.at("name"))
		if c.want.Code != required.Code {
			s.ask(AdminKey, "PATCH", here+"/roles/"+RoleData+"/", c.body).refused(c.want.at("name"))
		}
	}
	same(t, "the number of roles", len(results[role](s.get(AdminKey, here+"/roles/"))), 6)
	s.ask(AdminKey, "POST", here+"/roles/", `{"name": "`+long+`"}`).is(201)
	s.ask(AdminKey, "POST", here+"/roles/", `{"name": 42}`).is(201)
}

func TestARoleNameIsTrimmed(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	r := decoded[role](s.ask(AdminKey, "POST", here+"/roles/", `{"name": " \u00a0 On  call\t\n"}`).is(201))
	same(t, "the name", r.Name, "On  call")
}

func TestARoleNameIsUniqueWithoutRegardToCaseInAnyScript(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	create := func(name string) reaction {
		return s.ask(AdminKey, "POST", here+"/roles/", fmt.Sprintf(`{"name": %q}`, name))
	}
	for name, other := range map[string]string{
		"Mühendislik Çalışanları": "MÜHENDISLIK ÇALIŞANLARI", "Ομάδα": "ΟΜΆΔΑ", "поддержка": "ПОДДЕРЖКА", "Équipe «nuit»": "éQUIPE «NUIT»",
	} {
		create(name).is(201)
		create(other).refused(nameTaken.at("name"))
	}
	create("فريق الدعم").is(201)
	create("فريق الدعم").refused(nameTaken.at("name"))
	create(`say "hi"`).is(201)
	create("Equipe «nuit»").is(201) // another letter is another name
	// Another organization's names are its own.
	s.ask(OwnerKey, "POST", there+"/roles/", `{"name": "Engineering"}`).is(201)
	create("lab crew").is(201)
}

func TestARoleMayBeRenamedToItsOwnNameInOtherCase(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	path := here + "/roles/" + RoleSupport + "/"
	same(t, "the name", decoded[role](s.ask(AdminKey, "PATCH", path, `{"name": "SUPPORT"}`).is(200)).Name, "SUPPORT")
	same(t, "the name", decoded[role](s.ask(AdminKey, "PUT", path, `{"name": "SUPPORT"}`).is(200)).Name, "SUPPORT")
	s.ask(AdminKey, "PATCH", path, `{"name": "engineering"}`).refused(nameTaken.at("name"))
	// The old name is free again, the new one is not.
	s.ask(AdminKey, "PATCH", path, `{"name": "Helpdesk"}`).is(200)
	s.ask(AdminKey, "POST", here+"/roles/", `{"name": "helpdesk"}`).refused(nameTaken.at("name"))
	s.ask(AdminKey, "POST", here+"/roles/", `{"name": "support"}`).is(201)
}

func TestAPatchWithoutANameChangesNothing(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	path := here + "/roles/" + RoleSupport + "/"
	before := s.get(AdminKey, path).is(200).text
	for _, body := range []string{"", "{}", `{"title": "x", "is_default": true, "members": []}`} {
		same(t, "the answer to "+body, s.ask(AdminKey, "PATCH", path, body).is(200).text, before)
	}
	same(t, "the role afterwards", s.get(AdminKey, path).is(200).text, before)
}

func TestAnIdThatNamesNoRoleIsNotFound(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, id := range []string{
		nobody, "7", "Support", "..%2F..%2Fusers", "%2e%2e", "%00", strings.Repeat("x", 10_000), RoleData + "x",
		"%D9%81%D8%B1%D9%8A%D9%82", "a%0Ab", strings.Replace(RoleData, "0190", "019g", 1),
	} {
		for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
			s.ask(AdminKey, method, here+"/roles/"+id+"/", "").refused(notFound)
		}
	}
	s.get(AdminKey, here+"/roles/"+strings.ToUpper(RoleData)+"/").is(200)
}

func TestDeletingARoleTakesWhatHangsOnItAlong(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, id := range []string{RoleSupport, RoleViewers} {
		s.ask(AdminKey, "DELETE", here+"/roles/"+id+"/", "").is(204)
		same(t, "its memberships", s.get(AdminKey, here+"/roles/"+id+"/role_memberships/").is(200).text,
			`{"count":0,"next":null,"previous":null,"results":[]}`)
	}
	s.get(AdminKey, here+"/roles/"+RoleSupport+"/role_memberships/"+MembershipAnaSupport+"/").refused(notFound)
	references := results[reference](s.get(AdminKey, here+"/role_external_references/"))
	same(t, "the references left", len(references), SeededReferences-3)
	for _, e := range references {
		if e.Role == RoleSupport {
			t.Errorf("%s is still there", e.ID)
		}
	}
	s.ask(AdminKey, "DELETE", here+"/role_external_references/"+ReferenceSlack+"/", "").refused(notFound)
	if id := decoded[organization](s.get(AdminKey, here+"/").is(200)).DefaultRoleID; id != nil {
		t.Errorf("the default role is still %s", *id)
	}
	for _, r := range results[role](s.get(AdminKey, here+"/roles/")) {
		same(t, "is_default of "+r.Name, r.IsDefault, false)
	}
	same(t, "Ana's other role", len(decoded[role](s.get(AdminKey, here+"/roles/"+RoleEngineering+"/").is(200)).Members), 12)
	same(t, "the members", len(results[organizationMember](s.get(AdminKey, here+"/members/"))), SeededMembers)
}

func TestARoleListsAllItsMembers(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	listed := results[role](s.get(AdminKey, here+"/roles/"))[0]
	alone := decoded[role](s.get(AdminKey, here+"/roles/"+RoleEngineering+"/").is(200))
	paged := results[roleMembership](s.get(AdminKey, here+"/roles/"+RoleEngineering+"/role_memberships/"))
	id := func(m roleMembership) string { return m.ID }
	same(t, "the members in the list", names(listed.Members, id), names(paged, id))
	same(t, "the members of the role", names(alone.Members, id), names(paged, id))
}
