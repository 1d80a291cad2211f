package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
)

const references = here + "/role_external_references/"

// link is a body that can be posted, with some fields changed; a nil value
// leaves the field out.
func link(changes map[string]any) string {
	body := map[string]any{
		"provider": "jira", "provider_organization_id": "hedgebox.atlassian.test", "provider_role_id": "10001",
		"provider_role_slug": "OPS", "provider_role_name": "Operations", "role": RoleData,
	}
	maps.Copy(body, changes)
	for field, value := range body {
		if value == nil {
			delete(body, field)
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

type set = map[string]any

func TestReferencesAreListedByProviderOrganizationAndSlug(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	show := func(e reference) string {
		slug := "null"
		if e.ProviderRoleSlug != nil {
			slug = *e.ProviderRoleSlug
		}
		return e.Provider + " " + slug
	}
	list := func(query string) string {
		return names(results[reference](s.get(AdminKey, references+query)), show)
	}
	same(t, "the list", list(""), "github data | github engineering | github support-crew | linear ENG | linear SUP | slack growth | slack support | slack null")
	same(t, "GitHub's", list("?provider=github"), "github data | github engineering | github support-crew")
	same(t, "GITHUB's", list("?provider=GITHUB"), "")
	same(t, "no filter", list("?provider=&provider_organization_id=&role_id=&limit=1"), "github data")
	same(t, "an organization's", list("?provider_organization_id=t07HEDGEbox"), "slack growth | slack support | slack null")
	same(t, "a role's", list("?role_id="+RoleSupport), "github support-crew | linear SUP | slack support")
	same(t, "a role's", list("?provider=slack&role_id="+strings.ToUpper(RoleSupport)), "slack support")
	same(t, "nobody's", list("?role_id="+nobody), "")
	s.get(AdminKey, references+"?role_id=x").refused(notUUID.at("role_id"))
}

func TestAReferenceIsCreatedAndDeleted(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	made := s.ask(AdminKey, "POST", references, link(set{"id": "7", "created_by": nil, "provider_role_name": " Ops «gece» "})).is(201)
	e := decoded[reference](made)
	same(t, "the name", e.ProviderRoleName, "Ops «gece»")
	same(t, "the slug", *e.ProviderRoleSlug, "OPS")
	same(t, "the role", e.Role, RoleData)
	same(t, "its creator", e.CreatedBy.Email, AdminEmail)
	same(t, "created_at", e.CreatedAt.time(), s.clock)
	found := results[reference](s.get(AdminKey, references+"?provider=jira"))
	same(t, "the list", names(found, func(e reference) string { return e.ID }), e.ID)

	s.ask(AdminKey, "DELETE", references+e.ID+"/", "").is(204)
	for _, id := range []string{e.ID, nobody, "x", "..%2Froles"} {
		s.ask(AdminKey, "DELETE", references+id+"/", "").refused(notFound)
	}
	s.ask(AdminKey, "POST", references, link(nil)).is(201) // its place is free again
}

func TestAReferencesFieldsHaveTheirRules(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	post := func(changes set) reaction { return s.ask(AdminKey, "POST", references, link(changes)) }
	for field, most := range map[string]int{
		"provider": 32, "provider_organization_id": 255, "provider_role_id": 255, "provider_role_name": 255,
	} {
		post(set{field: nil}).refused(required.at(field))
		post(set{field: json.RawMessage("null")}).refused(null.at(field))
		post(set{field: "  "}).refused(blank.at(field))
		post(set{field: false}).refused(notText.at(field))
		post(set{field: "a\x00b"}).refused(nulCharacter.at(field))
		post(set{field: strings.Repeat("ş", most+1)}).refused(tooLong.says(most).at(field))
		made := decoded[reference](post(set{field: strings.Repeat("ş", most)}).is(201))
		s.ask(AdminKey, "DELETE", references+made.ID+"/", "").is(204)
	}
	const slug = "provider_role_slug"
	post(set{slug: strings.Repeat("ş", 256)}).refused(tooLong.says(255).at(slug))
	post(set{slug: 1.5, "role": nobody}).refused(invalidPK.says(nobody).at("role")) // a number is text enough

	post(set{"role": nil}).refused(required.at("role"))
	post(set{"role": json.RawMessage("null")}).refused(null.at("role"))
	post(set{"role": ""}).refused(null.at("role"))
	post(set{"role": "x"}).refused(notUUID.at("role"))
	post(set{"role": 7}).refused(wrongPKType.says("int").at("role"))
	post(set{"role": nobody}).refused(invalidPK.says(nobody).at("role"))
	post(set{"role": OtherOrganizationRole}).refused(invalidPK.says(OtherOrganizationRole).at("role"))
	// One error at a time, the first field first.
	s.ask(AdminKey, "POST", references, "").refused(required.at("provider"))
	post(set{"provider_role_id": "", "provider_role_name": nil, "role": "x"}).refused(blank.at("provider_role_id"))
	// What is wrong with a field comes before what is taken.
	post(set{"provider": "github", "provider_organization_id": "hedgebox", "provider_role_slug": "data", "role": nobody}).refused(invalidPK.says(nobody).at("role"))
}

func TestASlugMayBeNullOrEmptyOrLeftOut(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for i, c := range []struct {
		slug any
		want string
	}{
		{nil, "null"}, {json.RawMessage("null"), "null"}, {"  ", `""`},
	} {
		made := s.ask(AdminKey, "POST", references, link(set{"provider_role_slug": c.slug, "provider_role_id": fmt.Sprint(i)})).is(201)
		if !strings.Contains(made.text, `"provider_role_slug":`+c.want) {
			t.Errorf("%s: want the slug %s", made.text, c.want)
		}
	}
}

func TestAReferenceIsUniqueByItsSlugAndByItsID(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	github := func(organization, slug, id string) reaction {
		return s.ask(AdminKey, "POST", references, link(set{
			"provider": "github", "provider_organization_id": organization, "provider_role_slug": slug, "provider_role_id": id,
		}))
	}
	github("hedgebox", "engineering", "1").refused(slugTaken)
	github("HEDGEBOX", "Engineering", "1").refused(slugTaken)
	github("hedgebox", "engineering", ReferenceGitHubRoleID).refused(slugTaken) // the slug is looked for first
	github("Hedgebox", "other", ReferenceGitHubRoleID).refused(idTaken)
	github("hedgebox", "", ReferenceGitHubRoleID).refused(idTaken)
	s.ask(AdminKey, "POST", references, link(set{
		"provider": "linear", "provider_organization_id": "hedgebox-linear", "provider_role_slug": nil,
		"provider_role_id": "6F0A3C52-8D5E-4B6A-9A53-1C7B0F4F2E11",
	})).refused(idTaken) // without regard to case as well
	s.ask(AdminKey, "POST", references, link(set{
		"provider": "GitHub", "provider_organization_id": "hedgebox", "provider_role_slug": "ENGINEERING",
	})).refused(slugTaken)

	github("hedgebox-labs", "engineering", ReferenceGitHubRoleID).is(201) // another organization there
	s.ask(OwnerKey, "POST", there+"/role_external_references/", link(set{
		"provider": "github", "provider_organization_id": "hedgebox", "provider_role_slug": "engineering",
		"provider_role_id": ReferenceGitHubRoleID, "role": OtherOrganizationRole,
	})).is(201) // another organization here
}

func TestNullSlugsNeverClashAndEmptyOnesDo(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	post := func(slug any, id string) reaction {
		return s.ask(AdminKey, "POST", references, link(set{"provider_role_slug": slug, "provider_role_id": id}))
	}
	post(nil, "1").is(201)
	post(nil, "2").is(201)
	post("", "3").is(201)
	// Only the database sees this one, and its sentence is its own.
	post("", "4").refused(referenceRaced)
	post(nil, "4").is(201)
	same(t, "the references", len(results[reference](s.get(AdminKey, references+"?provider=jira"))), 4)
}

func TestALookupFindsTheRoleOfAGroup(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	look := func(parameters ...string) reaction {
		query := url.Values{}
		for i := 0; i < len(parameters); i += 2 {
			query.Set(parameters[i], parameters[i+1])
		}
		return s.get(MemberKey, references+"lookup/?"+query.Encode())
	}
	const p, o, slug, id = "provider", "provider_organization_id", "provider_role_slug", "provider_role_id"
	for _, query := range [][]string{
		{p, "github", o, "hedgebox", slug, "engineering"},
		{p, "github", o, "HEDGEbox", slug, "Engineering"},
		{p, "github", o, "hedgebox", id, ReferenceGitHubRoleID},
		{p, "github", o, "hedgebox", slug, "no such", id, ReferenceGitHubRoleID},
		{p, "github", o, "hedgebox", slug, "engineering", id, "no such"},
		{p, "github", o, " hedgebox ", slug, "engineering", id, ""},
	} {
		found := decoded[lookup](look(query...).is(200))
		if found.Reference == nil || found.Reference.ID != ReferenceGitHub {
			t.Errorf("%v found %v", query, found.Reference)
		}
	}
	for _, query := range [][]string{
		{p, "GitHub", o, "hedgebox", slug, "engineering"}, // the provider is exact
		{p, "github", o, "hedge", slug, "engineering"},
		{p, "github", o, "hedgebox", slug, "engineer"},
		{p, "linear", o, "hedgebox", slug, "engineering"},
		{p, "github", o, "thistle-labs", slug, "crew"}, // another organization's
	} {
		same(t, fmt.Sprint(query), look(query...).is(200).text, `{"reference":null}`)
	}
	look(o, "x", slug, "y").refused(required.at(p))
	look(p, "x", slug, "y").refused(required.at(o))
	look().refused(required.at(p))
	look(p, " ", o, "x", slug, "y").refused(blank.at(p))
	look(p, "x", o, "", slug, "y").refused(blank.at(o))
	look(p, "github", o, "hedgebox").refused(neitherKey)
	look(p, "github", o, "hedgebox", slug, "", id, " ").refused(neitherKey)
	// A reference without a slug is found by its id alone.
	found := decoded[lookup](look(p, "slack", o, ReferenceSlackOrg, id, "s07oncall33").is(200))
	same(t, "the slug", found.Reference.ProviderRoleSlug, nil)
}
