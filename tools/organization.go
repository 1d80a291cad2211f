package tools

import (
	"context"
	"errors"
	"slices"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// The scopes that reading needs.
const (
	organizationRead = "organization:read"
	memberRead       = "organization_member:read"
	projectRead      = "project:read"
)

var organizationsList = Read[schemas.List, schemas.Organizations]{
	Name: "organizations-list", Title: "List organizations",
	Description: "List or search the organizations that the key sees, with ids and the key owner's level.",
	Operation:   "GET /api/organizations/", Scopes: []string{organizationRead}, Anywhere: true,
	Do: func(ctx context.Context, org Reader, args schemas.List) (schemas.Organizations, error) {
		if err := organizationShape.check(args); err != nil {
			return schemas.Organizations{}, err
		}
		name := func(organization organizationSummary) string { return organization.Name }
		keep := searching(args.Search.Search, func(organization organizationSummary) []string { return []string{organization.Name} })
		var found page[organizationSummary]
		var err error
		switch {
		case args.OrganizationID != "":
			found, err = someOrganizations(ctx, org, args, keep, []apiclient.OrganizationID{org.OrganizationID()})
		case len(org.allowed) > 0:
			found, err = someOrganizations(ctx, org, args, keep, org.allowed)
		default:
			found, err = readList(ctx, org.Organizations(), args, keep, summaryOfOrganization)
		}
		if err != nil {
			return schemas.Organizations{}, err
		}
		noteEmpty(&found, func() string { return noSuchName(found, args, "organization", name) })
		return schemas.Organizations{Listed: found.Listed, Organizations: rowsOf(organizationShape, found, args), Full: found.full}, nil
	},
}

// someOrganizations reads the named organizations. One of several that the key
// does not see is left out; a single one is an error.
func someOrganizations(ctx context.Context, org Reader, args schemas.List, keep func(organizationSummary) bool, ids []apiclient.OrganizationID) (page[organizationSummary], error) {
	var seen []apiclient.Organization
	for _, id := range ids {
		organization, err := org.In(id).Organization(ctx)
		if len(ids) > 1 && (errors.Is(err, apiclient.ErrNotFound) || errors.Is(err, apiclient.ErrForbidden)) {
			continue
		}
		if err != nil {
			return page[organizationSummary]{}, err
		}
		seen = append(seen, organization)
	}
	matching := seen
	if keep != nil {
		matching = filtered(seen, through(keep, summaryOfOrganization))
	}
	found := cutOut(matching, args.Window)
	found.scanned = seen
	return summed(found, summaryOfOrganization, args.IsFull())
}

var membersList = Read[schemas.MembersList, schemas.Members]{
	Name: "members-list", Title: "List members",
	Description: "List or search the organization's people by name or e-mail, with level, joining day and last_login (null: never).",
	Operation:   "GET members/", Scopes: []string{memberRead},
	Do: func(ctx context.Context, org Reader, args schemas.MembersList) (schemas.Members, error) {
		if err := memberShape.check(args.List); err != nil {
			return schemas.Members{}, err
		}
		found, err := findMembers(ctx, org, args)
		if err != nil {
			return schemas.Members{}, err
		}
		noteEmpty(&found, func() string { return noSuchMember(found, args) })
		return schemas.Members{Listed: found.Listed, Members: rowsOf(memberShape, found, args.List), Full: found.full}, nil
	},
}

// findMembers reads the members that a call asks for. The API's own search is
// loose, and finds misspelt names; whether it finds every fragment of a name is
// its own affair. So where nothing that it finds holds what was looked for, the
// whole list is searched for that.
func findMembers(ctx context.Context, org Reader, args schemas.MembersList) (page[memberSummary], error) {
	order := apiclient.MemberOrder(args.Order)
	everybody := org.Members(apiclient.MemberFilter{Order: order})
	keep := searching(args.Search.Search, func(member memberSummary) []string { return member.User.labels() })
	if keep == nil {
		return readList(ctx, everybody, args.List, nil, summaryOfMember)
	}
	alike := org.Members(apiclient.MemberFilter{Search: args.Search.Search, Order: order})
	all := args.List
	all.Window = schemas.Window{Limit: maxScanned}
	found, err := readList(ctx, alike, all, nil, summaryOfMember)
	if err != nil {
		return page[memberSummary]{}, err
	}
	if !slices.ContainsFunc(found.items, keep) {
		scanned, err := readList(ctx, everybody, args.List, keep, summaryOfMember)
		if err != nil || scanned.Total > 0 || len(found.items) == 0 {
			return scanned, err
		}
	}
	part := cutOut(found.items, args.Window)
	if found.full != nil {
		part.full = cutOut(found.full, args.Window).items
	}
	return part, nil
}

// noSuchMember is the note on a list without people.
func noSuchMember(found page[memberSummary], args schemas.MembersList) string {
	if args.Search.Search == "" {
		return "The key sees no members."
	}
	names := namesOf(found.scanned, func(member memberSummary) string { return member.User.name() })
	return holdsNone("Nobody's name or e-mail", args.Search.Search, names) + " " + sentence(thereAre(len(names), "member"))
}
