package tools

import (
	"context"
	"errors"

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
	Description: "List the organizations that the key sees, with the ids that organization_id takes and the key owner's level. With organization_id: that one.",
	Operation:   "GET /api/organizations/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.List) (schemas.Organizations, error) {
		switch {
		case args.OrganizationID != "":
			return someOrganizations(ctx, org, args, []apiclient.OrganizationID{org.OrganizationID()})
		case len(org.allowed) > 0:
			return someOrganizations(ctx, org, args, org.allowed)
		case args.IsFull():
			listed, full, err := listFull(ctx, org.Organizations(), args)
			return schemas.Organizations{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, apiclient.As[organizationSummary](org.Organizations()), args, organizationSummary.row)
		return schemas.Organizations{Listed: listed, Organizations: rows}, err
	},
}

// someOrganizations reads the named organizations. One of several that the key
// does not see is left out; a single one is an error.
func someOrganizations(ctx context.Context, org Reader, args schemas.List, ids []apiclient.OrganizationID) (schemas.Organizations, error) {
	var found []apiclient.Organization
	for _, id := range ids {
		organization, err := org.In(id).Organization(ctx)
		if len(ids) > 1 && (errors.Is(err, apiclient.ErrNotFound) || errors.Is(err, apiclient.ErrForbidden)) {
			continue
		}
		if err != nil {
			return schemas.Organizations{}, err
		}
		found = append(found, organization)
	}
	result := schemas.Organizations{Listed: schemas.Listed{Total: len(found)}}
	first := min(args.Offset, len(found))
	last := min(first+args.Window.Rows(), len(found))
	if last < len(found) {
		result.NextOffset = &last
	}
	if args.IsFull() {
		var err error
		result.Full, err = schemas.ObjectsOf(found[first:last])
		return result, err
	}
	result.Organizations = []schemas.OrganizationRow{}
	for _, organization := range found[first:last] {
		result.Organizations = append(result.Organizations, organizationSummary{
			ID: organization.ID, Name: organization.Name,
			MembershipLevel: organization.MembershipLevel, MemberCount: organization.MemberCount,
		}.row())
	}
	return result, nil
}

var membersList = Read[schemas.MembersList, schemas.Members]{
	Name: "members-list", Title: "List members",
	Description: "List or search the organization's people, with the user UUIDs and e-mails that other tools take as `member`. last_login null: never signed in.",
	Operation:   "GET members/", Scopes: []string{memberRead},
	Do: func(ctx context.Context, org Reader, args schemas.MembersList) (schemas.Members, error) {
		people := org.Members(apiclient.MemberFilter{Search: args.Search, Order: apiclient.MemberOrder(args.Order)})
		if args.IsFull() {
			listed, full, err := listFull(ctx, people, args.List)
			return schemas.Members{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, apiclient.As[memberSummary](people), args.List, memberSummary.row)
		return schemas.Members{Listed: listed, Members: rows}, err
	},
}
