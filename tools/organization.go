package tools

import (
	"context"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/directory"
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
	Do: func(ctx context.Context, org directory.Reader, args schemas.List) (schemas.Organizations, error) {
		if args.OrganizationID != "" {
			return oneOrganization(ctx, org, args)
		}
		if args.IsFull() {
			listed, full, err := listFull(ctx, org.Organizations(), args)
			return schemas.Organizations{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, apiclient.As[organizationSummary](org.Organizations()), args, organizationSummary.row)
		return schemas.Organizations{Listed: listed, Organizations: rows}, err
	},
}

func oneOrganization(ctx context.Context, org directory.Reader, args schemas.List) (schemas.Organizations, error) {
	organization, err := org.Organization(ctx)
	if err != nil {
		return schemas.Organizations{}, err
	}
	result := schemas.Organizations{Listed: schemas.Listed{Total: 1}}
	if args.IsFull() {
		result.Full, err = schemas.ObjectsOf([]apiclient.Organization{organization})
		return result, err
	}
	result.Organizations = []schemas.OrganizationRow{organizationSummary{
		ID: organization.ID, Name: organization.Name,
		MembershipLevel: organization.MembershipLevel, MemberCount: organization.MemberCount,
	}.row()}
	return result, nil
}

var membersList = Read[schemas.MembersList, schemas.Members]{
	Name: "members-list", Title: "List members",
	Description: "List or search the organization's people, with the user UUIDs and e-mails that other tools take as `member`. last_login null: never signed in.",
	Operation:   "GET members/", Scopes: []string{memberRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.MembersList) (schemas.Members, error) {
		people := org.Members(apiclient.MemberFilter{Search: args.Search, Order: apiclient.MemberOrder(args.Order)})
		if args.IsFull() {
			listed, full, err := listFull(ctx, people, args.List)
			return schemas.Members{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, apiclient.As[memberSummary](people), args.List, memberSummary.row)
		return schemas.Members{Listed: listed, Members: rows}, err
	},
}
