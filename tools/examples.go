package tools

import (
	"encoding/json"
	"slices"

	"posthog-org-mcp/schemas"
)

// examples has one call of each tool, as people read it in help and in the
// reference. They fit the organization that every sandbox starts with.
func examples() []example {
	const (
		support = "Support"
		ana     = "ana.kovac@example.com"
		raj     = "raj.patel@example.com"
		kim     = "kim.nguyen@example.com"
		github  = "github"
		company = "hedgebox"
	)
	first := func(rows int) schemas.List { return schemas.List{Window: schemas.Window{Limit: rows}} }
	role := schemas.RoleArg{Role: support}
	return []example{
		rolesList.with(schemas.RoleList{}),
		rolesGet.with(schemas.RoleGet{RoleArg: role}),
		rolesCreate.with(schemas.RoleCreate{Name: "Contractors"}),
		rolesUpdate.with(schemas.RoleUpdate{RoleArg: role, Name: "Customer support"}),
		rolesDelete.with(schemas.RoleDelete{RoleArg: role}),
		membershipList.with(schemas.MembershipList{RoleArg: role}),
		membershipGet.with(schemas.MembershipGet{RoleArg: role, InRoleArg: schemas.InRoleArg{Member: ana}}),
		membershipAdd.with(schemas.MembershipAdd{RoleArg: role, People: schemas.People{Members: []string{ana, raj}}}),
		membershipRemove.with(schemas.MembershipRemove{RoleArg: role, PeopleInRole: schemas.PeopleInRole{Member: kim}}),
		externalReferenceList.with(schemas.ReferenceList{Provider: "slack"}),
		externalReferenceCreate.with(schemas.ReferenceCreate{
			RoleArg: schemas.RoleArg{Role: "Security"}, Provider: github, ProviderOrganizationID: company,
			ProviderRoleID: "9120034", ProviderRoleName: "Security team", ProviderRoleSlug: "security",
		}),
		externalReferenceDelete.with(schemas.ReferenceDelete{ReferenceID: "0190f3a2-6000-7000-8000-000000000006"}),
		externalReferenceLookup.with(schemas.ReferenceLookup{
			Provider: github, ProviderOrganizationID: company, ProviderRoleSlug: "support-crew",
		}),
		projectSecretTokenRotate.with(schemas.TokenRotate{Project: "Hedgebox web"}),
		projectsList.with(schemas.List{}),
		welcomeCurrent.with(schemas.WelcomeCurrent{}),
		organizationsList.with(schemas.List{}),
		membersList.with(schemas.MembersList{Order: "-joined_at", List: first(3)}),
		whoami.with(schemas.Whoami{}),
		journalList.with(schemas.JournalList{Since: "24h", Member: ana}),
		undo.with(schemas.UndoCall{ID: "k3f9q2m7ab"}),
	}
}

// example is a call of one tool. It comes from with, so that the compiler holds
// its arguments to the tool's own type.
type example struct {
	tool      string
	arguments arguments
}

func (d Read[A, R]) with(args A) example { return example{d.Name, args} }

func (d Write[A, R]) with(args A) example { return example{d.Name, args} }

// Example returns the arguments of a call that is worth showing, as compact JSON;
// nil for a tool that has none.
func (t Tool) Example() json.RawMessage {
	all := examples()
	i := slices.IndexFunc(all, func(e example) bool { return e.tool == t.Name })
	if i < 0 {
		return nil
	}
	data, err := schemas.Marshal(all[i].arguments)
	if err != nil {
		return nil
	}
	return data
}
