package tools

import (
	"context"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
)

var externalReferenceList = Read[schemas.ReferenceList, schemas.References]{
	Name: "external-reference-list", Title: "List external references",
	Description: "List which groups of other systems (GitHub teams, Slack groups…) stand for which role.",
	Operation:   "GET role_external_references/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.ReferenceList) (schemas.References, error) {
		filter := apiclient.ReferenceFilter{Provider: args.Provider, ProviderOrganizationID: args.ProviderOrganizationID}
		if args.Role != "" {
			role, err := org.Role(ctx, args.Role)
			if err != nil {
				return schemas.References{}, err
			}
			filter.RoleID = role.ID
		}
		if args.IsFull() {
			listed, full, err := listFull(ctx, org.References(filter), args.List)
			return schemas.References{Listed: listed, Full: full}, err
		}
		listed, rows, err := listRows(ctx, org.References(filter), args.List, referenceRow)
		return schemas.References{Listed: listed, References: rows}, err
	},
}

var externalReferenceCreate = Write[schemas.ReferenceCreate, schemas.ReferenceWritten]{
	Name: referenceCreateName, Title: "Create an external reference",
	Description: "Say that a group of another system, such as a GitHub team, stands for a role.",
	Operation:   "POST role_external_references/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.ReferenceCreate},
	Plan: func(ctx context.Context, org directory.Reader, args schemas.ReferenceCreate) (changes.Set, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		reference := apiclient.ReferenceCreate{
			Provider:               strings.TrimSpace(args.Provider),
			ProviderOrganizationID: strings.TrimSpace(args.ProviderOrganizationID),
			ProviderRoleID:         strings.TrimSpace(args.ProviderRoleID),
			ProviderRoleName:       strings.TrimSpace(args.ProviderRoleName),
			Role:                   role.ID,
		}
		// Without a slug null is sent: two empty slugs would clash, two nulls do not.
		if slug := strings.TrimSpace(args.ProviderRoleSlug); slug != "" {
			reference.ProviderRoleSlug = &slug
		}
		return changes.Set{changes.CreateReference(org.OrganizationID(), role, reference)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.ReferenceCreate, outcomes []changes.Outcome) (schemas.ReferenceWritten, error) {
		return referenceWritten(outcomes[0], *outcomes[0].Reference), nil
	},
}

var externalReferenceDelete = Write[schemas.ReferenceRef, schemas.ReferenceWritten]{
	Name: referenceDeleteName, Title: "Delete an external reference",
	Description: "Delete the link from a group of another system to a role; both stay. Get the user's yes first.",
	Operation:   "DELETE role_external_references/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.ReferenceDelete}, Idempotent: true,
	Plan: func(ctx context.Context, org directory.Reader, args schemas.ReferenceRef) (changes.Set, error) {
		id, err := apiclient.ParseReferenceID(args.ReferenceID)
		if err != nil {
			return nil, &schemas.ArgumentError{Problems: []string{`Argument "reference_id" must be a valid UUID.`}}
		}
		reference, err := org.Reference(ctx, id)
		if err != nil {
			return nil, err
		}
		return changes.Set{changes.DeleteReference(org.OrganizationID(), reference)}, nil
	},
	Answer: func(_ directory.Reader, _ schemas.ReferenceRef, outcomes []changes.Outcome) (schemas.ReferenceWritten, error) {
		return referenceWritten(outcomes[0], *outcomes[0].Change.Reference), nil
	},
}

var externalReferenceLookup = Read[schemas.ReferenceLookup, schemas.ReferenceFound]{
	Name: "external-reference-lookup", Title: "Look up an external reference",
	Description: "Find the role that one group of another system stands for, by the group's slug or id.",
	Operation:   "GET role_external_references/lookup/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org directory.Reader, args schemas.ReferenceLookup) (schemas.ReferenceFound, error) {
		if args.ProviderRoleSlug == "" && args.ProviderRoleID == "" {
			return schemas.ReferenceFound{}, &schemas.ArgumentError{
				Problems: []string{`Argument "provider_role_slug" or "provider_role_id" is needed: the group's key or its id.`},
			}
		}
		reference, err := org.LookUpReference(ctx, apiclient.ReferenceLookup{
			Provider:               args.Provider,
			ProviderOrganizationID: args.ProviderOrganizationID,
			ProviderRoleSlug:       args.ProviderRoleSlug,
			ProviderRoleID:         args.ProviderRoleID,
		})
		if err != nil || reference == nil {
			return schemas.ReferenceFound{}, err
		}
		if args.IsFull() {
			full, err := schemas.ObjectOf(*reference)
			return schemas.ReferenceFound{Found: true, Full: full}, err
		}
		row := referenceRow(*reference)
		return schemas.ReferenceFound{Found: true, Reference: &row}, nil
	},
}

func referenceWritten(outcome changes.Outcome, reference apiclient.Reference) schemas.ReferenceWritten {
	return schemas.ReferenceWritten{Reference: referenceRow(reference), Written: written(outcome)}
}
